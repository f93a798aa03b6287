// The zygote is replaced while requests go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "tests/support/concurrently.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

class RenewalTest : public SharedDaemonTest<RenewalTest> {
 public:
  static DaemonOptions Options() {
    return {.config = R"pb(pool {
                             min_idle: 2
                             max_workers: 6
                             zygote_max_age { seconds: 1 }
                           })pb"};
  }

 protected:
  static uint64_t Renewed() {
    const auto status = client().GetSnapshot({.timeout = kPatience});
    if (!status.ok()) return 0;
    const auto& retired = status->pool().retired();
    const auto found = retired.find("renewed");
    return found == retired.end() ? 0 : found->second;
  }
};

TEST_F(RenewalTest, NoRequestIsLostWhileZygotesComeAndGo) {
  // Spans several zygotes' lives.
  std::jthread patient([] {
    EXPECT_EQ(Brief(Eval("const end = Date.now() + 2500; while (Date.now() < end); 'done'")), "\"done\"");
  });
  std::set<pid_t> zygotes;
  std::atomic<int> served = 0;
  std::atomic<bool> over = false;
  std::jthread load([&] {
    Concurrently(3, 3, [&](int tenant) {
      while (!over) {
        v1::EvalRequest request = Script("[1,2,3].map(x => x * x)");
        request.set_tenant(std::to_string(tenant));
        EXPECT_EQ(Brief(Eval(request)), "[1,4,9]");
        ++served;
      }
    });
  });
  const auto start = steady_clock::now();
  EXPECT_TRUE(Eventually([&] {
    if (const pid_t pid = daemon().ZygotePid(); pid != 0) zygotes.insert(pid);
    return zygotes.size() >= 4 && steady_clock::now() - start > seconds(4);
  })) << zygotes.size();
  over = true;
  load.join();
  patient.join();
  GTEST_LOG_(INFO) << served << " served from " << zygotes.size() << " zygotes";
  EXPECT_GT(Renewed(), 0u);
  const auto status = client().GetSnapshot({.timeout = kPatience});
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->pool().zygote_restarts(), 0u) << "none of them died";
  EXPECT_EQ(status->pool().retired().count("lost"), 0u);
}

}  // namespace
}  // namespace evald::testing
