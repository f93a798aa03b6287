// What is killed, garbled or stopped around evald, and what its clients notice of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/concurrently.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

v1::EvalRequest Lasting(const std::string& source, seconds wall_time = seconds(50)) {
  v1::EvalRequest request = Script(source);
  *request.mutable_limits()->mutable_wall_time() = ToProto(wall_time);
  return request;
}

v1::PoolStatus PoolOf(Client& client) {
  const auto status = client.GetSnapshot({.timeout = kPatience});
  EXPECT_TRUE(status.ok()) << status.status();
  return status.ok() ? status->pool() : v1::PoolStatus();
}

// A request on a thread of its own, and its answer.
class Background {
 public:
  Background(Client& client, v1::EvalRequest request)
      : thread_([this, &client, request = std::move(request)] { answer_ = Brief(Eval(client, request)); }) {}

  std::string Await() {
    thread_.join();
    return answer_;
  }

 private:
  std::string answer_;
  std::jthread thread_;
};

class FaultsTest : public SharedDaemonTest<FaultsTest> {
 public:
  static DaemonOptions Options() { return {.config = "pool { min_idle: 4 max_workers: 8 }"}; }

 protected:
  void TearDown() override {
    EXPECT_EQ(Brief(Eval("[1,2,3].map(x => x * x)")), "[1,4,9]");
    SharedDaemonTest::TearDown();
  }

  // The worker that uses the CPU. 0: there is none.
  static pid_t BusyWorker() {
    std::map<pid_t, uint64_t> ticks;
    pid_t busy = 0;
    (void)Eventually([&] {
      for (const pid_t worker : daemon().WorkerPids()) {
        const uint64_t now = proc::CpuTicks(worker);
        const auto [entry, first] = ticks.try_emplace(worker, now);
        // A tick is 10 ms: more than rewinding takes.
        if (!first && now > entry->second + 10) busy = worker;
      }
      return busy != 0;
    });
    return busy;
  }

  // Workers that have left the pool so far.
  static uint64_t Retired() {
    const v1::PoolStatus pool = PoolOf(client());
    uint64_t sum = 0;
    for (const auto& [reason, count] : pool.retired()) sum += count;
    return sum;
  }

  static bool PoolIsFilled() {
    return Eventually([] {
      const v1::PoolStatus pool = PoolOf(client());
      return pool.busy() == 0 && pool.starting() == 0 && pool.idle() >= 4;
    });
  }
};

TEST_F(FaultsTest, AnIdleWorkersDeathIsNobodysLoss) {
  ASSERT_TRUE(PoolIsFilled());
  for (int round = 0; round < 5; ++round) {
    const std::vector<pid_t> workers = daemon().WorkerPids();
    ASSERT_FALSE(workers.empty());
    const uint64_t retired = Retired();
    ASSERT_EQ(kill(workers[static_cast<size_t>(round) % workers.size()], SIGKILL), 0);
    // A request that is sent before the daemon has heard of it would be lost.
    ASSERT_TRUE(Eventually([&] { return Retired() > retired; }));
    Concurrently(20, 4,
                 [](int i) { EXPECT_EQ(Brief(Eval(std::to_string(i) + " + 1")), std::to_string(i + 1)); });
  }
}

TEST_F(FaultsTest, ABusyWorkersDeathIsItsRequestsAlone) {
  Background doomed(client(), Lasting("for (;;);"));
  Background other(client(), Lasting("const end = Date.now() + 2000; while (Date.now() < end); 'unharmed'"));
  const pid_t victim = BusyWorker();
  ASSERT_NE(victim, 0);
  // Which of the two it was shows in the answers.
  ASSERT_EQ(kill(victim, SIGKILL), 0);
  const pid_t second = BusyWorker();
  const std::string unharmed = other.Await();
  if (unharmed == "\"unharmed\"") {
    EXPECT_THAT(doomed.Await(), StartsWith("fails UNAVAILABLE (WORKER_LOST): "));
  } else {
    EXPECT_THAT(unharmed, StartsWith("fails UNAVAILABLE (WORKER_LOST): "));
    ASSERT_NE(second, 0);
    ASSERT_EQ(kill(second, SIGKILL), 0);
    EXPECT_THAT(doomed.Await(), StartsWith("fails UNAVAILABLE (WORKER_LOST): "));
  }
  EXPECT_THAT(daemon().Log(), HasSubstr("worker"));
}

