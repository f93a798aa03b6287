// LimitTimers: the kernel timers that end a script softly when its time is up.
#pragma once

#include <cstdint>

namespace evald {

class Runtime;

// Signals, no thread: the handler calls Runtime::Terminate. Lies outside the image: kernel timers are not
// rewound, and not inherited by a fork. One per process.
class LimitTimers {
 public:
  // In the zygote, before the seal: installs the signal handlers. `runtime` lives as long as the process.
  void Install(Runtime* runtime);

  // In a fork: makes its timers. System calls only. False: the kernel has none left.
  bool Create();

  // From now on until Disarm the runtime is terminated when either time has passed (nanoseconds; 0: no
  // limit).
  void Arm(int64_t wall_ns, int64_t cpu_ns);
  // No Terminate comes after this.
  void Disarm();

 private:
  int wall_timer_ = -1;
  int cpu_timer_ = -1;
  bool wall_armed_ = false;
  bool cpu_armed_ = false;
};

}  // namespace evald
