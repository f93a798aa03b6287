#include "daemon/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/testing/loopback_zygote.h"

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
    images_ = std::make_unique<Images>(
        io_, timers_,
        [this](absl::AnyInvocable<void(int)>) -> absl::StatusOr<ZygoteHandle::Process> { return Launch(); },
        Images::Handlers{.on_up = [this](const internal::ZygoteBooted&) { ++ups_; },
                         .on_first_boot_failed = [this](const absl::Status&) { first_boot_failed_ = true; }});
    images_->SetEvents(&events_);
  }

  absl::StatusOr<ZygoteHandle::Process> Launch() {
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
  void Start() {
    images_->Start({.zygote = {.generation = 3, .boot_timeout = seconds(30), .max_worker_frame = 1000},
                    .max_age = hours(1)});
    BootNewest();
    EXPECT_THAT(events_.Take(), ElementsAre("forks possible"));
  }
  void ForkWorker(WorkerId id) {
    images_->Fork(id);
    EXPECT_EQ(newest().Spawn(STDIN_FILENO), id);
    newest().Ready(id);
    Settle();
    EXPECT_THAT(events_.Take(), ElementsAre(absl::StrCat(id, " ready")));
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
  std::vector<std::unique_ptr<LoopbackZygote>> zygotes_;
  std::unique_ptr<Images> images_;
  int ups_ = 0;
  bool first_boot_failed_ = false;
};

TEST_F(ImagesTest, WorkersComeFromTheNewZygoteOnceItIsUp) {
  Start();
  EXPECT_EQ(images_->image(), 1u);
  EXPECT_EQ(images_->generation(), 3u);
  ForkWorker(1);
  Pass(hours(1));
  ASSERT_EQ(zygotes_.size(), 2u);
  EXPECT_EQ(images_->image(), 1u) << "while the new one boots, the old one serves";
  images_->Fork(2);
  EXPECT_EQ(zygotes_[0]->Spawn(STDIN_FILENO), 2u);
  BootNewest();
  EXPECT_EQ(images_->image(), 2u);
  EXPECT_EQ(images_->renewals(), 1u);
  EXPECT_EQ(ups_, 2);
  events_.Take();
  ForkWorker(3);
  EXPECT_EQ(zygotes_[1]->sockets.count(3), 1u);
}

TEST_F(ImagesTest, WorkersOfTheOldZygoteFinishAndThenItIsStopped) {
  Start();
  ForkWorker(1);
  ForkWorker(2);
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
  ForkWorker(1);
  Pass(hours(1));
  newest().ReadBoot();
  newest().Failed("seal", "no memory");
  Settle();
  EXPECT_FALSE(first_boot_failed_);
  EXPECT_EQ(images_->image(), 1u);
  images_->Fork(2);
  EXPECT_EQ(zygotes_[0]->Spawn(STDIN_FILENO), 2u);
  Pass(minutes(1));
  ASSERT_EQ(zygotes_.size(), 3u) << "tried again";
  BootNewest();
  EXPECT_NE(images_->image(), 1u);
}

TEST_F(ImagesTest, WhenAnOldZygoteDiesItsWorkersAreLostAndNoOtherIsStarted) {
  Start();
  ForkWorker(1);
  Renew();
  zygotes_[0]->Die();
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre("1 lost"));
  Pass(seconds(10));
  EXPECT_EQ(zygotes_.size(), 2u);
  ForkWorker(2);
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
    ForkWorker(id);
    Renew();
  }
  Pass(hours(1));
  EXPECT_EQ(zygotes_.size(), 4u);
  EndWorker(*zygotes_[0], 1);
  Pass(minutes(1));
  EXPECT_EQ(zygotes_.size(), 5u);
}

TEST_F(ImagesTest, StoppingHangsUpOnAllOfThem) {
  Start();
  ForkWorker(1);
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
