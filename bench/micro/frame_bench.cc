// The frame codec: a worker's reply into a frame, and out of one, by the size of its result.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/frame.h"
#include "evald/internal/worker.pb.h"

namespace evald {
namespace {

internal::WorkerMessage ReplyOf(int64_t bytes) {
  internal::WorkerMessage message;
  internal::WorkerReply& reply = *message.mutable_reply();
  reply.set_request_id(7);
  reply.mutable_value()->set_json("\"" + std::string(static_cast<size_t>(bytes), 'x') + "\"");
  reply.set_started_ns(1);
  reply.set_finished_ns(2);
  return message;
}

void EncodeReply(benchmark::State& state) {
  const internal::WorkerMessage message = ReplyOf(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(EncodeFrame(message));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(EncodeReply)->Arg(16)->Arg(1 << 10)->Arg(64 << 10)->Arg(1 << 20);

void DecodeReply(benchmark::State& state) {
  const std::string frame = EncodeFrame(ReplyOf(state.range(0)));
  FrameReader reader(16 << 20);
  for (auto _ : state) {
    std::string_view payload;
    for (size_t sent = 0; *reader.Next(payload) == FrameReader::State::kNeedMore;) {
      const FrameReader::Space space = reader.Prepare();
      const size_t size = std::min(space.size, frame.size() - sent);
      std::memcpy(space.data, frame.data() + sent, size);
      reader.Commit(size);
      sent += size;
    }
    internal::WorkerMessage message;
    EVALD_CHECK(message.ParseFromArray(payload.data(), static_cast<int>(payload.size())), "it was a reply");
    benchmark::DoNotOptimize(message);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(DecodeReply)->Arg(16)->Arg(1 << 10)->Arg(64 << 10)->Arg(1 << 20);

}  // namespace
}  // namespace evald

BENCHMARK_MAIN();
