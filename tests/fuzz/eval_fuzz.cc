// Requests end to end without the processes between: bytes, parsed, validated, completed, run in a fresh
// Runtime with every built-in extension under a time limit, and the reply as the daemon would read it.
//
// An input's first byte says what it is: 0 an EvalRequest, 1 a CallFunctionRequest, else the source of a
// script (2) or of a module (3), which gets a fuzzer to the engine sooner. From 128 on, source, import map
// and modules "./0" to "./9" follow one another, separated by NUL; of these every third is JSON, every third
// Wasm.
//
// A script may end this process as it may end a worker: out of memory, or in a built-in that cannot be
// interrupted. Then that is said and the process ends with kEndedByDesign, and whoever runs the fuzzer starts
// it again.

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <v8.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/frame.h"
#include "daemon/loop/proto_time.h"
#include "daemon/requests/validator.h"
#include "evald/internal/worker.pb.h"
#include "runtime/extensions/builtin.h"
#include "runtime/runtime.h"
#include "runtime/snapshot_builder.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace {

using evald::Execution;
using evald::Fault;
using evald::Runtime;
using evald::v1::ResultFormat;
using evald::v1::ScriptException;
using evald::v1::Value;

constexpr int kEndedByDesign = 0;
constexpr uint64_t kMaxConsoleBytes = 4096;
constexpr uint64_t kMaxOutputBytes = 64 << 10;
constexpr std::chrono::milliseconds kWallTime(50);
// Where the daemon would send SIGKILL.
constexpr int kMostTicks = 400;
constexpr std::chrono::milliseconds kTick(10);

[[noreturn]] void EndByDesign(const char* why) {
  static_cast<void>(!write(STDERR_FILENO, why, std::strlen(why)));
  _exit(kEndedByDesign);
}

// The timer whose signal ends the script, as a worker's does. The one of libFuzzer has SIGALRM.
class Watchdog {
 public:
  Watchdog() {
    struct sigaction action {};
    action.sa_handler = OnTick;
    action.sa_flags = SA_RESTART;
    EVALD_CHECK(sigaction(SIGUSR1, &action, nullptr) == 0, "the signal can be handled");
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR1;
    EVALD_CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0, "there is a timer left");
  }
  void Arm(Runtime* runtime) {
    watched_ = runtime;
    ticks_ = 0;
    Set(std::chrono::duration_cast<std::chrono::nanoseconds>(kWallTime).count());
  }
  void Disarm() { Set(0); }

 private:
  static void OnTick(int) {
    const int error = errno;
    if (++ticks_ > kMostTicks) EndByDesign("eval_fuzz: a script that cannot be interrupted; started again\n");
    watched_->Terminate(Runtime::Cause::kWallTime);
    errno = error;
  }
  void Set(int64_t first_ns) {
    itimerspec spec{};
    spec.it_value.tv_nsec = first_ns;
    if (first_ns > 0) spec.it_interval.tv_nsec = std::chrono::nanoseconds(kTick).count();
    timer_settime(timer_, 0, &spec, nullptr);
  }

  static inline Runtime* watched_ = nullptr;
  static inline int ticks_ = 0;
  timer_t timer_{};
};

const std::string& Snapshot() {
  static const std::string* const snapshot = [] {
    auto builder = evald::SnapshotBuilder::Create(
        {.extensions = evald::BuiltinExtensions(), .ops = evald::BuiltinOps()});
    EVALD_CHECK(builder.ok(), "the built-in extensions load");
    const absl::Status module = (*builder)->WithModule(
        {"m", "export const one = 1; export default x => x; export const o = { f() { return this } };"});
    EVALD_CHECK(module.ok(), "the module loads");
    absl::StatusOr<std::string> bytes = (*builder)->Finish();
    EVALD_CHECK(bytes.ok(), "they can be serialized");
    return new std::string(*std::move(bytes));
  }();
  return *snapshot;
}

