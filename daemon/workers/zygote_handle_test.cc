#include "daemon/workers/zygote_handle.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/process/pidfd.h"
#include "daemon/workers/testing/loopback_zygote.h"

namespace evald {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Describe {
  std::string operator()(const WorkerExited& end) const { return "exited " + end.exit.name; }
  std::string operator()(const WorkerGarbled& end) const { return "garbled " + end.what; }
  std::string operator()(const WorkerLost& end) const { return "lost " + end.why; }
  std::string operator()(const WorkerNotForked& end) const { return "not forked " + end.why; }
};

class RecordingEvents final : public WorkerEvents {
 public:
  void OnWorkerReady(WorkerId id, const internal::WorkerReady&) override {
    heard.push_back(absl::StrCat(id, " ready"));
  }
  void OnWorkerReply(WorkerId id, internal::WorkerReply& reply) override {
    heard.push_back(absl::StrCat(id, " reply ", reply.value().json()));
  }
  void OnWorkerEnded(WorkerId id, const WorkerEnd& end) override {
    heard.push_back(absl::StrCat(id, " ", std::visit(Describe(), end)));
  }
  void OnWorkerLeaving(WorkerId id) override { heard.push_back(absl::StrCat(id, " leaving")); }
  void OnForksPossible() override { heard.push_back("forks possible"); }

  // What came since the last look.
  std::vector<std::string> Take() { return std::exchange(heard, {}); }

  std::vector<std::string> heard;
};

class ZygoteHandleTest : public testing::Test {
 protected:
  ZygoteHandleTest() {
    handle_ = std::make_unique<ZygoteHandle>(
        io_, timers_,
        [this](absl::AnyInvocable<void(int)>) -> absl::StatusOr<ZygoteHandle::Process> { return Launch(); },
        ZygoteHandle::Handlers{
            .on_up = [this](const internal::ZygoteBooted&) { ++ups_; },
            .on_failed = [this](const absl::Status& why) { failure_ = std::string(why.message()); }});
    handle_->SetEvents(&events_);
  }

  absl::StatusOr<ZygoteHandle::Process> Launch() {
    ++launches_;
    if (refuse_launch_) return absl::NotFoundError("cannot run evald-zygote");
    absl::StatusOr<SocketPair> pair = MakeSocketPair();
    if (!pair.ok()) return pair.status();
    zygote_ = std::make_unique<LoopbackZygote>(std::move(pair->theirs));
    return ZygoteHandle::Process{std::move(pair->ours), nullptr};
  }

  void Settle() {
    io_.restart();
    while (io_.poll() > 0) {
    }
  }
  void Pass(Duration by) {
    clock_.Advance(by);
    timers_.RunDue();
    Settle();
  }
  void Boot() {
    internal::ZygoteBoot boot;
    boot.set_heap_bytes(4711);
    handle_->Start({.boot = boot, .generation = 3, .boot_timeout = seconds(30), .max_worker_frame = 1000});
    BootAgain();
    handle_->KeepUp();
  }
  void BootAgain() {
    EXPECT_EQ(zygote_->ReadBoot().heap_bytes(), 4711u);
    zygote_->Booted();
    Settle();
    EXPECT_THAT(events_.Take(), ElementsAre("forks possible"));
  }
  // A ready worker whose process is `pidfd`.
  void ForkWorker(WorkerId id, int pidfd = STDIN_FILENO) {
    handle_->Fork(id);
    EXPECT_EQ(zygote_->Spawn(pidfd), id);
    zygote_->Ready(id);
    Settle();
    EXPECT_THAT(events_.Take(), ElementsAre(absl::StrCat(id, " ready")));
  }
  void Request(WorkerId worker, uint64_t id) {
    internal::WorkerRequest request;
    request.set_request_id(id);
    request.mutable_eval()->set_isolation(v1::ISOLATION_PRISTINE);
    handle_->Send(worker, request);
  }

  FakeClock clock_;
  TimerQueue timers_{&clock_};
  boost::asio::io_context io_;
  RecordingEvents events_;
  std::unique_ptr<LoopbackZygote> zygote_;
  std::unique_ptr<ZygoteHandle> handle_;
  int launches_ = 0;
  int ups_ = 0;
  bool refuse_launch_ = false;
  std::string failure_;
};

TEST_F(ZygoteHandleTest, BootsForksAndCarriesMessages) {
  EXPECT_FALSE(handle_->up());
  Boot();
  EXPECT_EQ(ups_, 1);
  EXPECT_TRUE(handle_->up());
  EXPECT_EQ(handle_->generation(), 3u);
  ForkWorker(1);
  Request(1, 9);
  internal::WorkerRequest got;
  ASSERT_TRUE(ReadFrame(zygote_->sockets.at(1).get(), 1000, got).ok());
  EXPECT_EQ(got.request_id(), 9u);
  zygote_->Reply(1, 9, "42");
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre("1 reply 42"));
}

TEST_F(ZygoteHandleTest, AFailedBootIsReportedAndNotRepeated) {
  handle_->Start({.boot_timeout = seconds(30)});
  zygote_->Failed("warmup a.js", "ReferenceError: x");
  Settle();
  EXPECT_EQ(failure_, "warmup a.js: ReferenceError: x");
  Pass(seconds(60));
  EXPECT_EQ(launches_, 1);
}

TEST_F(ZygoteHandleTest, ABootThatTakesTooLongFails) {
  handle_->Start({.boot_timeout = seconds(30)});
  Pass(seconds(30));
  EXPECT_THAT(failure_, HasSubstr("zygote_boot_timeout"));
}

