#include "runtime/runtime.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/worker_exit.h"
#include "runtime/exceptions.h"
#include "runtime/hooks.h"
#include "runtime/platform.h"
#include "runtime/realm.h"
#include "runtime/top_level_await.h"
#include "runtime/v8_compat.h"
#include "runtime/value_reader.h"

namespace evald {
namespace {

constexpr uint32_t kRuntimeSlot = 2;
constexpr size_t kLeastSnapshotBytes = 4096;
constexpr char kDefaultResourceName[] = "eval.js";

// One line for the log; then the process is gone: V8 does not go on after these.
[[noreturn]] void Die(WorkerExitCode code, const char* what, const char* location) {
  std::fprintf(stderr, "%s in %s\n", what, location == nullptr ? "V8" : location);
  _exit(static_cast<int>(code));
}

void OnOutOfMemory(const char* location, v8_compat::OomDetails) {
  Die(MemoryWasRefused() ? WorkerExitCode::kMemoryLimit : WorkerExitCode::kOutOfMemory, "V8 is out of memory",
      location);
}

void OnFatalError(const char* location, const char* message) {
  Die(WorkerExitCode::kV8Fatal, message == nullptr ? "V8 failed" : message, location);
}

// Array buffers leave V8 the room that it needs, or it would be V8 that runs into the limit on all memory,
// and dies of it.
uint64_t BufferLimit(uint64_t memory_bytes, uint64_t heap_bytes) {
  const uint64_t needed = heap_bytes + (16 << 20);
  return std::max(memory_bytes / 4, memory_bytes > needed ? memory_bytes - needed : 0);
}

v1::ScriptException EvaldException(std::string_view name, std::string message) {
  v1::ScriptException exception;
  exception.set_name(std::string(name));
  exception.set_message(std::move(message));
  return exception;
}

// Of a request that cannot be run as it is.
Fault MessageFault(const absl::Status& status) {
  return {v1::ERROR_REASON_INVALID_REQUEST, std::string(status.message())};
}

std::string OfFunction(const v1::CallFunctionRequest& request) {
  return request.module().empty()
             ? absl::StrCat("'", request.function(), "'")
             : absl::StrCat("'", request.function(), "' of module '", request.module(), "'");
}

// What an extension adds to WebAssembly, which is not there while a snapshot is built.
void InstallWebAssembly(v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::TryCatch quiet(isolate);
  v8::Local<v8::Function> install;
  v8::Local<v8::Value> wasm;
  if (hooks::Find(context, "webassembly.install").ToLocal(&install) &&
      context->Global()
          ->Get(context, v8::String::NewFromUtf8Literal(isolate, "WebAssembly"))
          .ToLocal(&wasm) &&
      wasm->IsObject()) {
    static_cast<void>(install->Call(context, v8::Undefined(isolate), 1, &wasm).IsEmpty());
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Runtime>> Runtime::Create(Options options) {
  StartV8();
  auto runtime = std::unique_ptr<Runtime>(new Runtime);
  runtime->references_ = ExternalReferences(options.ops);
  runtime->blob_ = {options.startup_snapshot.data(), static_cast<int>(options.startup_snapshot.size())};
  // V8 reads a header before it looks whether there is one.
  if (options.startup_snapshot.size() < kLeastSnapshotBytes || !runtime->blob_.IsValid()) {
    return absl::FailedPreconditionError("not a startup snapshot of this V8");
  }
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator = &runtime->array_buffers_;
  params.snapshot_blob = &runtime->blob_;
  params.external_references = runtime->references_.data();
  params.constraints.ConfigureDefaultsFromHeapSize(0, options.heap_bytes);
  runtime->heap_limit_ = runtime->isolate_heap_limit_ = options.heap_bytes;
  v8::Isolate* const isolate = runtime->isolate_ = v8::Isolate::New(params);
  isolate->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  isolate->SetData(kRuntimeSlot, runtime.get());
  InstallStackFormatter(isolate);
  isolate->SetFatalErrorHandler(OnFatalError);
  isolate->SetOOMErrorHandler(OnOutOfMemory);
  isolate->AddNearHeapLimitCallback(OnNearHeapLimit, runtime.get());
  isolate->AddGCEpilogueCallback(OnGarbageCollected, runtime.get(), v8::kGCTypeMarkSweepCompact);
  runtime->host_.AttachTo(isolate);
  runtime->host_.AllowRequestScratch();
  runtime->loop_.AttachTo(isolate);
  runtime->loop_.WatchRejections();
  runtime->modules_.AttachTo(isolate);
  v8::Isolate::Scope entered(isolate);
  v8::HandleScope handles(isolate);
  const v8::Local<v8::Context> context = v8::Context::New(isolate);
  runtime->context_.Reset(isolate, context);
  context->AllowCodeGenerationFromStrings(options.code_from_strings);
  v8::Context::Scope context_scope(context);
  runtime->modules_.PrepareWasm(context);
  if (absl::Status status = runtime->modules_.RestoreFrom(context); !status.ok()) return status;
  runtime->host_.source_maps().RestoreFrom(context);
  InstallWebAssembly(context);
  return runtime;
}

Runtime::~Runtime() {
  if (isolate_ == nullptr) return;
  loop_ = EventLoop();
  modules_ = ModuleMap();
  context_.Reset();
  isolate_->Dispose();
}

absl::Status Runtime::Preload(const std::vector<Module>& modules) {
  if (absl::Status declared = modules_.Declare(modules); !declared.ok()) return declared;
  for (const Module& module : modules) {
    host_.BeginRequest(0, true);
    const Execution execution =
        Run({}, v1::RESULT_FORMAT_NONE, [&](v8::Local<v8::Context> context, std::unique_ptr<Fault>& fault) {
          v8::Local<v8::Module> loaded;
          v8::Local<v8::Promise> evaluated;
          const absl::Status imported = modules_.ImportExactly(context, module.specifier, loaded, evaluated);
          if (absl::IsAborted(imported)) return v8::MaybeLocal<v8::Value>();
          if (!imported.ok()) fault = std::make_unique<Fault>(MessageFault(imported));
          return v8::MaybeLocal<v8::Value>(evaluated);
        });
    std::string why;
    if (const auto* exception = std::get_if<v1::ScriptException>(&execution.outcome))
      why = ExceptionText(*exception);
    if (const auto* fault = std::get_if<Fault>(&execution.outcome)) why = fault->message;
    if (!why.empty())
      return absl::InvalidArgumentError(absl::StrCat("module '", module.specifier, "': ", why));
  }
  return absl::OkStatus();
}

Execution Runtime::Eval(const v1::EvalRequest& request, uint64_t max_console_bytes) {
  host_.BeginRequest(max_console_bytes, request.console().discard());
  return Run(request.limits(), request.result_format(),
             [&](v8::Local<v8::Context> context, std::unique_ptr<Fault>& fault) {
               return EvalBody(context, request, fault);
             });
}

Execution Runtime::CallFunction(const v1::CallFunctionRequest& request, uint64_t max_console_bytes) {
  host_.BeginRequest(max_console_bytes, request.console().discard());
  return Run(request.limits(), request.result_format(),
             [&](v8::Local<v8::Context> context, std::unique_ptr<Fault>& fault) {
               return CallBody(context, request, fault);
             });
}

absl::StatusOr<v1::Value> Runtime::Evaluate(std::string_view source) {
  v1::EvalRequest request;
  request.set_source(std::string(source));
  Execution execution = Eval(request);
  if (auto* value = std::get_if<v1::Value>(&execution.outcome)) return std::move(*value);
  if (auto* exception = std::get_if<v1::ScriptException>(&execution.outcome)) {
    return absl::InvalidArgumentError(ExceptionText(*exception));
  }
  return absl::AbortedError(std::get<Fault>(execution.outcome).message);
}

void Runtime::Terminate(Cause cause) {
  if (!running_.load(std::memory_order_relaxed)) return;
  host_.set_stopping(true);
  Cause none = Cause::kNone;
  const bool first = cause_.compare_exchange_strong(none, cause, std::memory_order_relaxed);
  // V8 queues the callback in a deque, which allocates only every few dozen times; a worker's queue holds one
  // at the most.
  if (first && cause != Cause::kHeap) {
    isolate_->RequestInterrupt(OnInterrupt, this);
  } else {
    isolate_->TerminateExecution();
  }
}

void Runtime::OnInterrupt(v8::Isolate* isolate, void* data) {
  auto* const runtime = static_cast<Runtime*>(data);
  // It may have been asked for too late for the request that it was meant for.
  if (!runtime->running_ || runtime->cause_ == Cause::kNone) return;
  v8::HandleScope handles(isolate);
  runtime->stack_at_end_ = DescribeStack(isolate);
  isolate->TerminateExecution();
}

Execution Runtime::Run(const v1::Limits& limits, v1::ResultFormat format, Body body) {
  WriteLimits write_limits;
  if (limits.output_bytes() > 0) write_limits.max_bytes = limits.output_bytes();
  if (limits.result_depth() > 0)
    write_limits.max_depth = std::min<int>(kMaxResultDepth, static_cast<int>(limits.result_depth()));
  heap_limit_ =
      limits.heap_bytes() > 0 ? std::min(limits.heap_bytes(), isolate_heap_limit_) : isolate_heap_limit_;
  array_buffers_.set_limit(limits.memory_bytes() > 0 ? BufferLimit(limits.memory_bytes(), heap_limit_)
                                                     : UINT64_MAX);
  v8::Isolate::Scope entered(isolate_);
  v8::HandleScope handles(isolate_);
  const v8::Local<v8::Context> context = context_.Get(isolate_);
  v8::Context::Scope context_scope(context);

  Execution execution;
  cause_ = Cause::kNone;
  host_.set_stopping(false);
  stack_at_end_.clear();
  running_ = true;
  first_line_ = {};
  execution.outcome = RunToOutcome(context, write_limits, format, body);
  running_ = false;
  execution.finished = std::chrono::steady_clock::now();
  execution.started = first_line_ == MonotonicTime{} ? execution.finished : first_line_;
  if (cause_ != Cause::kNone) {
    isolate_->CancelTerminateExecution();
    if (stack_at_end_.empty()) stack_at_end_ = loop_.DescribeSleep(context);
    execution.outcome = TerminationFault();
  }
  loop_.Reset(context);
  modules_.EndRequest();
  host_.source_maps().EndRequest();
  execution.console = host_.TakeConsole();
  execution.console_truncated = host_.console_truncated();
  v8::HeapStatistics heap;
  isolate_->GetHeapStatistics(&heap);
  execution.heap_bytes = heap.used_heap_size();
  return execution;
}

std::variant<v1::Value, v1::ScriptException, Fault> Runtime::RunToOutcome(v8::Local<v8::Context> context,
                                                                          const WriteLimits& limits,
                                                                          v1::ResultFormat format,
                                                                          Body body) {
  v8::TryCatch caught(isolate_);
  std::unique_ptr<Fault> fault;
  v8::Local<v8::Value> value;
  const bool returned = body(context, fault).ToLocal(&value);
  if (fault != nullptr) return std::move(*fault);
  if (!returned) return Thrown(context, caught);

  const v8::MaybeLocal<v8::Promise> promise =
      value->IsPromise() ? value.As<v8::Promise>() : v8::MaybeLocal<v8::Promise>();
  switch (RunLoop(context, promise)) {
    case EventLoop::Ending::kSettled:
      break;
    case EventLoop::Ending::kStopped:
      return TerminationFault();
    case EventLoop::Ending::kUncaught:
      return *loop_.uncaught();
    case EventLoop::Ending::kNothingLeft:
      return EvaldException("UnsettledPromiseError",
                            "the result is a promise that can never settle: nothing is left to run");
  }
  if (value->IsPromise()) {
    if (value.As<v8::Promise>()->State() == v8::Promise::kRejected)
      return DescribeException(context, value.As<v8::Promise>()->Result(), {});
    value = value.As<v8::Promise>()->Result();
  }

  v1::Value carried;
  std::string error;
  switch (WriteValue(context, value, format, limits, carried, error)) {
    case WriteOutcome::kWritten:
      return carried;
    case WriteOutcome::kCannotBeCarried:
      return EvaldException("DataCloneError", std::move(error));
    case WriteOutcome::kTooLarge:
      return Fault{v1::ERROR_REASON_OUTPUT_LIMIT, std::move(error), limits.max_bytes};
    case WriteOutcome::kTooDeep:
      return Fault{v1::ERROR_REASON_RESULT_DEPTH_LIMIT, std::move(error),
                   static_cast<uint64_t>(limits.max_depth), static_cast<uint64_t>(limits.max_depth) + 1};
    case WriteOutcome::kThrew:
      break;
  }
  return Thrown(context, caught);
}

std::variant<v1::Value, v1::ScriptException, Fault> Runtime::Thrown(v8::Local<v8::Context> context,
                                                                    const v8::TryCatch& caught) {
  if (caught.HasTerminated() || !caught.HasCaught()) return TerminationFault();
  return DescribeException(context, caught);
}

Fault Runtime::TerminationFault() const {
  switch (cause_.load()) {
    case Cause::kWallTime:
      return {v1::ERROR_REASON_WALL_TIME_LIMIT, "the script reached its wall-time limit", 0, 0,
              stack_at_end_};
    case Cause::kCpuTime:
      return {v1::ERROR_REASON_CPU_TIME_LIMIT, "the script reached its CPU-time limit", 0, 0, stack_at_end_};
    case Cause::kHeap: {
      v8::HeapStatistics heap;
      isolate_->GetHeapStatistics(&heap);
      return {v1::ERROR_REASON_HEAP_LIMIT,
              absl::StrCat("the script reached its heap limit of ", heap_limit_, " bytes"), heap_limit_,
              heap.used_heap_size()};
    }
    case Cause::kNone:
      break;
  }
  return {v1::ERROR_REASON_INTERNAL, "the script ended without a result"};
}

template <typename Request>
bool Runtime::BeginModules(v8::Local<v8::Context> context, const Request& request,
                           std::unique_ptr<Fault>& fault) {
  const absl::Status begun = modules_.BeginRequest(context, request);
  if (!begun.ok()) fault = std::make_unique<Fault>(MessageFault(begun));
  return begun.ok();
}

v8::MaybeLocal<v8::Value> Runtime::EvalBody(v8::Local<v8::Context> context, const v1::EvalRequest& request,
                                            std::unique_ptr<Fault>& fault) {
  if (!BeginModules(context, request, fault)) return {};
  for (const auto& [name, value] : request.globals()) {
    absl::StatusOr<v8::Local<v8::Value>> read = ReadValue(context, value);
    v8::Local<v8::String> key;
    if (!read.ok() || !FromUtf8(isolate_, name).ToLocal(&key)) {
      fault =
          std::make_unique<Fault>(Fault{v1::ERROR_REASON_INVALID_REQUEST,
                                        absl::StrCat("globals['", name, "']: ", read.status().message())});
      return {};
    }
    if (!context->Global()->CreateDataProperty(context, key, *read).FromMaybe(false)) {
      fault = std::make_unique<Fault>(
          Fault{v1::ERROR_REASON_INVALID_REQUEST,
                absl::StrCat("globals['", name, "']: JavaScript does not let it be redefined")});
      return {};
    }
  }
  if (request.source_kind() == v1::SOURCE_KIND_MODULE) return EvalModule(context, request);
  first_line_ = std::chrono::steady_clock::now();
  v8::Local<v8::Script> script;
  if (!CompileWithAwait(context, request.source(),
                        request.resource_name().empty() ? kDefaultResourceName : request.resource_name())
           .ToLocal(&script)) {
    return {};
  }
  return script->Run(context);
}

v8::MaybeLocal<v8::Value> Runtime::EvalModule(v8::Local<v8::Context> context,
                                              const v1::EvalRequest& request) {
  v8::Local<v8::Module> module;
  v8::Local<v8::Promise> evaluated;
  first_line_ = std::chrono::steady_clock::now();
  if (!modules_.Load(context, request.source(),
                     request.resource_name().empty() ? kDefaultResourceName : request.resource_name(), module,
                     evaluated)) {
    return {};
  }
  // A module that failed or never gets to its end is the result itself, as a promise.
  if (!IsDone(context, evaluated)) return evaluated;
  const v8::Local<v8::Object> exports = module->GetModuleNamespace().As<v8::Object>();
  const auto key = v8::String::NewFromUtf8Literal(isolate_, "default");
  if (!exports->HasOwnProperty(context, key).FromMaybe(false))
    return v8::Local<v8::Value>(v8::Undefined(isolate_));
  return exports->Get(context, key);
}

v8::MaybeLocal<v8::Value> Runtime::CallBody(v8::Local<v8::Context> context,
                                            const v1::CallFunctionRequest& request,
                                            std::unique_ptr<Fault>& fault) {
  const auto not_found = [&](v1::ErrorReason reason, std::string message) {
    fault = std::make_unique<Fault>(Fault{reason, std::move(message)});
    return v8::MaybeLocal<v8::Value>();
  };
  if (!BeginModules(context, request, fault)) return {};
  v8::Local<v8::Value> receiver = v8::Undefined(isolate_), target = context->Global();
  if (!request.module().empty()) {
    v8::Local<v8::Module> module;
    v8::Local<v8::Promise> evaluated;
    // One that came with the request has its first line to run.
    if (!request.modules().empty()) first_line_ = std::chrono::steady_clock::now();
    const absl::Status imported = modules_.Import(context, request.module(), module, evaluated);
    if (absl::IsAborted(imported)) return {};
    if (!imported.ok()) return not_found(v1::ERROR_REASON_MODULE_NOT_FOUND, std::string(imported.message()));
    if (!IsDone(context, evaluated)) return evaluated;
    target = module->GetModuleNamespace();
  }
  bool first = true;
  for (const std::string& name : std::vector<std::string>(absl::StrSplit(request.function(), '.'))) {
    v8::Local<v8::String> key;
    v8::Local<v8::Value> next;
    if (!FromUtf8(isolate_, name).ToLocal(&key)) return {};
    receiver = first ? v8::Local<v8::Value>(v8::Undefined(isolate_)) : target;
    const bool is_global = std::exchange(first, false) && request.module().empty();
    if (is_global && !context->Global()->Has(context, key).FromMaybe(false)) {
      // A top-level `const`, `let` or `class` of an extension is no property of the global object.
      v8::TryCatch unknown(isolate_);
      if (!RunScript(context, name, "evald:call").ToLocal(&next)) next = v8::Undefined(isolate_);
    } else if (target->IsObject()) {
      if (!target.As<v8::Object>()->Get(context, key).ToLocal(&next)) return {};
    } else {
      next = v8::Undefined(isolate_);
    }
    if (next->IsNullOrUndefined()) {
      return not_found(
          v1::ERROR_REASON_FUNCTION_NOT_FOUND,
          absl::StrCat("function ", OfFunction(request), " is not there: '", name, "' is undefined"));
    }
    target = next;
  }
  if (!target->IsFunction()) {
    return not_found(v1::ERROR_REASON_FUNCTION_NOT_FOUND,
                     absl::StrCat(OfFunction(request), " is not a function"));
  }
  std::vector<v8::Local<v8::Value>> args;
  args.reserve(static_cast<size_t>(request.args_size()));
  for (const v1::Value& value : request.args()) {
    absl::StatusOr<v8::Local<v8::Value>> read = ReadValue(context, value);
    if (!read.ok()) {
      return not_found(v1::ERROR_REASON_INVALID_REQUEST,
                       absl::StrCat("args[", args.size(), "]: ", read.status().message()));
    }
    args.push_back(*read);
  }
  if (first_line_ == MonotonicTime{}) first_line_ = std::chrono::steady_clock::now();
  return target.As<v8::Function>()->Call(context, receiver, static_cast<int>(args.size()), args.data());
}

EventLoop::Ending Runtime::RunLoop(v8::Local<v8::Context> context, v8::MaybeLocal<v8::Promise> result) {
  return loop_.Run(context, result,
                   [this] { return cause_.load(std::memory_order_relaxed) != Cause::kNone; });
}

bool Runtime::IsDone(v8::Local<v8::Context> context, v8::Local<v8::Promise> evaluated) {
  if (evaluated->State() == v8::Promise::kFulfilled) return true;
  return RunLoop(context, evaluated) == EventLoop::Ending::kSettled &&
         evaluated->State() == v8::Promise::kFulfilled;
}

// V8's own limit is the isolate's; a request may have a lower one.
void Runtime::OnGarbageCollected(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* data) {
  auto* const runtime = static_cast<Runtime*>(data);
  if (!runtime->running_ || runtime->heap_limit_ >= runtime->isolate_heap_limit_) return;
  v8::HeapStatistics heap;
  isolate->GetHeapStatistics(&heap);
  if (heap.used_heap_size() > runtime->heap_limit_) runtime->Terminate(Cause::kHeap);
}

size_t Runtime::OnNearHeapLimit(void* data, size_t current, size_t initial) {
  static_cast<Runtime*>(data)->Terminate(Cause::kHeap);
  // Room to unwind in; V8 asks again if that is not enough, and after a few times it has to die.
  return current >= 2 * initial ? current : current + initial / 2;
}

}  // namespace evald
