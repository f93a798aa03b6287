#include "daemon/requests/status_mapping.h"

#include <string.h>

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/utf8.h"

namespace evald {
namespace {

Failure FailureOf(const WorkerExit& exit) {
  switch (exit.kind) {
    case WorkerExit::Kind::kOutOfMemory:
      return {v1::ERROR_REASON_HEAP_LIMIT,
              "the script's heap outgrew limits.heap_bytes; its worker was ended"};
    case WorkerExit::Kind::kMemoryLimit:
      return {v1::ERROR_REASON_MEMORY_LIMIT,
              "the script needed more memory than limits.memory_bytes allows; its worker was ended"};
    case WorkerExit::Kind::kKilled:
      return {v1::ERROR_REASON_WORKER_LOST,
              "the worker was killed (SIGKILL) from outside evald: by hand, or because the machine ran out "
              "of memory"};
    case WorkerExit::Kind::kCrashed: {
      const char* name = sigabbrev_np(exit.code);
      return {v1::ERROR_REASON_WORKER_CRASHED,
              absl::StrCat("the worker crashed with signal ", exit.code,
                           name == nullptr ? "" : absl::StrCat(" (SIG", name, ")"))};
    }
    case WorkerExit::Kind::kV8Fatal:
      return {v1::ERROR_REASON_WORKER_CRASHED, "the worker ended: V8 met a fatal error"};
    case WorkerExit::Kind::kSandboxViolation:
      return {v1::ERROR_REASON_SANDBOX_VIOLATION,
              "the worker was ended by its sandbox: it asked the kernel for what no script needs"};
    case WorkerExit::Kind::kSetup:
      return {v1::ERROR_REASON_WORKER_LOST,
              "the kernel refused the worker what it needs to run a script; nothing was run"};
    case WorkerExit::Kind::kHungUp:
    case WorkerExit::Kind::kProtocol:
    case WorkerExit::Kind::kNotRewindable:
    case WorkerExit::Kind::kVerifyMismatch:
    case WorkerExit::Kind::kUnknown:
      break;
  }
  return {v1::ERROR_REASON_WORKER_CRASHED,
          absl::StrCat("the worker ended before it answered (", exit.name, ")")};
}

struct FailureOfEnd {
  Failure operator()(const WorkerExited& end) const { return FailureOf(end.exit); }
  Failure operator()(const WorkerGarbled& end) const {
    return {v1::ERROR_REASON_WORKER_CRASHED,
            absl::StrCat("the worker broke the protocol and was killed: ", end.what)};
  }
  Failure operator()(const WorkerLost& end) const {
    return {v1::ERROR_REASON_WORKER_LOST, absl::StrCat("the worker was lost: ", end.why)};
  }
  Failure operator()(const WorkerNotForked& end) const {
    return {v1::ERROR_REASON_WORKER_LOST, absl::StrCat("the worker could not be forked: ", end.why)};
  }
};

}  // namespace

grpc::StatusCode StatusCodeOf(v1::ErrorReason reason) {
  switch (reason) {
    case v1::ERROR_REASON_INVALID_REQUEST:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case v1::ERROR_REASON_FUNCTION_NOT_FOUND:
    case v1::ERROR_REASON_MODULE_NOT_FOUND:
      return grpc::StatusCode::NOT_FOUND;
    case v1::ERROR_REASON_WALL_TIME_LIMIT:
    case v1::ERROR_REASON_CPU_TIME_LIMIT:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    case v1::ERROR_REASON_HEAP_LIMIT:
    case v1::ERROR_REASON_MEMORY_LIMIT:
    case v1::ERROR_REASON_OUTPUT_LIMIT:
    case v1::ERROR_REASON_RESULT_DEPTH_LIMIT:
    case v1::ERROR_REASON_SOURCE_LIMIT:
    case v1::ERROR_REASON_QUEUE_FULL:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case v1::ERROR_REASON_DRAINING:
    case v1::ERROR_REASON_NOT_READY:
    case v1::ERROR_REASON_WORKER_LOST:
      return grpc::StatusCode::UNAVAILABLE;
    case v1::ERROR_REASON_CANCELLED:
      return grpc::StatusCode::CANCELLED;
    case v1::ERROR_REASON_UNAUTHENTICATED:
      return grpc::StatusCode::UNAUTHENTICATED;
    case v1::ERROR_REASON_TENANT_DENIED:
    case v1::ERROR_REASON_RIGHT_DENIED:
      return grpc::StatusCode::PERMISSION_DENIED;
    case v1::ERROR_REASON_SNAPSHOT_FAILED:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case v1::ERROR_REASON_SNAPSHOT_NOT_FOUND:
      return grpc::StatusCode::NOT_FOUND;
    case v1::ERROR_REASON_SNAPSHOT_SUPERSEDED:
      return grpc::StatusCode::ABORTED;
    case v1::ERROR_REASON_UNSPECIFIED:
    case v1::ERROR_REASON_WORKER_CRASHED:
    case v1::ERROR_REASON_SANDBOX_VIOLATION:
    case v1::ERROR_REASON_INTERNAL:
    case v1::ErrorReason_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::ErrorReason_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return grpc::StatusCode::INTERNAL;
}

std::string ReasonName(v1::ErrorReason reason) {
  if (!v1::ErrorReason_IsValid(reason) || reason == v1::ERROR_REASON_UNSPECIFIED) return "INTERNAL";
  return std::string(absl::StripPrefix(v1::ErrorReason_Name(reason), "ERROR_REASON_"));
}

v1::ErrorDetail DetailOf(const Failure& failure) {
  v1::ErrorDetail detail;
  detail.set_reason(failure.reason);
  detail.set_limit(failure.limit);
  detail.set_reached(failure.reached);
  detail.set_stack(ShortenMessage(failure.stack));
  return detail;
}

std::string ShortenMessage(const std::string& message) {
  // gRPC writes a byte beyond ASCII as three.
  constexpr size_t kLongest = 2000;
  if (message.size() <= kLongest) return message;
  return std::string(CutUtf8(message, kLongest)) + "...";
}

Failure FailureOf(const WorkerEnd& end) { return std::visit(FailureOfEnd(), end); }

}  // namespace evald
