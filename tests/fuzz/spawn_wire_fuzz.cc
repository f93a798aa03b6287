// The zygote's hand-written frames against protobuf, which writes and reads the other end of them.

#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/frame.h"
#include "evald/internal/zygote.pb.h"
#include "runtime/spawn_wire.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace {

using evald::internal::SpawnRequest;
using evald::internal::ZygoteEvent;

template <typename T>
T ReadInteger(evald::fuzz::Input& input) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(T{input.Byte()} << (8 * i));
  return value;
}

// The frame is well formed, and its message is what protobuf would have written.
template <size_t kSize>
ZygoteEvent ParseEvent(const unsigned char (&frame)[kSize]) {
  const std::string_view bytes(reinterpret_cast<const char*>(frame), kSize);
  ZygoteEvent event;
  EVALD_CHECK(event.ParseFromArray(frame + evald::kFrameHeaderBytes, kSize - evald::kFrameHeaderBytes),
              "protobuf reads what the zygote writes");
  EVALD_CHECK(event.event_case() != ZygoteEvent::EVENT_NOT_SET, "an event says which");
  char header[evald::kFrameHeaderBytes];
  evald::EncodeFrameHeader(kSize - evald::kFrameHeaderBytes, header);
  EVALD_CHECK(bytes.substr(0, sizeof header) == std::string_view(header, sizeof header),
              "the frame's length is right");
  return event;
}

void CheckDecoder(evald::fuzz::Input input) {
  unsigned char frame[evald::kSpawnRequestBytes] = {};
  for (unsigned char& byte : frame) byte = input.Byte();
  uint64_t id = 0;
  const bool accepted = evald::DecodeSpawnRequest(frame, id);
  char header[evald::kFrameHeaderBytes];
  std::memcpy(header, frame, sizeof header);
  SpawnRequest request;
  const bool parsed = evald::DecodeFrameHeader(header) == sizeof frame - sizeof header &&
                      request.ParseFromArray(frame + sizeof header, sizeof frame - sizeof header) &&
                      request.GetReflection()->GetUnknownFields(request).empty();
  EVALD_CHECK(!accepted || (parsed && request.worker_id() == id),
              "what the zygote accepts, protobuf reads alike");
  EVALD_CHECK(!parsed || accepted || request.worker_id() == 0, "and the other way round");
}

void CheckEncoders(evald::fuzz::Input input) {
  const auto id = ReadInteger<uint64_t>(input);
  const auto first = ReadInteger<uint32_t>(input), second = ReadInteger<uint32_t>(input);

  SpawnRequest request;
  request.set_worker_id(id);
  const std::string encoded = evald::EncodeFrame(request);
  if (id != 0) {  // protobuf leaves out a 0, which the daemon never sends
    unsigned char frame[evald::kSpawnRequestBytes];
    EVALD_CHECK(encoded.size() == sizeof frame, "a spawn request has one size");
    std::memcpy(frame, encoded.data(), sizeof frame);
    uint64_t got = 0;
    EVALD_CHECK(evald::DecodeSpawnRequest(frame, got) && got == id, "the zygote reads what the daemon sends");
  }

  unsigned char spawned[evald::kSpawnedBytes];
  evald::EncodeSpawned(id, first, second, spawned);
  const ZygoteEvent spawned_event = ParseEvent(spawned);
  EVALD_CHECK(spawned_event.has_spawned() && spawned_event.spawned().worker_id() == id &&
                  spawned_event.spawned().pid() == first && spawned_event.spawned().error() == second,
              "spawned arrives as it was sent");

  unsigned char exited[evald::kExitedBytes];
  evald::EncodeExited(id, first, exited);
  const ZygoteEvent exited_event = ParseEvent(exited);
  EVALD_CHECK(exited_event.has_exited() && exited_event.exited().worker_id() == id &&
                  exited_event.exited().wait_status() == first,
              "exited arrives as it was sent");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evald::fuzz::QuietProtobuf();
  CheckDecoder(evald::fuzz::Input(data, size));
  CheckEncoders(evald::fuzz::Input(data, size));
  return 0;
}
