#include "daemon/workers/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "daemon/workers/testing/fake_worker_host.h"

namespace evald {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::Pair;

constexpr v1::Isolation kPristine = v1::ISOLATION_PRISTINE;
constexpr v1::Isolation kReused = v1::ISOLATION_REUSED;

class RecordingHolder final : public LeaseHolder {
 public:
  void OnReply(internal::WorkerReply&) override { ++replies; }
  void OnWorkerEnded(const WorkerEnd&) override { ++ends; }
  int replies = 0;
  int ends = 0;
};

class PoolTest : public testing::Test {
 protected:
  void Open(PoolOptions options, bool rewind = true) {
    pool_ = std::make_unique<Pool>(options, &host_, &timers_);
    host_.SetEvents(pool_.get());
    pool_->Open(rewind);
    host_.ReadyAll();
  }
  static PoolOptions Small(size_t min_idle, size_t max_workers) {
    PoolOptions options;
    options.min_idle = min_idle;
    options.max_workers = max_workers;
    return options;
  }
  void Pass(Duration by) {
    clock_.Advance(by);
    timers_.RunDue();
  }
  WorkerId MustAcquire(std::optional<Lease>& lease, const std::string& tenant,
                       v1::Isolation isolation = kPristine) {
    lease = pool_->TryAcquire(tenant, isolation, &holder_);
    EXPECT_TRUE(lease.has_value());
    return lease.has_value() ? lease->worker_id() : 0;
  }
  // One request from lease to ready-again.
  WorkerId Serve(const std::string& tenant, v1::Isolation isolation = kPristine) {
    std::optional<Lease> lease;
    const WorkerId id = MustAcquire(lease, tenant, isolation);
    host_.Reply(id);
    lease.reset();
    host_.Ready(id, isolation == kReused ? v1::ISOLATE_ORIGIN_REUSED : v1::ISOLATE_ORIGIN_REWOUND);
    return id;
  }
  bool ForkFor(const std::string& tenant) {
    return pool_->ForkFor(tenant, [](const std::string&) { return false; });
  }
  // Another image takes over, with as many workers.
  void Adopt(size_t count, const PoolOptions& options) {
    std::vector<AdoptedWorker> workers;
    for (const WorkerId id : host_.Replace(count)) workers.push_back({id, clock_.Now()});
    pool_->Adopt(workers, options, /*rewind=*/true);
  }
  v1::PoolStatus Status() {
    v1::PoolStatus status;
    pool_->FillStatus(status);
    return status;
  }

  FakeClock clock_;
  TimerQueue timers_{&clock_};
  FakeWorkerHost host_;
  RecordingHolder holder_;
  std::unique_ptr<Pool> pool_;
};

TEST_F(PoolTest, OpensWithUnusedWorkers) {
  Open(Small(3, 8));
  EXPECT_EQ(pool_->idle(), 3u);
  EXPECT_EQ(Status().forks(), 3u);
}

TEST_F(PoolTest, ATenantGetsTheWorkerBackThatItUsedLast) {
  Open(Small(3, 8));
  const WorkerId first = Serve("a");
  EXPECT_EQ(Serve("a"), first);
  std::optional<Lease> one, two;
  EXPECT_EQ(MustAcquire(one, "a"), first);
  EXPECT_EQ(one->uses(), 2u);
  EXPECT_EQ(one->origin(), v1::ISOLATE_ORIGIN_REWOUND);
  EXPECT_NE(MustAcquire(two, "a"), first);
  EXPECT_EQ(two->origin(), v1::ISOLATE_ORIGIN_FORKED);
}

TEST_F(PoolTest, AUsedWorkerNeverServesAnotherTenant) {
  Open(Small(2, 2));
  Serve("a");
  Serve("b");
  EXPECT_EQ(pool_->idle(), 2u);
  EXPECT_FALSE(pool_->TryAcquire("c", kPristine, &holder_).has_value());
  EXPECT_FALSE(pool_->TryAcquire("c", kReused, &holder_).has_value());
  EXPECT_FALSE(pool_->TryAcquire("", kPristine, &holder_).has_value())
      << "the empty tenant is one like any other";
}

TEST_F(PoolTest, AWorkerThatKeptStateNeverServesPristineRequests) {
  Open(Small(1, 1));
  const WorkerId id = Serve("a", kReused);
  EXPECT_FALSE(pool_->TryAcquire("a", kPristine, &holder_).has_value());
  EXPECT_EQ(Serve("a", kReused), id);
}

TEST_F(PoolTest, ReusedPrefersKeptThenUnusedThenRewound) {
  Open(Small(2, 2));
  const WorkerId rewound = Serve("a");
  const WorkerId kept = Serve("a", kReused);
  EXPECT_NE(kept, rewound);
  std::optional<Lease> one, two;
  EXPECT_EQ(MustAcquire(one, "a", kReused), kept);
  EXPECT_EQ(MustAcquire(two, "a", kReused), rewound);
}

TEST_F(PoolTest, ForkingDisplacesTheWorkerThatWasIdleLongest) {
  Open(Small(2, 2));
  const WorkerId older = Serve("a");
  clock_.Advance(milliseconds(1));
  const WorkerId newer = Serve("b");
  EXPECT_TRUE(ForkFor("c"));
  EXPECT_THAT(host_.hung_up, ElementsAre(older));
  EXPECT_NE(older, newer);
  host_.End(older);
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("other_tenant", 1)));
  host_.ReadyAll();
  std::optional<Lease> lease;
  EXPECT_NE(MustAcquire(lease, "c"), older);
}

