// EventLoop: runs what a script left to be done later, until its result has settled.
#pragma once

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "evald/v1/script.pb.h"

namespace evald {

// One per isolate, owned by its Runtime or SnapshotBuilder; used on the isolate's thread only. Timers and
// tasks themselves are JavaScript's (runtime/extensions/timers), so that the heap's limit bounds them; the
// loop asks for the next one by hooks:
//
//   timers.turn(now)            runs what is due next, one callback; gives 0, or the milliseconds until
//                               something is due, or -1 if nothing is left
//   timers.reset()              forgets everything; gives how much that was
//   timers.next()               [how many wait, the callback of the next, when it is due]
//   events.report(error, message, file, line, column)   the `error` event; true: a listener handled it
//   events.rejected(promise, reason)   the `unhandledrejection` event; true: a listener handled it
//   events.handled(promise)     a promise that events.rejected was told of has got its handler
//
// Without their extensions there is nothing to wait for, and nobody who handles an error. An extension that
// wants a task of its own run by the loop imports queueTask from 'evald:timers'.
class EventLoop {
 public:
  // The loop of an isolate that a Runtime or a SnapshotBuilder made.
  static EventLoop& Of(v8::Isolate* isolate);

  // REQUIRES: the isolate has its Host.
  void AttachTo(v8::Isolate* isolate);
  // Rejections that nobody handles count as exceptions from now on.
  void WatchRejections();

  enum class Ending {
    kSettled,      // the promise is; if there was none: no microtask is left
    kStopped,      // `stopped` said so
    kUncaught,     // something threw and nobody handled it; see uncaught()
    kNothingLeft,  // the promise is pending, and nothing is left that could settle it
  };
  // Runs microtasks, timers, tasks and what V8 posted, one callback at a time with all microtasks after each,
  // until `result` is settled. Sleeps until the next timer is due; a signal ends the sleep. If `result` is
  // empty, runs microtasks only. REQUIRES: the context is entered, and no JavaScript is running.
  Ending Run(v8::Local<v8::Context> context, v8::MaybeLocal<v8::Promise> result,
             absl::FunctionRef<bool()> stopped);

  // An exception that nothing caught: the `error` event, or if nobody handles that, uncaught(). `message` may
  // be empty. May be called while JavaScript runs.
  void Report(v8::Local<v8::Context> context, v8::Local<v8::Value> exception, v8::Local<v8::Message> message);

  // The first exception that nobody handled since the last Reset.
  const std::optional<v1::ScriptException>& uncaught() const { return uncaught_; }

  // Forgets all that is left: timers, tasks, microtasks, rejections. No handle is left either. Gives how many
  // timers and tasks there were. REQUIRES: the context is entered, nothing is running or being terminated.
  size_t Reset(v8::Local<v8::Context> context);

  // What it slept for when it was stopped, a line as of a stack; empty if it did not sleep. REQUIRES: as
  // Reset, and before it.
  std::string DescribeSleep(v8::Local<v8::Context> context);

  // Milliseconds of a clock that never goes back. For ops that make timers and tasks: what they make has to
  // be forgotten at the end.
  double UseTimers();

 private:
  // False: it has to stop.
  bool TellRejections(v8::Local<v8::Context> context);
  double Turn(v8::Local<v8::Context> context, v8::Local<v8::Function> turn);
  v8::Local<v8::Array> ListIn(v8::Global<v8::Array>& list);
  static void OnPromiseReject(v8::PromiseRejectMessage message);

  v8::Isolate* isolate_ = nullptr;
  // Lists of JavaScript's, so that they count as its memory.
  v8::Global<v8::Array> rejected_;  // promises and, after each, the reason
  v8::Global<v8::Array> handled_;   // promises that were rejected before they got a handler
  std::optional<v1::ScriptException> uncaught_;
  bool reporting_ = false;
  bool told_ = false;         // a rejection was told of, and handled
  bool used_timers_ = false;  // since the last Reset
  bool asleep_ = false;       // stopped while it slept
};

}  // namespace evald