std::unique_ptr<Runtime> FreshRuntime() {
  auto runtime =
      Runtime::Create({.startup_snapshot = Snapshot(), .ops = evald::BuiltinOps(), .heap_bytes = 32 << 20});
  EVALD_CHECK(runtime.ok(), "a Runtime starts from the snapshot");
  (*runtime)->isolate()->SetOOMErrorHandler(
      [](const char*, bool) { EndByDesign("eval_fuzz: a script ran V8 out of memory; started again\n"); });
  return *std::move(runtime);
}

evald::LimitBounds Bounds() {
  evald::LimitBounds bounds;
  evald::FromDuration(kWallTime, *bounds.ceilings.mutable_wall_time());
  evald::FromDuration(kWallTime, *bounds.ceilings.mutable_cpu_time());
  bounds.ceilings.set_heap_bytes(32 << 20);
  bounds.ceilings.set_output_bytes(kMaxOutputBytes);
  bounds.ceilings.set_memory_bytes(512 << 20);
  bounds.ceilings.set_console_bytes(kMaxConsoleBytes);
  bounds.ceilings.set_source_bytes(1 << 20);
  bounds.ceilings.set_result_depth(1000);
  bounds.defaults = bounds.ceilings;
  return bounds;
}

void CheckValue(const Value& value, ResultFormat format, uint64_t max_bytes) {
  switch (value.kind_case()) {
    case Value::kUndefined:
      return;
    case Value::kJson:
      EVALD_CHECK(format == evald::v1::RESULT_FORMAT_JSON, "text where text was asked for");
      EVALD_CHECK(!value.json().empty() && value.json().size() <= max_bytes,
                  "the result is within its limit");
      return;
    case Value::kStructured:
      EVALD_CHECK(format == evald::v1::RESULT_FORMAT_STRUCTURED, "a structure where one was asked for");
      return;
    case Value::kBytes:
      EVALD_CHECK(format != evald::v1::RESULT_FORMAT_NONE, "nothing where nothing was asked for");
      EVALD_CHECK(value.bytes().size() <= max_bytes, "the result is within its limit");
      return;
    case Value::KIND_NOT_SET:
      EVALD_CHECK(false, "a result says what it is");
  }
}

void CheckException(const ScriptException& exception) {
  EVALD_CHECK(!exception.name().empty(), "an exception has a name");
  EVALD_CHECK(exception.line() >= 0 && exception.column() >= 0, "lines and columns count from 1");
  EVALD_CHECK(exception.source_line().size() <= 256, "the source line is shortened");
}

void CheckFault(const Fault& fault) {
  switch (fault.reason) {
    case evald::v1::ERROR_REASON_INVALID_REQUEST:
    case evald::v1::ERROR_REASON_FUNCTION_NOT_FOUND:
    case evald::v1::ERROR_REASON_MODULE_NOT_FOUND:
    case evald::v1::ERROR_REASON_WALL_TIME_LIMIT:
    case evald::v1::ERROR_REASON_CPU_TIME_LIMIT:
    case evald::v1::ERROR_REASON_HEAP_LIMIT:
    case evald::v1::ERROR_REASON_MEMORY_LIMIT:
    case evald::v1::ERROR_REASON_OUTPUT_LIMIT:
    case evald::v1::ERROR_REASON_RESULT_DEPTH_LIMIT:
    case evald::v1::ERROR_REASON_SOURCE_LIMIT:
      EVALD_CHECK(!fault.message.empty(), "a fault says what happened");
      return;
    default:
      EVALD_CHECK(false, "a fault is one of those that a script can cause");
  }
}

void CheckConsole(const Execution& execution) {
  size_t bytes = 0;
  for (const evald::v1::ConsoleMessage& message : execution.console) {
    EVALD_CHECK(message.level() != evald::v1::ConsoleMessage::LEVEL_UNSPECIFIED,
                "console output has a level");
    bytes += message.text().size();
  }
  EVALD_CHECK(bytes <= kMaxConsoleBytes, "console output is within its limit");
}