TEST_F(ZygoteHandleTest, AProgramThatCannotBeRunFailsTheBoot) {
  refuse_launch_ = true;
  handle_->Start({.boot_timeout = seconds(30)});
  EXPECT_EQ(failure_, "cannot run evald-zygote");
}

TEST_F(ZygoteHandleTest, AnEndIsToldOnceBothTheSocketAndTheExitAreKnown) {
  Boot();
  ForkWorker(1);
  ForkWorker(2);
  zygote_->sockets.at(1).reset();
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre("1 leaving"));
  zygote_->Exited(1, SIGSEGV);
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre("1 exited signal_11"));
  // The other way round; what it had still said is heard first.
  Request(2, 5);
  zygote_->Exited(2, static_cast<int>(WorkerExitCode::kTooManyPages) << 8);
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre("2 leaving"));
  zygote_->Reply(2, 5, "1");
  zygote_->sockets.at(2).reset();
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre("2 reply 1", "2 exited too_many_pages"));
}

TEST_F(ZygoteHandleTest, AWorkerWhoseExitIsNeverToldIsLost) {
  Boot();
  ForkWorker(1);
  zygote_->sockets.at(1).reset();
  Settle();
  Pass(seconds(1));
  EXPECT_THAT(events_.Take(), ElementsAre("1 leaving", HasSubstr("1 lost")));
}

TEST_F(ZygoteHandleTest, KillingSignalsTheProcess) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  Boot();
  UniqueFd pidfd(PidfdOpen(child));
  ForkWorker(1, pidfd.get());
  handle_->Kill(1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  zygote_->Exited(1, status);
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre("1 exited killed"));
}

TEST_F(ZygoteHandleTest, GarbageFromAWorkerKillsItAndSaysSo) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  Boot();
  UniqueFd pidfd(PidfdOpen(child));
  ForkWorker(1, pidfd.get());
  zygote_->Reply(1, 5, "unasked");
  Settle();
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  zygote_->Exited(1, status);
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre("1 leaving", "1 garbled a reply that nobody asked for"));
}

TEST_F(ZygoteHandleTest, AForkThatFailsIsToldWithItsReason) {
  Boot();
  handle_->Fork(1);
  zygote_->RefuseSpawn(EAGAIN);
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre("1 not forked Resource temporarily unavailable"));
}

TEST_F(ZygoteHandleTest, HangingUpClosesTheSocket) {
  Boot();
  ForkWorker(1);
  handle_->HangUp(1);
  char byte;
  EXPECT_EQ(read(zygote_->sockets.at(1).get(), &byte, 1), 0);
  zygote_->Exited(1, 0);
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre("1 exited hung_up"));
}

TEST_F(ZygoteHandleTest, WhenTheZygoteDiesItsWorkersAreLostAndAnotherIsStarted) {
  Boot();
  ForkWorker(1);
  Request(1, 5);
  zygote_->Die();
  Settle();
  ASSERT_THAT(events_.heard, SizeIs(1));
  EXPECT_THAT(events_.Take()[0], HasSubstr("1 lost its zygote is gone"));
  EXPECT_FALSE(handle_->up());
  Pass(milliseconds(99));
  EXPECT_EQ(launches_, 1);
  Pass(milliseconds(1));
  EXPECT_EQ(launches_, 2);
  EXPECT_EQ(handle_->restarts(), 1u);
  BootAgain();
  ForkWorker(2);
}

TEST_F(ZygoteHandleTest, AZygoteThatIsNotKeptUpIsNotStartedAgain) {
  handle_->Start({.boot_timeout = seconds(30), .max_worker_frame = 1000});
  zygote_->ReadBoot();
  zygote_->Booted();
  Settle();
  events_.Take();
  ForkWorker(1);
  zygote_->Die();
  Settle();
  EXPECT_THAT(events_.Take(), ElementsAre(HasSubstr("1 lost its zygote is gone")));
  EXPECT_NE(failure_, "");
  Pass(seconds(60));
  EXPECT_EQ(launches_, 1);
}

TEST_F(ZygoteHandleTest, RestartsComeSlowerAndSlowerUntilItIsWell) {
  Boot();
  for (const milliseconds pause :
       {milliseconds(100), milliseconds(200), milliseconds(400), milliseconds(800), milliseconds(1600),
        milliseconds(3200), milliseconds(5000), milliseconds(5000)}) {
    zygote_->Die();
    Settle();
    const int before = launches_;
    Pass(pause - milliseconds(1));
    EXPECT_EQ(launches_, before) << pause.count();
    Pass(milliseconds(1));
    EXPECT_EQ(launches_, before + 1) << pause.count();
    BootAgain();
  }
  Pass(seconds(10));
  zygote_->Die();
  Settle();
  const int before = launches_;
  Pass(milliseconds(100));
  EXPECT_EQ(launches_, before + 1);
}

TEST_F(ZygoteHandleTest, GarbageFromTheZygoteReplacesIt) {
  Boot();
  zygote_->Booted();
  Settle();
  EXPECT_FALSE(handle_->up());
  Pass(milliseconds(100));
  EXPECT_EQ(launches_, 2);
}

TEST_F(ZygoteHandleTest, StoppingHangsUpAndStartsNoOther) {
  Boot();
  bool stopped = false;
  handle_->Stop([&] { stopped = true; });
  Settle();
  EXPECT_TRUE(stopped);
  Pass(seconds(60));
  EXPECT_EQ(launches_, 1);
}

}  // namespace
}  // namespace evald
