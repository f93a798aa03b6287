// The zygote, its forks and their rewinds, over real sockets, with every rewind verified page by page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "runtime/extensions/builtin.h"
#include "runtime/snapshot_builder.h"
#include "runtime/testing/zygote_process.h"

namespace evald {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::WorkerConnection;
using testing::ZygoteProcess;

std::string BuildSnapshot() {
  SnapshotBuilder::Options options{.extensions = BuiltinExtensions(), .ops = BuiltinOps()};
  auto builder = SnapshotBuilder::Create(std::move(options));
  EXPECT_TRUE(builder.ok()) << builder.status();
  EXPECT_EQ((*builder)->WithModule({"rules", "export const total = (a, b) => a + b"}), absl::OkStatus());
  EXPECT_EQ((*builder)->Evaluate("function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }", "fib.js"),
            absl::OkStatus());
  return *(*builder)->Finish();
}

const std::string& Snapshot() {
  static const std::string& snapshot = *new std::string(BuildSnapshot());
  return snapshot;
}

internal::ZygoteBoot DefaultBoot() {
  internal::ZygoteBoot boot;
  boot.set_heap_bytes(64 << 20);
  boot.set_rewind(true);
  boot.set_verify_rewind(true);
  return boot;
}

std::unique_ptr<ZygoteProcess> Start(const internal::ZygoteBoot& boot = DefaultBoot()) {
  auto zygote = ZygoteProcess::Start(std::getenv("EVALD_ZYGOTE"), Snapshot(), boot);
  EXPECT_TRUE(zygote.ok()) << zygote.status();
  return zygote.ok() ? *std::move(zygote) : nullptr;
}

std::unique_ptr<WorkerConnection> Spawn(ZygoteProcess& zygote) {
  auto worker = zygote.Spawn();
  EXPECT_TRUE(worker.ok()) << worker.status();
  return worker.ok() ? *std::move(worker) : nullptr;
}

class ZygoteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    zygote_ = Start();
    ASSERT_NE(zygote_, nullptr);
    worker_ = Spawn(*zygote_);
    ASSERT_NE(worker_, nullptr);
  }
  std::unique_ptr<ZygoteProcess> zygote_;
  std::unique_ptr<WorkerConnection> worker_;
};

TEST_F(ZygoteTest, AForkAnswersAndIsRewound) {
  EXPECT_EQ(worker_->last_ready().isolate_origin(), v1::ISOLATE_ORIGIN_FORKED);
  EXPECT_EQ(worker_->EvalAndReset("[1, 2, 3].map(x => x * x)"), "[1,4,9]");
  EXPECT_EQ(worker_->last_ready().isolate_origin(), v1::ISOLATE_ORIGIN_REWOUND);
  EXPECT_GT(worker_->last_ready().pages_restored(), 0u);
}

TEST_F(ZygoteTest, NothingOfARequestIsLeftForTheNext) {
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(
        worker_->EvalAndReset("globalThis.leak = (globalThis.leak || 0) + 1; Array.prototype.evil = 1; leak"),
        "1");
    EXPECT_EQ(worker_->EvalAndReset("typeof leak + [].evil"), "\"undefinedundefined\"");
    EXPECT_EQ(worker_->EvalAndReset("JSON.stringify = null; Object.prototype.toString.call(1)"),
              "\"[object Number]\"");
    EXPECT_EQ(worker_->EvalAndReset("typeof JSON.stringify"), "\"function\"");
  }
}

