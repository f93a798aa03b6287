#include "runtime/spawn_wire.h"

namespace evald {
namespace {

// Protobuf's tags: field number * 8 + wire type (1: 64 bits, 5: 32 bits, 2: a length and that many bytes).
constexpr unsigned char kFixed64Field1 = 1 << 3 | 1;
constexpr unsigned char kFixed32Field2 = 2 << 3 | 5;
constexpr unsigned char kFixed32Field3 = 3 << 3 | 5;
constexpr unsigned char kSpawnedField = 3 << 3 | 2;
constexpr unsigned char kExitedField = 4 << 3 | 2;

template <typename T>
unsigned char* Put(unsigned char* at, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) *at++ = static_cast<unsigned char>(value >> (8 * i));
  return at;
}

template <typename T>
unsigned char* PutField(unsigned char* at, unsigned char tag, T value) {
  *at++ = tag;
  return Put(at, value);
}

// The frame's header and the event's field around a message that takes the rest of the frame.
unsigned char* BeginEvent(unsigned char* frame, size_t frame_bytes, unsigned char field) {
  unsigned char* at = Put(frame, static_cast<uint32_t>(frame_bytes - 4));
  *at++ = field;
  *at++ = static_cast<unsigned char>(frame_bytes - 4 - 2);
  return at;
}

}  // namespace

bool DecodeSpawnRequest(const unsigned char (&frame)[kSpawnRequestBytes], uint64_t& worker_id) {
  const unsigned char expected[5] = {kSpawnRequestBytes - 4, 0, 0, 0, kFixed64Field1};
  for (size_t i = 0; i < sizeof expected; ++i) {
    if (frame[i] != expected[i]) return false;
  }
  worker_id = 0;
  for (size_t i = 0; i < 8; ++i) worker_id |= static_cast<uint64_t>(frame[5 + i]) << (8 * i);
  return true;
}

void EncodeSpawned(uint64_t worker_id, uint32_t pid, uint32_t error, unsigned char (&frame)[kSpawnedBytes]) {
  unsigned char* at = BeginEvent(frame, kSpawnedBytes, kSpawnedField);
  at = PutField(at, kFixed64Field1, worker_id);
  at = PutField(at, kFixed32Field2, pid);
  PutField(at, kFixed32Field3, error);
}

void EncodeExited(uint64_t worker_id, uint32_t wait_status, unsigned char (&frame)[kExitedBytes]) {
  unsigned char* at = BeginEvent(frame, kExitedBytes, kExitedField);
  at = PutField(at, kFixed64Field1, worker_id);
  PutField(at, kFixed32Field2, wait_status);
}

}  // namespace evald
