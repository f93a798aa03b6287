#include "daemon/workers/staging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/loop/proto_time.h"
#include "daemon/workers/testing/loopback_zygote.h"

namespace evald {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Of those who serve; none of this is their business.
class Deaf final : public WorkerEvents {
 public:
  void OnWorkerReady(WorkerId, const internal::WorkerReady&) override { ++heard; }
  void OnWorkerReply(WorkerId, internal::WorkerReply&) override { ++heard; }
  void OnWorkerLeaving(WorkerId) override { ++heard; }
  void OnWorkerEnded(WorkerId, const WorkerEnd&) override { ++heard; }
  void OnForksPossible() override {}
  int heard = 0;
};

class StagingTest : public testing::Test {
 protected:
  StagingTest() { images_.SetEvents(&serving_); }

  void Begin(const std::vector<std::pair<std::string, std::string>>& canaries = {}, size_t workers = 2,
             bool some_will_do = false) {
    Staging::Options options;
    options.source = std::make_unique<Images::Source>();
    options.source->launcher =
        [this](absl::AnyInvocable<void(int)>) -> absl::StatusOr<ZygoteHandle::Process> {
      if (refuse_launch_) return absl::NotFoundError("cannot run evald-zygote");
      absl::StatusOr<SocketPair> pair = MakeSocketPair();
      if (!pair.ok()) return pair.status();
      zygote_ = std::make_unique<LoopbackZygote>(std::move(pair->theirs));
      return ZygoteHandle::Process{std::move(pair->ours), nullptr};
    };
    options.source->zygote = {.generation = 4, .boot_timeout = seconds(30), .max_worker_frame = 10000};
    options.source->max_age = hours(1);
    for (const auto& [source, expect] : canaries) {
      internal::CanarySource& canary = options.canaries.emplace_back();
      canary.set_name(absl::StrCat("c", options.canaries.size()));
      canary.set_source(source);
      canary.set_expect(expect);
    }
    FromDuration(seconds(5), *options.bounds.defaults.mutable_wall_time());
    options.bounds.defaults.set_output_bytes(1000);
    options.bounds.ceilings = options.bounds.defaults;
    options.kill_grace = milliseconds(250);
    options.workers = workers;
    options.fill_timeout = seconds(30);
    options.some_will_do = some_will_do;
    absl::StatusOr<std::unique_ptr<Staging>> staging = Staging::Start(
        &images_, &timers_, std::move(options),
        {.on_passed =
             [this](v1::SnapshotStage stage, const std::string& detail) {
               passed_.push_back(absl::StrCat(v1::SnapshotStage_Name(stage).substr(15), " ", detail));
             },
         .on_failed = [this](const absl::Status& why) { failure_ = std::string(why.message()); }});
    if (staging.ok()) {
      staging_ = *std::move(staging);
    } else {
      failure_ = "at once: " + std::string(staging.status().message());
    }
  }
  void Boot() {
    zygote_->ReadBoot();
    zygote_->Booted();
    Settle();
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
  // The next worker, ready.
  WorkerId Spawn() {
    const WorkerId id = zygote_->Spawn(STDIN_FILENO);
    zygote_->Ready(id);
    Settle();
    return id;
  }
  internal::WorkerRequest RequestOf(WorkerId id) {
    internal::WorkerRequest request;
    EXPECT_TRUE(ReadFrame(zygote_->sockets.at(id).get(), 10000, request).ok());
    return request;
  }
  void Answer(WorkerId id, internal::WorkerReply reply) {
    internal::WorkerMessage message;
    reply.set_request_id(RequestOf(id).request_id());
    *message.mutable_reply() = std::move(reply);
    EXPECT_TRUE(WriteFrame(zygote_->sockets.at(id).get(), message).ok());
    Settle();
  }
  void AnswerJson(WorkerId id, const std::string& json) {
    internal::WorkerReply reply;
    reply.mutable_value()->set_json(json);
    Answer(id, std::move(reply));
  }
  void EndWorker(WorkerId id) {
    zygote_->sockets.erase(id);
    zygote_->Exited(id, 9);
    Settle();
  }

  FakeClock clock_;
  TimerQueue timers_{&clock_};
  boost::asio::io_context io_;
  Deaf serving_;
  Images images_{io_, timers_, nullptr};
  std::unique_ptr<LoopbackZygote> zygote_;
  std::unique_ptr<Staging> staging_;
  bool refuse_launch_ = false;
  std::vector<std::string> passed_;
  std::string failure_;
};

TEST_F(StagingTest, BootsTriesAndFills) {
  Begin({{"6 * 7", "42.0"}, {"'anything'", ""}});
  EXPECT_THAT(passed_, IsEmpty());
  Boot();
  EXPECT_THAT(passed_, ElementsAre("BOOT "));
  const WorkerId first = Spawn();
  const internal::WorkerRequest request = RequestOf(first);
  EXPECT_EQ(request.eval().source(), "6 * 7");
  EXPECT_EQ(request.eval().resource_name(), "c1");
  EXPECT_EQ(request.eval().isolation(), v1::ISOLATION_PRISTINE);
  EXPECT_EQ(request.eval().limits().wall_time().seconds(), 5) << "the limits are complete";
  zygote_->Reply(first, request.request_id(), "42");
  Settle();
  EXPECT_THAT(passed_, SizeIs(1));
  const WorkerId second = Spawn();
  EXPECT_NE(second, first) << "each in a worker of its own";
  AnswerJson(second, "\"anything\"");
  EXPECT_THAT(passed_, ElementsAre("BOOT ", "CANARY 2 canaries passed"));
  const WorkerId third = Spawn();
  const WorkerId fourth = Spawn();
  EXPECT_THAT(passed_, ElementsAre("BOOT ", "CANARY 2 canaries passed", "FILL 2 workers"));
  const std::vector<AdoptedWorker> workers = staging_->TakeWorkers();
  ASSERT_THAT(workers, SizeIs(2));
  EXPECT_EQ(workers[0].id, third);
  EXPECT_EQ(workers[1].id, fourth);
  staging_.reset();
  EXPECT_TRUE(images_.CanForkStaged()) << "the image is the taker's now";
  EXPECT_EQ(serving_.heard, 0);
  EXPECT_EQ(failure_, "");
}

TEST_F(StagingTest, AProgramThatCannotBeRunIsSaidAtOnce) {
  refuse_launch_ = true;
  Begin();
  EXPECT_EQ(failure_, "at once: cannot run evald-zygote");
}

TEST_F(StagingTest, AZygoteThatDoesNotBootIsAFailure) {
  Begin();
  zygote_->ReadBoot();
  zygote_->Failed("warmup a.js", "ReferenceError: x");
  Settle();
  EXPECT_EQ(failure_, "warmup a.js: ReferenceError: x");
  EXPECT_THAT(passed_, IsEmpty());
}

TEST_F(StagingTest, ACanaryThatComesToSomethingElseSaysWhatItCameTo) {
  Begin({{"x", "[1,4,9]"}});
  Boot();
  AnswerJson(Spawn(), "[1,4]");
  EXPECT_EQ(failure_, "canary \"c1\" came to [1,4] instead of [1,4,9]");
  EXPECT_TRUE(zygote_->HungUp());
  EXPECT_FALSE(images_.CanForkStaged());
}

TEST_F(StagingTest, ACanaryThatIsUndefinedIsNotNull) {
  Begin({{"x", "null"}});
  Boot();
  internal::WorkerReply reply;
  reply.mutable_value()->mutable_undefined();
  Answer(Spawn(), reply);
  EXPECT_EQ(failure_, "canary \"c1\" came to undefined instead of null");
}

TEST_F(StagingTest, ACanaryThatThrowsIsShownWithItsStack) {
  Begin({{"x", ""}});
  Boot();
  internal::WorkerReply reply;
  reply.mutable_exception()->set_name("TypeError");
  reply.mutable_exception()->set_stack("TypeError: no\n    at c1:1:1");
  Answer(Spawn(), reply);
  EXPECT_EQ(failure_, "canary \"c1\" threw TypeError: no\n    at c1:1:1");
}

TEST_F(StagingTest, ACanaryThatHitsALimitNamesIt) {
  Begin({{"x", ""}});
  Boot();
  internal::WorkerReply reply;
  reply.mutable_fault()->set_reason(v1::ERROR_REASON_WALL_TIME_LIMIT);
  reply.mutable_fault()->set_message("too long");
  reply.mutable_fault()->set_stack("at f");
  Answer(Spawn(), reply);
  EXPECT_EQ(failure_, "canary \"c1\" failed (WALL_TIME_LIMIT): too long\nat f");
}

TEST_F(StagingTest, ACanaryThatCannotBeInterruptedIsGivenUp) {
  Begin({{"x", ""}});
  Boot();
  Spawn();
  Pass(seconds(5));
  EXPECT_EQ(failure_, "");
  Pass(milliseconds(250));
  EXPECT_THAT(failure_, HasSubstr("canary \"c1\" ran past limits.wall_time"));
}

TEST_F(StagingTest, ACanaryThatKillsItsWorkerIsAFailure) {
  Begin({{"x", ""}});
  Boot();
  EndWorker(Spawn());
  EXPECT_THAT(failure_, HasSubstr("canary \"c1\": the worker was killed"));
}

TEST_F(StagingTest, AWorkerThatDiesBeforeItsCanaryIsForkedAgain) {
  Begin({{"x", ""}}, 0);
  Boot();
  zygote_->RefuseSpawn(11);
  Settle();
  Pass(milliseconds(100));
  AnswerJson(Spawn(), "1");
  EXPECT_THAT(passed_, ElementsAre("BOOT ", "CANARY 1 canary passed", "FILL 0 workers"));
}

TEST_F(StagingTest, WorkersThatDieWhileItFillsAreForkedAgain) {
  Begin();
  Boot();
  EndWorker(Spawn());
  EXPECT_THAT(passed_, SizeIs(2));
  const WorkerId second = Spawn();
  EXPECT_THAT(passed_, SizeIs(2)) << "one of two";
  Pass(milliseconds(100));
  const WorkerId third = Spawn();
  EXPECT_THAT(passed_, SizeIs(3));
  const std::vector<AdoptedWorker> workers = staging_->TakeWorkers();
  ASSERT_THAT(workers, SizeIs(2));
  EXPECT_EQ(workers[0].id, second);
  EXPECT_EQ(workers[1].id, third);
}

TEST_F(StagingTest, AReadyWorkerThatIsLeavingDoesNotCount) {
  Begin();
  Boot();
  const WorkerId first = Spawn();
  zygote_->sockets.erase(first);
  Settle();
  Spawn();
  EXPECT_THAT(passed_, SizeIs(2));
}

TEST_F(StagingTest, ForksThatKeepFailingAreAFailure) {
  Begin({}, 1);
  Boot();
  for (int i = 0; i < 11; ++i) {
    EXPECT_EQ(failure_, "");
    zygote_->RefuseSpawn(11);
    Settle();
    Pass(milliseconds(100));
  }
  EXPECT_THAT(failure_, HasSubstr("11 workers ended before they served"));
}

TEST_F(StagingTest, WorkersThatDoNotComeUpInTimeAreAFailure) {
  Begin();
  Boot();
  Spawn();
  Pass(seconds(30));
  EXPECT_EQ(failure_, "only 1 of 2 workers came up within zygote_boot_timeout");
}

TEST_F(StagingTest, WhereNothingServesOneWorkerWillDo) {
  Begin({}, 3, /*some_will_do=*/true);
  Boot();
  Spawn();
  Pass(seconds(30));
  EXPECT_EQ(failure_, "");
  EXPECT_THAT(passed_, ElementsAre("BOOT ", "CANARY 0 canaries passed", "FILL 1 worker"));
}

TEST_F(StagingTest, AZygoteThatDiesIsAFailureAtAnyStage) {
  for (const bool filling : {false, true}) {
    failure_.clear();
    Begin({{"1", ""}});
    Boot();
    const WorkerId canary = Spawn();
    if (filling) AnswerJson(canary, "1");
    zygote_->Die();
    Settle();
    EXPECT_THAT(failure_, HasSubstr("control socket"));
    Pass(seconds(60));
    staging_.reset();
  }
}

TEST_F(StagingTest, ForksAreBounded) {
  Begin({}, 20);
  Boot();
  std::vector<WorkerId> ids;
  for (int i = 0; i < 8; ++i) ids.push_back(zygote_->Spawn(STDIN_FILENO));
  for (const WorkerId id : ids) zygote_->Ready(id);
  Settle();
  EXPECT_THAT(passed_, SizeIs(2));
  for (int i = 0; i < 12; ++i) Spawn();
  EXPECT_THAT(passed_, SizeIs(3));
}

TEST_F(StagingTest, LettingGoOfItAbandonsTheImage) {
  Begin({{"x", ""}});
  Boot();
  Spawn();
  staging_.reset();
  Settle();
  EXPECT_TRUE(zygote_->HungUp());
  EXPECT_EQ(failure_, "");
}

}  // namespace
}  // namespace evald
