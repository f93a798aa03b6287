#include "daemon/telemetry/live_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "daemon/loop/proto_time.h"

namespace evald {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class LiveStatsTest : public testing::Test {
 protected:
  void Finish(FinishedRequest request) { stats_->OnFinished(request); }
  // An ordinary one, with figures that can be told apart.
  void Answer(Duration end_to_end = milliseconds(1), const std::string& id = "") {
    v1::ExecutionStats spent;
    FromDuration(microseconds(10), *spent.mutable_queue_time());
    FromDuration(microseconds(50), *spent.mutable_cold_start());
    FromDuration(microseconds(600), *spent.mutable_wall_time());
    Finish({.request_id = id, .end_to_end = end_to_end, .stats = &spent});
  }
  void Fail(v1::ErrorReason reason, const std::string& id = "", const std::string& message = "") {
    Finish({.request_id = id, .reason = reason, .message = message, .end_to_end = milliseconds(1)});
  }
  v1::LiveStatus Live() {
    v1::LiveStatus status;
    stats_->Fill(status);
    return status;
  }
  std::vector<std::string> RecentIds() {
    const v1::LiveStatus status = Live();
    std::vector<std::string> ids;
    for (const v1::RecentRequest& recent : status.recent()) ids.push_back(recent.request_id());
    return ids;
  }
  static double Micros(const google::protobuf::Duration& duration) {
    return static_cast<double>(ToDuration(duration).count()) / 1000;
  }

