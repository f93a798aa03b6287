// The frames between the daemon and a sealed zygote, read and written in place.
//
// They are ordinary frames (base/frame.h) of ordinary messages (proto/evald/internal/zygote.proto), but a
// sealed zygote may not use its heap, and so not protobuf. That phase's messages have only fixed-width
// fields, all of them written, so each has one layout:
//
//   SpawnRequest                 0d 00 00 00 | 09 worker_id:8
//   ZygoteEvent.spawned          15 00 00 00 | 1a 13 | 09 worker_id:8 | 15 pid:4 | 1d error:4
//   ZygoteEvent.exited           10 00 00 00 | 22 0e | 09 worker_id:8 | 15 wait_status:4
//
// (a tag byte before each field; integers little-endian; the length before each frame is of what follows it).
#pragma once

#include <cstddef>
#include <cstdint>

namespace evald {

inline constexpr size_t kSpawnRequestBytes = 4 + 9;
inline constexpr size_t kSpawnedBytes = 4 + 2 + 9 + 5 + 5;
inline constexpr size_t kExitedBytes = 4 + 2 + 9 + 5;

// False: not a SpawnRequest.
bool DecodeSpawnRequest(const unsigned char (&frame)[kSpawnRequestBytes], uint64_t& worker_id);

void EncodeSpawned(uint64_t worker_id, uint32_t pid, uint32_t error, unsigned char (&frame)[kSpawnedBytes]);
void EncodeExited(uint64_t worker_id, uint32_t wait_status, unsigned char (&frame)[kExitedBytes]);

}  // namespace evald
