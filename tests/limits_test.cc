// Scripts that take more than they may: time, memory, room for their result, a place in the queue.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::AnyOf;
using ::testing::StartsWith;

constexpr char kWallTime[] = "fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT): ";
constexpr char kCpuTime[] = "fails DEADLINE_EXCEEDED (CPU_TIME_LIMIT): ";
constexpr char kHeap[] = "fails RESOURCE_EXHAUSTED (HEAP_LIMIT): ";
constexpr char kMemory[] = "fails RESOURCE_EXHAUSTED (MEMORY_LIMIT): ";

// What is due at once, on a machine that does other things too.
constexpr milliseconds kSlack{2500};

v1::PoolStatus PoolOf(Client& client) {
  const auto status = client.GetSnapshot({.timeout = kPatience});
  EXPECT_TRUE(status.ok()) << status.status();
  return status.ok() ? status->pool() : v1::PoolStatus();
}

class LimitsTest : public SharedDaemonTest<LimitsTest> {
 public:
  static DaemonOptions Options() { return {}; }

 protected:
  // After whatever was stopped, the next script runs as if nothing had been.
  void TearDown() override {
    EXPECT_EQ(Brief(Eval("[1,2,3].map(x => x * x)")), "[1,4,9]");
    SharedDaemonTest::TearDown();
  }

  static v1::EvalRequest Bounded(const std::string& source, milliseconds wall_time) {
    v1::EvalRequest request = Script(source);
    *request.mutable_limits()->mutable_wall_time() = ToProto(wall_time);
    return request;
  }

  // Runs it and expects the answer within `bound` and some slack.
  static std::string InTime(const v1::EvalRequest& request, milliseconds bound) {
    const auto start = steady_clock::now();
    const std::string brief = Brief(Eval(request));
    EXPECT_LT(steady_clock::now() - start, bound + kSlack) << request.source();
    return brief;
  }

  static bool BecomesIdle() {
    return Eventually([] { return PoolOf(client()).busy() == 0; });
  }
};

TEST_F(LimitsTest, EndlessScriptsEndAtTheirWallTime) {
  for (const char* source : {
           "while (true) {}",
           "for (;;) { try { for (;;); } catch {} }",
           "try { for (;;); } finally { for (;;); }",
           "(function f() { try { f() } finally { f() } })()",
           "const f = () => Promise.resolve().then(f); f(); new Promise(() => {})",
           "(async () => { for (;;) await null })()",
           "({toJSON() { for (;;); }})",
           "({get a() { for (;;); }})",
           "new Proxy([], {get() { for (;;); }})",
           "Error.prepareStackTrace = () => { for (;;); }; throw new Error('x')",
           "/(a+)+b/.test('a'.repeat(40))",
           "let n = 3n; for (;;) n = n * n % (2n ** 4096n)",
           "const a = Array.from({length: 2e5}, (_, i) => i); for (;;) a.sort(() => Math.random() - 0.5)",
       }) {
    EXPECT_THAT(InTime(Bounded(source, milliseconds(300)), milliseconds(300)), StartsWith(kWallTime))
        << source;
  }
  EXPECT_THAT(InTime(
                  [] {
                    v1::EvalRequest request = ModuleSource("for (;;); export default 1");
                    *request.mutable_limits()->mutable_wall_time() = ToProto(milliseconds(300));
                    return request;
                  }(),
                  milliseconds(300)),
              StartsWith(kWallTime));
}

TEST_F(LimitsTest, EndlessFunctionsEndAtTheirWallTime) {
  v1::CallFunctionRequest request = FunctionCall("Array.from");
  request.add_args()->set_json("{\"length\":300000000}");
  *request.mutable_limits()->mutable_wall_time() = ToProto(milliseconds(300));
  EXPECT_THAT(Brief(Call(request)), AnyOf(StartsWith(kWallTime), StartsWith(kHeap), StartsWith(kMemory)));
}

TEST_F(LimitsTest, AScriptWithinItsLimitIsNotDisturbed) {
  EXPECT_EQ(
      Brief(Eval(Bounded("const end = Date.now() + 200; while (Date.now() < end); 'done'", seconds(10)))),
      "\"done\"");
}

TEST_F(LimitsTest, CpuTimeIsALimitOfItsOwn) {
  v1::EvalRequest request = Bounded("while (true) {}", seconds(20));
  *request.mutable_limits()->mutable_cpu_time() = ToProto(milliseconds(200));
  EXPECT_THAT(InTime(request, milliseconds(200)), StartsWith(kCpuTime));
}

