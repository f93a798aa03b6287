// Isolates, through a real zygote without a daemon: fork, pre-touch and rewind, and what they are an
// alternative to, which is making one in this process. Usage: zygote_bench EVALD-ZYGOTE NAME.snapshot
// [--rounds N] [--benchmark_...]
//
// Times are microseconds. Besides each mean the counters give p50 and p99, and where processes are involved
// the CPU that all of them spent (cpu).
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "bench/samples.h"
#include "runtime/extensions/builtin.h"
#include "runtime/extensions/testing/forkable.h"
#include "runtime/platform.h"
#include "runtime/runtime.h"
#include "runtime/testing/zygote_process.h"
#include "snapshot/envelope.h"

namespace evald::bench {
namespace {

using std::chrono::steady_clock;
using testing::WorkerConnection;
using testing::ZygoteProcess;

constexpr char kScript[] = "[1, 2, 3].map((x) => x * x)[2]";
constexpr size_t kPooled = 16;

double MicrosSince(steady_clock::time_point start) {
  return std::chrono::duration<double, std::micro>(steady_clock::now() - start).count();
}

std::string ReadFile(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// CPU time so far, microseconds: RUSAGE_SELF's or RUSAGE_CHILDREN's.
double CpuSoFar(int whose) {
  rusage usage;
  getrusage(whose, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

double CpuOf(pid_t pid) {
  std::ifstream schedstat("/proc/" + std::to_string(pid) + "/schedstat");
  double nanoseconds = 0;
  schedstat >> nanoseconds;
  return nanoseconds / 1000;
}

// Of a process's children that have ended; in steps of a clock tick.
double CpuOfEndedChildren(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string field;
  double ticks = 0;
  for (int i = 1; i <= 17 && stat >> field; ++i) {
    if (i >= 16) ticks += std::stod(field);
  }
  return ticks * 1e6 / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Private memory, KiB: what this process has that no other shares.
double PrivateKib(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  double kib = 0;
  for (std::string line; std::getline(rollup, line);) {
    if (line.starts_with("Private_")) kib += std::strtod(line.c_str() + line.find(':') + 1, nullptr);
  }
  return kib;
}

// What one benchmark has measured, of which it tells more than the mean.
class Timing {
 public:
  explicit Timing(benchmark::State& state) : state_(state) {}
  ~Timing() {
    if (micros_.size() == 0) return;
    Count("p50", micros_.Median());
    Count("p99", micros_.Quantile(0.99));
  }
  void Add(double micros) {
    state_.SetIterationTime(micros / 1e6);
    micros_.Add(micros);
  }
  void Count(const char* name, double value) { state_.counters[name] = value; }
  void Count(const char* name, Samples& samples) {
    if (samples.size() > 0) Count(name, samples.Median());
  }
  // `micros`: of all iterations together.
  void CountCpu(double micros) { Count("cpu", micros / static_cast<double>(micros_.size())); }

 private:
  benchmark::State& state_;
  Samples micros_;
};

// The zygote under measurement, and its snapshot.
class Subject {
 public:
  Subject(const std::string& zygote, const std::string& snapshot_file) : bytes_(ReadFile(snapshot_file)) {
    const absl::StatusOr<snapshot::Envelope> envelope = snapshot::DecodeEnvelope(bytes_);
    EVALD_CHECK(envelope.ok(), "a snapshot that was built for this");
    blob_ = std::string(envelope->blob);
    internal::ZygoteBoot boot;
    boot.set_rewind(true);
    boot.set_heap_bytes(64 << 20);
    auto started = ZygoteProcess::Start(zygote, blob_, boot);
    EVALD_CHECK(started.ok(), "its zygote boots");
    zygote_ = *std::move(started);
  }

  const std::string& blob() const { return blob_; }

  std::unique_ptr<WorkerConnection> Spawn(bool await_ready = true) {
    auto worker = zygote_->Spawn(await_ready);
    EVALD_CHECK(worker.ok(), "a worker can be forked");
    return *std::move(worker);
  }
  void Retire(WorkerConnection& worker) {
    worker.HangUp();
    EVALD_CHECK(zygote_->AwaitExit().ok(), "a worker ends when it is hung up on");
  }
  // The CPU that forking took so far: the zygote's, and that of its workers that have ended.
  double ForkCpu() const { return CpuOf(forker()) + CpuOfEndedChildren(forker()); }

 private:
  // With a PID namespace of its own, the process that forks is the only child of the one that was started.
  pid_t forker() const {
    const std::string pid = std::to_string(zygote_->pid());
    std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
    pid_t child = 0;
    return children >> child ? child : zygote_->pid();
  }

  const std::string bytes_;
  std::string blob_;
  std::unique_ptr<ZygoteProcess> zygote_;
};

double Answer(WorkerConnection& worker) {
  const auto start = steady_clock::now();
  EVALD_CHECK(worker.Eval(kScript) == "9", "the script gives 9");
  return MicrosSince(start);
}

// A fork, its answer and its end. The time is that to the answer.
void ForkAndAnswer(benchmark::State& state, Subject& subject) {
  Timing timing(state);
  const double before = subject.ForkCpu();
  for (auto _ : state) {
    const auto start = steady_clock::now();
    const auto worker = subject.Spawn();
    Answer(*worker);
    timing.Add(MicrosSince(start));
    subject.Retire(*worker);
  }
  timing.CountCpu(subject.ForkCpu() - before);
}

// A fork until it is there, untouched.
void Fork(benchmark::State& state, Subject& subject) {
  Timing timing(state);
  for (auto _ : state) {
    const auto start = steady_clock::now();
    const auto worker = subject.Spawn(/*await_ready=*/false);
    timing.Add(MicrosSince(start));
    EVALD_CHECK(worker->ReadReady().ok(), "it becomes ready");
    subject.Retire(*worker);
  }
}

// From then until it is ready: sandbox, pre-touch, and the rewind after it.
void Pretouch(benchmark::State& state, Subject& subject) {
  Timing timing(state);
  Samples own_cpu, idle;
  for (auto _ : state) {
    const auto worker = subject.Spawn(/*await_ready=*/false);
    const auto start = steady_clock::now();
    EVALD_CHECK(worker->ReadReady().ok(), "it becomes ready");
    timing.Add(MicrosSince(start));
    own_cpu.Add(CpuOf(worker->pid()));
    idle.Add(PrivateKib(worker->pid()));
    subject.Retire(*worker);
  }
  timing.Count("own_cpu", own_cpu);
  timing.Count("idle_kib", idle);
}

// From the request to the answer of a forked worker that has waited in a pool.
void PooledAnswer(benchmark::State& state, Subject& subject) {
  Timing timing(state);
  std::vector<std::unique_ptr<WorkerConnection>> pool;
  for (auto _ : state) {
    while (pool.size() < kPooled) pool.push_back(subject.Spawn());
    // Not right behind each other, as in an idle service.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    timing.Add(Answer(*pool.back()));
    subject.Retire(*pool.back());
    pool.pop_back();
  }
  for (auto& worker : pool) subject.Retire(*worker);
}

// The same, of a worker that has been rewound.
void RewoundAnswer(benchmark::State& state, Subject& subject) {
  Timing timing(state);
  Samples rewind, idle;
  const auto worker = subject.Spawn();
  EVALD_CHECK(worker->EvalAndReset(kScript) == "9", "the script gives 9");
  const double before = CpuOf(worker->pid());
  for (auto _ : state) {
    timing.Add(Answer(*worker));
    EVALD_CHECK(worker->ReadReady().ok(), "a worker is rewound");
    rewind.Add(static_cast<double>(worker->last_ready().rewind_micros()));
  }
  timing.CountCpu(CpuOf(worker->pid()) - before);
  idle.Add(PrivateKib(worker->pid()));
  timing.Count("rewind_p50", rewind);
  timing.Count("rewind_p99", rewind.Quantile(0.99));
  timing.Count("pages", static_cast<double>(worker->last_ready().pages_restored()));
  timing.Count("idle_kib", idle);
  subject.Retire(*worker);
}

// The rewind, by what the script before it has written.
void Rewind(benchmark::State& state, Subject& subject, const std::string& source) {
  Timing timing(state);
  Samples pages;
  const auto worker = subject.Spawn();
  EVALD_CHECK(worker->EvalAndReset(source) == "1", "the script gives 1");
  for (auto _ : state) {
    EVALD_CHECK(worker->EvalAndReset(source) == "1", "the script gives 1");
    const internal::WorkerReady& ready = worker->last_ready();
    timing.Add(static_cast<double>(ready.rewind_micros()));
    pages.Add(static_cast<double>(ready.pages_restored() + ready.pages_zeroed()));
  }
  timing.Count("pages", pages);
  subject.Retire(*worker);
}

// Isolate::New and Context::New from the same snapshot, in this process.
void NewIsolate(benchmark::State& state, Subject& subject) {
  Timing timing(state);
  const double before = CpuSoFar(RUSAGE_SELF);
  for (auto _ : state) {
    const auto start = steady_clock::now();
    const auto runtime = Runtime::Create({.startup_snapshot = subject.blob(), .ops = BuiltinOps()});
    EVALD_CHECK(runtime.ok(), "an isolate can be made from it");
    timing.Add(MicrosSince(start));
  }
  timing.CountCpu(CpuSoFar(RUSAGE_SELF) - before);
}

// The least that a fork can cost: this process holds an isolate from the same snapshot, and forks to answer.
void BareFork(benchmark::State& state, Subject& subject) {
  const auto runtime = Runtime::Create({.startup_snapshot = subject.blob(), .ops = BuiltinOps()});
  EVALD_CHECK(runtime.ok(), "an isolate can be made from it");
  const auto answer = [&] { return (*runtime)->Evaluate(kScript)->json(); };
  for (int i = 0; i < 3; ++i) EVALD_CHECK(answer() == "9", "the script gives 9");
  LetForksInheritPages();
  Timing timing(state);
  const auto cpu = [] { return CpuSoFar(RUSAGE_SELF) + CpuSoFar(RUSAGE_CHILDREN); };
  const double before = cpu();
  for (auto _ : state) {
    const auto start = steady_clock::now();
    EVALD_CHECK(InAFork(answer) == "9", "the script gives 9");
    timing.Add(MicrosSince(start));
  }
  timing.CountCpu(cpu() - before);
}

std::string Objects(int64_t count) {
  return "const kept = []; for (let i = 0; i < " + std::to_string(count) + "; i++) kept.push({ i }); 1";
}
std::string Buffer(int64_t pages) {
  return "new Uint8Array(" + std::to_string(pages) + " * 4096).fill(1)[0]";
}

void RegisterAll(Subject& subject, int64_t rounds) {
  const auto add = [&](const std::string& name, auto body, int64_t share, auto... arguments) {
    benchmark::RegisterBenchmark(
        name.c_str(), [=, &subject](benchmark::State& state) { body(state, subject, arguments...); })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond)
        ->Iterations(std::max<int64_t>(3, rounds / share));
  };
  add("ForkAndAnswer", ForkAndAnswer, 1);
  add("Fork", Fork, 1);
  add("Pretouch", Pretouch, 1);
  add("PooledAnswer", PooledAnswer, 1);
  add("RewoundAnswer", RewoundAnswer, 1);
  for (const int64_t count : {0, 100, 1000, 10000, 30000, 100000, 300000}) {
    add("Rewind/objects:" + std::to_string(count), Rewind, count < 30000 ? 4 : 20, Objects(count));
  }
  for (const int64_t pages : {16, 256, 1024, 4096}) {
    add("Rewind/buffer_pages:" + std::to_string(pages), Rewind, 20, Buffer(pages));
  }
  add("NewIsolate", NewIsolate, 4);
  add("BareFork", BareFork, 1);
}

}  // namespace
}  // namespace evald::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  std::string zygote, snapshot;
  int64_t rounds = 400;
  CLI::App app("Isolates, through a real zygote");
  app.add_option("ZYGOTE", zygote)->required()->check(CLI::ExistingFile);
  app.add_option("SNAPSHOT", snapshot)->required()->check(CLI::ExistingFile);
  app.add_option("--rounds", rounds);
  CLI11_PARSE(app, argc, argv);
  evald::StartV8();  // what a zygote has to be like is read off this process
  evald::bench::Subject subject(zygote, snapshot);
  evald::bench::RegisterAll(subject, rounds);
  benchmark::RunSpecifiedBenchmarks();
}
