// Tenants side by side: each has its own limits, and none can take the daemon from the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/concurrently.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TenantsTest : public SharedDaemonTest<TenantsTest> {
 public:
  static DaemonOptions Options() {
    return {.config = R"pb(
              pool { min_idle: 2 max_workers: 4 }
              admission { max_queue: 8 }
              tenants {
                tenant: "small"
                default_limits { source_bytes: 100 console_bytes: 10 }
                max_limits {
                  wall_time { seconds: 1 }
                  result_depth: 5
                }
              }
              tenants {
                tenant: "large"
                max_limits { heap_bytes: 150000000 source_bytes: 40000000 }
              })pb"};
  }

 protected:
  static v1::EvalRequest Of(const std::string& tenant, const std::string& source) {
    v1::EvalRequest request = Script(source);
    request.set_tenant(tenant);
    return request;
  }
};

// Keeps `callers` endless loops of one tenant under way until it goes.
class Flood {
 public:
  Flood(const Daemon& daemon, const std::string& tenant, int callers) : client_(daemon.NewClient()) {
    for (int i = 0; i < callers; ++i) {
      threads_.emplace_back([this, tenant](const std::stop_token& stop) {
        v1::EvalRequest request = Script("for (;;);");
        request.set_tenant(tenant);
        *request.mutable_limits()->mutable_wall_time() = ToProto(milliseconds(400));
        while (!stop.stop_requested()) {
          const auto reply = client_->Eval(request, {.timeout = kPatience, .stop = stop});
          if (ReasonOf(reply.status()) == v1::ERROR_REASON_QUEUE_FULL) {
            if (std::string(reply.status().message()).find("max_queue_per_tenant") != std::string::npos)
              ++refused_;
            std::this_thread::sleep_for(milliseconds(10));
          }
          if (ReasonOf(reply.status()) == v1::ERROR_REASON_WALL_TIME_LIMIT) ++ended_;
        }
      });
    }
  }

  int refused() const { return refused_; }
  int ended() const { return ended_; }

 private:
  const std::unique_ptr<Client> client_;
  std::atomic<int> refused_ = 0;
  std::atomic<int> ended_ = 0;
  std::vector<std::jthread> threads_;
};

TEST_F(TenantsTest, AFloodOfEndlessLoopsDoesNotKeepAnotherTenantFromBeingServed) {
  Flood flood(daemon(), "greedy", 12);
  ASSERT_TRUE(Eventually([&] { return flood.refused() > 0; })) << "3 run, 2 wait, the rest is refused";

  constexpr int kEvals = 200;
  std::vector<microseconds> took(kEvals);
  Concurrently(kEvals, 2, [&](int i) {
    const auto start = steady_clock::now();
    EXPECT_EQ(Brief(Eval(Of("modest", std::to_string(i) + " + 1"))), std::to_string(i + 1));
    took[i] = duration_cast<microseconds>(steady_clock::now() - start);
  });
  std::sort(took.begin(), took.end());
  RecordProperty("p50_us", static_cast<int>(took[kEvals / 2].count()));
  RecordProperty("p99_us", static_cast<int>(took[kEvals * 99 / 100].count()));
  GTEST_LOG_(INFO) << "beside 12 endless loops: p50 " << took[kEvals / 2].count() << " us, p99 "
                   << took[kEvals * 99 / 100].count() << " us, max " << took.back().count() << " us";
  EXPECT_LT(took.back(), kPatience) << "it waits for no loop to end";
  EXPECT_TRUE(Eventually([&] { return flood.ended() > 3; })) << "the flood is served too, within its share";
}

TEST_F(TenantsTest, ATenantHasItsOwnDefaultsAndCeilings) {
  const std::string long_source = "'" + std::string(200, 'x') + "'.length";
  EXPECT_EQ(Brief(Eval(Of("", long_source))), "200");
  EXPECT_THAT(Brief(Eval(Of("small", long_source))),
              StartsWith("fails RESOURCE_EXHAUSTED (SOURCE_LIMIT): the source has 209 bytes"));
  v1::EvalRequest slow = Of("small", "1");
  *slow.mutable_limits()->mutable_wall_time() = ToProto(seconds(2));
  EXPECT_THAT(Brief(Eval(slow)), HasSubstr("(INVALID_REQUEST): limits.wall_time: 2s is more than the 1s"));
  v1::EvalRequest deep = Of("small", "1");
  deep.mutable_limits()->set_result_depth(6);
  EXPECT_THAT(Brief(Eval(deep)), HasSubstr("limits.result_depth: 6 is more than the 5 levels"));
  const absl::StatusOr<Reply> talkative = Eval(Of("small", "console.log('x'.repeat(50))"));
  ASSERT_TRUE(talkative.ok()) << talkative.status();
  EXPECT_TRUE(talkative->console_truncated());
}

TEST_F(TenantsTest, ATenantMayHaveMoreThanTheOthers) {
  const absl::StatusOr<Reply> stopped =
      Eval(Of("", "const a = []; for (;;) a.push(new Array(1000).fill(a.length))"));
  EXPECT_THAT(Brief(stopped), StartsWith("fails RESOURCE_EXHAUSTED (HEAP_LIMIT): "));
  EXPECT_EQ(DetailOf(stopped.status()).limit(), 64u << 20) << "not what the largest tenant's isolates have";
  // 80 MiB
  v1::EvalRequest request =
      Of("large", "const a = []; for (let i = 0; i < 10000; i++) a.push(new Array(1024).fill(i)); a.length");
  request.mutable_limits()->set_heap_bytes(150000000);
  EXPECT_EQ(Brief(Eval(request)), "10000");
}

TEST_F(TenantsTest, ArgumentsCountTogether) {
  v1::CallFunctionRequest call = FunctionCall("Math.max", {"1", "2"});
  call.mutable_limits()->set_source_bytes(2);
  EXPECT_EQ(Brief(Call(call)), "2");
  call.mutable_limits()->set_source_bytes(1);
  const absl::StatusOr<Reply> refused = Call(call);
  EXPECT_THAT(Brief(refused), StartsWith("fails RESOURCE_EXHAUSTED (SOURCE_LIMIT): the arguments"));
  EXPECT_EQ(DetailOf(refused.status()).limit(), 1u);
  EXPECT_EQ(DetailOf(refused.status()).reached(), 2u);
}

}  // namespace
}  // namespace evald::testing
