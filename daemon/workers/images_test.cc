#include "daemon/workers/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/workers/testing/loopback_zygote.h"

namespace evald {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class RecordingEvents final : public WorkerEvents {
 public:
  void OnWorkerReady(WorkerId id, const internal::WorkerReady&) override { Say(absl::StrCat(id, " ready")); }
  void OnWorkerReply(WorkerId id, internal::WorkerReply& reply) override {
    Say(absl::StrCat(id, " reply ", reply.value().json()));
  }
  void OnWorkerLeaving(WorkerId id) override { Say(absl::StrCat(id, " leaving")); }
  void OnWorkerEnded(WorkerId id, const WorkerEnd& end) override {
    Say(absl::StrCat(id, std::holds_alternative<WorkerExited>(end) ? " exited" : " lost"));
  }
  void OnForksPossible() override { Say("forks possible"); }
  void Say(std::string what) { heard.push_back(std::move(what)); }
  std::vector<std::string> Take() { return std::exchange(heard, {}); }

  std::vector<std::string> heard;
};

class ImagesTest : public testing::Test {
 protected:
  ImagesTest() {
    images_ = std::make_unique<Images>(io_, timers_, [this](const internal::ZygoteBooted&) { ++ups_; });
    images_->SetEvents(&events_);
  }

  absl::StatusOr<ZygoteHandle::Process> Launch() {
    if (refuse_launch_) return absl::NotFoundError("cannot run evald-zygote");
    absl::StatusOr<SocketPair> pair = MakeSocketPair();
    if (!pair.ok()) return pair.status();
    zygotes_.push_back(std::make_unique<LoopbackZygote>(std::move(pair->theirs)));
    return ZygoteHandle::Process{std::move(pair->ours), nullptr};
  }
  void Settle() {
    io_.restart();
    do {
      timers_.RunDue();
    } while (io_.poll() > 0);
    timers_.RunDue();
  }
  void Pass(Duration by) {
    clock_.Advance(by);
    Settle();
  }
  LoopbackZygote& newest() { return *zygotes_.back(); }
  void BootNewest() {
    newest().ReadBoot();
    newest().Booted();
    Settle();
  }
  // What becomes of it is in `staged_`.
  absl::Status Stage(uint64_t generation) {
    auto source = std::make_unique<Images::Source>();
    source->launcher = [this](absl::AnyInvocable<void(int)>) { return Launch(); };
    source->zygote = {.generation = generation, .boot_timeout = seconds(30), .max_worker_frame = 1000};
    source->max_age = hours(1);
    staged_ = "boots";
    return images_->Stage(
        std::move(source), &staging_,
        {.on_up = [this](const internal::ZygoteBooted&) { staged_ = "up"; },
         .on_failed =
             [this](const absl::Status& why) { staged_ = "failed: " + std::string(why.message()); }});
  }
  void Start() {
    ASSERT_TRUE(Stage(3).ok());
    BootNewest();
    EXPECT_EQ(staged_, "up");
    images_->Promote(nullptr);
  }
  WorkerId ForkWorker() {
    const WorkerId id = images_->Fork();
    EXPECT_EQ(newest().Spawn(STDIN_FILENO), id);
    newest().Ready(id);
    Settle();
    EXPECT_THAT(events_.Take(), ElementsAre(absl::StrCat(id, " ready")));
    return id;
  }
  WorkerId ForkStagedWorker() {
    const WorkerId id = images_->ForkStaged();
    EXPECT_EQ(newest().Spawn(STDIN_FILENO), id);
    newest().Ready(id);
    Settle();
    EXPECT_THAT(staging_.Take(), ElementsAre(absl::StrCat(id, " ready")));
    return id;
  }
  void Renew() {
    const size_t before = zygotes_.size();
    Pass(hours(1));
    ASSERT_EQ(zygotes_.size(), before + 1);
    BootNewest();
    EXPECT_THAT(events_.Take(), ElementsAre("forks possible"));
  }
  void EndWorker(LoopbackZygote& zygote, WorkerId id) {
    zygote.sockets.erase(id);
    zygote.Exited(id, 0);
    Settle();
  }