// What the worker sends is a frame that the daemon takes for the reply that it is.
void CheckReply(Execution execution) {
  evald::internal::WorkerMessage message, parsed;
  evald::internal::WorkerReply& reply = *message.mutable_reply();
  if (auto* value = std::get_if<Value>(&execution.outcome)) {
    *reply.mutable_value() = std::move(*value);
  } else if (auto* exception = std::get_if<ScriptException>(&execution.outcome)) {
    *reply.mutable_exception() = std::move(*exception);
  } else {
    const Fault& fault = std::get<Fault>(execution.outcome);
    reply.mutable_fault()->set_reason(fault.reason);
    reply.mutable_fault()->set_message(fault.message);
    reply.mutable_fault()->set_stack(fault.stack);
  }
  for (evald::v1::ConsoleMessage& line : execution.console) *reply.add_console() = std::move(line);
  EVALD_CHECK(parsed.ParseFromString(message.SerializeAsString()),
              "the daemon can read the reply: it is UTF-8, not too deep");
}

Execution Run(Runtime& runtime, const evald::v1::EvalRequest& request) {
  return runtime.Eval(request, kMaxConsoleBytes);
}
Execution Run(Runtime& runtime, const evald::v1::CallFunctionRequest& request) {
  return runtime.CallFunction(request, kMaxConsoleBytes);
}

template <typename Request>
void CheckRequest(Request request) {
  static auto* const watchdog = new Watchdog;
  const evald::LimitBounds bounds = Bounds();
  if (!evald::Validate(request, bounds).ok()) return;
  evald::FillDefaults(bounds, request);
  const std::unique_ptr<Runtime> runtime = FreshRuntime();
  watchdog->Arm(runtime.get());
  Execution execution = Run(*runtime, request);
  watchdog->Disarm();
  if (const auto* value = std::get_if<Value>(&execution.outcome)) {
    CheckValue(*value, request.result_format(), request.limits().output_bytes());
  } else if (const auto* exception = std::get_if<ScriptException>(&execution.outcome)) {
    CheckException(*exception);
  } else {
    CheckFault(std::get<Fault>(execution.outcome));
  }
  CheckConsole(execution);
  EVALD_CHECK(execution.started <= execution.finished, "a script ends after it began");
  CheckReply(std::move(execution));
}

void SplitModules(std::string_view rest, evald::v1::EvalRequest& request) {
  const auto next = [&rest] {
    const size_t end = std::min(rest.find('\0'), rest.size());
    const std::string part(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
  };
  request.set_source(next());
  request.set_import_map(next());
  for (int i = 0; i < 10 && !rest.empty(); ++i) {
    evald::v1::ModuleSource& module = (*request.mutable_modules())[absl::StrCat("./", i)];
    if (i % 3 == 2) {
      // NUL is the first byte of every Wasm module.
      module.set_type(evald::v1::ModuleSource::WASM);
      module.set_binary(absl::StrCat(std::string("\0asm\1\0\0\0", 8), next()));
    } else {
      module.set_type(i % 3 == 1 ? evald::v1::ModuleSource::JSON : evald::v1::ModuleSource::JAVASCRIPT);
      module.set_text(next());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evald::fuzz::QuietProtobuf();
  evald::fuzz::Input input(data, size);
  const uint8_t kind = input.Byte();
  const std::string rest(input.TakeRest());
  if (kind == 1) {
    evald::v1::CallFunctionRequest request;
    if (request.ParseFromString(rest)) CheckRequest(std::move(request));
    return 0;
  }
  evald::v1::EvalRequest request;
  if (kind == 0) {
    if (!request.ParseFromString(rest)) return 0;
  } else {
    if (kind >= 128) {
      SplitModules(rest, request);
    } else {
      request.set_source(rest);
    }
    request.set_source_kind(kind % 2 == 0 ? evald::v1::SOURCE_KIND_SCRIPT : evald::v1::SOURCE_KIND_MODULE);
    if (kind / 2 % 2 == 0) request.set_result_format(evald::v1::RESULT_FORMAT_STRUCTURED);
    // A source that is no UTF-8 does not get this far.
    if (!evald::v1::EvalRequest().ParseFromString(request.SerializeAsString())) return 0;
  }
  CheckRequest(std::move(request));
  return 0;
}
