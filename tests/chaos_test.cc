// Workers and zygotes are killed at random under steady load: what is lost is what ran in them, and it is
// said so.
//
// EVALD_CHAOS_SECONDS: for how long (default 6).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kClients = 6;
constexpr milliseconds kBetweenKills{100};
// Every so many kills the zygote is the victim.
constexpr int kZygoteEvery = 10;

seconds Length() {
  const char* const text = std::getenv("EVALD_CHAOS_SECONDS");
  int length = 6;
  EXPECT_TRUE(text == nullptr || absl::SimpleAtoi(text, &length)) << text;
  return seconds(length);
}

class ChaosTest : public SharedDaemonTest<ChaosTest> {
 public:
  static DaemonOptions Options() { return {.config = "pool { min_idle: 6 max_workers: 16 }"}; }

 protected:
  static v1::PoolStatus Pool() {
    const auto status = client().GetSnapshot({.timeout = kPatience});
    EXPECT_TRUE(status.ok()) << status.status();
    return status.ok() ? status->pool() : v1::PoolStatus();
  }

  // Nothing runs, and there are the processes that the pool knows of and no others.
  static bool IsQuiet() {
    const v1::PoolStatus pool = Pool();
    return pool.busy() + pool.queued() + pool.starting() == 0 && pool.idle() >= 6 &&
           daemon().WorkerPids().size() == pool.idle() && !daemon().BuilderRuns();
  }

  static size_t ProcessesBesideWorkers() {
    return proc::Descendants(daemon().pid()).size() - daemon().WorkerPids().size();
  }
};

// What the clients got.
struct Tally {
  std::atomic<int> right = 0;
  std::atomic<int> lost = 0;
  std::mutex mutex;
  std::map<std::string, int> wrong;
};

// Short and long, of three tenants, pristine and reused.
void AskOne(Client& client, int i, Tally& tally) {
  const std::string n = std::to_string(i);
  v1::EvalRequest request = Script(i % 5 == 0 ? "const end = Date.now() + 20; while (Date.now() < end); " + n
                                              : "[" + n + "].map(x => x * 2)[0]");
  const std::string answer = i % 5 == 0 ? n : std::to_string(2 * i);
  request.set_tenant("tenant" + std::to_string(i % 3));
  if (i % 4 == 0) request.set_isolation(v1::ISOLATION_REUSED);
  if (i % 5 == 0) request.set_source("{" + request.source() + "}");
  const std::string brief = Brief(Eval(client, request));
  if (brief == answer) {
    ++tally.right;
  } else if (absl::StartsWith(brief, "fails UNAVAILABLE (WORKER_LOST): ")) {
    ++tally.lost;
  } else {
    const std::lock_guard lock(tally.mutex);
    ++tally.wrong[absl::StrCat(request.source(), " gave ", brief)];
  }
}

TEST_F(ChaosTest, OnlyWhatRanInAKilledProcessIsLost) {
  ASSERT_TRUE(Eventually([] { return IsQuiet(); }));
  const size_t processes = ProcessesBesideWorkers();
  const size_t descriptors = proc::OpenDescriptors(daemon().pid()) - 2 * daemon().WorkerPids().size();

  std::atomic<bool> enough = false;
  Tally tally;
  std::atomic<int> asked = 0;
  std::vector<std::jthread> load;
  for (int i = 0; i < kClients; ++i) {
    load.emplace_back([&] {
      while (!enough) {
        AskOne(client(), asked++, tally);
        std::this_thread::sleep_for(milliseconds(1));
      }
    });
  }

  std::mt19937 random(7);
  int workers_killed = 0, zygotes_killed = 0;
  const auto end = steady_clock::now() + Length();
  for (auto next = steady_clock::now(); next < end; next += kBetweenKills) {
    std::this_thread::sleep_until(next);
    const pid_t zygote = daemon().ZygotePid();
    const std::vector<pid_t> workers = daemon().WorkerPids();
    if (workers.empty()) continue;  // between two zygotes
    if ((workers_killed + zygotes_killed) % kZygoteEvery == kZygoteEvery - 1) {
      if (kill(zygote, SIGKILL) == 0) ++zygotes_killed;
    } else if (kill(workers[random() % workers.size()], SIGKILL) == 0) {
      ++workers_killed;
    }
  }
  enough = true;
  load.clear();

  std::cout << tally.right << " right, " << tally.lost << " lost; killed " << workers_killed
            << " workers and " << zygotes_killed << " zygotes\n";
  EXPECT_THAT(tally.wrong, ::testing::IsEmpty());
  EXPECT_GT(tally.right, 100);
  EXPECT_GT(zygotes_killed, 0);
  // A worker runs one request, and with a zygote all of its workers end.
  EXPECT_LE(tally.lost, workers_killed + zygotes_killed * kClients);

  EXPECT_TRUE(daemon().running());
  EXPECT_TRUE(Eventually([] { return IsQuiet(); })) << daemon().Log();
  EXPECT_EQ(Brief(Eval("[1,2,3].map(x => x * x)")), "[1,4,9]");
  EXPECT_EQ(Pool().zygote_restarts(), static_cast<uint64_t>(zygotes_killed));
  EXPECT_TRUE(Eventually([&] {
    return IsQuiet() && ProcessesBesideWorkers() == processes &&
           proc::OpenDescriptors(daemon().pid()) <= descriptors + 2 * daemon().WorkerPids().size() + 4;
  })) << ProcessesBesideWorkers()
      << " processes, were " << processes << "; " << proc::OpenDescriptors(daemon().pid()) << " descriptors";
}

}  // namespace
}  // namespace evald::testing
