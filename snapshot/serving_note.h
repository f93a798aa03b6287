// The file `serving` of a store: which generation a restart goes on with. Text, for people too:
//
//   evald serving
//   generation 7
//   config 0f5e...   fingerprint of what the configuration asked for when that was decided
//   served 7 5 4     which of those that are kept have ever served, newest first
//   sha256 91ab...   over the lines above
//
// A note that was written before there was the line `served` has none. The digest finds damage; it is no
// signature (snapshot/envelope.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace evald::snapshot {

struct ServingNote {
  uint64_t generation = 0;
  // Empty where the configuration could not be read when it was decided: then it fits none.
  std::string config_fingerprint;
  // Proved to be good by having served. Empty: it is not known of any.
  std::vector<uint64_t> served = {};
};

// So many are listed at the most.
inline constexpr size_t kMostServedListed = 200;
// The file is at most this long.
inline constexpr size_t kMaxServingNoteBytes = 8192;

std::string EncodeServingNote(const ServingNote& note);

// DATA_LOSS: not what EncodeServingNote gives for any note. Takes any bytes.
absl::StatusOr<ServingNote> DecodeServingNote(std::string_view text);

}  // namespace evald::snapshot
