// Load over gRPC, and the calls that it is made of.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "bench/samples.h"

namespace grpc {
class Channel;
}

namespace evald::bench {

using SteadyClock = std::chrono::steady_clock;

// One call to its end. False: it failed, or its result was wrong.
using Call = std::function<bool()>;
// One for each thread, with a stub of its own on a channel of its own.
using MakeCall = std::function<Call()>;

double MicrosSince(SteadyClock::time_point start);

// A connection that nobody else uses.
std::shared_ptr<grpc::Channel> OwnChannel(const std::string& address);

MakeCall EchoCalls(const std::string& address);
// `1 + 1`, pristine.
MakeCall EvalCalls(const std::string& address, const std::string& tenant);
// Math.max(1, 2), reused.
MakeCall ReusedCalls(const std::string& address);
// `1 + 1`, every request of a tenant of its own: each needs a fork.
MakeCall StrangerCalls(const std::string& address);

struct Figures {
  Samples micros;
  double per_second = 0;
  size_t failed = 0;

  void AddAll(const Figures& other) {
    micros.AddAll(other.micros);
    failed += other.failed;
  }
};

// `in_flight` threads, each with one call at a time, as fast as they go.
Figures ClosedLoop(const MakeCall& make, int in_flight, std::chrono::milliseconds time);

// `rate` calls a second at fixed times until `over` says so. A call's latency counts from the moment when it
// was due, so one that is held up by the one before it is not left out.
Figures FixedRate(const MakeCall& make, double rate, const std::function<bool()>& over);
Figures FixedRate(const MakeCall& make, double rate, std::chrono::milliseconds time);

}  // namespace evald::bench
