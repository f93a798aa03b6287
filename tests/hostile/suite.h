// Suite: runs hostile scripts on a daemon, many at a time, next to a neighbour that wants nothing but its own
// answers.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "bench/samples.h"
#include "tests/hostile/corpus.h"
#include "tests/support/daemon.h"

namespace evald::testing {

// What came of one script.
struct HostileOutcome {
  const HostileScript* script = nullptr;
  std::string brief;
  // From the call to its answer, as the client sees it.
  std::chrono::nanoseconds elapsed{};
  bool expected = false;
  // What the same tenant's next script found its isolate to be; empty if it was as new.
  std::string left_behind;
};

// How late answers to scripts that reached their wall-time limit came, in milliseconds past the limit.
struct Lateness {
  bench::Samples soft;  // V8 was interrupted
  bench::Samples hard;  // the worker was killed after the grace period
};

struct SuiteResult {
  std::vector<HostileOutcome> outcomes;  // in the corpus's order
  Lateness lateness;
  // The neighbour's requests, in milliseconds, and those of its answers that were not right.
  bench::Samples neighbour;
  std::vector<std::string> neighbour_wrong;
};

// Scripts at a time.
inline constexpr int kHostileThreads = 16;

// How much later than a script's limit and the grace period its answer may be.
inline constexpr std::chrono::milliseconds kAnswerSlack{1000};
inline constexpr std::chrono::milliseconds kKillGrace{250};  // the daemon's default

// A configuration with room for kHostileThreads requests of one tenant and for others besides.
std::string HostileConfig();

// Runs all of `scripts` once. The daemon has HostileConfig(). What was answered late is run once more, by
// itself: a machine that has other things to do may make it so once. The figures are those of the first run.
SuiteResult RunSuite(Daemon& daemon, const std::vector<HostileScript>& scripts);

// What is wrong with an outcome, for people; empty if nothing is.
std::string Complaint(const HostileOutcome& outcome);

// "soft: 41 answers, p50 1.2 ms, p99 8.0 ms, max 9.1 ms".
std::string Describe(const std::string& what, bench::Samples samples);

// What a daemon holds in a quiet moment.
struct Holdings {
  size_t processes = 0;  // the daemon's descendants, idle workers left out
  size_t idle_workers = 0;
  // Idle workers' sockets and pidfds left out.
  size_t descriptors = 0;
  size_t daemon_bytes = 0;
  size_t zygote_bytes = 0;
  pid_t zygote = 0;
  uint64_t zygote_restarts = 0;
};

std::ostream& operator<<(std::ostream& out, const Holdings& holdings);

// Waits for a quiet moment: nothing runs, and what was retired has gone. All 0 if there is none.
Holdings MeasureHoldings(Daemon& daemon);

}  // namespace evald::testing
