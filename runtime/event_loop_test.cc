// The loop of a Runtime and of a SnapshotBuilder, with the built-in extensions.
#include "runtime/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include <chrono>
#include <string>
#include <vector>

#include "runtime/extensions/builtin.h"
#include "runtime/runtime.h"
#include "runtime/snapshot_builder.h"

namespace evald {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

struct Builder {
  std::unique_ptr<SnapshotBuilder> builder;
  std::vector<std::string> console;
  Builder() {
    auto made = SnapshotBuilder::Create(
        {.extensions = BuiltinExtensions(), .ops = BuiltinOps(), .on_console = [this](std::string_view line) {
           console.emplace_back(line);
         }});
    EXPECT_TRUE(made.ok()) << made.status();
    builder = *std::move(made);
  }
};

const std::string& Snapshot() {
  static const std::string& snapshot = *[] {
    Builder build;
    EXPECT_EQ(build.builder->WithModule(
                  {"waited",
                   "export const waited = await new Promise((r) => setTimeout(r, 2, 'a while'));"
                   "globalThis.ran = []; setTimeout(() => ran.push('of the build'), 1);"}),
              absl::OkStatus());
    return new std::string(*build.builder->Finish());
  }();
  return snapshot;
}

class EventLoopTest : public testing::Test {
 protected:
  void SetUp() override {
    auto runtime = Runtime::Create({.startup_snapshot = Snapshot(), .ops = BuiltinOps()});
    ASSERT_TRUE(runtime.ok()) << runtime.status();
    runtime_ = *std::move(runtime);
  }

  static std::string Brief(const Execution& execution) {
    if (const auto* value = std::get_if<v1::Value>(&execution.outcome)) return value->json();
    if (const auto* thrown = std::get_if<v1::ScriptException>(&execution.outcome))
      return thrown->name() + ": " + thrown->message();
    const Fault& fault = std::get<Fault>(execution.outcome);
    return v1::ErrorReason_Name(fault.reason) + "\n" + fault.stack;
  }
  std::string Eval(const std::string& source, v1::SourceKind kind = v1::SOURCE_KIND_SCRIPT) {
    v1::EvalRequest request;
    request.set_source(source);
    request.set_source_kind(kind);
    return Brief(runtime_->Eval(request));
  }
  std::string EvalModule(const std::string& source) { return Eval(source, v1::SOURCE_KIND_MODULE); }

