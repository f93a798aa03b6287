#include "daemon/requests/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/log/testing/captured_log.h"
#include "daemon/loop/proto_time.h"
#include "daemon/workers/testing/fake_worker_host.h"

namespace evald {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Records how it ended.
class TestCall final : public Call {
 public:
  internal::WorkerRequest& request() override { return request_; }
  const std::string& tenant() const override { return request_.eval().tenant(); }
  v1::Isolation isolation() const override { return request_.eval().isolation(); }
  v1::Limits& limits() override { return *request_.mutable_eval()->mutable_limits(); }
  size_t bytes() const override { return bytes_; }
  void SetBytes(size_t bytes) override { bytes_ = bytes; }
  MonotonicTime arrival() const override { return arrival_time; }
  std::optional<MonotonicTime> deadline() const override { return deadline_time; }
  void Answer(internal::WorkerReply& reply, const v1::ExecutionStats& s) override {
    outcomes.push_back("value " + reply.value().json());
    stats = s;
  }
  std::string_view request_id() const override { return "4bf92f3577b34da6a3ce929d0e0e4736"; }
  void Fail(const Failure& f, const v1::ExecutionStats* s) override {
    outcomes.push_back(ReasonName(f.reason));
    if (s != nullptr) stats = *s;
    failure = f;
  }

  std::vector<std::string> outcomes;
  Failure failure{};
  v1::ExecutionStats stats;
  MonotonicTime arrival_time{};
  std::optional<MonotonicTime> deadline_time;

 private:
  size_t bytes_ = 100;
  internal::WorkerRequest request_;
};

class SchedulerTest : public testing::Test {
 protected:
  static constexpr size_t kPlenty = 1000;

  void Open(size_t workers, size_t max_queue = 100) {
    Open(workers, {max_queue, 1 << 20, milliseconds(250)}, {{}, kPlenty, kPlenty});
  }
  // `rules`: of every tenant.
  void Open(size_t workers, SchedulerOptions admission, TenantRules rules, bool rewind = true) {
    // Nothing in this test asks for anything but time.
    rules.limits.ceilings.mutable_wall_time()->set_seconds(3600);
    tenants_ = std::make_shared<const Tenants>(
        rules, absl::flat_hash_map<std::string, TenantRules>{{"vip", {rules.limits, kPlenty, kPlenty}}});
    PoolOptions options;
    options.min_idle = workers;
    options.max_workers = workers;
    options.max_starting = 100;
    pool_ = std::make_unique<Pool>(options, &host_, &timers_);
    host_.SetEvents(pool_.get());
    scheduler_ = std::make_unique<Scheduler>(admission, tenants_, pool_.get(), &timers_);
    pool_->Open(rewind);
    host_.ReadyAll();
    scheduler_->SetAdmission(Scheduler::Admission::kOpen);
  }
  void TearDown() override {
    if (scheduler_) scheduler_->FailAll({v1::ERROR_REASON_DRAINING, "the test is over"});
  }

  TestCall& Submit(uint64_t id, const std::string& tenant = "", milliseconds wall = seconds(1)) {
    auto call = std::make_unique<TestCall>();
    v1::EvalRequest& eval = *call->request().mutable_eval();
    eval.set_tenant(tenant);
    eval.set_isolation(v1::ISOLATION_PRISTINE);
    FromDuration(wall, *eval.mutable_limits()->mutable_wall_time());
    call->arrival_time = clock_.Now();
    call->deadline_time = deadline_;
    TestCall& submitted = *calls_.emplace(id, std::move(call)).first->second;
    scheduler_->Submit(id, &submitted);
    return submitted;
  }
  void Pass(Duration by) {
    clock_.Advance(by);
    timers_.RunDue();
  }
  // The worker that runs request `id`.
  WorkerId WorkerOf(uint64_t id) {
    for (WorkerId worker = 1; worker < 200; ++worker) {
      if (Runs(worker, id)) return worker;
    }
    ADD_FAILURE() << "nobody runs " << id;
    return 0;
  }
  bool Runs(WorkerId worker, uint64_t id) {
    try {
      return host_.request(worker).request_id() == id;
    } catch (const std::out_of_range&) {
      return false;
    }
  }
  void AnswerAndRewind(uint64_t id) {
    const WorkerId worker = WorkerOf(id);
    host_.Reply(worker);
    host_.Ready(worker, v1::ISOLATE_ORIGIN_REWOUND);
  }