TEST_F(ZygoteTest, HeavyRequestsAreUndone) {
  const char* const scripts[] = {
      "let o = []; for (let i = 0; i < 200000; i++) o.push({i, a: [i]}); o.length",
      "const b = []; for (let i = 0; i < 40; i++) b.push(new Uint8Array(1 << 20).fill(i)); b.length",
      "let s = 0; for (let i = 0; i < 3e6; i++) s += i % 7; s",
      "(function f(n) { return n ? f(n - 1) : 0 })(5000)",
      "try { (function f() { f() })() } catch (e) { e.name }",
      "const m = new Map(); for (let i = 0; i < 50000; i++) m.set(i, 'v' + i); m.size",
      "const r = []; for (let i = 0; i < 5000; i++) r.push(new WeakRef({i})); r.length",
      "new Intl.NumberFormat('en').format(1234.5)",
      "/(a+)+b/.test('aaaaaaaaaaaaaaaaaaaaab')",
      "new WebAssembly.Memory({initial: 10}).grow(5)",
      "for (let i = 0; i < 300; i++) fib(15); fib(10)",
  };
  std::vector<std::string> first;
  for (const char* script : scripts) first.push_back(Spawn(*zygote_)->Eval(script));
  for (int round = 0; round < 5; ++round) {
    for (size_t i = 0; i < std::size(scripts); ++i)
      EXPECT_EQ(worker_->EvalAndReset(scripts[i]), first[i]) << scripts[i];
  }
}

TEST_F(ZygoteTest, LimitsEndAScriptAndTheNextIsRight) {
  for (int i = 0; i < 20; ++i) {
    for (const char* script :
         {"for (;;);", "(async () => { for (;;) await null })()", "for (;;) [1, 2].map(x => x + 1)"}) {
      internal::WorkerRequest request;
      request.mutable_eval()->set_source(script);
      request.mutable_eval()->mutable_limits()->mutable_wall_time()->set_nanos(5000000);
      auto reply = worker_->Run(request);
      ASSERT_TRUE(reply.ok()) << reply.status();
      EXPECT_EQ(reply->fault().reason(), v1::ERROR_REASON_WALL_TIME_LIMIT);
      ASSERT_TRUE(worker_->ReadReady().ok());
      EXPECT_EQ(worker_->EvalAndReset("1 + 1"), "2");
    }
  }
}

TEST_F(ZygoteTest, CpuTimeIsLimitedApartFromWallTime) {
  internal::WorkerRequest request;
  request.mutable_eval()->set_source("for (;;);");
  request.mutable_eval()->mutable_limits()->mutable_wall_time()->set_seconds(10);
  request.mutable_eval()->mutable_limits()->mutable_cpu_time()->set_nanos(20000000);
  auto reply = worker_->Run(request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->fault().reason(), v1::ERROR_REASON_CPU_TIME_LIMIT);
  EXPECT_EQ(reply->fault().limit(), 20000000u);
  EXPECT_GE(reply->fault().reached(), 20000000u);
  EXPECT_EQ(reply->fault().message(), "the script reached its CPU-time limit of 20 ms");
  EXPECT_THAT(reply->fault().stack(), HasSubstr("at eval.js:1:"));
}

TEST_F(ZygoteTest, AFullHeapIsAFaultAndIsUndone) {
  EXPECT_THAT(worker_->EvalAndReset("const a = []; for (;;) a.push(new Array(1000).fill(a.length))"),
              StartsWith("ERROR_REASON_HEAP_LIMIT"));
  EXPECT_EQ(worker_->EvalAndReset("1 + 1"), "2");
}

TEST_F(ZygoteTest, AllMemoryIsLimited) {
  internal::WorkerRequest request;
  request.mutable_eval()->mutable_limits()->set_memory_bytes(100 << 20);
  request.mutable_eval()->mutable_limits()->mutable_wall_time()->set_seconds(20);
  // An array buffer is refused to the script itself...
  request.mutable_eval()->set_source(
      "const b = []; let n = 0; try { for (;; n++) b.push(new Uint8Array(1 << 20)) } catch (e) { e.name + (n "
      "> 20 && n < 100) }");
  auto reply = worker_->Run(request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->value().json(), "\"RangeErrortrue\"");
  ASSERT_TRUE(worker_->ReadReady().ok());
  // ... V8's own needs end the worker.
  request.mutable_eval()->set_source("new Array(4e7).fill('a').length");
  EXPECT_FALSE(worker_->Run(request).ok());
  const WorkerExit exit = zygote_->AwaitExit()->second;
  EXPECT_EQ(exit.kind, WorkerExit::Kind::kMemoryLimit) << exit.name;
}

