// Loop: the daemon's one thread of control. All of its state (scheduler, pool, zygote, sockets, timers) is
// touched on it only, so none of that has a lock. gRPC's threads hand work over with Post().
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "daemon/loop/timer_queue.h"

namespace evald {

// Made on one thread, run on one thread; only Post may be called from others.
class Loop {
 public:
  Loop();

  boost::asio::io_context& io() { return io_; }
  TimerQueue& timers() { return timers_; }
  const Clock& clock() const { return clock_; }

  template <typename Action>
  void Post(Action&& action) {
    boost::asio::post(io_, std::forward<Action>(action));
  }

  // Runs until Stop.
  void Run();
  // What was posted before it still runs or is dropped; callable on the loop only.
  void Stop();

 private:
  void Arm(MonotonicTime due);

  SystemClock clock_;
  TimerQueue timers_{&clock_};
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer alarm_;
  MonotonicTime armed_for_ = MonotonicTime::max();
};

}  // namespace evald
