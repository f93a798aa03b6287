// What requests notice of a snapshot that is replaced under them. Usage:
// regenerate EVALD-ADDRESS TOKEN-FILE [REGENERATIONS]
//
// First how much the daemon can do, then a steady load of half of that: alone, and while the snapshot is
// built and swapped again and again. The figure is the ratio of the latencies at p99.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/generator.h"
#include "bench/samples.h"
#include "evald/v1/snapshot.grpc.pb.h"

namespace evald::bench {
namespace {

constexpr int kClients = 8;
constexpr std::chrono::seconds kAlone{5};

// From all clients together.
Figures SteadyLoad(const MakeCall& call, double rate, const std::function<bool()>& over) {
  std::vector<Figures> parts(kClients);
  std::vector<std::jthread> threads;
  for (Figures& part : parts) {
    threads.emplace_back([&] { part = FixedRate(call, rate / kClients, over); });
  }
  threads.clear();
  Figures all;
  for (const Figures& part : parts) all.AddAll(part);
  return all;
}

// Milliseconds until the new generation had taken over and the old one had gone; negative if that failed.
double Regenerate(v1::SnapshotService::Stub& stub, const std::string& token) {
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  v1::RegenerateSnapshotRequest request;
  request.set_force(true);
  const auto start = SteadyClock::now();
  const auto stream = stub.RegenerateSnapshot(&context, request);
  v1::SnapshotProgress progress;
  bool swapped = false;
  while (stream->Read(&progress)) {
    swapped = swapped || progress.outcome().result() == v1::SnapshotOutcome::SWAPPED;
  }
  const grpc::Status status = stream->Finish();
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.error_message().c_str());
  return status.ok() && swapped ? MicrosSince(start) / 1000 : -1;
}

int Main(const std::string& address, const std::string& token_file, int regenerations) {
  std::string token;
  if (!std::getline(std::ifstream(token_file) >> std::ws, token)) {
    return std::fprintf(stderr, "%s holds no token\n", token_file.c_str()), 1;
  }
  const MakeCall eval = EvalCalls(address, "bench");
  const double capacity = ClosedLoop(eval, 2 * kClients, std::chrono::milliseconds(2000)).per_second;
  const double rate = capacity / 2;

  const auto end = SteadyClock::now() + kAlone;
  Figures alone = SteadyLoad(eval, rate, [end] { return SteadyClock::now() >= end; });

  const auto stub = v1::SnapshotService::NewStub(OwnChannel(address));
  std::atomic<bool> over = false;
  Samples took;
  int failed = 0;
  std::jthread operator_([&] {
    for (int i = 0; i < regenerations; ++i) {
      const double millis = Regenerate(*stub, token);
      if (millis < 0) ++failed;
      took.Add(millis);
    }
    over = true;
  });
  Figures during = SteadyLoad(eval, rate, [&] { return over.load(); });
  operator_.join();

  const double before_p99 = alone.micros.Quantile(0.99), during_p99 = during.micros.Quantile(0.99);
  std::printf("Regenerating %d times in a row at %.0f evals a second, half of what the daemon can do\n",
              regenerations, rate);
  std::printf("%-28s p50 %7.0f us   p99 %7.0f us   %zu evals, %zu failed\n", "before", alone.micros.Median(),
              before_p99, alone.micros.size(), alone.failed);
  std::printf("%-28s p50 %7.0f us   p99 %7.0f us   %zu evals, %zu failed\n", "during", during.micros.Median(),
              during_p99, during.micros.size(), during.failed);
  std::printf("p99 during against before: ratio %.2f; one regeneration p50 %.0f ms, max %.0f ms\n",
              during_p99 / before_p99, took.Median(), took.Max());
  if (failed > 0) std::printf("%d regenerations failed\n", failed);
  return failed == 0 && alone.failed + during.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace evald::bench

int main(int argc, char** argv) {
  if (argc < 3)
    return std::fprintf(stderr, "usage: %s EVALD-ADDRESS TOKEN-FILE [REGENERATIONS]\n", argv[0]), 2;
  return evald::bench::Main(argv[1], argv[2], argc > 3 ? std::atoi(argv[3]) : 20);
}