  FakeClock clock_;
  TimerQueue timers_{&clock_};
  boost::asio::io_context io_;
  RecordingEvents events_;
  RecordingEvents staging_;
  std::string staged_;
  bool refuse_launch_ = false;
  std::vector<std::unique_ptr<LoopbackZygote>> zygotes_;
  std::unique_ptr<Images> images_;
  int ups_ = 0;
};

TEST_F(ImagesTest, WorkersComeFromTheNewZygoteOnceItIsUp) {
  Start();
  EXPECT_EQ(images_->image(), 1u);
  EXPECT_EQ(images_->generation(), 3u);
  ForkWorker();
  Pass(hours(1));
  ASSERT_EQ(zygotes_.size(), 2u);
  EXPECT_EQ(images_->image(), 1u) << "while the new one boots, the old one serves";
  EXPECT_EQ(images_->Fork(), 2u);
  EXPECT_EQ(zygotes_[0]->Spawn(STDIN_FILENO), 2u);
  BootNewest();
  EXPECT_EQ(images_->image(), 2u);
  EXPECT_EQ(images_->renewals(), 1u);
  EXPECT_EQ(ups_, 1);
  events_.Take();
  EXPECT_EQ(ForkWorker(), 3u);
  EXPECT_EQ(zygotes_[1]->sockets.count(3), 1u);
}

TEST_F(ImagesTest, WorkersOfTheOldZygoteFinishAndThenItIsStopped) {
  Start();
  ForkWorker();
  ForkWorker();
  Renew();
  internal::WorkerRequest request;
  request.set_request_id(9);
  request.mutable_eval()->set_isolation(v1::ISOLATION_PRISTINE);
  images_->Send(1, request);
  zygotes_[0]->Reply(1, 9, "42");
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre("1 reply 42"));
  images_->HangUp(1);
  EndWorker(*zygotes_[0], 1);
  EXPECT_FALSE(zygotes_[0]->HungUp());
  images_->HangUp(2);
  EndWorker(*zygotes_[0], 2);
  EXPECT_THAT(events_.Take(), ElementsAre("1 exited", "2 exited"));
  EXPECT_TRUE(zygotes_[0]->HungUp());
  EXPECT_FALSE(zygotes_[1]->HungUp());
}

TEST_F(ImagesTest, AnOldZygoteWithoutWorkersGoesAtOnce) {
  Start();
  Renew();
  EXPECT_TRUE(zygotes_[0]->HungUp());
  Renew();
  EXPECT_TRUE(zygotes_[1]->HungUp());
  EXPECT_EQ(images_->image(), 3u);
}

TEST_F(ImagesTest, IfTheNewZygoteDoesNotBootTheOldOneServesOn) {
  Start();
  ForkWorker();
  Pass(hours(1));
  newest().ReadBoot();
  newest().Failed("seal", "no memory");
  Settle();
  EXPECT_EQ(images_->image(), 1u);
  EXPECT_EQ(images_->Fork(), 2u);
  EXPECT_EQ(zygotes_[0]->Spawn(STDIN_FILENO), 2u);
  Pass(minutes(1));
  ASSERT_EQ(zygotes_.size(), 3u) << "tried again";
  BootNewest();
  EXPECT_NE(images_->image(), 1u);
}

TEST_F(ImagesTest, WhenAnOldZygoteDiesItsWorkersAreLostAndNoOtherIsStarted) {
  Start();
  ForkWorker();
  Renew();
  zygotes_[0]->Die();
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre("1 lost"));
  Pass(seconds(10));
  EXPECT_EQ(zygotes_.size(), 2u);
  ForkWorker();
}

TEST_F(ImagesTest, WhenTheServingZygoteDiesAnotherIsStartedAndAgesFromThenOn) {
  Start();
  Pass(minutes(50));
  newest().Die();
  Settle();
  Pass(milliseconds(100));
  ASSERT_EQ(zygotes_.size(), 2u);
  BootNewest();
  EXPECT_EQ(images_->restarts(), 1u);
  EXPECT_EQ(images_->image(), 1u);
  events_.Take();
  Pass(minutes(50));
  EXPECT_EQ(zygotes_.size(), 2u);
  Pass(minutes(10));
  EXPECT_EQ(zygotes_.size(), 3u);
  BootNewest();
  EXPECT_EQ(images_->restarts(), 1u) << "a renewal is no restart, and forgets none";
}

TEST_F(ImagesTest, TheServingZygoteMayDieWhileTheNextOneBoots) {
  Start();
  Pass(hours(1));
  zygotes_[0]->Die();
  Settle();
  EXPECT_FALSE(images_->CanFork());
  BootNewest();
  EXPECT_TRUE(images_->CanFork());
  Pass(seconds(10));
  EXPECT_EQ(zygotes_.size(), 2u) << "the one that died is not started again";
}

TEST_F(ImagesTest, OldZygotesDoNotPileUp) {
  Start();
  for (WorkerId id = 1; id <= 3; ++id) {
    EXPECT_EQ(ForkWorker(), id);
    Renew();
  }
  Pass(hours(1));
  EXPECT_EQ(zygotes_.size(), 4u);
  EndWorker(*zygotes_[0], 1);
  Pass(minutes(1));
  EXPECT_EQ(zygotes_.size(), 5u);
}

TEST_F(ImagesTest, WhatIsStagedServesNobodyUntilItIsPromoted) {
  Start();
  const WorkerId old = ForkWorker();
  ASSERT_TRUE(Stage(4).ok());
  EXPECT_FALSE(images_->CanForkStaged());
  BootNewest();
  EXPECT_EQ(staged_, "up");
  EXPECT_EQ(images_->generation(), 3u);
  const WorkerId staged = ForkStagedWorker();
  EXPECT_NE(staged, old) << "one counter for all";
  EXPECT_THAT(events_.heard, IsEmpty());
  bool gone = false;
  images_->Promote([&] { gone = true; });
  EXPECT_EQ(images_->generation(), 4u);
  EXPECT_EQ(images_->image(), 2u);
  // Its workers are everybody's now.
  internal::WorkerRequest request;
  request.set_request_id(9);
  images_->Send(staged, request);
  newest().Reply(staged, 9, "42");
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre(absl::StrCat(staged, " reply 42")));
  EXPECT_THAT(staging_.heard, IsEmpty());
  EXPECT_FALSE(gone);
  images_->HangUp(old);
  EndWorker(*zygotes_[0], old);
  EXPECT_TRUE(gone);
  EXPECT_TRUE(zygotes_[0]->HungUp());
}

