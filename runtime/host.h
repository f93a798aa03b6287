// Host: what native ops may know and do about the request that is running in their isolate.
#pragma once

#include <v8.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "evald/v1/script.pb.h"
#include "runtime/source_maps.h"

namespace evald {

class EventLoop;

// One per isolate, owned by its Runtime; used on the isolate's thread only.
class Host {
 public:
  // The host of an isolate that a Runtime or a SnapshotBuilder made.
  static Host& Of(v8::Isolate* isolate);
  void AttachTo(v8::Isolate* isolate);

  // The isolate's event loop, for EventLoop::Of.
  void SetLoop(EventLoop* loop) { loop_ = loop; }
  EventLoop* loop() const { return loop_; }

  // Starts a request: forgets console output, clears the request scratch and sets the time origin to now.
  void BeginRequest(uint64_t max_console_bytes, bool discard_console);

  // Keeps one console message, as long as the request's bound on console bytes allows.
  void WriteConsole(v1::ConsoleMessage::Level level, std::string text);

  // `on_written` is called after each console message that is kept, and when no more are. It may take them.
  void OnConsole(std::function<void()> on_written) { on_console_ = std::move(on_written); }

  std::vector<v1::ConsoleMessage> TakeConsole() { return std::exchange(console_, {}); }
  bool console_truncated() const { return console_truncated_; }

  SourceMaps& source_maps() { return source_maps_; }

  // The wall clock at the start of the request, milliseconds since 1970.
  double TimeOriginMillis() const { return origin_wall_millis_; }
  // Milliseconds since the start of the request, rounded down to 0.1 ms (a finer clock is a timing side
  // channel).
  double NowMillis() const;

  // Whether the request has come to a limit. Native work that takes long asks this every few milliseconds,
  // and gives up: the script ends as soon as it would run on.
  bool Stopping() const { return stopping_.load(std::memory_order_relaxed); }
  // May be called by a signal handler.
  void set_stopping(bool stopping) { stopping_.store(stopping, std::memory_order_relaxed); }

  static constexpr size_t kRequestScratchBytes = 512;
  // Memory of kRequestScratchBytes that an op may share with its JavaScript. BeginRequest fills it with
  // zeros, so nothing in it outlives a request, whatever the JavaScript keeps. Null unless
  // AllowRequestScratch was called: JavaScript that runs while a snapshot is built must not hold on to it, or
  // a copy of it would be part of the snapshot. Used by the extension `random`.
  std::shared_ptr<v8::BackingStore> RequestScratch(v8::Isolate* isolate);
  // For the owner of an isolate that serves requests, before any JavaScript runs in it. A SnapshotBuilder
  // never calls it.
  void AllowRequestScratch() { scratch_allowed_ = true; }

 private:
  EventLoop* loop_ = nullptr;
  SourceMaps source_maps_;
  std::function<void()> on_console_;
  std::vector<v1::ConsoleMessage> console_;
  uint64_t console_bytes_left_ = 1 << 20;
  bool discard_console_ = false;
  bool console_truncated_ = false;
  double origin_wall_millis_ = 0;
  MonotonicTime origin_{};
  std::atomic<bool> stopping_ = false;
  bool scratch_allowed_ = false;
  std::shared_ptr<v8::BackingStore> request_scratch_;  // null until first asked for
};

}  // namespace evald
