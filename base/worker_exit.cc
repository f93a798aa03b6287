#include "base/worker_exit.h"

#include <signal.h>
#include <sys/wait.h>

namespace evald {
namespace {

WorkerExit FromCode(int code) {
  using Kind = WorkerExit::Kind;
  switch (static_cast<WorkerExitCode>(code)) {
    case WorkerExitCode::kHungUp:
      return {Kind::kHungUp, code, "hung_up"};
    case WorkerExitCode::kOutOfMemory:
      return {Kind::kOutOfMemory, code, "out_of_memory"};
    case WorkerExitCode::kMemoryLimit:
      return {Kind::kMemoryLimit, code, "memory_limit"};
    case WorkerExitCode::kV8Fatal:
      return {Kind::kV8Fatal, code, "v8_fatal"};
    case WorkerExitCode::kProtocol:
      return {Kind::kProtocol, code, "protocol"};
    case WorkerExitCode::kPagemap:
      return {Kind::kNotRewindable, code, "pagemap"};
    case WorkerExitCode::kTooManyPages:
      return {Kind::kNotRewindable, code, "too_many_pages"};
    case WorkerExitCode::kMappingLogFull:
      return {Kind::kNotRewindable, code, "mapping_log_full"};
    case WorkerExitCode::kSetup:
      return {Kind::kSetup, code, "setup"};
    case WorkerExitCode::kAborted:
      return {Kind::kCrashed, SIGABRT, "aborted"};
    case WorkerExitCode::kVerifyMismatch:
      return {Kind::kVerifyMismatch, code, "verify_mismatch"};
  }
  return {Kind::kUnknown, code, "exit_" + std::to_string(code)};
}

}  // namespace

WorkerExit WorkerExit::FromWaitStatus(int wait_status) {
  if (WIFEXITED(wait_status)) return FromCode(WEXITSTATUS(wait_status));
  if (!WIFSIGNALED(wait_status)) return {Kind::kUnknown, wait_status, "unknown"};
  const int signal = WTERMSIG(wait_status);
  if (signal == SIGKILL) return {Kind::kKilled, signal, "killed"};
  if (signal == SIGSYS) return {Kind::kSandboxViolation, signal, "sandbox_violation"};
  return {Kind::kCrashed, signal, "signal_" + std::to_string(signal)};
}

}  // namespace evald