TEST_F(PoolTest, NothingIsDisplacedWhileThereIsRoom) {
  Open(Small(1, 2));
  Serve("a");
  EXPECT_TRUE(ForkFor("b"));
  EXPECT_THAT(host_.hung_up, ElementsAre());
  EXPECT_EQ(pool_->starting(), 1u);
}

TEST_F(PoolTest, BusyWorkersAreNotDisplaced) {
  Open(Small(1, 1));
  std::optional<Lease> lease;
  MustAcquire(lease, "a");
  EXPECT_FALSE(ForkFor("b"));
}

TEST_F(PoolTest, WaitingTenantsOfEqualSizeDoNotDisplaceEachOther) {
  Open(Small(2, 2));
  Serve("a");
  Serve("b");
  EXPECT_FALSE(pool_->ForkFor("a", [](const std::string& tenant) { return tenant == "b"; }) &&
               !host_.hung_up.empty() && host_.hung_up[0] == 0);
  // "c" has none at all and is let in.
  EXPECT_TRUE(pool_->ForkFor("c", [](const std::string&) { return true; }));
}

TEST_F(PoolTest, RefillWaitsForAQuietMoment) {
  Open(Small(2, 8));
  std::optional<Lease> lease;
  MustAcquire(lease, "a");
  EXPECT_EQ(pool_->starting(), 0u) << "never on the request's path";
  Pass(milliseconds(2));
  EXPECT_EQ(pool_->starting(), 0u);
  Pass(milliseconds(1));
  EXPECT_EQ(pool_->starting(), 1u);
}

TEST_F(PoolTest, RefillIsNotPutOffForever) {
  Open(Small(2, 8));
  std::optional<Lease> other;
  MustAcquire(other, "b");
  host_.Reply(other->worker_id());
  const WorkerId id = Serve("a");
  for (int i = 0; i < 40 && pool_->starting() == 0; ++i) {
    Pass(milliseconds(1));
    EXPECT_EQ(Serve("a"), id);
  }
  EXPECT_GE(pool_->starting(), 1u);
}

TEST_F(PoolTest, RefillIsPaced) {
  PoolOptions options = Small(8, 100);
  options.tidy_batch = 2;
  Open(options);
  std::vector<std::optional<Lease>> leases(8);
  for (auto& lease : leases) MustAcquire(lease, "a");
  Pass(milliseconds(3));
  EXPECT_EQ(pool_->starting(), 2u);
  Pass(milliseconds(2));
  EXPECT_EQ(pool_->starting(), 4u);
}