TEST_F(LimitsTest, TheWallLimitEndsASleepAndSaysWhatItWaitedFor) {
  const v1::EvalRequest request =
      Bounded("function poll() {} setTimeout(poll, 60000); new Promise(() => {})", milliseconds(300));
  const auto start = steady_clock::now();
  const auto reply = Eval(request);
  EXPECT_LT(steady_clock::now() - start, milliseconds(300) + kSlack);
  EXPECT_THAT(Brief(reply), StartsWith(kWallTime));
  ASSERT_FALSE(reply.ok());
  EXPECT_THAT(DetailOf(reply.status()).stack(),
              StartsWith("    asleep until a timer calls poll (eval.js:1:14), in "));
  EXPECT_THAT(InTime(Bounded("(async () => { for (;;) await new Promise((r) => setTimeout(r, 1)) })()",
                             milliseconds(300)),
                     milliseconds(300)),
              StartsWith(kWallTime));
}

TEST_F(LimitsTest, SleepingTakesNoCpuTime) {
  v1::EvalRequest request = Bounded("new Promise((r) => setTimeout(r, 500, 'slept'))", seconds(20));
  *request.mutable_limits()->mutable_cpu_time() = ToProto(milliseconds(200));
  EXPECT_EQ(Brief(Eval(request)), "\"slept\"");
  request.set_source("setTimeout(() => { for (;;); }, 10); new Promise(() => {})");
  EXPECT_THAT(InTime(request, milliseconds(210)), StartsWith(kCpuTime));
}

TEST_F(LimitsTest, NoTimerOutlivesItsRequestInAReusedIsolate) {
  v1::EvalRequest request;
  request.set_tenant("timers");
  request.set_isolation(v1::ISOLATION_REUSED);
  // Until a request gets the isolate of the one before.
  std::string later;
  for (int i = 0; i < 50 && (later.empty() || later == "\"another\""); ++i) {
    request.set_source(
        "globalThis.ran = []; setInterval(() => ran.push('interval'), 1); setTimeout(() => "
        "ran.push('timeout'), 2);"
        "queueMicrotask(() => ran.push('microtask')); throw new Error('the end')");
    EXPECT_EQ(Brief(Eval(request)), "throws Error: the end");
    request.set_source(
        "new Promise((resolve) => setTimeout(() => resolve(typeof ran === 'object' ? ran : 'another'), 30))");
    later = Brief(Eval(request));
  }
  EXPECT_EQ(later, "[]");
}

TEST_F(LimitsTest, BuiltInsThatCannotBeInterruptedAreKilledAfterTheGracePeriod) {
  const milliseconds limit_and_grace(300 + 250);
  EXPECT_THAT(InTime(Bounded("new Array(4e7).fill('a')", milliseconds(300)), limit_and_grace),
              AnyOf(StartsWith(kWallTime), StartsWith(kHeap), StartsWith(kMemory)));
  EXPECT_THAT(InTime(Bounded("Array(1e9).fill(0).length", milliseconds(300)), limit_and_grace),
              AnyOf(StartsWith(kWallTime), StartsWith(kHeap), StartsWith(kMemory)));
}

TEST_F(LimitsTest, AFullHeapEndsTheScript) {
  for (const char* source : {
           "const a = []; for (;;) a.push(new Array(1000).fill(a.length))",
           "const a = []; for (;;) a.push({a: {b: {}}})",
           "const m = new Map(); for (let i = 0;; i++) m.set(i, 'x' + i)",
           "let s = []; for (;;) s.push('x'.repeat(1000) + s.length)",
       }) {
    EXPECT_THAT(InTime(Bounded(source, seconds(20)), seconds(20)), StartsWith(kHeap)) << source;
  }
}

TEST_F(LimitsTest, AHeapThatFillsInOneStepEndsTheScript) {
  for (const char* source :
       {"[...'x'.repeat(2e7)].length", "JSON.parse('[' + '1,'.repeat(3e7) + '1]').length"}) {
    const std::string brief = InTime(Bounded(source, seconds(20)), seconds(20));
    EXPECT_THAT(brief, AnyOf(StartsWith(kHeap), StartsWith(kMemory), StartsWith("throws RangeError: ")))
        << source;
  }
}

TEST_F(LimitsTest, ASizeThatIsFatalToV8IsTheEndOfOneWorker) {
  // V8 aborts the process instead of throwing.
  EXPECT_THAT(InTime(Bounded("'x'.repeat(2e8).split('').length", seconds(20)), seconds(20)),
              AnyOf(StartsWith("fails INTERNAL (WORKER_CRASHED): "), StartsWith(kHeap), StartsWith(kMemory),
                    StartsWith("throws ")));
}

TEST_F(LimitsTest, MemoryBesideTheHeapIsBoundedToo) {
  const std::string brief = InTime(
      Bounded(
          "const a = []; for (let i = 0; i < 2000; i++) a.push(new Uint8Array(1 << 20).fill(1)); a.length",
          seconds(20)),
      seconds(20));
  EXPECT_THAT(brief, AnyOf(StartsWith(kHeap), StartsWith(kMemory), StartsWith("throws RangeError: ")));
}

TEST_F(LimitsTest, AStringThatOutgrowsV8IsTheScriptsOwnException) {
  EXPECT_THAT(Brief(Eval("let s = 'x'; for (;;) s += s")), StartsWith("throws RangeError: "));
}