  FakeClock clock_;
  TimerQueue timers_{&clock_};
  FakeWorkerHost host_;
  std::shared_ptr<const Tenants> tenants_;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<Scheduler> scheduler_;
  std::map<uint64_t, std::unique_ptr<TestCall>> calls_;
  std::optional<MonotonicTime> deadline_;
};

TEST_F(SchedulerTest, ARequestRunsAndIsAnswered) {
  Open(1);
  TestCall& call = Submit(7);
  AnswerAndRewind(7);
  EXPECT_THAT(call.outcomes, ElementsAre("value 7"));
  EXPECT_EQ(call.stats.worker_id(), 1u);
  EXPECT_EQ(call.stats.snapshot_generation(), 1u);
  EXPECT_EQ(call.stats.isolate_origin(), v1::ISOLATE_ORIGIN_FORKED);
  EXPECT_EQ(call.stats.worker_uses(), 0u);
  EXPECT_EQ(scheduler_->running(), 0u);
}

TEST_F(SchedulerTest, BeforeTheBootAndWhileDrainingNothingIsAdmitted) {
  Open(1);
  scheduler_->SetAdmission(Scheduler::Admission::kNotReady);
  EXPECT_THAT(Submit(1).outcomes, ElementsAre("NOT_READY"));
  scheduler_->SetAdmission(Scheduler::Admission::kDraining);
  EXPECT_THAT(Submit(2).outcomes, ElementsAre("DRAINING"));
}

TEST_F(SchedulerTest, QueueTimeIsMeasured) {
  Open(1);
  Submit(1);
  TestCall& second = Submit(2);
  clock_.Advance(milliseconds(30));
  AnswerAndRewind(1);
  AnswerAndRewind(2);
  EXPECT_EQ(ToDuration(second.stats.queue_time()), milliseconds(30));
  EXPECT_EQ(second.stats.isolate_origin(), v1::ISOLATE_ORIGIN_REWOUND);
  EXPECT_EQ(second.stats.worker_uses(), 1u);
}

TEST_F(SchedulerTest, AFullQueueRefusesAtOnce) {
  Open(1, /*max_queue=*/2);
  Submit(1);
  TestCall& second = Submit(2);
  TestCall& third = Submit(3);
  TestCall& fourth = Submit(4);
  EXPECT_THAT(second.outcomes, IsEmpty());
  EXPECT_THAT(third.outcomes, IsEmpty());
  EXPECT_THAT(fourth.outcomes, ElementsAre("QUEUE_FULL"));
  EXPECT_EQ(scheduler_->waiting(), 2u);
}

TEST_F(SchedulerTest, ATenantWithALongQueueDoesNotStarveAnother) {
  Open(2);
  for (uint64_t id = 1; id <= 10; ++id) Submit(id, "greedy");
  TestCall& modest = Submit(11, "modest");
  // Whichever worker is free next, the other tenant is let in after at most two more of the first one's.
  for (uint64_t id = 1; id <= 4 && !Runs(3, 11) && !Runs(4, 11) && !Runs(5, 11); ++id) {
    AnswerAndRewind(id);
    for (WorkerId gone : std::vector<WorkerId>(std::move(host_.hung_up))) host_.End(gone);
    host_.hung_up.clear();
    host_.ReadyAll();
  }
  AnswerAndRewind(11);
  EXPECT_THAT(modest.outcomes, ElementsAre("value 11"));
}

TEST_F(SchedulerTest, ATenantCannotTakeAllWorkers) {
  Open(4, {}, {{}, kPlenty, /*max_running=*/3});
  for (uint64_t id = 1; id <= 20; ++id) Submit(id, "greedy");
  EXPECT_EQ(scheduler_->running(), 3u);
  EXPECT_EQ(scheduler_->waiting(), 17u);
  TestCall& modest = Submit(21, "modest");
  EXPECT_EQ(scheduler_->running(), 4u) << "it does not wait at all";
  AnswerAndRewind(21);
  EXPECT_THAT(modest.outcomes, ElementsAre("value 21"));
  EXPECT_EQ(scheduler_->running(), 3u) << "the worker that is free is not for the greedy one";
  AnswerAndRewind(1);
  EXPECT_EQ(scheduler_->running(), 3u) << "its own next one goes on";
  EXPECT_EQ(scheduler_->waiting(), 16u);
}

TEST_F(SchedulerTest, ATenantAtItsLimitForksNoMoreThanItMayUse) {
  Open(2, {}, {{}, kPlenty, /*max_running=*/1});
  for (uint64_t id = 1; id <= 9; ++id) Submit(id, "greedy");
  EXPECT_EQ(host_.live(), 2u);
  EXPECT_EQ(pool_->starting(), 0u);
}

TEST_F(SchedulerTest, WithoutRewindingATenantAtItsLimitGoesOnWithTheWorkersThatAreThere) {
  Open(2, {}, {{}, kPlenty, /*max_running=*/1}, /*rewind=*/false);
  Submit(1, "a");
  Submit(2, "a");
  host_.Reply(WorkerOf(1));
  EXPECT_EQ(scheduler_->running(), 1u);
  EXPECT_EQ(scheduler_->waiting(), 0u);
}

TEST_F(SchedulerTest, EveryEndOfARequestMakesRoomForTheTenantsNext) {
  Open(4, {}, {{}, kPlenty, /*max_running=*/1});
  for (uint64_t id = 1; id <= 5; ++id) Submit(id, "a");
  scheduler_->Cancel(1);
  host_.End(host_.killed.back());
  EXPECT_EQ(scheduler_->running(), 1u);
  host_.End(WorkerOf(2), WorkerExited{{WorkerExit::Kind::kCrashed, 11, "signal_11"}});
  host_.Fault(WorkerOf(3), v1::ERROR_REASON_CPU_TIME_LIMIT);
  host_.ReadyAll();
  Pass(seconds(2));
  EXPECT_THAT(calls_.at(3)->outcomes, ElementsAre("CPU_TIME_LIMIT"));
  EXPECT_LE(scheduler_->running(), 1u);
  EXPECT_EQ(scheduler_->waiting() + scheduler_->running(), 2u);
}

TEST_F(SchedulerTest, ATenantCannotFillTheWholeQueue) {
  Open(1, {.max_queue = 5}, {{}, /*max_queue=*/2, kPlenty});
  for (uint64_t id = 1; id <= 3; ++id) Submit(id, "greedy");
  TestCall& surplus = Submit(4, "greedy");
  EXPECT_THAT(surplus.outcomes, ElementsAre("QUEUE_FULL"));
  EXPECT_THAT(surplus.failure.message, HasSubstr("admission.max_queue_per_tenant"));
  EXPECT_THAT(Submit(5, "modest").outcomes, IsEmpty());
  for (uint64_t id = 6; id <= 7; ++id) EXPECT_THAT(Submit(id, "vip").outcomes, IsEmpty());
  TestCall& last = Submit(8, "vip");
  EXPECT_THAT(last.outcomes, ElementsAre("QUEUE_FULL"));
  EXPECT_THAT(last.failure.message, HasSubstr("(admission.max_queue)"));
}

TEST_F(SchedulerTest, TheBytesOfWaitingRequestsAreBounded) {
  Open(1, {.max_queue_bytes = 250}, {{}, kPlenty, kPlenty});
  for (uint64_t id = 1; id <= 3; ++id) EXPECT_THAT(Submit(id).outcomes, IsEmpty()) << "the first one runs";
  TestCall& fourth = Submit(4);
  EXPECT_THAT(fourth.outcomes, ElementsAre("QUEUE_FULL"));
  EXPECT_THAT(fourth.failure.message, HasSubstr("admission.max_queue_bytes"));
  AnswerAndRewind(1);
  EXPECT_THAT(Submit(5).outcomes, IsEmpty()) << "what runs does not count";
  scheduler_->Cancel(3);
  EXPECT_THAT(Submit(6).outcomes, IsEmpty()) << "nor does what has ended";
  EXPECT_THAT(Submit(7).outcomes, ElementsAre("QUEUE_FULL"));
}

TEST_F(SchedulerTest, CancellingAQueuedRequestRemovesIt) {
  Open(1);
  Submit(1);
  TestCall& queued = Submit(2);
  scheduler_->Cancel(2);
  EXPECT_THAT(queued.outcomes, ElementsAre("CANCELLED"));
  EXPECT_THAT(host_.killed, IsEmpty());
  AnswerAndRewind(1);
  EXPECT_EQ(scheduler_->running(), 0u);
}

TEST_F(SchedulerTest, CancellingARunningRequestKillsItsWorker) {
  Open(1);
  TestCall& call = Submit(1);
  TestCall& next = Submit(2);
  scheduler_->Cancel(1);
  EXPECT_THAT(call.outcomes, ElementsAre("CANCELLED"));
  EXPECT_THAT(host_.killed, ElementsAre(1));
  host_.End(1, WorkerExited{{WorkerExit::Kind::kKilled, 9, "killed"}});
  host_.ReadyAll();
  AnswerAndRewind(2);
  EXPECT_THAT(next.outcomes, ElementsAre("value 2")) << "the killed worker is replaced";
  EXPECT_THAT(call.outcomes, ElementsAre("CANCELLED")) << "a call ends once";
  scheduler_->Cancel(1);
}

TEST_F(SchedulerTest, AWorkerThatDoesNotAnswerIsKilledAfterLimitAndGrace) {
  Open(1);
  TestCall& call = Submit(1, "", milliseconds(100));
  Pass(milliseconds(349));
  EXPECT_THAT(call.outcomes, IsEmpty());
  Pass(milliseconds(1));
  EXPECT_THAT(call.outcomes, ElementsAre("WALL_TIME_LIMIT"));
  EXPECT_EQ(call.failure.limit, 100'000'000u);
  EXPECT_EQ(call.failure.reached, 350'000'000u);
  EXPECT_THAT(host_.killed, ElementsAre(1));
}

TEST_F(SchedulerTest, AFaultOfTheWorkerBecomesTheFailure) {
  Open(1);
  TestCall& call = Submit(1);
  host_.Fault(1, v1::ERROR_REASON_CPU_TIME_LIMIT);
  EXPECT_THAT(call.outcomes, ElementsAre("CPU_TIME_LIMIT"));
  EXPECT_EQ(call.stats.worker_id(), 1u) << "what it cost is told all the same";
  Pass(seconds(10));
  EXPECT_THAT(call.outcomes, ElementsAre("CPU_TIME_LIMIT")) << "the hard limit is disarmed";
}

TEST_F(SchedulerTest, TheClientsDeadlineShortensTheWallLimit) {
  Open(1);
  deadline_ = clock_.Now() + milliseconds(40);
  Submit(1, "", seconds(5));
  EXPECT_EQ(ToDuration(host_.request(1).eval().limits().wall_time()), milliseconds(40));
}

TEST_F(SchedulerTest, ADeadlineThatPassesInTheQueueEndsTheWait) {
  Open(1);
  Submit(1);
  deadline_ = clock_.Now() + milliseconds(40);
  TestCall& queued = Submit(2);
  Pass(milliseconds(40));
  EXPECT_THAT(queued.outcomes, ElementsAre("WALL_TIME_LIMIT"));
  EXPECT_THAT(queued.failure.message, HasSubstr("waited for a worker"));
}

TEST_F(SchedulerTest, ADeadlineThatPassesWhileRunningLeavesTheWorkerToItsOwnLimit) {
  Open(1);
  deadline_ = clock_.Now() + milliseconds(40);
  TestCall& call = Submit(1);
  // The client's clock is ahead.
  clock_.Advance(milliseconds(35));
  scheduler_->Cancel(1);
  EXPECT_THAT(host_.killed, IsEmpty());
  host_.Fault(1, v1::ERROR_REASON_WALL_TIME_LIMIT);
  EXPECT_THAT(call.outcomes, ElementsAre("WALL_TIME_LIMIT"));
}

TEST_F(SchedulerTest, HowAWorkerEndsSaysHowItsRequestFails) {
  using Kind = WorkerExit::Kind;
  Open(4);
  TestCall& oom = Submit(1);
  oom.limits().set_heap_bytes(4711);
  TestCall& killed = Submit(2);
  TestCall& crashed = Submit(3);
  TestCall& garbled = Submit(4);
  host_.End(WorkerOf(1), WorkerExited{{Kind::kOutOfMemory, 80, "out_of_memory"}});
  host_.End(WorkerOf(2), WorkerExited{{Kind::kKilled, 9, "killed"}});
  host_.End(WorkerOf(3), WorkerExited{{Kind::kCrashed, 11, "signal_11"}});
  host_.End(WorkerOf(4), WorkerGarbled{"a reply that nobody asked for"});
  EXPECT_THAT(oom.outcomes, ElementsAre("HEAP_LIMIT"));
  EXPECT_EQ(oom.failure.limit, 4711u);
  EXPECT_THAT(killed.outcomes, ElementsAre("WORKER_LOST"));
  EXPECT_THAT(crashed.outcomes, ElementsAre("WORKER_CRASHED"));
  EXPECT_THAT(garbled.outcomes, ElementsAre("WORKER_CRASHED"));
  EXPECT_THAT(garbled.failure.message, HasSubstr("nobody asked for"));
}

TEST_F(SchedulerTest, AWorkerThatIsKilledOrCrashesIsALineInTheLog) {
  Open(2);
  Submit(1, "slow", milliseconds(100));
  Submit(2, "crasher");
  CapturedLog log;
  host_.End(WorkerOf(2), WorkerExited{{WorkerExit::Kind::kCrashed, 11, "signal_11"}});
  EXPECT_THAT(log.text(), HasSubstr(R"("level":"warning")"));
  EXPECT_THAT(log.text(), HasSubstr(R"("request_id":"4bf92f3577b34da6a3ce929d0e0e4736")"));
  EXPECT_THAT(log.text(), HasSubstr(R"("tenant":"crasher","reason":"WORKER_CRASHED")"));
  Pass(milliseconds(350));
  EXPECT_THAT(log.text(), HasSubstr(R"("tenant":"slow","reason":"WALL_TIME_LIMIT")"));
}

TEST_F(SchedulerTest, WhatALimitEndsIsNotWorthAWarning) {
  Open(1);
  Submit(1);
  CapturedLog log;
  host_.End(WorkerOf(1), WorkerExited{{WorkerExit::Kind::kOutOfMemory, 80, "out_of_memory"}});
  EXPECT_EQ(log.text(), "");
}

TEST_F(SchedulerTest, WhenTheZygoteDiesRunningRequestsFailAndQueuedOnesGoOn) {
  Open(1);
  TestCall& running = Submit(1);
  TestCall& queued = Submit(2);
  host_.GoDown();
  EXPECT_THAT(running.outcomes, ElementsAre("WORKER_LOST"));
  EXPECT_THAT(queued.outcomes, IsEmpty());
  host_.ComeUp();
  host_.ReadyAll();
  AnswerAndRewind(2);
  EXPECT_THAT(queued.outcomes, ElementsAre("value 2"));
}

TEST_F(SchedulerTest, FailAllEndsWhatWaitsAndWhatRuns) {
  Open(1);
  TestCall& running = Submit(1);
  TestCall& queued = Submit(2);
  bool idle = false;
  scheduler_->SetIdleHook([&] { idle = true; });
  scheduler_->FailAll({v1::ERROR_REASON_DRAINING, "shutting down"});
  EXPECT_THAT(running.outcomes, ElementsAre("DRAINING"));
  EXPECT_THAT(queued.outcomes, ElementsAre("DRAINING"));
  EXPECT_THAT(host_.killed, ElementsAre(1));
  EXPECT_TRUE(idle);
}

TEST_F(SchedulerTest, WorkersAreForkedForThoseWhoWait) {
  Open(4);
  for (uint64_t id = 1; id <= 4; ++id) Submit(id, "a");
  for (uint64_t id = 1; id <= 4; ++id) AnswerAndRewind(id);
  // All four belong to "a" now; "b" gets one of its own.
  TestCall& other = Submit(5, "b");
  EXPECT_EQ(host_.hung_up.size(), 1u);
  EXPECT_EQ(pool_->starting(), 1u);
  host_.ReadyAll();
  AnswerAndRewind(5);
  EXPECT_THAT(other.outcomes, ElementsAre("value 5"));
}

}  // namespace
}  // namespace evald
