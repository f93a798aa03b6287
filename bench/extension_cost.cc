// What the extension set costs an isolate: the full set beside `console` alone, turn by turn in one run.
// Usage: extension_cost EVALD-ZYGOTE CONSOLE.snapshot FULL.snapshot [ROUNDS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "bench/samples.h"
#include "runtime/platform.h"
#include "runtime/testing/zygote_process.h"
#include "snapshot/envelope.h"

namespace evald::bench {
namespace {

using std::chrono::steady_clock;
using testing::WorkerConnection;
using testing::ZygoteProcess;

constexpr char kScript[] = "[1, 2, 3].map((x) => x * x)[2]";
constexpr int kPooled = 16;

std::string ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
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

// Until the answer to kScript is there, microseconds.
double Answer(WorkerConnection& worker) {
  const auto start = steady_clock::now();
  EVALD_CHECK(worker.Eval(kScript) == "9", "the script gives 9");
  return std::chrono::duration<double, std::micro>(steady_clock::now() - start).count();
}

class Side {
 public:
  Side(const std::string& zygote, const char* name, const char* path) : name_(name) {
    const std::string bytes = ReadFile(path);
    const absl::StatusOr<snapshot::Envelope> envelope = snapshot::DecodeEnvelope(bytes);
    EVALD_CHECK(envelope.ok(), "a snapshot that was built for this");
    kib_ = envelope->blob.size() / 1024;
    internal::ZygoteBoot boot;
    boot.set_rewind(true);
    boot.set_heap_bytes(64 << 20);
    auto started = ZygoteProcess::Start(zygote, std::string(envelope->blob), boot);
    EVALD_CHECK(started.ok(), "its zygote boots");
    zygote_ = *std::move(started);
    rewound_worker_ = Spawn();
    EVALD_CHECK(rewound_worker_->EvalAndReset(kScript) == "9", "the script gives 9");
  }

  void Round() {
    std::vector<std::unique_ptr<WorkerConnection>> pool;
    for (int i = 0; i < kPooled; ++i) {
      const auto start = steady_clock::now();
      pool.push_back(Spawn());
      forked_.Add(std::chrono::duration<double, std::micro>(steady_clock::now() - start).count());
    }
    for (auto& worker : pool) {
      idle_.Add(PrivateKib(worker->pid()));
      // Not right behind each other, as in an idle service.
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      pooled_.Add(Answer(*worker));
    }
    for (auto& worker : pool) {
      worker->HangUp();
      EVALD_CHECK(zygote_->AwaitExit().ok(), "a worker ends when it is hung up on");
    }
    for (int i = 0; i < kPooled; ++i) {
      rewound_.Add(Answer(*rewound_worker_));
      EVALD_CHECK(rewound_worker_->ReadReady().ok(), "a worker is rewound");
      rewind_.Add(static_cast<double>(rewound_worker_->last_ready().rewind_micros()));
      rewound_idle_.Add(PrivateKib(rewound_worker_->pid()));
    }
  }

  void Print() {
    std::printf("%-10s %9zu %9.0f %9.0f %9.0f %9.0f %9.0f %9.0f %9.0f\n", name_, kib_, pooled_.Median(),
                pooled_.Quantile(0.99), rewound_.Median(), rewind_.Median(), forked_.Median(), idle_.Median(),
                rewound_idle_.Median());
  }
  static void PrintRatio(Side& full, Side& console) {
    std::printf(
        "%-10s %9.1f %9.2f %9.2f %9.2f %9.2f %9.2f %9.2f %9.2f\n", "ratio",
        static_cast<double>(full.kib_) / static_cast<double>(console.kib_),
        full.pooled_.Median() / console.pooled_.Median(),
        full.pooled_.Quantile(0.99) / console.pooled_.Quantile(0.99),
        full.rewound_.Median() / console.rewound_.Median(), full.rewind_.Median() / console.rewind_.Median(),
        full.forked_.Median() / console.forked_.Median(), full.idle_.Median() / console.idle_.Median(),
        full.rewound_idle_.Median() / console.rewound_idle_.Median());
  }

 private:
  std::unique_ptr<WorkerConnection> Spawn() {
    auto worker = zygote_->Spawn();
    EVALD_CHECK(worker.ok(), "a worker can be forked");
    return *std::move(worker);
  }

  const char* const name_;
  size_t kib_ = 0;
  std::unique_ptr<ZygoteProcess> zygote_;
  std::unique_ptr<WorkerConnection> rewound_worker_;
  Samples forked_, pooled_, rewound_, rewind_, idle_, rewound_idle_;
};

void Main(const char* zygote, const char* console_path, const char* full_path, int rounds) {
  StartV8();  // what a zygote has to be like is read off this process
  Side console(zygote, "console", console_path), full(zygote, "full set", full_path);
  for (int i = 0; i < rounds; ++i) {
    console.Round();
    full.Round();
  }
  std::printf(
      "What the extension set costs: medians of %d, microseconds and KiB; p50 and p99 from the pool to the "
      "answer\n%-10s %9s %9s %9s %9s %9s %9s %9s %9s\n",
      rounds * kPooled, "", "snapshot", "pool p50", "pool p99", "rewound", "rewind", "fork", "idle",
      "idle rew.");
  console.Print();
  full.Print();
  Side::PrintRatio(full, console);
}

}  // namespace
}  // namespace evald::bench

int main(int argc, char** argv) {
  if (argc < 4)
    return std::fprintf(stderr, "usage: %s EVALD-ZYGOTE CONSOLE.snapshot FULL.snapshot [ROUNDS]\n", argv[0]),
           2;
  evald::bench::Main(argv[1], argv[2], argv[3], argc > 4 ? std::atoi(argv[4]) : 40);
}