  // As a worker's limit does: a signal after so long, and every 10 ms from then on.
  std::string EvalWithLimit(const std::string& source, suseconds_t micros = 20'000) {
    terminated_ = runtime_.get();
    signal(SIGALRM, [](int) { terminated_->Terminate(Runtime::Cause::kWallTime); });
    itimerval timer{.it_interval = {0, 10'000}, .it_value = {0, micros}};
    setitimer(ITIMER_REAL, &timer, nullptr);
    std::string brief = Eval(source);
    timer = {};
    setitimer(ITIMER_REAL, &timer, nullptr);
    return brief;
  }

  static inline Runtime* terminated_ = nullptr;
  std::unique_ptr<Runtime> runtime_;
};

TEST_F(EventLoopTest, ASignalEndsItsSleepAndTheStackSaysWhatItWaitedFor) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(EvalWithLimit("function poll() {}\nsetTimeout(poll, 60000); setTimeout(poll, 70000);"
                            "new Promise(() => {})"),
              MatchesRegex("ERROR_REASON_WALL_TIME_LIMIT\n    asleep until a timer calls poll "
                           "\\(eval.js:1:14\\), the first of 2 timers, in 5[0-9]+ ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  // Nothing of that is left.
  EXPECT_EQ(Eval("new Promise((r) => setTimeout(r, 50, 'unharmed'))"), "\"unharmed\"");
}

TEST_F(EventLoopTest, TheStackOfWhatRunsIsThatOfTheScript) {
  EXPECT_THAT(EvalWithLimit("setTimeout(function spin() { for (;;); }); new Promise(() => {})", 500'000),
              HasSubstr("\n    at spin (eval.js:1:"));
  EXPECT_THAT(EvalWithLimit("setInterval(() => {}, 0); new Promise(() => {})"),
              HasSubstr("ERROR_REASON_WALL_TIME_LIMIT"));
  EXPECT_EQ(Eval("1 + 1"), "2");
}

// An `await` gets its promise a handler only when that has been rejected already. In one task there may be
// any number.
TEST_F(EventLoopTest, RejectionsThatWereHandledAreNotKept) {
  EXPECT_EQ(EvalModule("const fail = async () => { throw { large: new Array(1000).fill(1.5) } };"
                       "let caught = 0;"
                       "for (let i = 0; i < 20000; i++) { try { await fail() } catch { caught++ } }"
                       "export default caught"),
            "20000");
}

TEST_F(EventLoopTest, SleepingTakesNoCpuTime) {
  const auto cpu = [] {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
  };
  const double before = cpu();
  EXPECT_EQ(Eval("new Promise((r) => setTimeout(r, 300, 1))"), "1");
  EXPECT_LT(cpu() - before, 100);
}

TEST_F(EventLoopTest, AsyncWasmCompiles) {
  constexpr char kBytes[] =
      "globalThis.bytes = new "
      "Uint8Array([0,97,115,109,1,0,0,0,1,7,1,96,2,127,127,1,127,3,2,1,0,7,7,1,3,97,100,100,"
      "0,0,10,9,1,7,0,32,0,32,1,106,11]);";
  EXPECT_EQ(Eval(std::string(kBytes) +
                 "WebAssembly.compile(bytes).then((m) => new WebAssembly.Instance(m).exports.add(2, 3))"),
            "5");
  EXPECT_EQ(Eval(std::string(kBytes) +
                 "WebAssembly.instantiate(bytes).then(({ instance }) => instance.exports.add(20, 3))"),
            "23");
  EXPECT_THAT(Eval("WebAssembly.compile(new Uint8Array([0, 97, 115]))"), HasSubstr("CompileError: "));
  EXPECT_EQ(EvalModule(std::string(kBytes) + "const { instance } = await WebAssembly.instantiate(bytes); "
                                             "await new Promise((r) => setTimeout(r));"
                                             "export default instance.exports.add(1, 1)"),
            "2");
}

TEST_F(EventLoopTest, AsyncIterationAndTopLevelAwaitWaitForTimers) {
  EXPECT_EQ(EvalModule("async function* count() { for (let i = 0; i < 3; i++) { await new Promise((r) => "
                       "setTimeout(r, 1)); yield i } }\n"
                       "const seen = []; for await (const i of count()) seen.push(i); export default seen"),
            "[0,1,2]");
  EXPECT_EQ(EvalModule("await new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 1))"),
            "Error: late");
  EXPECT_EQ(EvalModule("await new Promise(() => {})"),
            "UnsettledPromiseError: the result is a promise that can never settle: nothing is left to run");
  EXPECT_EQ(
      EvalModule(
          "setTimeout(() => { throw new Error('meanwhile') }); await new Promise((r) => setTimeout(r, 50))"),
      "Error: meanwhile");
}

TEST_F(EventLoopTest, TimersOfTheBuildEndWithIt) {
  EXPECT_EQ(EvalModule("import { waited } from 'waited'; await new Promise((r) => setTimeout(r, 5));"
                       "export default [waited, ran]"),
            "[\"a while\",[]]");
}

TEST(EventLoopOfABuild, SaysWhatItDrops) {
  Builder build;
  EXPECT_EQ(build.builder->WithModule({"m", "setInterval(() => {}, 1); setTimeout(() => {}, 1)"}),
            absl::OkStatus());
  EXPECT_EQ(build.builder->Evaluate("setTimeout(() => {})", "s.js"), absl::OkStatus());
  EXPECT_THAT(
      build.console,
      ElementsAre("(module 'm' leaves 2 timers or tasks that wait: they are dropped, a snapshot has none)",
                  "(script leaves 1 timers or tasks that wait: they are dropped, a snapshot has none)"));
}

TEST(EventLoopOfABuild, AnExceptionInATimerIsTheModules) {
  Builder build;
  const absl::Status status = build.builder->WithModule(
      {"m", "setTimeout(() => { throw new Error('inside') });\nawait new Promise((r) => setTimeout(r, 50))"});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("module 'm': m:1:20: Error: inside"));
  EXPECT_THAT(std::string(build.builder->WithModule({"n", "await new Promise(() => {})"}).message()),
              HasSubstr("module 'n': its top-level await waits for something that can never happen"));
}

}  // namespace
}  // namespace evald
