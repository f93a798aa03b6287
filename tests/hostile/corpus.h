// The corpus of hostile scripts: files of sections, one script each.
//
//   //## name-of-the-script             begins a script
//   //# expect: OUTCOME                 what may come of it; repeated where V8 may end in one of several ways
//   //# why: TEXT                       required with several outcomes: why not one
//   //# wall: MILLISECONDS              its wall-time limit; kShortWall or kLongWall if it says nothing
//   //# heap: MEBIBYTES                 its heap limit
//   //# module                          it is a module
//   //# with: SPECIFIER TEXT            a module that comes with it; JSON, if the specifier ends so
//   //# format: structured|bytes|none   how its result is carried
//   //# global: NAME=JSON               bound before it runs
//   //# repeat: TOKEN COUNT TEXT        TOKEN in the source and in globals stands for TEXT, COUNT times
//   //# each: WORD WORD ...             one script for each WORD, which stands in for $each and ends the
//   script's name
//
// A line that begins with //# and five spaces continues the directive before it.
//
// OUTCOME is the beginning of what tests/support/scripts.h's Brief says, up to a colon or its end:
//
//   value            any value           value JSON       this one
//   throws           any exception       throws NAME      one of this name       throws NAME: MESSAGE
//   fails CODE (REASON)
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/client.h"

namespace evald::testing {

struct HostileScript {
  std::string name;
  std::string file;  // the corpus file's name
  v1::EvalRequest request;
  std::chrono::milliseconds wall{};
  std::vector<std::string> expected;
  std::string why;
};

// Where the limit may be what ends a script it is soon reached; where it is not, it is out of a busy
// machine's way.
inline constexpr std::chrono::milliseconds kShortWall{400}, kLongWall{60'000};

// The scripts of one file. A malformed file ends the test: EVALD_CHECK.
std::vector<HostileScript> LoadCorpus(const std::string& path);

// Whether `brief` is what `expected` says.
bool Matches(absl::string_view brief, absl::string_view expected);
bool IsExpected(const HostileScript& script, absl::string_view brief);

}  // namespace evald::testing
