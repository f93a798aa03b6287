// After ten thousand scripts of all kinds, evald holds what it held after the first thousand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "tests/support/concurrently.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

constexpr int kThreads = 8;
constexpr int kWarmUp = 1000;
constexpr int kScripts = 10'000;

// What may differ between two quiet moments: an allocator's reserves, a connection, a worker that is being
// replaced.
constexpr size_t kDaemonBytes = 24 << 20;
constexpr size_t kZygoteBytes = 8 << 20;
constexpr size_t kBytesPerWorker = 16 << 20;
constexpr size_t kDescriptors = 16;
constexpr size_t kProcesses = 2;

struct Holdings {
  size_t processes = 0;
  size_t daemon_bytes = 0;
  size_t zygote_bytes = 0;
  size_t largest_worker_bytes = 0;
  size_t daemon_descriptors = 0;
  size_t zygote_descriptors = 0;
  size_t most_worker_descriptors = 0;
};

std::ostream& operator<<(std::ostream& out, const Holdings& h) {
  return out << h.processes << " processes; bytes: daemon " << h.daemon_bytes << ", zygote " << h.zygote_bytes
             << ", largest worker " << h.largest_worker_bytes << "; descriptors: daemon "
             << h.daemon_descriptors << ", zygote " << h.zygote_descriptors << ", worker "
             << h.most_worker_descriptors;
}

class EnduranceTest : public SharedDaemonTest<EnduranceTest> {
 public:
  static DaemonOptions Options() { return {.config = "pool { min_idle: 8 max_workers: 12 }"}; }

 protected:
  static Holdings Measure() {
    Holdings holdings;
    const pid_t zygote = daemon().ZygotePid();
    const std::vector<pid_t> workers = daemon().WorkerPids();
    holdings.processes = 2 + workers.size();
    holdings.daemon_bytes = proc::PrivateBytes(daemon().pid());
    holdings.zygote_bytes = proc::PrivateBytes(zygote);
    holdings.daemon_descriptors = proc::OpenDescriptors(daemon().pid());
    holdings.zygote_descriptors = proc::OpenDescriptors(zygote);
    for (const pid_t worker : workers) {
      holdings.largest_worker_bytes = std::max(holdings.largest_worker_bytes, proc::PrivateBytes(worker));
      holdings.most_worker_descriptors =
          std::max(holdings.most_worker_descriptors, proc::OpenDescriptors(worker));
    }
    return holdings;
  }

  // One script of the mixture, and what has to come of it.
  static void RunOne(int i) {
    if (i % 1000 == 999) {
      v1::EvalRequest request = Script("for (;;);");
      *request.mutable_limits()->mutable_wall_time() = ToProto(std::chrono::milliseconds(50));
      return Expect(request, "fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)");
    }
    if (i % 1000 == 499)
      return Expect(Script("const a = []; for (;;) a.push(new Array(1000).fill(a.length))"),
                    "fails RESOURCE_EXHAUSTED (HEAP_LIMIT)");
    if (i % 20 == 0)
      return Expect(Script("const a = []; for (let i = 0; i < 30000; i++) a.push({i, s: 'n' + i}); a.length"),
                    "30000");
    if (i % 20 == 1) return Expect(Script("new Uint8Array(3 << 20).fill(7)[1000]"), "7");
    if (i % 10 == 2)
      return Expect(Script("throw new Error('number ' + " + std::to_string(i) + ")"),
                    "throws Error: number " + std::to_string(i));
    if (i % 10 == 3)
      return Expect(Script("console.log('x'.repeat(1000)); JSON.stringify(Array(200).fill({a: 1})).length"),
                    "1601");
    if (i % 10 == 4)
      return Expect(
          Script("(async () => { let n = 0; for (let i = 0; i < 50; i++) n += await i; return n })()"),
          "1225");
    if (i % 10 == 5) {
      v1::EvalRequest request = Script("globalThis.n = (globalThis.n ?? 0) + 1; n > 0");
      request.set_isolation(v1::ISOLATION_REUSED);
      request.set_tenant("reuser");
      return Expect(request, "true");
    }
    if (i % 10 == 6) {
      v1::EvalRequest request = Script("1 + 1");
      request.set_tenant("tenant" + std::to_string(i % 3));
      return Expect(request, "2");
    }
    Expect(Script("[1,2,3].map(x => x * x + " + std::to_string(i) + ")[0]"), std::to_string(i + 1));
  }

  static void Expect(const v1::EvalRequest& request, const std::string& beginning) {
    const std::string brief = Brief(Eval(request));
    EXPECT_EQ(brief.substr(0, beginning.size()), beginning) << request.source() << " gave " << brief;
  }
};

TEST_F(EnduranceTest, HoldsNoMoreAfterTenThousandScripts) {
  Concurrently(kWarmUp, kThreads, RunOne);
  // Quiet: nothing runs, and what was retired has gone.
  const auto quiet = [] {
    const auto status = client().GetSnapshot({.timeout = kPatience});
    return status.ok() && status->pool().busy() + status->pool().queued() + status->pool().starting() == 0 &&
           daemon().WorkerPids().size() == status->pool().idle();
  };
  ASSERT_TRUE(Eventually(quiet)) << daemon().Log();
  const Holdings before = Measure();
  ASSERT_GT(before.daemon_bytes, 0u);

  Concurrently(kScripts, kThreads, RunOne);

  Holdings after;
  const bool back = Eventually([&] {
    if (!quiet()) return false;
    after = Measure();
    return after.processes <= before.processes + kProcesses &&
           after.daemon_bytes <= before.daemon_bytes + kDaemonBytes &&
           after.zygote_bytes <= before.zygote_bytes + kZygoteBytes &&
           after.largest_worker_bytes <= before.largest_worker_bytes + kBytesPerWorker &&
           after.daemon_descriptors <= before.daemon_descriptors + kDescriptors &&
           after.zygote_descriptors <= before.zygote_descriptors + kDescriptors &&
           after.most_worker_descriptors <= before.most_worker_descriptors + 1;
  });
  EXPECT_TRUE(back) << "before: " << before << "\nafter:  " << after;
  const auto status = client().GetSnapshot({.timeout = kPatience});
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->pool().zygote_restarts(), 0u);
}

}  // namespace
}  // namespace evald::testing