TEST_F(ZygoteTest, ReusedKeepsStateAndPristineDropsIt) {
  EXPECT_EQ(worker_->EvalAndReset("globalThis.n = 1", v1::ISOLATION_REUSED), "1");
  EXPECT_EQ(worker_->last_ready().isolate_origin(), v1::ISOLATE_ORIGIN_REUSED);
  EXPECT_EQ(worker_->EvalAndReset("++globalThis.n", v1::ISOLATION_REUSED), "2");
  EXPECT_EQ(worker_->EvalAndReset("1", v1::ISOLATION_PRISTINE), "1");
  EXPECT_EQ(worker_->EvalAndReset("typeof globalThis.n", v1::ISOLATION_REUSED), "\"undefined\"");
}

TEST_F(ZygoteTest, RandomnessAndTimeAreFreshInForksAndRewinds) {
  const std::string source =
      "[Math.random(), crypto.randomUUID(), performance.timeOrigin, performance.now() < 50]";
  std::set<std::string> seen;
  double last_origin = 0;
  const auto check = [&](const std::string& result) {
    // [0.123,"uuid",1700000000000.5,true]
    const size_t comma1 = result.find(','), comma2 = result.find(',', comma1 + 1),
                 comma3 = result.find(',', comma2 + 1);
    ASSERT_NE(comma3, std::string::npos) << result;
    EXPECT_TRUE(seen.insert(result.substr(0, comma1)).second) << "Math.random repeats: " << result;
    EXPECT_TRUE(seen.insert(result.substr(comma1, comma2 - comma1)).second) << "an id repeats: " << result;
    const double origin = std::stod(result.substr(comma2 + 1, comma3 - comma2 - 1));
    EXPECT_GT(origin, last_origin);
    last_origin = origin;
    EXPECT_EQ(result.substr(comma3), ",true]");
  };
  for (int i = 0; i < 1000; ++i) {
    std::unique_ptr<WorkerConnection> fork = Spawn(*zygote_);
    ASSERT_NE(fork, nullptr);
    check(fork->Eval(source));
  }
}

TEST_F(ZygoteTest, RandomnessIsFreshIn10000Rewinds) {
  std::set<std::string> seen;
  for (int i = 0; i < 10000; ++i) {
    const std::string result = worker_->EvalAndReset("Math.random() + crypto.randomUUID()");
    EXPECT_TRUE(seen.insert(result.substr(0, 16)).second) << result;
    EXPECT_TRUE(seen.insert(result.substr(result.size() - 30)).second) << result;
  }
}

// How many times slower a loop is in a function that V8 never optimises (its bytecode is too large) than in
// one that it does.
TEST_F(ZygoteTest, OptimisedCodeIsReachedInForksAndAfterRewinds) {
  const std::string source = R"(
    const loop = 'let s = 0; for (let i = 0; i < n; i++) s = (s + i * 3) | 0; return s;';
    const small = new Function('n', loop);
    const large = new Function('n', 'if (n < 0) {' + 'n = n + n * n;'.repeat(8000) + '}' + loop);
    const time = f => {
      let least = Infinity;
      for (let i = 0; i < 5; i++) {
        const start = Date.now();
        f(2e7);
        least = Math.min(least, Date.now() - start);
      }
      return least;
    };
    time(large) / Math.max(1, time(small)))";
  EXPECT_GT(std::stod(worker_->EvalAndReset(source)), 2);
  EXPECT_GT(std::stod(worker_->EvalAndReset(source)), 2) << "after a rewind";
}

TEST_F(ZygoteTest, ConsoleAndModulesWorkInWorkers) {
  internal::WorkerRequest request;
  request.mutable_eval()->set_source(
      "import { total } from 'rules'; console.log('sum', total(1, 2)); console.error('e'); export default 1");
  request.mutable_eval()->set_source_kind(v1::SOURCE_KIND_MODULE);
  auto reply = worker_->Run(request);
  ASSERT_TRUE(reply.ok());
  ASSERT_EQ(reply->console_size(), 2);
  EXPECT_EQ(reply->console(0).text(), "sum 3");
  EXPECT_EQ(reply->console(1).level(), v1::ConsoleMessage::LEVEL_ERROR);
}

