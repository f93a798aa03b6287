#include "runtime/limit_timers.h"

#include <signal.h>
#include <time.h>

#include "base/check.h"
#include "runtime/raw_syscall.h"
#include "runtime/runtime.h"

namespace evald {
namespace {

constexpr int kWallSignal = SIGALRM;
constexpr int kCpuSignal = SIGVTALRM;

Runtime* the_runtime = nullptr;

void OnTimer(int signal) {
  the_runtime->Terminate(signal == kWallSignal ? Runtime::Cause::kWallTime : Runtime::Cause::kCpuTime);
}

bool CreateTimer(clockid_t clock, int signal, int& timer) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = signal;
  return RawSyscall(SYS_timer_create, clock, RawArgument(&event), RawArgument(&timer)) == 0;
}

// A signal that is due comes before the system call returns, so none is late.
void SetTimer(int timer, int64_t ns) {
  itimerspec spec{};
  spec.it_value.tv_sec = ns / 1000000000;
  spec.it_value.tv_nsec = ns % 1000000000;
  // Again every 10 ms: should the first one have come at a moment when V8 could not take it, another follows.
  if (ns > 0) spec.it_interval.tv_nsec = 10000000;
  RawSyscall(SYS_timer_settime, timer, 0, RawArgument(&spec), 0);
}

}  // namespace

void LimitTimers::Install(Runtime* runtime) {
  the_runtime = runtime;
  for (const int signal : {kWallSignal, kCpuSignal}) {
    struct sigaction action {};
    action.sa_handler = OnTimer;
    action.sa_flags = SA_RESTART;
    EVALD_CHECK(sigaction(signal, &action, nullptr) == 0, "these signals can be handled");
  }
}

bool LimitTimers::Create() {
  return CreateTimer(CLOCK_MONOTONIC, kWallSignal, wall_timer_) &&
         CreateTimer(CLOCK_THREAD_CPUTIME_ID, kCpuSignal, cpu_timer_);
}

void LimitTimers::Arm(int64_t wall_ns, int64_t cpu_ns) {
  wall_armed_ = wall_ns > 0;
  // One thread cannot use more CPU time than time passes.
  cpu_armed_ = cpu_ns > 0 && (wall_ns == 0 || cpu_ns < wall_ns);
  if (wall_armed_) SetTimer(wall_timer_, wall_ns);
  if (cpu_armed_) SetTimer(cpu_timer_, cpu_ns);
}

void LimitTimers::Disarm() {
  if (wall_armed_) SetTimer(wall_timer_, 0);
  if (cpu_armed_) SetTimer(cpu_timer_, 0);
}

}  // namespace evald
