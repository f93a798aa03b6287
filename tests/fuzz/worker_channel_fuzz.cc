// What the daemon makes of a worker's bytes: FrameReader by itself, and WorkerChannel over a real socket
// pair. Both must say the same however the bytes are cut up on their way, and the channel must hear exactly
// what a plain reading of its rules (worker_channel.h) lets it hear.

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/frame.h"
#include "daemon/process/frame_stream.h"
#include "daemon/workers/worker_channel.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace {

using evald::WorkerChannel;
using evald::fuzz::Input;
using evald::internal::WorkerMessage;
using evald::internal::WorkerReady;
using evald::internal::WorkerReply;
using evald::internal::WorkerRequest;

constexpr size_t kMostChunks = 64;
// What a socket takes without anybody reading.
constexpr size_t kLongestStream = 64 << 10;

// The daemon's side of every conversation: it answers each ready with a request, every other one REUSED.
WorkerRequest RequestNumber(uint64_t id) {
  WorkerRequest request;
  request.set_request_id(id);
  request.mutable_eval()->set_isolation(id % 2 == 0 ? evald::v1::ISOLATION_REUSED
                                                    : evald::v1::ISOLATION_PRISTINE);
  return request;
}

// A stream in which whole frames are likely: a fuzzer seldom guesses a length and an id that are right.
std::string BuildStream(Input& input) {
  std::string stream;
  uint64_t id = 1;
  while (!input.empty() && stream.size() < kLongestStream) {
    WorkerMessage message;
    const uint8_t kind = input.Byte();
    switch (kind % 6) {
      case 0:
        message.mutable_ready()->set_isolate_origin(static_cast<evald::v1::IsolateOrigin>(kind / 6 % 5));
        break;
      case 1:
        message.mutable_reply()->set_request_id(id++);
        message.mutable_reply()->mutable_value()->set_json(std::to_string(kind));
        break;
      case 2:
        message.mutable_reply()->set_request_id(input.Byte());
        break;
      case 3:
        stream += std::string(input.Take(input.Byte()));  // no frame at all
        continue;
      default: {
        const std::string_view payload = input.Take(input.Byte());
        char header[evald::kFrameHeaderBytes];
        evald::EncodeFrameHeader(payload.size(), header);
        stream.append(header, sizeof header).append(payload);
        continue;
      }
    }
    stream += evald::EncodeFrame(message);
  }
  return stream;
}

// Frames as frame.h defines them.
struct Frames {
  std::vector<std::string> payloads;
  bool too_long = false;
};

Frames SplitPlainly(std::string_view stream, size_t max_payload) {
  Frames frames;
  while (stream.size() >= evald::kFrameHeaderBytes) {
    size_t size = 0;
    for (size_t i = 0; i < evald::kFrameHeaderBytes; ++i)
      size += size_t{static_cast<uint8_t>(stream[i])} << (8 * i);
    frames.too_long = size > max_payload;
    if (frames.too_long || stream.size() - evald::kFrameHeaderBytes < size) break;
    frames.payloads.emplace_back(stream.substr(evald::kFrameHeaderBytes, size));
    stream.remove_prefix(evald::kFrameHeaderBytes + size);
  }
  return frames;
}

Frames SplitWithReader(std::string_view stream, size_t max_payload, size_t chunk) {
  Frames frames;
  evald::FrameReader reader(max_payload);
  size_t received = 0;
  while (received < stream.size() && !frames.too_long) {
    const evald::FrameReader::Space space = reader.Prepare();
    EVALD_CHECK(space.size >= 1, "there is room for a byte");
    EVALD_CHECK(space.size <= std::max<size_t>(4096, 2 * received),
                "room grows with what came, not with what is announced");
    const size_t n = std::min({space.size, chunk, stream.size() - received});
    std::copy_n(stream.data() + received, n, space.data);
    reader.Commit(n);
    received += n;
    for (;;) {
      std::string_view payload;
      const absl::StatusOr<evald::FrameReader::State> state = reader.Next(payload);
      EVALD_CHECK(state.ok() || absl::IsOutOfRange(state.status()), "only a length can be wrong");
      frames.too_long = !state.ok();
      if (!state.ok() || *state == evald::FrameReader::State::kNeedMore) break;
      EVALD_CHECK(payload.size() <= max_payload, "a frame is within the limit");
      frames.payloads.emplace_back(payload);
    }
  }
  return frames;
}