TEST_F(ZygoteTest, ARetiredWorkerExitsWhenTheDaemonHangsUp) {
  worker_->HangUp();
  auto exit = zygote_->AwaitExit();
  ASSERT_TRUE(exit.ok()) << exit.status();
  EXPECT_EQ(exit->first, worker_->id());
  EXPECT_EQ(exit->second.kind, WorkerExit::Kind::kHungUp);
}

TEST_F(ZygoteTest, AnUnreadableFrameEndsTheWorker) {
  ASSERT_EQ(write(worker_->socket(), "\x02\0\0\0\xff\xff", 6), 6);
  auto exit = zygote_->AwaitExit();
  ASSERT_TRUE(exit.ok());
  EXPECT_EQ(exit->second.kind, WorkerExit::Kind::kProtocol);
}

TEST_F(ZygoteTest, AKilledWorkerIsReportedAndTheZygoteGoesOn) {
  worker_->Kill();
  auto exit = zygote_->AwaitExit();
  ASSERT_TRUE(exit.ok());
  EXPECT_EQ(exit->second.kind, WorkerExit::Kind::kKilled);
  EXPECT_EQ(Spawn(*zygote_)->Eval("40 + 2"), "42");
}

TEST(ZygoteOptions, WithoutRewindAWorkerServesOnceAndWaits) {
  internal::ZygoteBoot boot = DefaultBoot();
  boot.set_rewind(false);
  auto zygote = Start(boot);
  auto worker = Spawn(*zygote);
  EXPECT_EQ(worker->Eval("6 * 7"), "42");
  worker->HangUp();
  EXPECT_EQ(zygote->AwaitExit()->second.kind, WorkerExit::Kind::kHungUp);
}

TEST(ZygoteOptions, TooManyPagesRetireTheWorker) {
  internal::ZygoteBoot boot = DefaultBoot();
  boot.set_max_rewind_pages(250);
  auto zygote = Start(boot);
  auto worker = Spawn(*zygote);
  EXPECT_EQ(worker->EvalAndReset("1"), "1");
  EXPECT_EQ(worker->Eval("let o = []; for (let i = 0; i < 200000; i++) o.push({i}); o.length"), "200000");
  const WorkerExit exit = zygote->AwaitExit()->second;
  EXPECT_EQ(exit.kind, WorkerExit::Kind::kNotRewindable);
  EXPECT_EQ(exit.name, "too_many_pages");
}

TEST(ZygoteOptions, WarmupRunsBeforeTheSealAndItsTroubleIsNamed) {
  internal::ZygoteBoot boot = DefaultBoot();
  auto* warmup = boot.add_warmup();
  warmup->set_name("hot.js");
  warmup->set_source("globalThis.warmed = (globalThis.warmed ?? 0) + 1");
  auto zygote = Start(boot);
  auto worker = Spawn(*zygote);
  EXPECT_EQ(worker->EvalAndReset("warmed++"), "1");
  EXPECT_EQ(worker->EvalAndReset("warmed"), "1");
  warmup->set_source("throw new Error('cold')");
  const auto failed = ZygoteProcess::Start(std::getenv("EVALD_ZYGOTE"), Snapshot(), boot);
  EXPECT_THAT(std::string(failed.status().message()), HasSubstr("warmup hot.js: hot.js:1:1: Error: cold"));
}

