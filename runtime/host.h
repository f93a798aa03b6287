// Host: what native ops may know and do about the request that is running in their isolate.
#pragma once

#include <v8.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "evald/v1/script.pb.h"

namespace evald {

// One per isolate, owned by its Runtime; used on the isolate's thread only.
class Host {
 public:
  // The host of an isolate that a Runtime or a SnapshotBuilder made.
  static Host& Of(v8::Isolate* isolate);
  void AttachTo(v8::Isolate* isolate);

  // Starts a request: forgets console output and sets the time origin to now.
  void BeginRequest(uint64_t max_console_bytes, bool discard_console);

  // Keeps one console message, as long as the request's bound on console bytes allows.
  void WriteConsole(v1::ConsoleMessage::Level level, std::string text);

  std::vector<v1::ConsoleMessage> TakeConsole() { return std::move(console_); }
  bool console_truncated() const { return console_truncated_; }

  // The wall clock at the start of the request, milliseconds since 1970.
  double TimeOriginMillis() const { return origin_wall_millis_; }
  // Milliseconds since the start of the request, rounded down to 0.1 ms (a finer clock is a timing side channel).
  double NowMillis() const;

 private:
  std::vector<v1::ConsoleMessage> console_;
  uint64_t console_bytes_left_ = 1 << 20;
  bool discard_console_ = false;
  bool console_truncated_ = false;
  double origin_wall_millis_ = 0;
  MonotonicTime origin_{};
};

}  // namespace evald
