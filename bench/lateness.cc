// How late the answer to a script that reaches its wall-time limit comes, at each way of stopping it. Usage:
// lateness EVALD-ADDRESS [ANSWERS]
//
// Interrupted: a script that V8 looks up from. Killed: one that it does not, whose process is ended after the
// grace period, so that its lateness has that period in it (kill_grace, 250 ms by default). Each with one
// request at a time, and with as many at a time as make the machine busy.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/samples.h"
#include "evald/v1/script.grpc.pb.h"

namespace evald::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLimit{50};
constexpr int kBusy = 8;

struct Kind {
  const char* name;
  const char* source;
};

constexpr Kind kInterrupted{"interrupted", "for (;;);"};
// A search that V8 does not interrupt and that needs no memory.
constexpr Kind kKilled{"killed", "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)"};

struct Figures {
  Samples millis;
  size_t failed = 0;
};

// One request; how late its answer was, in milliseconds. Negative: it was not stopped by its limit.
double Ask(v1::ScriptService::Stub& stub, const Kind& kind) {
  grpc::ClientContext context;
  v1::EvalRequest request;
  v1::EvalResponse response;
  request.set_source(kind.source);
  request.mutable_limits()->mutable_wall_time()->set_nanos(
      static_cast<int32_t>(std::chrono::nanoseconds(kLimit).count()));
  const auto start = steady_clock::now();
  const grpc::Status status = stub.Eval(&context, request, &response);
  const auto late = steady_clock::now() - start - kLimit;
  if (status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED) return -1;
  return std::chrono::duration<double, std::milli>(late).count();
}

Figures Measure(const std::shared_ptr<grpc::Channel>& channel, const Kind& kind, int at_a_time, int answers) {
  std::vector<Figures> parts(static_cast<size_t>(at_a_time));
  std::vector<std::jthread> threads;
  threads.reserve(parts.size());
  std::atomic<int> left = answers;
  for (Figures& part : parts) {
    threads.emplace_back([&] {
      const auto stub = v1::ScriptService::NewStub(channel);
      while (left-- > 0) {
        if (const double late = Ask(*stub, kind); late < 0) {
          ++part.failed;
        } else {
          part.millis.Add(late);
        }
      }
    });
  }
  threads.clear();
  Figures all;
  for (const Figures& part : parts) {
    all.millis.AddAll(part.millis);
    all.failed += part.failed;
  }
  return all;
}

int Main(const std::string& address, int answers) {
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  std::printf("How late the answer comes after a wall-time limit of %d ms\n",
              static_cast<int>(kLimit.count()));
  size_t failed = 0;
  for (const Kind& kind : {kInterrupted, kKilled}) {
    for (const int at_a_time : {1, kBusy}) {
      Figures figures = Measure(channel, kind, at_a_time, answers);
      failed += figures.failed;
      if (figures.millis.size() == 0) continue;
      std::printf("%-12s %d at a time: p50 %8.2f ms   p99 %8.2f ms   max %8.2f ms\n", kind.name, at_a_time,
                  figures.millis.Median(), figures.millis.Quantile(0.99), figures.millis.Max());
    }
  }
  if (failed > 0) std::printf("%zu calls were not stopped by their limit\n", failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace evald::bench

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: %s EVALD-ADDRESS [ANSWERS]\n", argv[0]), 2;
  return evald::bench::Main(argv[1], argc > 2 ? std::atoi(argv[2]) : 40);
}
