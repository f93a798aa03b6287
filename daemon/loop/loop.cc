#include "daemon/loop/loop.h"

namespace evald {

Loop::Loop() : work_(boost::asio::make_work_guard(io_)), alarm_(io_) {
  timers_.SetEarlierHook([this](MonotonicTime due) { Arm(due); });
}

void Loop::Arm(MonotonicTime due) {
  // An alarm that rings for a timer cancelled meanwhile does no harm; one that is already set for an earlier
  // time is left alone.
  if (due >= armed_for_) return;
  armed_for_ = due;
  alarm_.expires_at(due);
  alarm_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    armed_for_ = MonotonicTime::max();
    timers_.RunDue();
    if (const auto next = timers_.NextDue()) Arm(*next);
  });
}

void Loop::Run() { io_.run(); }

void Loop::Stop() {
  work_.reset();
  alarm_.cancel();
  io_.stop();
}

}  // namespace evald