TEST_F(LimitsTest, ARequestMayAskForASmallerHeap) {
  // About 24 MiB that stay, and then garbage: what counts is what a collection leaves.
  const std::string source =
      "const a = []; for (let i = 0; i < 300000; i++) a.push({i, b: {}});"
      "for (let i = 0; i < 3000000; i++) ({i}); a.length";
  EXPECT_EQ(Brief(Eval(source)), "300000");
  v1::EvalRequest request = Script(source);
  request.mutable_limits()->set_heap_bytes(16 << 20);
  EXPECT_THAT(Brief(Eval(request)), StartsWith(kHeap));
}

TEST_F(LimitsTest, AResultMayHaveSoManyBytes) {
  v1::EvalRequest request = Script("'x'.repeat(2000)");
  request.mutable_limits()->set_output_bytes(1000);
  EXPECT_THAT(Brief(Eval(request)), StartsWith("fails RESOURCE_EXHAUSTED (OUTPUT_LIMIT): "));
  request.set_source("'x'.repeat(900)");
  EXPECT_EQ(Brief(Eval(request)).size(), 902u);
  request.set_source("new Uint8Array(2000)");
  EXPECT_THAT(Brief(Eval(request)), StartsWith("fails RESOURCE_EXHAUSTED (OUTPUT_LIMIT): "));
  request.set_source("Array.from({length: 1e6}, (_, i) => i)");
  request.set_result_format(v1::RESULT_FORMAT_STRUCTURED);
  EXPECT_THAT(Brief(Eval(request)), StartsWith("fails RESOURCE_EXHAUSTED (OUTPUT_LIMIT): "));
}

TEST_F(LimitsTest, TheClientsDeadlineEndsTheScriptToo) {
  const absl::Status status =
      client().Eval(Bounded("while (true) {}", seconds(50)), {.timeout = milliseconds(300)}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(BecomesIdle());
}

TEST_F(LimitsTest, CancellingEndsTheScriptToo) {
  std::stop_source stop;
  std::jthread canceller([&] {
    EXPECT_TRUE(Eventually([] { return PoolOf(client()).busy() == 1; }));
    stop.request_stop();
  });
  const absl::Status status =
      client()
          .Eval(Bounded("while (true) {}", seconds(50)), {.timeout = kPatience, .stop = stop.get_token()})
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(BecomesIdle());
}

TEST_F(LimitsTest, AfterManyTerminationsEveryEvalBetweenIsRight) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(Brief(Eval(Bounded("for (;;);", milliseconds(10)))), StartsWith(kWallTime));
    EXPECT_EQ(Brief(Eval("[1,2,3].map(x => x * x + " + std::to_string(i) + ")")),
              "[" + std::to_string(1 + i) + "," + std::to_string(4 + i) + "," + std::to_string(9 + i) + "]");
  }
}

class QueueTest : public SharedDaemonTest<QueueTest> {
 public:
  static DaemonOptions Options() {
    return {.config = R"pb(pool { min_idle: 1 max_workers: 1 }
                           admission { max_queue: 2 max_queue_per_tenant: 2 })pb"};
  }
};

TEST_F(QueueTest, OneRequestTooManyIsRefusedAtOnceAndTheOthersAreServed) {
  std::stop_source stop;
  v1::EvalRequest endless = Script("for (;;);");
  *endless.mutable_limits()->mutable_wall_time() = ToProto(seconds(50));
  std::jthread blocker(
      [&] { (void)client().Eval(endless, {.timeout = 2 * kPatience, .stop = stop.get_token()}); });
  ASSERT_TRUE(Eventually([] { return PoolOf(client()).busy() == 1; }));
  std::vector<std::string> answers(2);
  std::vector<std::jthread> waiters;
  for (std::string& answer : answers) waiters.emplace_back([&answer] { answer = Brief(Eval("'served'")); });
  ASSERT_TRUE(Eventually([] { return PoolOf(client()).queued() == 2; }));

  const auto start = steady_clock::now();
  EXPECT_THAT(Brief(Eval("1")), StartsWith("fails RESOURCE_EXHAUSTED (QUEUE_FULL): "));
  EXPECT_LT(steady_clock::now() - start, kSlack);

  stop.request_stop();
  waiters.clear();
  EXPECT_THAT(answers, ::testing::Each("\"served\""));
}

TEST_F(QueueTest, WaitingIsNotHeldAgainstTheScriptsOwnTime) {
  std::jthread blocker([&] { (void)Eval("const end = Date.now() + 1000; while (Date.now() < end); 1"); });
  ASSERT_TRUE(Eventually([] { return PoolOf(client()).busy() == 1; }));
  v1::EvalRequest request = Script("'in time'");
  *request.mutable_limits()->mutable_wall_time() = ToProto(milliseconds(300));
  EXPECT_EQ(Brief(Eval(request)), "\"in time\"");
}

}  // namespace
}  // namespace evald::testing
