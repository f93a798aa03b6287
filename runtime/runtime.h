// Runtime: one isolate with one context, made from a startup snapshot; runs requests in it.
#pragma once

#include <v8.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "evald/v1/script.pb.h"
#include "runtime/array_buffers.h"
#include "runtime/event_loop.h"
#include "runtime/extension.h"
#include "runtime/host.h"
#include "runtime/module_map.h"
#include "runtime/value_writer.h"

namespace evald {

// A limit that was reached, or a request that cannot be served: neither a value nor an exception of the
// script's.
struct Fault {
  v1::ErrorReason reason;
  std::string message;
  // Of a limit: where it was, and what had been reached. Nanoseconds or bytes.
  uint64_t limit = 0;
  uint64_t reached = 0;
  // Of a time limit: the JavaScript stack that was running, a line for each frame; empty if V8 was not to be
  // asked.
  std::string stack;
};

// What came of running one request.
struct Execution {
  std::variant<v1::Value, v1::ScriptException, Fault> outcome;
  std::vector<v1::ConsoleMessage> console;
  bool console_truncated = false;
  MonotonicTime started;   // the first line ran; where it came not so far, when that was clear
  MonotonicTime finished;  // the result had been carried
  uint64_t heap_bytes = 0;
};

// A result is never carried deeper than this, whatever the request's limit: the walk over it is recursive.
inline constexpr int kMaxResultDepth = 4000;

// Everything is called on the thread that created it, but Terminate. Globals that a request makes stay for
// the next one: who wants a pristine isolate makes a new Runtime, or forks or rewinds its process.
//
//   auto runtime = Runtime::Create({.startup_snapshot = bytes});
//   absl::StatusOr<v1::Value> answer = (*runtime)->Evaluate("importantFunction()");   // json: "42"
class Runtime {
 public:
  struct Options {
    // What SnapshotBuilder::Finish gave; must outlive the Runtime. These bytes are trusted: V8 does not check
    // them.
    std::string_view startup_snapshot;
    // The same ops, in the same order, as the snapshot was built with.
    std::vector<NativeOp> ops;
    // Size of V8's heap at the most. A script that needs more is ended with HEAP_LIMIT; one that V8 cannot
    // end in time takes the process with it (exit code WorkerExitCode::kOutOfMemory).
    uint64_t heap_bytes = 64 << 20;
    // Whether eval() and new Function() work.
    bool code_from_strings = true;
  };

  // FAILED_PRECONDITION: the snapshot is not one of evald's.
  static absl::StatusOr<std::unique_ptr<Runtime>> Create(Options options);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // `json` is the source map of the script or module `name` that the next request brings.
  void GiveSourceMap(std::string_view name, std::string json) {
    host_.source_maps().Give(name, std::move(json));
  }

  // Makes modules importable from now on, and evaluates them in their order: those that a snapshot cannot
  // hold (SnapshotBuilder::WithModules). INVALID_ARGUMENT: one of them is at fault; the message begins
  // "module 'x'" and says where.
  absl::Status Preload(const std::vector<Module>& modules);

  // Runs a request to its end: until its result, if it is a promise, has settled, and its promise's value is
  // known. Timers and whatever else is left then are forgotten. Limits on time are the caller's to watch
  // (Terminate); of `limits` only output_bytes is used here.
  Execution Eval(const v1::EvalRequest& request, uint64_t max_console_bytes = 1 << 20);
  Execution CallFunction(const v1::CallFunctionRequest& request, uint64_t max_console_bytes = 1 << 20);

  // The same for a classic script that needs no options. INVALID_ARGUMENT: it threw. ABORTED: it was
  // terminated.
  absl::StatusOr<v1::Value> Evaluate(std::string_view source);

  enum class Cause : int { kNone, kWallTime, kCpuTime, kHeap };
  // Makes the running request end with a fault; for a signal handler on the Runtime's thread. Asked once, it
  // ends the script where it can be asked for its stack; asked again, wherever it is. The first cause given
  // counts. Does nothing between requests.
  void Terminate(Cause cause);

  v8::Isolate* isolate() const { return isolate_; }

 private:
  // Gives the value, or is empty: then something threw, or `fault` is set.
  using Body =
      absl::FunctionRef<v8::MaybeLocal<v8::Value>(v8::Local<v8::Context>, std::unique_ptr<Fault>& fault)>;

  Runtime() = default;

  Execution Run(const v1::Limits& limits, v1::ResultFormat format, Body body);
  std::variant<v1::Value, v1::ScriptException, Fault> RunToOutcome(v8::Local<v8::Context> context,
                                                                   const WriteLimits& limits,
                                                                   v1::ResultFormat format, Body body);
  std::variant<v1::Value, v1::ScriptException, Fault> Thrown(v8::Local<v8::Context> context,
                                                             const v8::TryCatch& caught);
  Fault TerminationFault() const;

  v8::MaybeLocal<v8::Value> EvalBody(v8::Local<v8::Context> context, const v1::EvalRequest& request,
                                     std::unique_ptr<Fault>& fault);
  v8::MaybeLocal<v8::Value> EvalModule(v8::Local<v8::Context> context, const v1::EvalRequest& request);
  // False: they cannot be, which is `fault`.
  template <typename Request>
  bool BeginModules(v8::Local<v8::Context> context, const Request& request, std::unique_ptr<Fault>& fault);
  v8::MaybeLocal<v8::Value> CallBody(v8::Local<v8::Context> context, const v1::CallFunctionRequest& request,
                                     std::unique_ptr<Fault>& fault);
  EventLoop::Ending RunLoop(v8::Local<v8::Context> context, v8::MaybeLocal<v8::Promise> result);
  // Whether a module has been evaluated. Awaits it; what failed or never gets to its end is a result itself.
  bool IsDone(v8::Local<v8::Context> context, v8::Local<v8::Promise> evaluated);
  static void OnInterrupt(v8::Isolate* isolate, void* runtime);
  static void OnGarbageCollected(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* runtime);
  static size_t OnNearHeapLimit(void* runtime, size_t current, size_t initial);

  ArrayBuffers array_buffers_;
  std::vector<intptr_t> references_;
  v8::StartupData blob_{};
  v8::Isolate* isolate_ = nullptr;
  v8::Global<v8::Context> context_;
  Host host_;
  ModuleMap modules_;
  EventLoop loop_;
  MonotonicTime first_line_{};
  std::atomic<bool> running_ = false;
  std::atomic<Cause> cause_ = Cause::kNone;
  uint64_t isolate_heap_limit_ = 0;
  uint64_t heap_limit_ = 0;  // of the running request
  std::string stack_at_end_;
};

}  // namespace evald
