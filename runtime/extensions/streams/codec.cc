#include "runtime/extensions/streams/codec.h"

#include <algorithm>
#include <new>

namespace evald {
namespace {

// deflate of zlib 1.2 and 1.3 takes 268 to 284 KiB with a window of 32 KiB, inflate 40 KiB.
constexpr size_t kCompressBytes = 352 << 10;
constexpr size_t kDecompressBytes = 64 << 10;
constexpr int kWindowBits = 15;
constexpr int kMemoryLevel = 8;
// Input for one call: a script that waits for it can be interrupted between calls only.
constexpr size_t kShare = 1 << 20;

int WindowBits(Codec::Format format) {
  switch (format) {
    case Codec::Format::kDeflate:
      return kWindowBits;
    case Codec::Format::kDeflateRaw:
      return -kWindowBits;
    case Codec::Format::kGzip:
      return kWindowBits + 16;
  }
  return kWindowBits;
}

constexpr size_t Aligned(size_t bytes) {
  return (bytes + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) * alignof(std::max_align_t);
}

}  // namespace

size_t Codec::BytesNeeded(Direction direction) {
  return direction == Direction::kCompress ? kCompressBytes : kDecompressBytes;
}

Codec* Codec::CreateIn(std::span<uint8_t> memory, Direction direction, Format format) {
  const size_t own = Aligned(sizeof(Codec));
  if (memory.size() < own) return nullptr;
  auto* const codec = new (memory.data()) Codec(memory.subspan(own), direction);
  z_stream& stream = codec->stream_;
  stream.zalloc = Allocate;
  stream.zfree = Release;
  stream.opaque = codec;
  const int bits = WindowBits(format);
  const int answer =
      direction == Direction::kCompress
          ? deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, bits, kMemoryLevel, Z_DEFAULT_STRATEGY)
          : inflateInit2(&stream, bits);
  return answer == Z_OK ? codec : nullptr;
}

void* Codec::Allocate(void* codec, unsigned items, unsigned size) {
  std::span<uint8_t>& left = static_cast<Codec*>(codec)->memory_;
  const size_t bytes = Aligned(static_cast<size_t>(items) * size);
  if (bytes > left.size()) return nullptr;
  void* const piece = left.data();
  left = left.subspan(bytes);
  return piece;
}

Codec::Result Codec::Run(std::span<const uint8_t> chunk, bool last, std::span<uint8_t> output) {
  chunk = chunk.subspan(std::min(consumed_, chunk.size()));
  if (ended_) {
    consumed_ = 0;
    return {chunk.empty() ? Status::kConsumed : Status::kTrailing};
  }
  const size_t given = std::min(chunk.size(), kShare);
  const bool all_given = given == chunk.size();
  output = output.first(std::min(output.size(), kShare));
  stream_.next_in = const_cast<Bytef*>(chunk.data());
  stream_.avail_in = static_cast<uInt>(given);
  stream_.next_out = output.data();
  stream_.avail_out = static_cast<uInt>(output.size());
  const int flush = last && all_given ? Z_FINISH : Z_NO_FLUSH;
  const int answer =
      direction_ == Direction::kCompress ? deflate(&stream_, flush) : inflate(&stream_, Z_NO_FLUSH);
  const size_t used = given - stream_.avail_in;
  consumed_ += used;
  return Conclude(answer, given, output.size() - stream_.avail_out, all_given, last);
}

Codec::Result Codec::Conclude(int answer, size_t had, size_t produced, bool all_given, bool last) {
  const bool used_up = all_given && stream_.avail_in == 0;
  // Z_BUF_ERROR says that nothing could be done, which is no error: there was no input, or no room.
  if (answer != Z_OK && answer != Z_STREAM_END && answer != Z_BUF_ERROR) return {Status::kInvalid};
  ended_ = answer == Z_STREAM_END;
  if (produced > 0) return {Status::kOutput, produced};
  if (ended_ && !used_up) return {Status::kTrailing};
  if (used_up) {
    if (last && !ended_) return {direction_ == Direction::kCompress ? Status::kAgain : Status::kTruncated};
    consumed_ = 0;
    return {Status::kConsumed};
  }
  return {had > stream_.avail_in ? Status::kAgain : Status::kInvalid};
}

}  // namespace evald