TEST_F(FaultsTest, ACrashIsToldFromAKill) {
  Background doomed(client(), Lasting("for (;;);"));
  const pid_t victim = BusyWorker();
  ASSERT_NE(victim, 0);
  ASSERT_EQ(kill(victim, SIGSEGV), 0);
  EXPECT_THAT(doomed.Await(), StartsWith("fails INTERNAL (WORKER_CRASHED): "));
}

TEST_F(FaultsTest, AWorkerThatStandsStillIsKilledAfterItsLimit) {
  Background doomed(client(), Lasting("for (;;);", seconds(2)));
  const pid_t victim = BusyWorker();
  ASSERT_NE(victim, 0);
  ASSERT_EQ(kill(victim, SIGSTOP), 0);
  EXPECT_THAT(doomed.Await(), StartsWith("fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT): "));
  EXPECT_TRUE(Eventually([&] { return !proc::Alive(victim); }));
}

TEST_F(FaultsTest, TheZygotesDeathCostsAtMostWhatRan) {
  ASSERT_TRUE(PoolIsFilled());
  const uint64_t restarts = PoolOf(client()).zygote_restarts();
  const pid_t zygote = daemon().ZygotePid();
  ASSERT_NE(zygote, 0);
  Background running(client(),
                     Lasting("const end = Date.now() + 1000; while (Date.now() < end); 'finished'"));
  ASSERT_NE(BusyWorker(), 0);
  ASSERT_EQ(kill(zygote, SIGKILL), 0);
  EXPECT_THAT(running.Await(), AnyOf("\"finished\"", StartsWith("fails UNAVAILABLE (WORKER_LOST): ")));

  ASSERT_TRUE(Eventually([&] { return daemon().ZygotePid() != 0 && daemon().ZygotePid() != zygote; }))
      << daemon().Log();
  ASSERT_TRUE(Eventually([] { return Brief(Eval("1 + 1")) == "2"; })) << daemon().Log();
  EXPECT_EQ(PoolOf(client()).zygote_restarts(), restarts + 1);
  EXPECT_THAT(daemon().Log(), HasSubstr("zygote"));
  ASSERT_TRUE(PoolIsFilled());
  Concurrently(50, 4,
               [](int i) { EXPECT_EQ(Brief(Eval(std::to_string(i) + " + 1")), std::to_string(i + 1)); });
}

TEST_F(FaultsTest, TheZygotesDeathsUnderLoadOnlyCostWhatRan) {
  ASSERT_TRUE(PoolIsFilled());
  std::atomic<bool> enough = false;
  std::atomic<int> asked = 0, served = 0, lost = 0;
  const auto load = [&] {
    while (!enough) {
      const int i = asked++;
      const std::string brief = Brief(Eval(std::to_string(i) + " + 1"));
      if (brief == std::to_string(i + 1)) {
        ++served;
      } else {
        ++lost;
        EXPECT_THAT(brief, StartsWith("fails UNAVAILABLE ("));
      }
    }
  };
  std::vector<std::jthread> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(load);
  for (int round = 0; round < 3; ++round) {
    const int target = served + 100;
    EXPECT_TRUE(Eventually([&] { return served >= target && daemon().ZygotePid() != 0; })) << daemon().Log();
    if (const pid_t zygote = daemon().ZygotePid(); zygote != 0) kill(zygote, SIGKILL);
  }
  const int target = served + 100;
  EXPECT_TRUE(Eventually([&] { return served >= target; })) << daemon().Log();
  enough = true;
}

class ShutdownTest : public ::testing::Test {
 protected:
  static std::unique_ptr<Daemon> Start(const std::string& config) {
    absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start({.config = config});
    EXPECT_TRUE(daemon.ok()) << daemon.status();
    return daemon.ok() ? *std::move(daemon) : nullptr;
  }

  static bool IsBusy(Daemon& daemon) {
    return Eventually([&] { return PoolOf(daemon.client()).busy() == 1; });
  }
};

TEST_F(ShutdownTest, RunningRequestsFinish) {
  const std::unique_ptr<Daemon> daemon = Start("");
  ASSERT_NE(daemon, nullptr);
  Background running(daemon->client(),
                     Lasting("const end = Date.now() + 1500; while (Date.now() < end); 'finished'"));
  ASSERT_TRUE(IsBusy(*daemon));
  const std::vector<pid_t> processes = proc::Descendants(daemon->pid());
  EXPECT_EQ(daemon->Stop(), 0) << daemon->Log();
  EXPECT_EQ(running.Await(), "\"finished\"");
  for (const pid_t process : processes) EXPECT_FALSE(proc::Alive(process)) << proc::Name(process);
}

