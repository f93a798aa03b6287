#include "daemon/shutdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace evald {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

// Notes each step; the ones that take time are finished by the test.
class RecordingSteps final : public ShutdownSteps {
 public:
  void StopAdmitting() override { steps.push_back("stop admitting"); }
  void Drain(Done done) override {
    steps.push_back("drain");
    drained = std::move(done);
  }
  void FailTheRest() override { steps.push_back("fail the rest"); }
  void StopServers(Done done) override {
    steps.push_back("stop servers");
    done();
  }
  void StopWorkers(Done done) override {
    steps.push_back("stop workers");
    workers_stopped = std::move(done);
  }
  void StopZygote(Done done) override {
    steps.push_back("stop zygote");
    done();
  }
  void Leave() override { steps.push_back("leave"); }

  std::vector<std::string> steps;
  Done drained, workers_stopped;
};

class ShutdownTest : public testing::Test {
 protected:
  FakeClock clock_;
  TimerQueue timers_{&clock_};
  RecordingSteps steps_;
  Shutdown shutdown_{&steps_, &timers_, seconds(10)};
};

TEST_F(ShutdownTest, FollowsTheOrder) {
  shutdown_.Request();
  EXPECT_THAT(steps_.steps, ElementsAre("stop admitting", "drain"));
  steps_.drained();
  steps_.workers_stopped();
  EXPECT_THAT(steps_.steps, ElementsAre("stop admitting", "drain", "fail the rest", "stop servers",
                                        "stop workers", "stop zygote", "leave"));
}

TEST_F(ShutdownTest, TheZygoteWaitsForTheWorkers) {
  shutdown_.Request();
  steps_.drained();
  EXPECT_EQ(steps_.steps.back(), "stop workers");
}

TEST_F(ShutdownTest, DrainingEndsAtItsDeadline) {
  shutdown_.Request();
  clock_.Advance(seconds(10));
  timers_.RunDue();
  EXPECT_EQ(steps_.steps.back(), "stop workers");
  steps_.drained();
  EXPECT_EQ(steps_.steps.size(), 5u) << "a late drain changes nothing";
}

TEST_F(ShutdownTest, ASecondRequestHurries) {
  shutdown_.Request();
  shutdown_.Request();
  EXPECT_EQ(steps_.steps.back(), "stop workers");
  shutdown_.Request();
  EXPECT_EQ(steps_.steps.size(), 5u);
}

}  // namespace
}  // namespace evald