TEST_F(PoolTest, UnderLoadRefillKeepsUpWithWhatIsUsedUpAndNoMore) {
  Open(Small(8, 100));
  std::vector<std::optional<Lease>> leases(6);
  for (auto& lease : leases) MustAcquire(lease, "a");
  const WorkerId busy = Serve("b");
  // Never quiet: a request of a tenant that has its worker, every millisecond.
  const auto load = [&](int millis) {
    for (int i = 0; i < millis; ++i) {
      Pass(milliseconds(1));
      EXPECT_EQ(Serve("b"), busy);
    }
  };
  load(25);
  EXPECT_EQ(pool_->starting(), 1u);
  load(10);
  EXPECT_EQ(pool_->starting(), 2u);
  // Two more are used up, and two more than one are forked for them.
  std::optional<Lease> c, d;
  host_.ReadyAll();
  MustAcquire(c, "c");
  MustAcquire(d, "d");
  load(10);
  EXPECT_EQ(pool_->starting(), 3u);
}

TEST_F(PoolTest, WithoutRewindingAWorkerServesOnePristineRequest) {
  Open(Small(1, 4), /*rewind=*/false);
  std::optional<Lease> lease;
  const WorkerId id = MustAcquire(lease, "a");
  host_.Reply(id);
  lease.reset();
  EXPECT_THAT(host_.hung_up, ElementsAre()) << "hanging up is not done on the reply's path";
  Pass(milliseconds(3));
  EXPECT_THAT(host_.hung_up, ElementsAre(id));
  host_.End(id);
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("fork_only", 1)));
}

TEST_F(PoolTest, UsesAreBounded) {
  PoolOptions options = Small(1, 4);
  options.max_uses = 2;
  Open(options);
  const WorkerId id = Serve("a");
  EXPECT_EQ(Serve("a"), id);
  EXPECT_FALSE(pool_->TryAcquire("a", kPristine, &holder_).has_value());
  Pass(milliseconds(3));
  EXPECT_THAT(host_.hung_up, ElementsAre(id));
  host_.End(id);
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("max_uses", 1)));
}

TEST_F(PoolTest, AgeIsBoundedForIdleWorkersToo) {
  Open(Small(1, 4));
  Pass(minutes(10));
  Pass(milliseconds(3));
  EXPECT_THAT(host_.hung_up, ElementsAre(1));
  host_.End(1);
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("max_age", 1)));
}

TEST_F(PoolTest, AnAgedWorkerIsNotLeasedEvenBeforeHousekeeping) {
  Open(Small(1, 4));
  Serve("a");
  clock_.Advance(minutes(10));
  EXPECT_FALSE(pool_->TryAcquire("a", kPristine, &holder_).has_value());
}

TEST_F(PoolTest, ALeaseLetGoUnansweredKillsTheWorker) {
  Open(Small(1, 1));
  std::optional<Lease> lease;
  const WorkerId id = MustAcquire(lease, "a");
  lease.reset();
  EXPECT_THAT(host_.killed, ElementsAre(id));
  host_.End(id, WorkerExited{{WorkerExit::Kind::kKilled, 9, "killed"}});
  EXPECT_EQ(holder_.ends, 0) << "nobody is told who has let go";
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("abandoned", 1)));
  EXPECT_THAT(pool_->kills(), ElementsAre(Pair("abandoned", 1)));
}

TEST_F(PoolTest, AWorkerThatIsSentAwayAndStaysIsAKill) {
  PoolOptions options = Small(1, 4);
  options.max_uses = 1;
  Open(options);
  const WorkerId id = Serve("a");
  EXPECT_FALSE(pool_->TryAcquire("a", kReused, &holder_).has_value());
  for (int second = 0; second < 8; ++second) {
    Pass(std::chrono::seconds(1));
    host_.ReadyAll();
  }
  EXPECT_THAT(host_.hung_up, ElementsAre(id));
  EXPECT_THAT(host_.killed, testing::Contains(id));
  host_.End(id, WorkerExited{{WorkerExit::Kind::kKilled, 9, "killed"}});
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("max_uses", 1)));
  EXPECT_THAT(pool_->kills(), ElementsAre(Pair("stuck", 1))) << "once, however often it is tried";
}

TEST_F(PoolTest, AWorkerThatEndsWhileLeasedTellsItsHolder) {
  Open(Small(1, 1));
  std::optional<Lease> lease;
  const WorkerId id = MustAcquire(lease, "a");
  host_.End(id, WorkerExited{{WorkerExit::Kind::kCrashed, 11, "signal_11"}});
  EXPECT_EQ(holder_.ends, 1);
  lease.reset();
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("signal_11", 1)));
}

