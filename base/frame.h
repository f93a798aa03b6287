// Frames: how evald's processes delimit protobuf messages on a stream socket.
//
//   frame := length payload
//   length := the payload's size in bytes, 4 bytes, little-endian; at most the limit that the reader sets
//
// Whoever reads treats the peer's bytes as untrusted: the length is checked before anything is allocated for
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace google::protobuf {
class MessageLite;
}

namespace evald {

inline constexpr size_t kFrameHeaderBytes = 4;

// Writes the header of a payload of `size` bytes. REQUIRES: size < 2^32.
void EncodeFrameHeader(size_t size, char (&header)[kFrameHeaderBytes]);
size_t DecodeFrameHeader(const char (&header)[kFrameHeaderBytes]);

// Header and serialized message in one string: a frame ready to be written.
std::string EncodeFrame(const google::protobuf::MessageLite& message);

// Takes a stream apart into frames as its bytes come in. Owned by whoever reads the socket; not synchronised.
class FrameReader {
 public:
  // `max_payload`: a longer frame is an error.
  explicit FrameReader(size_t max_payload) : max_payload_(max_payload) {}

  // Where to put the next bytes read, and at most how many: at least one. Grows only by what the peer really
  // sent (twice over at most), never by what a header merely announces. Valid until the next call.
  struct Space {
    char* data;
    size_t size;
  };
  Space Prepare();

  // `size` bytes were put there.
  void Commit(size_t size);

  enum class State { kNeedMore, kFrame };
  // kFrame: `payload` is the next frame, valid until Prepare is called. OUT_OF_RANGE: it announces more than
  // the limit; the stream cannot be read any further.
  absl::StatusOr<State> Next(std::string_view& payload);

 private:
  const size_t max_payload_;
  std::string buffer_;
  size_t begin_ = 0;  // first byte not handed out yet
  size_t end_ = 0;    // past the last byte received
};

// Blocking forms, for processes that do one thing at a time. EINTR is retried.
// UNAVAILABLE: the peer hung up (before a frame began, or in the middle of one: the message tells). INTERNAL:
// errno.
absl::Status WriteFrame(int fd, const google::protobuf::MessageLite& message);
// OUT_OF_RANGE: longer than `max_payload`. INVALID_ARGUMENT: not a message of that type.
absl::Status ReadFrame(int fd, size_t max_payload, google::protobuf::MessageLite& message);

}  // namespace evald
