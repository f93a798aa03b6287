// Calls: what a load is made of. Each kind is one way of asking evald, or the bare echo that evald is held
// against.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace grpc {
class CompletionQueue;
}

namespace evald::bench {

using SteadyClock = std::chrono::steady_clock;

// What is told of one call, as the driver reads it: numbers only, in this order.
struct Record {
  double due_seconds = 0;        // when it was due, since the load began
  double latency_micros = 0;     // from then to its end
  double code = 0;               // gRPC's status code, or kWrongResult
  double cold_start_micros = 0;  // as evald itself has it (ExecutionStats)
  double isolate_origin = 0;     // evald.v1.IsolateOrigin
};

constexpr double kWrongResult = 100;

struct CallOptions {
  enum class Kind { kEcho, kEval, kFunction };
  Kind kind = Kind::kEval;
  std::string address;
  // Connections that the calls take turns on.
  int connections = 1;
  // Of an Eval: its source; the echo's text, so that both carry the same.
  std::string source = "1 + 1";
  std::string expect;  // the result, as JSON; empty: any
  std::string tenant = "bench";
  // The calls take turns as so many tenants; 0: every one is another.
  uint64_t tenants = 1;
  std::chrono::milliseconds wall_time{0};  // the limit; 0: the daemon's default
};

// One call under way: what gRPC writes to, and the tag by which the queue tells of its end.
class PendingCall {
 public:
  virtual ~PendingCall() = default;
  // REQUIRES: it has ended.
  virtual void Describe(Record& record) const = 0;

  SteadyClock::time_point due;
};

// One thread at a time.
class Calls {
 public:
  virtual ~Calls() = default;
  // Connects, and makes one call on each connection. False: there is nobody, or it failed.
  virtual bool WarmUp() = 0;
  // The next call. `queue` gives it back when it has ended; whoever takes it from there owns it.
  virtual void Start(grpc::CompletionQueue& queue, SteadyClock::time_point due) = 0;
};

std::unique_ptr<Calls> MakeCalls(const CallOptions& options);

}  // namespace evald::bench
