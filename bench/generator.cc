#include "bench/generator.h"

#include <grpcpp/grpcpp.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <thread>

namespace evald::bench {
namespace {

SteadyClock::duration Seconds(double seconds) {
  return std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(seconds));
}

// The calls of one load that have ended.
class Recorder {
 public:
  explicit Recorder(SteadyClock::time_point begin) : begin_(begin) {}

  void Add(const PendingCall& call) {
    const auto now = SteadyClock::now();
    Record& record = records_.emplace_back();
    record.due_seconds = std::chrono::duration<double>(call.due - begin_).count();
    record.latency_micros = std::chrono::duration<double, std::micro>(now - call.due).count();
    call.Describe(record);
  }
  std::vector<Record> Take() { return std::move(records_); }

 private:
  const SteadyClock::time_point begin_;
  std::vector<Record> records_;
};

std::unique_ptr<PendingCall> Next(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  if (!queue.Next(&tag, &ok)) return nullptr;
  return std::unique_ptr<PendingCall>(static_cast<PendingCall*>(tag));
}

std::vector<Record> ClosedLoop(Calls& calls, const Load& load) {
  grpc::CompletionQueue queue;
  const auto begin = SteadyClock::now(), end = begin + Seconds(load.seconds);
  Recorder recorder(begin);
  int64_t left = load.most > 0 ? load.most : std::numeric_limits<int64_t>::max();
  int under_way = 0;
  for (; under_way < load.in_flight && left > 0; ++under_way, --left) calls.Start(queue, begin);
  while (under_way > 0) {
    recorder.Add(*Next(queue));
    const auto now = SteadyClock::now();
    if (now < end && left > 0) {
      calls.Start(queue, now);
      --left;
    } else {
      --under_way;
    }
  }
  return recorder.Take();
}

std::vector<Record> OpenLoop(Calls& calls, const Load& load) {
  grpc::CompletionQueue queue;
  std::atomic<int64_t> under_way = 0;
  const auto begin = SteadyClock::now();
  Recorder recorder(begin);
  std::jthread receiver([&] {
    while (const auto call = Next(queue)) {
      recorder.Add(*call);
      --under_way;
    }
  });
  prctl(PR_SET_TIMERSLACK, 1);  // a sleep ends when it should
  auto count = static_cast<int64_t>(load.rate * load.seconds);
  if (load.most > 0) count = std::min(count, load.most);
  for (int64_t i = 0; i < count; ++i) {
    const auto due = begin + Seconds(static_cast<double>(i) / load.rate);
    std::this_thread::sleep_until(due);
    while (under_way >= kMostUnderWay) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++under_way;
    calls.Start(queue, due);
  }
  while (under_way > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  queue.Shutdown();
  receiver.join();
  return recorder.Take();
}

}  // namespace

std::vector<Record> Run(Calls& calls, const Load& load) {
  return load.rate > 0 ? OpenLoop(calls, load) : ClosedLoop(calls, load);
}

}  // namespace evald::bench
