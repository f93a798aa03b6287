// Durations and moments between protobuf and the daemon.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

#include "base/clock.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace evald {

// Durations too long for 64-bit nanoseconds (292 years) become the longest that fits. Takes ill-formed ones
// too: nanos may be more than a second, up to the 2.1 that 32 bits hold.
inline Duration ToDuration(const google::protobuf::Duration& proto) {
  constexpr int64_t kLongest = std::numeric_limits<int64_t>::max() / 1'000'000'000 - 3;
  if (proto.seconds() > kLongest) return Duration::max();
  if (proto.seconds() < -kLongest) return Duration::min();
  return std::chrono::seconds(proto.seconds()) + Duration(proto.nanos());
}

inline void FromDuration(Duration duration, google::protobuf::Duration& proto) {
  proto.set_seconds(duration.count() / 1'000'000'000);
  proto.set_nanos(static_cast<int32_t>(duration.count() % 1'000'000'000));
}

inline void SetTimestamp(std::chrono::system_clock::time_point time, google::protobuf::Timestamp& proto) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  proto.set_seconds(seconds.time_since_epoch().count());
  proto.set_nanos(static_cast<int32_t>(Duration(time - seconds).count()));
}

}  // namespace evald