TEST_F(PoolTest, AWorkerMayEndAfterItAnswered) {
  Open(Small(1, 1));
  std::optional<Lease> lease;
  const WorkerId id = MustAcquire(lease, "a");
  host_.Reply(id);
  lease.reset();
  host_.End(id, WorkerExited{{WorkerExit::Kind::kNotRewindable, 84, "too_many_pages"}});
  EXPECT_EQ(holder_.replies, 1);
  EXPECT_EQ(holder_.ends, 0);
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("too_many_pages", 1)));
}

TEST_F(PoolTest, LeaseOutlivesPool) {
  Open(Small(1, 1));
  std::optional<Lease> lease;
  MustAcquire(lease, "a");
  pool_.reset();
  lease->Send(internal::WorkerRequest());
  lease->Kill("late");
  lease.reset();
}

TEST_F(PoolTest, LeaseMovesWithoutEnding) {
  Open(Small(1, 1));
  std::optional<Lease> lease;
  MustAcquire(lease, "a");
  Lease moved = *std::move(lease);
  lease.reset();
  EXPECT_THAT(host_.killed, ElementsAre());
  moved = Lease();
  EXPECT_EQ(host_.killed.size(), 1u);
}

TEST_F(PoolTest, WorkersThatCannotStartDoNotMakeAForkStorm) {
  Open(Small(0, 4));
  EXPECT_TRUE(ForkFor("a"));
  host_.End(1, WorkerNotForked{"no memory"});
  EXPECT_FALSE(ForkFor("a"));
  int available = 0;
  pool_->SetAvailableHook([&] { ++available; });
  Pass(milliseconds(100));
  EXPECT_EQ(available, 1);
  EXPECT_TRUE(ForkFor("a"));
}

TEST_F(PoolTest, WorkersThatGetStuckAreKilled) {
  Open(Small(0, 4));
  EXPECT_TRUE(ForkFor("a"));
  Pass(seconds(5));
  Pass(seconds(1));
  EXPECT_THAT(host_.killed, Contains(1));
}

TEST_F(PoolTest, AfterTheZygoteDiedItFillsUpAgain) {
  Open(Small(2, 4));
  std::optional<Lease> lease;
  MustAcquire(lease, "a");
  host_.GoDown();
  EXPECT_EQ(pool_->size(), 0u);
  EXPECT_EQ(holder_.ends, 1);
  EXPECT_FALSE(ForkFor("a"));
  host_.ComeUp();
  Pass(milliseconds(3));
  EXPECT_EQ(pool_->starting(), 2u);
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("lost", 2)));
}

TEST_F(PoolTest, WorkersOfAnEarlierImageAreReplacedAFewAtATime) {
  PoolOptions options = Small(8, 16);
  options.tidy_batch = 2;
  Open(options);
  Serve("a");
  host_.Renew();
  EXPECT_THAT(host_.hung_up, ElementsAre());
  Pass(milliseconds(3));
  EXPECT_EQ(host_.hung_up.size(), 2u);
  EXPECT_GE(pool_->starting(), 2u) << "their places are taken at once";
  EXPECT_GE(pool_->idle(), 6u);
  for (int i = 0; i < 20; ++i) {
    Pass(milliseconds(25));
    host_.ReadyAll();
    for (WorkerId gone : std::vector<WorkerId>(std::exchange(host_.hung_up, {}))) host_.End(gone);
  }
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("renewed", 8)));
  EXPECT_EQ(pool_->unused(), 8u);
  EXPECT_EQ(host_.live(), 8u);
}

TEST_F(PoolTest, BusyWorkersOfAnEarlierImageFinishFirst) {
  Open(Small(1, 2));
  std::optional<Lease> lease;
  const WorkerId id = MustAcquire(lease, "a");
  host_.Renew();
  Pass(milliseconds(3));
  EXPECT_THAT(host_.hung_up, ElementsAre());
  host_.Reply(id);
  EXPECT_EQ(holder_.replies, 1);
  lease.reset();
  host_.Ready(id, v1::ISOLATE_ORIGIN_REWOUND);
  EXPECT_FALSE(pool_->idle() > 0 && pool_->unused() == 0) << "it is not leased again";
  Pass(milliseconds(30));
  EXPECT_THAT(host_.hung_up, ElementsAre(id));
}

