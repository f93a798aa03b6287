#include "daemon/loop/timer_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace evald {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

class TimerQueueTest : public testing::Test {
 protected:
  Timer Note(int number, milliseconds delay) {
    return timers_.After(delay, [this, number] { ran_.push_back(number); });
  }
  void Pass(milliseconds by) {
    clock_.Advance(by);
    timers_.RunDue();
  }

  FakeClock clock_;
  TimerQueue timers_{&clock_};
  std::vector<int> ran_;
};

TEST_F(TimerQueueTest, RunsInOrderOfTime) {
  const Timer late = Note(2, milliseconds(20));
  const Timer early = Note(1, milliseconds(10));
  Pass(milliseconds(9));
  EXPECT_THAT(ran_, ElementsAre());
  Pass(milliseconds(100));
  EXPECT_THAT(ran_, ElementsAre(1, 2));
  EXPECT_EQ(timers_.NextDue(), std::nullopt);
}

TEST_F(TimerQueueTest, ADestroyedHandleDisarms) {
  { const Timer gone = Note(1, milliseconds(10)); }
  Timer replaced = Note(2, milliseconds(10));
  replaced = Note(3, milliseconds(10));
  Pass(milliseconds(10));
  EXPECT_THAT(ran_, ElementsAre(3));
  EXPECT_FALSE(replaced.armed());
}

TEST_F(TimerQueueTest, AnActionMayReplaceItsOwnHandle) {
  Timer timer;
  timer = timers_.After(milliseconds(1), [&] {
    ran_.push_back(1);
    timer = Note(2, milliseconds(0));
  });
  Pass(milliseconds(1));
  EXPECT_THAT(ran_, ElementsAre(1)) << "what an action arms waits for the next round";
  Pass(milliseconds(1));
  EXPECT_THAT(ran_, ElementsAre(1, 2));
}

TEST_F(TimerQueueTest, TellsOfEarlierTimers) {
  std::vector<MonotonicTime> told;
  timers_.SetEarlierHook([&](MonotonicTime due) { told.push_back(due); });
  const Timer first = Note(1, milliseconds(10));
  const Timer later = Note(2, milliseconds(20));
  const Timer earlier = Note(3, milliseconds(5));
  EXPECT_THAT(told, ElementsAre(clock_.Now() + milliseconds(10), clock_.Now() + milliseconds(5)));
}

}  // namespace
}  // namespace evald