TEST_F(ImagesTest, WhatIsAbandonedGoesWithItsWorkersAndIsHeardOfNoMore) {
  Start();
  ASSERT_TRUE(Stage(4).ok());
  BootNewest();
  ForkStagedWorker();
  images_->Abandon();
  Settle();
  EXPECT_TRUE(newest().HungUp());
  EXPECT_THAT(staging_.heard, IsEmpty());
  EXPECT_EQ(staged_, "up");
  EXPECT_EQ(images_->image(), 1u);
  EXPECT_FALSE(images_->CanForkStaged());
  ASSERT_TRUE(Stage(5).ok()) << "the next one may come at once";
}

TEST_F(ImagesTest, AStagedZygoteThatDiesIsAFailureAndNotStartedAgain) {
  Start();
  ASSERT_TRUE(Stage(4).ok());
  BootNewest();
  const WorkerId id = ForkStagedWorker();
  zygotes_[1]->Die();
  Settle();
  EXPECT_THAT(staging_.Take(), ElementsAre(absl::StrCat(id, " lost")));
  EXPECT_THAT(staged_, testing::StartsWith("failed: "));
  Pass(minutes(5));
  EXPECT_EQ(zygotes_.size(), 2u);
  EXPECT_EQ(images_->image(), 1u);
}

TEST_F(ImagesTest, AProgramThatCannotBeRunIsSaidAtOnce) {
  refuse_launch_ = true;
  EXPECT_EQ(Stage(3).message(), "cannot run evald-zygote");
  refuse_launch_ = false;
  Start();
  EXPECT_EQ(images_->generation(), 3u);
}

TEST_F(ImagesTest, OnceItServesItIsKeptUp) {
  Start();
  newest().Die();
  Settle();
  Pass(milliseconds(100));
  ASSERT_EQ(zygotes_.size(), 2u);
  BootNewest();
  EXPECT_EQ(ups_, 1);
  EXPECT_TRUE(images_->CanFork());
}

TEST_F(ImagesTest, StagingTakesOverFromARenewalAndPutsItOff) {
  Start();
  Pass(hours(1));
  ASSERT_EQ(zygotes_.size(), 2u) << "the renewal boots";
  ASSERT_TRUE(Stage(4).ok());
  ASSERT_EQ(zygotes_.size(), 3u);
  Settle();
  EXPECT_TRUE(zygotes_[1]->HungUp());
  Pass(seconds(29));
  EXPECT_EQ(zygotes_.size(), 3u) << "no renewal beside what is staged";
  Pass(seconds(1));
  // Its time to boot is over: the old one serves on, and is renewed.
  EXPECT_THAT(staged_, testing::HasSubstr("zygote_boot_timeout"));
  Pass(minutes(1));
  EXPECT_EQ(zygotes_.size(), 4u);
}

TEST_F(ImagesTest, WithTooManyOldOnesThatStillHaveWorkersNothingIsStaged) {
  Start();
  for (WorkerId id = 1; id <= 3; ++id) {
    ForkWorker();
    ASSERT_TRUE(Stage(3 + id).ok());
    BootNewest();
    images_->Promote(nullptr);
  }
  EXPECT_EQ(Stage(9).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(images_->generation(), 6u);
  EndWorker(*zygotes_[0], 1);
  EXPECT_TRUE(Stage(9).ok());
}

TEST_F(ImagesTest, AnAgeThatChangesCountsFromThen) {
  Start();
  images_->SetMaxAge(minutes(10));
  Pass(minutes(10));
  EXPECT_EQ(zygotes_.size(), 2u);
}

TEST_F(ImagesTest, StoppingHangsUpOnAllOfThem) {
  Start();
  ForkWorker();
  Renew();
  Pass(hours(1));
  ASSERT_EQ(zygotes_.size(), 3u);
  bool stopped = false;
  images_->Stop([&] { stopped = true; });
  Settle();
  EXPECT_TRUE(stopped);
  for (const auto& zygote : zygotes_) EXPECT_TRUE(zygote->HungUp());
  Pass(hours(3));
  EXPECT_EQ(zygotes_.size(), 3u);
}

TEST_F(ImagesTest, StoppingBeforeTheStartIsPossible) {
  bool stopped = false;
  images_->Stop([&] { stopped = true; });
  Settle();
  EXPECT_TRUE(stopped);
  EXPECT_THAT(events_.heard, IsEmpty());
}

}  // namespace
}  // namespace evald
