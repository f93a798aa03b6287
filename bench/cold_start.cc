// Time to a pristine isolate's first result, each way that there is to get one, and the CPU that each costs
// all processes together. Usage: cold_start EVALD-ZYGOTE [ROUNDS]
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "bench/samples.h"
#include "runtime/extensions/builtin.h"
#include "runtime/hooks.h"
#include "runtime/host.h"
#include "runtime/platform.h"
#include "runtime/realm.h"
#include "runtime/runtime.h"
#include "runtime/snapshot_builder.h"
#include "runtime/testing/zygote_process.h"

namespace evald::bench {
namespace {

using testing::WorkerConnection;
using testing::ZygoteProcess;

constexpr char kScript[] = "importantFunction()";

double MicrosSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

// CPU time so far, microseconds.
double OwnCpu() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
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

// The process that forks. With a PID namespace of its own it is the only child of the one that was started.
pid_t Forker(const ZygoteProcess& zygote) {
  const std::string pid = std::to_string(zygote.pid());
  std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
  pid_t child = 0;
  return children >> child ? child : zygote.pid();
}

// What one way of getting isolates came to.
class Row {
 public:
  explicit Row(const char* name) : name_(name) {}
  void Add(double micros) { latency_.Add(micros); }
  void SetCpu(double micros_in_all) { cpu_ = micros_in_all / static_cast<double>(latency_.size()); }
  double median() { return latency_.Median(); }
  void Print(double against) {
    std::printf("%-44s %8.0f %8.0f %8.0f %9.0f %9.1fx\n", name_, latency_.Median(), latency_.Quantile(0.9),
                latency_.Quantile(0.99), cpu_, latency_.Median() / against);
  }

 private:
  const char* name_;
  Samples latency_;
  double cpu_ = 0;
};

std::string BuildSnapshot() {
  auto builder = SnapshotBuilder::Create({.extensions = BuiltinExtensions(), .ops = BuiltinOps()});
  EVALD_CHECK(builder.ok(), "the built-in extensions can be built");
  EVALD_CHECK((*builder)->WithModule({"important", "globalThis.importantFunction = () => 42"}).ok(),
              "so can this module");
  return *(*builder)->Finish();
}

Row MeasureRewind(ZygoteProcess& zygote, int rounds) {
  Row row("rewound worker");
  auto worker = zygote.Spawn();
  EVALD_CHECK(worker.ok(), "a worker can be forked");
  EVALD_CHECK((*worker)->EvalAndReset(kScript) == "42", "the script gives 42");
  Samples rewind;
  const double before = CpuOf((*worker)->pid());
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    EVALD_CHECK((*worker)->Eval(kScript) == "42", "the script gives 42");
    row.Add(MicrosSince(start));
    EVALD_CHECK((*worker)->ReadReady().ok(), "a worker is rewound");
    rewind.Add(static_cast<double>((*worker)->last_ready().rewind_micros()));
  }
  row.SetCpu(CpuOf((*worker)->pid()) - before);
  std::printf("the rewind itself, off the path: p50 %.0f us, p99 %.0f us, %llu pages put back\n",
              rewind.Median(), rewind.Quantile(0.99),
              static_cast<unsigned long long>((*worker)->last_ready().pages_restored()));
  return row;
}

// The zygote's and its children's CPU, for `body`, which leaves no child running.
double ForkedCpu(ZygoteProcess& zygote, const std::function<void()>& body) {
  const pid_t forker = Forker(zygote);
  const double before = CpuOf(forker) + CpuOfEndedChildren(forker);
  body();
  return CpuOf(forker) + CpuOfEndedChildren(forker) - before;
}

void Retire(ZygoteProcess& zygote, WorkerConnection& worker) {
  worker.HangUp();
  EVALD_CHECK(zygote.AwaitExit().ok(), "a worker ends when it is hung up on");
}

Row MeasurePooledFork(ZygoteProcess& zygote, int rounds) {
  Row row("fork, from the pool");
  row.SetCpu(0);
  const double cpu = ForkedCpu(zygote, [&] {
    for (int done = 0; done < rounds;) {
      std::vector<std::unique_ptr<WorkerConnection>> pool;
      for (int i = 0; i < 16 && done < rounds; ++i, ++done) pool.push_back(*zygote.Spawn());
      for (auto& worker : pool) {
        // Not right behind each other, as in an idle service.
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        const auto start = std::chrono::steady_clock::now();
        EVALD_CHECK(worker->Eval(kScript) == "42", "the script gives 42");
        row.Add(MicrosSince(start));
      }
      for (auto& worker : pool) Retire(zygote, *worker);
    }
  });
  row.SetCpu(cpu);
  return row;
}

Row MeasureForkOnDemand(ZygoteProcess& zygote, int rounds) {
  Row row("fork, on demand");
  const double cpu = ForkedCpu(zygote, [&] {
    for (int i = 0; i < rounds; ++i) {
      const auto start = std::chrono::steady_clock::now();
      auto worker = zygote.Spawn();
      EVALD_CHECK(worker.ok() && (*worker)->Eval(kScript) == "42", "the script gives 42");
      row.Add(MicrosSince(start));
      Retire(zygote, **worker);
    }
  });
  row.SetCpu(cpu);
  return row;
}

Row MeasureSnapshotWithoutFork(const std::string& snapshot, int rounds) {
  Row row("new isolate from the snapshot, no fork");
  const double before = OwnCpu();
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    auto runtime = Runtime::Create({.startup_snapshot = snapshot, .ops = BuiltinOps()});
    EVALD_CHECK(runtime.ok() && (*runtime)->Evaluate(kScript)->json() == "42", "the script gives 42");
    row.Add(MicrosSince(start));
  }
  row.SetCpu(OwnCpu() - before);
  return row;
}

