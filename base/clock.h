// The clock seam: what measures and schedules asks a Clock, so that tests decide what time it is.
#pragma once

#include <chrono>

namespace evald {

using MonotonicTime = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  // CLOCK_MONOTONIC: the same in every process of the machine, so a worker's stamps and the daemon's compare.
  virtual MonotonicTime Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  MonotonicTime Now() const override { return std::chrono::steady_clock::now(); }
};

// Time stands still until a test moves it.
class FakeClock final : public Clock {
 public:
  MonotonicTime Now() const override { return now_; }
  void Advance(Duration by) { now_ += by; }

 private:
  MonotonicTime now_{std::chrono::hours(1)};
};

}  // namespace evald