TEST_F(ShutdownTest, NewRequestsAreRefusedMeanwhile) {
  const std::unique_ptr<Daemon> daemon = Start("");
  ASSERT_NE(daemon, nullptr);
  Background running(daemon->client(),
                     Lasting("const end = Date.now() + 2000; while (Date.now() < end); 'finished'"));
  ASSERT_TRUE(IsBusy(*daemon));
  daemon->Signal(SIGTERM);
  EXPECT_TRUE(Eventually([&] { return Brief(Eval(daemon->client(), "1")) != "1"; }));
  EXPECT_THAT(Brief(Eval(daemon->client(), "1")), StartsWith("fails UNAVAILABLE"));
  EXPECT_EQ(running.Await(), "\"finished\"");
  EXPECT_EQ(daemon->Wait(), 0) << daemon->Log();
}

TEST_F(ShutdownTest, RequestsThatDoNotFinishAreKilledAfterTheDrainTimeout) {
  const std::unique_ptr<Daemon> daemon = Start("drain_timeout { nanos: 500000000 }");
  ASSERT_NE(daemon, nullptr);
  Background running(daemon->client(), Lasting("for (;;);"));
  ASSERT_TRUE(IsBusy(*daemon));
  EXPECT_EQ(daemon->Stop(), 0) << daemon->Log();
  EXPECT_THAT(running.Await(), StartsWith("fails UNAVAILABLE"));
}

TEST_F(ShutdownTest, NothingIsLeftBehindWhenTheDaemonIsKilled) {
  const std::unique_ptr<Daemon> daemon = Start("");
  ASSERT_NE(daemon, nullptr);
  const std::vector<pid_t> processes = proc::Descendants(daemon->pid());
  ASSERT_GT(processes.size(), 1u);
  daemon->Signal(SIGKILL);
  EXPECT_EQ(daemon->Wait(), -SIGKILL);
  for (const pid_t process : processes)
    EXPECT_TRUE(Eventually([&] { return !proc::Alive(process); })) << proc::Name(process);
}

// With workers that break the protocol on demand (tests/support/fake_zygote.cc).
class GarbageTest : public SharedDaemonTest<GarbageTest> {
 public:
  static DaemonOptions Options() {
    // The canary that there is without one is JavaScript.
    return {.config = "kill_grace { nanos: 100000000 } canaries { source: 'honest' }",
            .zygote = PathFromEnvironment("FAKE_ZYGOTE")};
  }

 protected:
  void TearDown() override {
    EXPECT_EQ(Brief(Eval("honest")), "honest");
    SharedDaemonTest::TearDown();
  }
};

TEST_F(GarbageTest, IsAnInternalErrorAndTheEndOfItsWorker) {
  for (const char* kind : {"overlong frame", "not protobuf", "empty message", "wrong request id",
                           "reply without outcome", "half a frame", "hang up"}) {
    EXPECT_THAT(Brief(Eval(kind)), AnyOf(StartsWith("fails INTERNAL (WORKER_CRASHED): "),
                                         StartsWith("fails UNAVAILABLE (WORKER_LOST): ")))
        << kind;
    EXPECT_EQ(Brief(Eval("honest")), "honest") << "after " << kind;
  }
}

TEST_F(GarbageTest, AWorkerThatKeepsSilentIsKilledAfterItsLimit) {
  v1::EvalRequest request = Script("silence");
  *request.mutable_limits()->mutable_wall_time() = ToProto(milliseconds(200));
  EXPECT_THAT(Brief(Eval(request)), StartsWith("fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT): "));
}

TEST_F(GarbageTest, ASecondReplyReachesNobody) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Brief(Eval("two replies")), "two replies");
    EXPECT_EQ(Brief(Eval("honest " + std::to_string(i))), "honest " + std::to_string(i));
  }
}

TEST_F(GarbageTest, AZygoteThatSendsItIsReplaced) {
  const pid_t zygote = proc::Children(daemon().pid()).front();
  (void)Eval("zygote garbage");
  EXPECT_TRUE(Eventually([&] { return !proc::Alive(zygote); })) << daemon().Log();
  EXPECT_TRUE(Eventually([] { return Brief(Eval("honest")) == "honest"; })) << daemon().Log();
  EXPECT_GE(PoolOf(client()).zygote_restarts(), 1u);
}

}  // namespace
}  // namespace evald::testing