// As much of it as this kernel and container allow: what is claimed has to be so.
TEST(ZygoteOptions, TheSandboxIsWhatItSays) {
  auto zygote = Start();
  auto worker = Spawn(*zygote);
  const auto in_force = [&](const char* part) {
    for (const std::string& line : zygote->booted().sandbox_in_force()) {
      if (line.rfind(part, 0) == 0) return true;
    }
    return false;
  };
  const pid_t pid = worker->pid();
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  const std::string text((std::istreambuf_iterator<char>(status)), {});
  if (in_force("seccomp")) EXPECT_THAT(text, HasSubstr("Seccomp:\t2"));
  if (in_force("no_new_privs")) EXPECT_THAT(text, HasSubstr("NoNewPrivs:\t1"));
  if (in_force("no capabilities")) {
    EXPECT_THAT(text, HasSubstr("CapPrm:\t0000000000000000"));
    EXPECT_THAT(text, HasSubstr("CapEff:\t0000000000000000"));
  }
  const auto link = [](pid_t of, const char* name) {
    return std::filesystem::read_symlink("/proc/" + std::to_string(of) + "/" + name).string();
  };
  for (const char* name : {"ns/mnt", "ns/pid", "ns/net", "ns/ipc", "ns/uts"}) {
    if (in_force("mount, PID")) EXPECT_NE(link(pid, name), link(getpid(), name)) << name;
  }
  if (in_force("user namespace")) EXPECT_NE(link(pid, "ns/user"), link(getpid(), "ns/user"));
  if (in_force("empty root")) {
    EXPECT_TRUE(std::filesystem::is_empty("/proc/" + std::to_string(pid) + "/root/"));
  }
  EXPECT_EQ(
      worker->EvalAndReset("new Date(0).getTimezoneOffset() + new Intl.NumberFormat('en').format(1234)"),
      "\"01,234\"");
}

// What becomes of the cgroup depends on the machine; that it is told does not.
TEST(ZygoteOptions, ACgroupIsEnteredOrSaidToBeMissing) {
  internal::ZygoteBoot boot = DefaultBoot();
  boot.set_cgroup("evald-test");
  boot.set_cgroup_memory_bytes(uint64_t{1} << 30);
  auto zygote = Start(boot);
  std::string told;
  for (const std::string& line : zygote->booted().sandbox_in_force()) told += "+" + line + "\n";
  for (const std::string& line : zygote->booted().sandbox_missing()) told += "-" + line + "\n";
  EXPECT_THAT(told, HasSubstr("cgroup evald-test"));
  auto worker = Spawn(*zygote);
  EXPECT_EQ(worker->EvalAndReset("6 * 7"), "42");
  if (told.find("+cgroup") != std::string::npos) {
    std::ifstream cgroup("/proc/" + std::to_string(worker->pid()) + "/cgroup");
    EXPECT_THAT(std::string((std::istreambuf_iterator<char>(cgroup)), {}), HasSubstr("evald-test"));
  }
}

TEST(ZygoteOptions, WithoutASandboxItWorksToo) {
  internal::ZygoteBoot boot = DefaultBoot();
  boot.set_sandbox(v1::SandboxConfig::OFF);
  auto zygote = Start(boot);
  EXPECT_EQ(zygote->booted().sandbox_in_force_size(), 0);
  EXPECT_EQ(Spawn(*zygote)->EvalAndReset("6 * 7"), "42");
}

TEST(ZygoteOptions, TheEngineCanBeHardened) {
  internal::ZygoteBoot boot = DefaultBoot();
  boot.mutable_engine()->set_no_code_from_strings(true);
  auto zygote = Start(boot);
  EXPECT_THAT(Spawn(*zygote)->EvalAndReset("eval('1')"), StartsWith("EvalError"));
  EXPECT_EQ(Spawn(*zygote)->EvalAndReset("typeof SharedArrayBuffer"), "\"undefined\"");
  // Built without these flags, the snapshot is not that of this engine.
  boot.mutable_engine()->set_jitless(true);
  const auto failed = ZygoteProcess::Start(std::getenv("EVALD_ZYGOTE"), Snapshot(), boot);
  EXPECT_THAT(std::string(failed.status().message()), HasSubstr("identity: V8 flags"));
}

TEST(ZygoteOptions, AFileThatIsNoSnapshotIsRefused) {
  for (const std::string& garbage : {std::string("garbage"), std::string(100000, 'x')}) {
    const auto failed = ZygoteProcess::Start(std::getenv("EVALD_ZYGOTE"), garbage, DefaultBoot());
    EXPECT_THAT(std::string(failed.status().message()), HasSubstr("snapshot: not a startup snapshot"));
  }
}

}  // namespace
}  // namespace evald
