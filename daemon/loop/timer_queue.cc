#include "daemon/loop/timer_queue.h"

namespace evald {

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    Cancel();
    queue_ = std::exchange(other.queue_, nullptr);
    key_ = other.key_;
  }
  return *this;
}

void Timer::Cancel() {
  if (TimerQueue* queue = std::exchange(queue_, nullptr)) queue->timers_.erase(key_);
}

bool Timer::armed() const { return queue_ != nullptr && queue_->timers_.count(key_) != 0; }

Timer TimerQueue::After(Duration delay, absl::AnyInvocable<void()> action) {
  const Timer::Key key{clock_->Now() + delay, ++last_id_};
  const auto at = timers_.emplace(key, std::move(action)).first;
  if (at == timers_.begin() && earlier_hook_) earlier_hook_(key.first);
  return Timer(this, key);
}

std::optional<MonotonicTime> TimerQueue::NextDue() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first.first;
}

void TimerQueue::RunDue() {
  const Timer::Key now{clock_->Now(), last_id_};
  while (!timers_.empty() && timers_.begin()->first <= now) {
    absl::AnyInvocable<void()> action = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    action();
  }
}

}  // namespace evald
