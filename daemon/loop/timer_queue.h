// TimerQueue: everything that the daemon does later, in one queue.
//
// Two thirds of the timers here are time limits that never fire, so arming and cancelling are made cheap: one
// map entry each and no system call. Whoever owns the loop asks NextDue() and calls RunDue(); tests do the
// same with a FakeClock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"

namespace evald {

class TimerQueue;

// One armed timer; its destruction disarms it. Move-only. REQUIRES: destroyed on the queue's thread, before
// the queue.
class [[nodiscard]] Timer {
 public:
  Timer() = default;
  Timer(Timer&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)), key_(other.key_) {}
  Timer& operator=(Timer&& other) noexcept;
  ~Timer() { Cancel(); }

  // Nothing happens if it has fired already.
  void Cancel();
  bool armed() const;

 private:
  friend class TimerQueue;
  using Key = std::pair<MonotonicTime, uint64_t>;
  Timer(TimerQueue* queue, Key key) : queue_(queue), key_(key) {}

  TimerQueue* queue_ = nullptr;
  Key key_{};
};

// Not synchronised: belongs to the loop thread.
class TimerQueue {
 public:
  // `clock` outlives the queue.
  explicit TimerQueue(const Clock* clock) : clock_(clock) {}

  const Clock& clock() const { return *clock_; }

  // Runs `action` once, `delay` from now. It may arm and cancel timers, its own handle included.
  Timer After(Duration delay, absl::AnyInvocable<void()> action);

  std::optional<MonotonicTime> NextDue() const;

  // Runs what is due, earliest first; actions armed meanwhile with no delay wait for the next call.
  void RunDue();

  // `hook` is told of a timer that is due before all others.
  void SetEarlierHook(absl::AnyInvocable<void(MonotonicTime)> hook) { earlier_hook_ = std::move(hook); }

 private:
  friend class Timer;

  const Clock* const clock_;
  uint64_t last_id_ = 0;
  std::map<Timer::Key, absl::AnyInvocable<void()>> timers_;
  absl::AnyInvocable<void(MonotonicTime)> earlier_hook_;
};

}  // namespace evald
