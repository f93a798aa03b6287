// Load on evald and on a bare gRPC echo, in turn, from one client on the same machine: latencies at fixed
// rates, throughput with requests in flight, and their ratios. Usage: load EVALD-ADDRESS ECHO-ADDRESS
// [ROUNDS]
//
// Rounds alternate between the two, and a ratio is taken within each round, so that what else the machine
// does weighs on both.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/generator.h"
#include "bench/samples.h"

namespace evald::bench {
namespace {

// Medians over rounds, and of the ratio within each, with the least and the greatest.
class Comparison {
 public:
  void Add(double evald, double echo) {
    evald_.Add(evald);
    echo_.Add(echo);
    ratio_.Add(evald / echo);
  }
  void Print(const char* what, const char* unit) {
    std::printf("%-46s evald %9.0f %-4s echo %9.0f %-4s ratio %5.2f  (%.2f to %.2f)\n", what, evald_.Median(),
                unit, echo_.Median(), unit, ratio_.Median(), ratio_.Min(), ratio_.Max());
  }

 private:
  Samples evald_, echo_, ratio_;
};

size_t CompareRate(double rate, const MakeCall& evald, const MakeCall& echo, int rounds) {
  Comparison p50, p99;
  size_t failed = 0;
  const auto time = std::chrono::milliseconds(static_cast<int>(std::max(1000.0, 150000 / rate)));
  for (int i = 0; i < rounds; ++i) {
    Figures ours = FixedRate(evald, rate, time), theirs = FixedRate(echo, rate, time);
    p50.Add(ours.micros.Median(), theirs.micros.Median());
    p99.Add(ours.micros.Quantile(0.99), theirs.micros.Quantile(0.99));
    failed += ours.failed + theirs.failed;
  }
  char name[64];
  std::snprintf(name, sizeof name, "Eval, pristine, %.0f a second: p50", rate);
  p50.Print(name, "us");
  std::snprintf(name, sizeof name, "Eval, pristine, %.0f a second: p99", rate);
  p99.Print(name, "us");
  return failed;
}

size_t CompareThroughput(const char* name, int in_flight, const MakeCall& evald, const MakeCall& echo,
                         int rounds) {
  Comparison throughput;
  size_t failed = 0;
  for (int i = 0; i < rounds; ++i) {
    const Figures ours = ClosedLoop(evald, in_flight, std::chrono::milliseconds(1500));
    const Figures theirs = ClosedLoop(echo, in_flight, std::chrono::milliseconds(700));
    throughput.Add(ours.per_second, theirs.per_second);
    failed += ours.failed + theirs.failed;
  }
  throughput.Print(name, "/s");
  return failed;
}

int Main(const std::string& evald_address, const std::string& echo_address, int rounds) {
  const MakeCall echo = EchoCalls(echo_address), eval = EvalCalls(evald_address, "bench");
  std::printf(
      "Over gRPC, client and servers on the same cores; medians of %d alternating rounds (least to greatest "
      "ratio)\n",
      rounds);
  size_t failed = 0;
  failed += CompareRate(50, eval, echo, rounds);
  failed += CompareRate(200, eval, echo, rounds);
  failed += CompareThroughput("Eval, pristine, one tenant, 1 in flight", 1, eval, echo, rounds);
  failed += CompareThroughput("Eval, pristine, one tenant, 16 in flight", 16, eval, echo, rounds);
  failed +=
      CompareThroughput("CallFunction, reused, 16 in flight", 16, ReusedCalls(evald_address), echo, rounds);
  failed += CompareThroughput("Eval, every request another tenant, 16", 16, StrangerCalls(evald_address),
                              echo, rounds);
  if (failed > 0) std::printf("%zu calls failed\n", failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace evald::bench

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: %s EVALD-ADDRESS ECHO-ADDRESS [ROUNDS]\n", argv[0]), 2;
  return evald::bench::Main(argv[1], argv[2], argc > 3 ? std::atoi(argv[3]) : 5);
}
