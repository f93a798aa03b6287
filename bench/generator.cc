#include "bench/generator.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <thread>
#include <vector>

#include "evald/bench/echo.grpc.pb.h"
#include "evald/v1/script.grpc.pb.h"

namespace evald::bench {

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

Figures FixedRate(const MakeCall& make, double rate, const std::function<bool()>& over) {
  Figures figures;
  const Call call = make();
  call();  // connects
  const auto start = SteadyClock::now();
  for (int i = 0; !over(); ++i) {
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

Figures FixedRate(const MakeCall& make, double rate, std::chrono::milliseconds time) {
  const auto end = SteadyClock::now() + time;
  return FixedRate(make, rate, [end] { return SteadyClock::now() >= end; });
}

}  // namespace evald::bench
