#include "runtime/spawn_wire.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "base/frame.h"
#include "evald/internal/zygote.pb.h"

namespace evald {
namespace {

template <size_t N>
std::string Payload(const unsigned char (&frame)[N]) {
  char header[kFrameHeaderBytes];
  std::memcpy(header, frame, kFrameHeaderBytes);
  EXPECT_EQ(DecodeFrameHeader(header), N - kFrameHeaderBytes);
  return std::string(reinterpret_cast<const char*>(frame) + kFrameHeaderBytes, N - kFrameHeaderBytes);
}

constexpr uint64_t kIds[] = {0, 1, 0x0102030405060708, UINT64_MAX};

TEST(SpawnWire, ReadsWhatProtobufWrites) {
  for (const uint64_t id : kIds) {
    if (id == 0) continue;  // protobuf leaves a zero out, which is why worker ids start at 1
    internal::SpawnRequest request;
    request.set_worker_id(id);
    const std::string frame = EncodeFrame(request);
    unsigned char bytes[kSpawnRequestBytes];
    ASSERT_EQ(frame.size(), sizeof bytes);
    std::memcpy(bytes, frame.data(), sizeof bytes);
    uint64_t decoded = 0;
    ASSERT_TRUE(DecodeSpawnRequest(bytes, decoded));
    EXPECT_EQ(decoded, id);
    bytes[4] ^= 1;
    EXPECT_FALSE(DecodeSpawnRequest(bytes, decoded));
    bytes[4] ^= 1;
    bytes[0] = 200;
    EXPECT_FALSE(DecodeSpawnRequest(bytes, decoded));
  }
}

TEST(SpawnWire, ProtobufReadsWhatItWrites) {
  for (const uint64_t id : kIds) {
    unsigned char spawned[kSpawnedBytes], exited[kExitedBytes];
    EncodeSpawned(id, 4711, 11, spawned);
    EncodeExited(id, 0x8b00, exited);
    internal::ZygoteEvent event;
    ASSERT_TRUE(event.ParseFromString(Payload(spawned)));
    EXPECT_EQ(event.spawned().worker_id(), id);
    EXPECT_EQ(event.spawned().pid(), 4711u);
    EXPECT_EQ(event.spawned().error(), 11u);
    ASSERT_TRUE(event.ParseFromString(Payload(exited)));
    EXPECT_EQ(event.exited().worker_id(), id);
    EXPECT_EQ(event.exited().wait_status(), 0x8b00u);
  }
}

}  // namespace
}  // namespace evald