TEST_F(PoolTest, WhatIsAdoptedTakesOverAtOnce) {
  const PoolOptions options = Small(3, 8);
  Open(options);
  const WorkerId rewound = Serve("a");
  Serve("b", kReused);
  Adopt(2, options);
  EXPECT_EQ(pool_->idle(), 2u) << "no old one is there to be had";
  EXPECT_EQ(Status().forks(), 5u);
  for (const v1::Isolation isolation : {kPristine, kReused}) {
    std::optional<Lease> lease;
    EXPECT_GT(MustAcquire(lease, "a", isolation), 3u);
    EXPECT_EQ(lease->generation(), 2u);
    EXPECT_EQ(lease->origin(), v1::ISOLATE_ORIGIN_FORKED);
    EXPECT_EQ(lease->uses(), 0u);
    host_.Reply(lease->worker_id());
    lease.reset();
  }
  Pass(milliseconds(30));
  EXPECT_THAT(host_.hung_up, Contains(rewound));
  EXPECT_EQ(host_.hung_up.size(), 3u);
  for (const WorkerId gone : std::vector<WorkerId>(host_.hung_up)) host_.End(gone);
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("replaced", 3)));
}

TEST_F(PoolTest, BusyWorkersOfAReplacedImageFinishAndAreNotUsedAgain) {
  const PoolOptions options = Small(1, 4);
  Open(options);
  std::optional<Lease> lease;
  const WorkerId busy = MustAcquire(lease, "a");
  Adopt(1, options);
  EXPECT_EQ(lease->generation(), 1u);
  host_.Reply(busy);
  EXPECT_EQ(holder_.replies, 1);
  lease.reset();
  host_.Ready(busy, v1::ISOLATE_ORIGIN_REWOUND);
  std::optional<Lease> next;
  EXPECT_NE(MustAcquire(next, "a"), busy);
  Pass(milliseconds(30));
  EXPECT_THAT(host_.hung_up, ElementsAre(busy));
}

TEST_F(PoolTest, WorkersThatStartWhileTheirImageIsReplacedAreNotUsed) {
  const PoolOptions options = Small(0, 4);
  Open(options);
  EXPECT_TRUE(ForkFor("a"));
  Adopt(0, options);
  host_.Ready(1);
  EXPECT_FALSE(pool_->TryAcquire("a", kPristine, &holder_).has_value());
  Pass(milliseconds(30));
  EXPECT_THAT(host_.hung_up, ElementsAre(1));
}

TEST_F(PoolTest, ThoseWhoWaitAreOfferedWhatIsAdopted) {
  const PoolOptions options = Small(1, 1);
  Open(options);
  std::optional<Lease> busy;
  MustAcquire(busy, "a");
  std::optional<Lease> waiting;
  pool_->SetAvailableHook([&] { waiting = pool_->TryAcquire("b", kPristine, &holder_); });
  Adopt(1, options);
  ASSERT_TRUE(waiting.has_value());
  EXPECT_EQ(waiting->generation(), 2u);
  pool_->SetAvailableHook(nullptr);
}

TEST_F(PoolTest, WithRetiringWorkersInTheWayARequestIsForkedForAllTheSame) {
  const PoolOptions options = Small(2, 2);
  Open(options);
  Adopt(0, options);
  EXPECT_TRUE(ForkFor("a"));
  EXPECT_EQ(host_.hung_up.size(), 1u);
}

TEST_F(PoolTest, TheFirstImageIsAdoptedToo) {
  pool_ = std::make_unique<Pool>(Small(2, 4), &host_, &timers_);
  host_.SetEvents(pool_.get());
  Adopt(1, Small(2, 4));
  EXPECT_EQ(pool_->idle(), 1u);
  Pass(milliseconds(3));
  EXPECT_EQ(pool_->starting(), 1u) << "and is kept filled from then on";
}

TEST_F(PoolTest, AdoptedWorkersAgeFromTheirBirth) {
  const PoolOptions options = Small(1, 4);
  Open(options);
  const WorkerId old = host_.Replace(1)[0];
  const MonotonicTime born = clock_.Now();
  clock_.Advance(minutes(9));
  pool_->Adopt({{old, born}}, options, true);
  EXPECT_TRUE(pool_->TryAcquire("a", kPristine, &holder_).has_value());
}