  FakeClock clock_;
  std::unique_ptr<LiveStats> stats_ = std::make_unique<LiveStats>(&clock_);
};

TEST_F(LiveStatsTest, BeginsWithNothing) {
  const v1::LiveStatus status = Live();
  EXPECT_EQ(status.requests_per_second(), 0);
  EXPECT_EQ(status.requests_per_second_window(), 0);
  EXPECT_EQ(status.end_to_end().count(), 0u);
  EXPECT_EQ(ToDuration(status.end_to_end().p99()), Duration(0));
  EXPECT_EQ(ToDuration(status.window()), seconds(10));
  EXPECT_THAT(status.recent(), IsEmpty());
  EXPECT_THAT(status.outcomes(), IsEmpty());
}

TEST_F(LiveStatsTest, RatesAreThoseOfTheLastSecondAndOfTheWindow) {
  for (int second = 0; second < 30; ++second) {
    for (int i = 0; i < 10 * (second + 1); ++i) {
      Answer();
      clock_.Advance(Duration(seconds(1)) / (10 * (second + 1)));
    }
    clock_.Advance(seconds(second + 1) - (clock_.Now() - MonotonicTime(std::chrono::hours(1))));
  }
  const v1::LiveStatus status = Live();
  EXPECT_NEAR(status.requests_per_second(), 300, 3);
  // The last ten seconds had 210, 220, ... 300.
  EXPECT_NEAR(status.requests_per_second_window(), 255, 3);
}

TEST_F(LiveStatsTest, TheFirstMomentsMakeNotMuchOfOneRequest) {
  Answer();
  EXPECT_LE(Live().requests_per_second(), 4);
}

TEST_F(LiveStatsTest, LatenciesAreTakenApart) {
  for (int i = 0; i < 100; ++i) Answer(milliseconds(i + 1));
  const v1::LiveStatus status = Live();
  EXPECT_EQ(status.end_to_end().count(), 100u);
  EXPECT_NEAR(Micros(status.end_to_end().p50()), 50'000, 2500);
  EXPECT_NEAR(Micros(status.end_to_end().p90()), 90'000, 4500);
  EXPECT_NEAR(Micros(status.end_to_end().p99()), 99'000, 5000);
  EXPECT_EQ(Micros(status.end_to_end().max()), 100'000);
  EXPECT_NEAR(Micros(status.queue_time().p50()), 10, 0.5);
  EXPECT_NEAR(Micros(status.cold_start().p50()), 50, 2.5);
  EXPECT_NEAR(Micros(status.run_time().p50()), 600, 30);
}

TEST_F(LiveStatsTest, NoPercentileIsAboveTheMaximum) {
  for (int us = 1; us < 5000; us += 7) {
    stats_ = std::make_unique<LiveStats>(&clock_);
    Answer(microseconds(us));
    EXPECT_LE(Micros(Live().end_to_end().p99()), us);
  }
}

TEST_F(LiveStatsTest, WhatIsRefusedAtOnceDoesNotMakeRequestsLookFast) {
  Answer(milliseconds(8));
  for (int i = 0; i < 100; ++i) Fail(v1::ERROR_REASON_QUEUE_FULL);
  Fail(v1::ERROR_REASON_WALL_TIME_LIMIT);
  EXPECT_EQ(Live().end_to_end().count(), 2u);
  EXPECT_EQ(Live().queue_time().count(), 1u);
}

TEST_F(LiveStatsTest, ColdStartsAreCountedInBuckets) {
  for (const int us : {5, 10, 11, 45, 50, 200'000}) {
    v1::ExecutionStats spent;
    FromDuration(microseconds(us), *spent.mutable_cold_start());
    Finish({.stats = &spent});
  }
  const v1::LiveStatus status = Live();
  uint64_t sum = 0;
  for (const v1::LatencyBucket& bucket : status.cold_start_histogram()) sum += bucket.count();
  EXPECT_EQ(sum, 6u);
  EXPECT_EQ(Micros(status.cold_start_histogram(0).at_most()), 10);
  EXPECT_EQ(status.cold_start_histogram(0).count(), 2u);
  EXPECT_EQ(status.cold_start_histogram(1).count(), 1u);
  EXPECT_EQ(Micros(status.cold_start_histogram(3).at_most()), 50);
  EXPECT_EQ(status.cold_start_histogram(3).count(), 2u);
  const v1::LatencyBucket& last = *status.cold_start_histogram().rbegin();
  EXPECT_FALSE(last.has_at_most());
  EXPECT_EQ(last.count(), 1u);
}

TEST_F(LiveStatsTest, OutcomesAreCountedForEverAndOverTheWindow) {
  Answer();
  Finish({.threw = true});
  clock_.Advance(seconds(11));
  Answer();
  Fail(v1::ERROR_REASON_HEAP_LIMIT);
  const v1::LiveStatus status = Live();
  EXPECT_THAT(status.outcomes(),
              UnorderedElementsAre(Pair("OK", 2), Pair("EXCEPTION", 1), Pair("HEAP_LIMIT", 1)));
  EXPECT_THAT(status.outcomes_window(), UnorderedElementsAre(Pair("OK", 1), Pair("HEAP_LIMIT", 1)));
}

TEST_F(LiveStatsTest, TheWindowMovesOn) {
  for (int i = 0; i < 20; ++i) {
    Answer();
    clock_.Advance(milliseconds(500));
  }
  EXPECT_EQ(Live().end_to_end().count(), 20u);
  clock_.Advance(seconds(5));
  EXPECT_NEAR(static_cast<double>(Live().end_to_end().count()), 10, 1);
  EXPECT_EQ(Live().requests_per_second(), 0);
  clock_.Advance(std::chrono::hours(1000));
  const v1::LiveStatus status = Live();
  EXPECT_EQ(status.end_to_end().count(), 0u);
  EXPECT_EQ(Micros(status.end_to_end().max()), 0);
  EXPECT_EQ(status.requests_per_second_window(), 0);
}

TEST_F(LiveStatsTest, WhatFailedIsRememberedNewestFirst) {
  Answer(milliseconds(1), "ordinary");
  Fail(v1::ERROR_REASON_WALL_TIME_LIMIT, "a", "too long");
  Finish({.method = FinishedRequest::Method::kCallFunction,
          .tenant = "one",
          .request_id = "b",
          .threw = true,
          .message = "TypeError: x",
          .end_to_end = milliseconds(3)});
  const v1::LiveStatus status = Live();
  ASSERT_EQ(status.recent_size(), 2);
  EXPECT_EQ(status.recent(0).request_id(), "b");
  EXPECT_EQ(status.recent(0).method(), "CallFunction");
  EXPECT_EQ(status.recent(0).tenant(), "one");
  EXPECT_EQ(status.recent(0).outcome(), "EXCEPTION");
  EXPECT_EQ(status.recent(0).message(), "TypeError: x");
  EXPECT_EQ(ToDuration(status.recent(0).end_to_end()), milliseconds(3));
  EXPECT_GT(status.recent(0).time().seconds(), 1'600'000'000);
  EXPECT_EQ(status.recent(1).request_id(), "a");
  EXPECT_EQ(status.recent(1).outcome(), "WALL_TIME_LIMIT");
}

TEST_F(LiveStatsTest, WhatTakesLongIsRemembered) {
  Answer(milliseconds(100), "just not");
  Answer(milliseconds(101), "long");
  EXPECT_THAT(RecentIds(), ElementsAre("long"));
}

TEST_F(LiveStatsTest, WhatTakesLongerThanNearlyAllOthersIsRemembered) {
  for (int i = 0; i < 1000; ++i) Answer(milliseconds(1));
  clock_.Advance(milliseconds(250));
  Answer(microseconds(900), "usual");
  Answer(milliseconds(2), "twice as long");
  EXPECT_THAT(RecentIds(), ElementsAre("twice as long"));
}

TEST_F(LiveStatsTest, OfEachSecondTheSlowestAreRemembered) {
  for (int ms = 200; ms < 300; ++ms) Answer(milliseconds(ms), std::to_string(ms));
  for (int ms = 300; ms > 200; --ms) Answer(milliseconds(ms), "later " + std::to_string(ms));
  EXPECT_THAT(RecentIds(), ElementsAre("later 300", "299"));
  clock_.Advance(seconds(1));
  Answer(milliseconds(150), "next second");
  EXPECT_THAT(RecentIds(), ElementsAre("next second", "later 300", "299"));
}

TEST_F(LiveStatsTest, NeitherKindDisplacesTheOtherAndNoMoreThan50AreKept) {
  for (int i = 0; i < 1000; ++i) {
    Answer(seconds(1), "slow");
    for (int j = 0; j < 10; ++j) Fail(v1::ERROR_REASON_QUEUE_FULL, "failed");
    clock_.Advance(seconds(1));
  }
  const std::vector<std::string> ids = RecentIds();
  EXPECT_EQ(ids.size(), 50u);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), "slow"), 20);
}

TEST_F(LiveStatsTest, MessagesAreShortened) {
  Fail(v1::ERROR_REASON_INTERNAL, "a", std::string(299, 'x') + "\u00e9" + std::string(100, 'x'));
  EXPECT_EQ(Live().recent(0).message(), std::string(299, 'x') + "...");
}

TEST_F(LiveStatsTest, OneThatDidNotRunHasNoStatsOfAnEarlierOne) {
  v1::ExecutionStats spent;
  spent.set_worker_id(7);
  for (int i = 0; i < 30; ++i) Finish({.threw = true, .stats = &spent});
  EXPECT_EQ(Live().recent(0).stats().worker_id(), 7u);
  for (int i = 0; i < 30; ++i) Fail(v1::ERROR_REASON_QUEUE_FULL);
  const v1::LiveStatus status = Live();
  for (const v1::RecentRequest& recent : status.recent()) EXPECT_FALSE(recent.has_stats());
}

}  // namespace
}  // namespace evald