std::string Heard(const WorkerReady& ready) { return absl::StrCat("ready ", ready.SerializeAsString()); }
std::string Heard(const WorkerReply& reply) { return absl::StrCat("reply ", reply.SerializeAsString()); }
std::string HeardEnd(bool broke_the_rules) { return broke_the_rules ? "broke the rules" : "hung up"; }

// What the channel's owner hears, read off its rules.
std::vector<std::string> HearPlainly(const Frames& frames) {
  std::vector<std::string> heard;
  enum { kStarting, kBusy, kAnswered } state = kStarting;
  uint64_t id = 0;
  for (const std::string& payload : frames.payloads) {
    WorkerMessage message;
    bool good = message.ParseFromString(payload);
    if (good && message.has_ready()) {
      const auto origin = message.ready().isolate_origin();
      const bool kept = id % 2 == 0;
      good = (state == kStarting && origin == evald::v1::ISOLATE_ORIGIN_FORKED) ||
             (state == kAnswered && (origin == evald::v1::ISOLATE_ORIGIN_REWOUND ||
                                     (kept && origin == evald::v1::ISOLATE_ORIGIN_REUSED)));
      if (good) heard.push_back(Heard(message.ready()));
      state = kBusy;  // a request follows at once
      ++id;
    } else if (good && message.has_reply()) {
      good = state == kBusy && message.reply().request_id() == id &&
             message.reply().outcome_case() != WorkerReply::OUTCOME_NOT_SET;
      if (good) heard.push_back(Heard(message.reply()));
      state = kAnswered;
    } else {
      good = false;
    }
    if (!good) {
      heard.push_back(HeardEnd(true));
      return heard;
    }
  }
  heard.push_back(HeardEnd(frames.too_long));
  return heard;
}

std::vector<std::string> HearFromChannel(std::string_view stream, size_t max_payload, size_t chunk) {
  boost::asio::io_context io;
  absl::StatusOr<evald::SocketPair> pair = evald::MakeSocketPair();
  EVALD_CHECK(pair.ok(), "there are descriptors left");
  std::vector<std::string> heard;
  bool closed = false;
  uint64_t id = 0;
  WorkerChannel* to_worker = nullptr;
  WorkerChannel channel(io, std::move(pair->ours), max_payload,
                        {.on_ready =
                             [&](const WorkerReady& ready) {
                               EVALD_CHECK(!closed, "nothing is heard after the end");
                               heard.push_back(Heard(ready));
                               to_worker->Send(RequestNumber(++id));
                             },
                         .on_reply =
                             [&](WorkerReply& reply) {
                               EVALD_CHECK(!closed, "nothing is heard after the end");
                               heard.push_back(Heard(reply));
                             },
                         .on_closed =
                             [&](const absl::Status& why) {
                               EVALD_CHECK(!closed, "the end comes once");
                               closed = true;
                               EVALD_CHECK(why.ok() || !why.message().empty(), "the end says why");
                               heard.push_back(HeardEnd(!why.ok()));
                             }});
  to_worker = &channel;
  const int worker = pair->theirs.get();
  while (!stream.empty() && !closed) {
    const std::string_view now = stream.substr(0, chunk);
    const ssize_t sent = send(worker, now.data(), now.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    EVALD_CHECK(sent > 0, "the socket takes a short stream");
    stream.remove_prefix(static_cast<size_t>(sent));
    io.restart();
    io.poll();
  }
  pair->theirs.reset();
  io.restart();
  io.poll();
  EVALD_CHECK(closed, "a worker that hangs up is noticed");
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evald::fuzz::QuietProtobuf();
  Input input(data, size);
  const uint8_t mode = input.Byte();
  const size_t max_payload = size_t{16} << (mode / 2 % 16);
  const size_t wanted_chunk = 1 + size_t{input.Byte()};
  const std::string stream = mode % 2 == 0 ? BuildStream(input) : std::string(input.Take(kLongestStream));
  const size_t chunk = std::max(wanted_chunk, stream.size() / kMostChunks);

  const Frames frames = SplitPlainly(stream, max_payload);
  for (const size_t size_of_each : {stream.size() + 1, chunk}) {
    const Frames read = SplitWithReader(stream, max_payload, size_of_each);
    EVALD_CHECK(read.payloads == frames.payloads && read.too_long == frames.too_long,
                "frames do not depend on chunks");
  }
  const std::vector<std::string> expected = HearPlainly(frames);
  EVALD_CHECK(HearFromChannel(stream, max_payload, chunk) == expected,
              "the channel hears what its rules let it hear");
  EVALD_CHECK(HearFromChannel(stream, max_payload, stream.size() + 1) == expected, "all at once as well");
  return 0;
}