TEST_F(PoolTest, SettingsChangeLive) {
  Open(Small(4, 8));
  EXPECT_EQ(pool_->idle(), 4u);
  pool_->SetOptions(Small(6, 8));
  Pass(milliseconds(3));
  Pass(milliseconds(10));
  host_.ReadyAll();
  EXPECT_EQ(pool_->idle(), 6u);
  pool_->SetOptions(Small(2, 2));
  EXPECT_EQ(pool_->idle(), 2u);
  Pass(milliseconds(30));
  EXPECT_EQ(host_.hung_up.size(), 4u);
  EXPECT_EQ(Status().max_workers(), 2u);
}

TEST_F(PoolTest, FewerWorkersMeansBusyOnesTooOnceTheyAreDone) {
  Open(Small(4, 4));
  std::optional<Lease> leases[4];
  std::vector<WorkerId> ids;
  for (std::optional<Lease>& lease : leases) ids.push_back(MustAcquire(lease, "a"));
  pool_->SetOptions(Small(1, 2));
  EXPECT_FALSE(ForkFor("b")) << "all are busy, and more than enough";
  for (size_t i = 0; i < 4; ++i) {
    host_.Reply(ids[i]);
    leases[i].reset();
    host_.Ready(ids[i], v1::ISOLATE_ORIGIN_REWOUND);
  }
  EXPECT_EQ(pool_->idle(), 2u);
  Pass(milliseconds(3));
  Pass(milliseconds(30));
  EXPECT_EQ(host_.hung_up.size(), 2u);
  for (const WorkerId id : std::vector<WorkerId>(host_.hung_up)) host_.End(id);
  EXPECT_EQ(pool_->size(), 2u);
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("max_workers", 2)));
}

TEST_F(PoolTest, OneThatRetiresForALowerBoundMakesNoRoom) {
  Open(Small(3, 3));
  Serve("a");
  std::optional<Lease> one, two;
  MustAcquire(one, "b");
  const WorkerId done = MustAcquire(two, "b");
  pool_->SetOptions(Small(1, 2));
  EXPECT_FALSE(ForkFor("c")) << "two are busy";
  EXPECT_EQ(pool_->starting(), 0u);
  host_.Reply(done);
  two.reset();
  host_.Ready(done, v1::ISOLATE_ORIGIN_REWOUND);
  EXPECT_TRUE(ForkFor("c"));
  EXPECT_EQ(host_.hung_up, std::vector<WorkerId>({done}));
}

TEST_F(PoolTest, AWorkerThatIsLeavingIsNotLeased) {
  Open(Small(1, 4));
  Serve("a");
  host_.Leave(1);
  EXPECT_FALSE(pool_->TryAcquire("a", kPristine, &holder_).has_value());
  EXPECT_EQ(pool_->idle(), 0u);
  Pass(milliseconds(3));
  EXPECT_EQ(pool_->starting(), 1u) << "its place is taken before its end is known";
  host_.End(1, WorkerExited{{WorkerExit::Kind::kKilled, 9, "killed"}});
  EXPECT_THAT(Status().retired(), ElementsAre(Pair("killed", 1)));
}

TEST_F(PoolTest, AWorkerThatIsLeavingMayStillAnswer) {
  Open(Small(1, 4));
  std::optional<Lease> lease;
  const WorkerId id = MustAcquire(lease, "a");
  host_.Leave(id);
  EXPECT_EQ(holder_.ends, 0);
  host_.Reply(id);
  EXPECT_EQ(holder_.replies, 1);
  lease.reset();
  host_.End(id, WorkerExited{{WorkerExit::Kind::kNotRewindable, 84, "too_many_pages"}});
  EXPECT_EQ(holder_.ends, 0);
}

TEST_F(PoolTest, ClosingHangsUpAndWaits) {
  Open(Small(2, 4));
  std::optional<Lease> lease;
  const WorkerId busy = MustAcquire(lease, "a");
  bool closed = false;
  pool_->Close([&] { closed = true; });
  EXPECT_THAT(host_.killed, ElementsAre(busy));
  EXPECT_EQ(host_.hung_up.size(), 1u);
  host_.End(busy);
  EXPECT_FALSE(closed);
  Pass(milliseconds(500));
  EXPECT_THAT(host_.killed, Contains(host_.hung_up[0])) << "who does not leave in time is killed";
  host_.End(host_.hung_up[0]);
  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace evald
