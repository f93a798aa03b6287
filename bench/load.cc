// Load on evald and on a bare gRPC echo, in turn, from one client on the same machine: latencies at fixed
// rates, throughput with requests in flight, and their ratios. Usage: load EVALD-ADDRESS ECHO-ADDRESS
// [ROUNDS]
//
// Rounds alternate between the two, and a ratio is taken within each round, so that what else the machine
// does weighs on both.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/samples.h"
#include "evald/bench/echo.grpc.pb.h"
#include "evald/v1/script.grpc.pb.h"

namespace evald::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Call = std::function<bool()>;
// One per thread: a stub of its own on a channel of its own.
using MakeCall = std::function<Call()>;

double MicrosSince(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::micro>(SteadyClock::now() - start).count();
}

std::shared_ptr<grpc::Channel> OwnChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

MakeCall EchoCalls(const std::string& address) {
  return [address]() -> Call {
    std::shared_ptr<Echo::Stub> stub = Echo::NewStub(OwnChannel(address));
    return [stub] {
      grpc::ClientContext context;
      EchoMessage request, response;
      request.set_text("1 + 1");
      return stub->Echo(&context, request, &response).ok();
    };
  };
}

MakeCall EvalCalls(const std::string& address, const std::string& tenant) {
  return [address, tenant]() -> Call {
    std::shared_ptr<v1::ScriptService::Stub> stub = v1::ScriptService::NewStub(OwnChannel(address));
    return [stub, tenant] {
      grpc::ClientContext context;
      v1::EvalRequest request;
      v1::EvalResponse response;
      request.set_source("1 + 1");
      request.set_tenant(tenant);
      const grpc::Status status = stub->Eval(&context, request, &response);
      return status.ok() && response.value().json() == "2";
    };
  };
}

MakeCall ReusedCalls(const std::string& address) {
  return [address]() -> Call {
    std::shared_ptr<v1::ScriptService::Stub> stub = v1::ScriptService::NewStub(OwnChannel(address));
    return [stub] {
      grpc::ClientContext context;
      v1::CallFunctionRequest request;
      v1::CallFunctionResponse response;
      request.set_function("Math.max");
      request.add_args()->set_json("1");
      request.add_args()->set_json("2");
      request.set_isolation(v1::ISOLATION_REUSED);
      request.set_tenant("reused");
      const grpc::Status status = stub->CallFunction(&context, request, &response);
      return status.ok() && response.value().json() == "2";
    };
  };
}

// Every request of a tenant of its own: each needs a fork.
MakeCall StrangerCalls(const std::string& address) {
  auto next = std::make_shared<std::atomic<uint64_t>>(0);
  return [address, next]() -> Call {
    std::shared_ptr<v1::ScriptService::Stub> stub = v1::ScriptService::NewStub(OwnChannel(address));
    return [stub, next] {
      grpc::ClientContext context;
      v1::EvalRequest request;
      v1::EvalResponse response;
      request.set_source("1 + 1");
      request.set_tenant("stranger-" + std::to_string(SteadyClock::now().time_since_epoch().count()) + "-" +
                         std::to_string((*next)++));
      return stub->Eval(&context, request, &response).ok();
    };
  };
}

struct Figures {
  Samples micros;
  double per_second = 0;
  size_t failed = 0;
};

// `in_flight` threads, each with one call at a time, as fast as they go.
Figures ClosedLoop(const MakeCall& make, int in_flight, std::chrono::milliseconds time) {
  std::vector<Figures> parts(static_cast<size_t>(in_flight));
  std::vector<std::thread> threads;
  std::atomic<bool> go = false, stop = false;
  std::atomic<int> ready = 0;
  for (Figures& part : parts) {
    threads.emplace_back([&] {
      const Call call = make();
      call();  // connects
      ++ready;
      while (!go) std::this_thread::yield();
      while (!stop) {
        const auto start = SteadyClock::now();
        if (!call()) ++part.failed;
        part.micros.Add(MicrosSince(start));
      }
    });
  }
  while (ready < in_flight) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto start = SteadyClock::now();
  go = true;
  std::this_thread::sleep_for(time);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const double seconds = MicrosSince(start) / 1e6;
  Figures all;
  for (const Figures& part : parts) {
    all.micros.AddAll(part.micros);
    all.failed += part.failed;
  }
  all.per_second = static_cast<double>(all.micros.size()) / seconds;
  return all;
}

// `rate` calls a second at fixed times. A call's latency counts from the moment when it was due, so one that
// is held up by the one before it is not left out.
Figures FixedRate(const MakeCall& make, double rate, std::chrono::milliseconds time) {
  Figures figures;
  const Call call = make();
  call();
  const auto start = SteadyClock::now();
  const auto count = static_cast<int>(rate * static_cast<double>(time.count()) / 1000);
  for (int i = 0; i < count; ++i) {
    const auto due =
        start + std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(i / rate));
    std::this_thread::sleep_until(due);
    // The sleep itself wakes late: that is the client's, not the server's.
    const auto woken = SteadyClock::now();
    const auto from = woken - due < std::chrono::microseconds(500) ? woken : due;
    if (!call()) ++figures.failed;
    figures.micros.Add(MicrosSince(from));
  }
  return figures;
}

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