void EvaluateAll(v8::Isolate* isolate) {
  v8::Isolate::Scope entered(isolate);
  v8::HandleScope handles(isolate);
  const v8::Local<v8::Context> context = v8::Context::New(isolate);
  v8::Context::Scope context_scope(context);
  hooks::Prepare(context);
  const v8::Local<v8::Object> exports = v8::Object::New(isolate);
  for (const Extension& extension : BuiltinExtensions()) {
    EVALD_CHECK(EvaluateExtension(context, extension, exports), "the built-in extensions run");
  }
  EVALD_CHECK(!RunScript(context, "globalThis.importantFunction = () => 42", "important").IsEmpty(),
              "and this script");
  EVALD_CHECK(!RunScript(context, kScript, "script").IsEmpty(), "and this one");
}

Row MeasureWithoutSnapshot(int rounds) {
  Row row("new isolate, extensions evaluated");
  StartV8();
  const std::unique_ptr<v8::ArrayBuffer::Allocator> buffers(
      v8::ArrayBuffer::Allocator::NewDefaultAllocator());
  const double before = OwnCpu();
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    v8::Isolate::CreateParams params;
    params.array_buffer_allocator = buffers.get();
    v8::Isolate* const isolate = v8::Isolate::New(params);
    Host host;
    host.AttachTo(isolate);
    EvaluateAll(isolate);
    row.Add(MicrosSince(start));
    isolate->Dispose();
  }
  row.SetCpu(OwnCpu() - before);
  return row;
}

int Main(const std::string& zygote_binary, int rounds) {
  const std::string snapshot = BuildSnapshot();
  internal::ZygoteBoot boot;
  boot.set_rewind(true);
  boot.set_heap_bytes(64 << 20);
  auto zygote = ZygoteProcess::Start(zygote_binary, snapshot, boot);
  if (!zygote.ok()) return std::fprintf(stderr, "%s\n", zygote.status().ToString().c_str()), 1;
  std::printf(
      "Time to a pristine isolate's first result, microseconds; the built-in extensions, a snapshot of %zu "
      "KiB\n",
      snapshot.size() / 1024);
  std::vector<Row> rows;
  rows.push_back(MeasureRewind(**zygote, rounds * 4));
  rows.push_back(MeasurePooledFork(**zygote, rounds));
  rows.push_back(MeasureForkOnDemand(**zygote, rounds));
  rows.push_back(MeasureSnapshotWithoutFork(snapshot, rounds / 2));
  rows.push_back(MeasureWithoutSnapshot(rounds / 4));
  std::printf("%-44s %8s %8s %8s %9s %10s\n", "", "p50", "p90", "p99", "CPU each", "to rewound");
  for (Row& row : rows) row.Print(rows.front().median());
  return 0;
}

}  // namespace
}  // namespace evald::bench

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: %s EVALD-ZYGOTE [ROUNDS]\n", argv[0]), 2;
  return evald::bench::Main(argv[1], argc > 2 ? std::atoi(argv[2]) : 400);
}
