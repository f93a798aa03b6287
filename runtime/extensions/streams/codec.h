// Codec: one stream of data that zlib compresses or decompresses.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace evald {

// Works on one chunk of input after the other and gives output in pieces of the caller's size, so neither is
// ever held here. Its own memory is one block that is given to it: what zlib needs is taken from there and is
// all gone with the block. Not movable, as zlib points into it. One thread at a time.
class Codec {
 public:
  // In the order that compression.js has them in.
  enum class Format : uint8_t { kDeflate, kDeflateRaw, kGzip };
  enum class Direction : uint8_t { kCompress, kDecompress };

  enum class Status : uint8_t {
    kOutput,     // `produced` bytes are ready; there may be more of them
    kConsumed,   // the chunk is used up; if it was the last, this is the end
    kAgain,      // a share of the chunk is used up, without output
    kInvalid,    // the input is not in the format
    kTruncated,  // the last chunk is used up, and the data was not complete
    kTrailing,   // there is input after the end of the data
  };
  struct Result {
    Status status;
    size_t produced = 0;
  };

  // How much memory a codec needs, itself included.
  static size_t BytesNeeded(Direction direction);

  // Makes one at the beginning of `memory`, aligned for anything. Null: zlib needs more than BytesNeeded.
  static Codec* CreateIn(std::span<uint8_t> memory, Direction direction, Format format);

  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  // Goes on with a chunk from where the last call with it stopped: the same `chunk` until the status is
  // kConsumed. It may have become shorter meanwhile. `last` says that nothing follows. After kInvalid,
  // kTruncated and kTrailing there is nothing more to do with it.
  Result Run(std::span<const uint8_t> chunk, bool last, std::span<uint8_t> output);

 private:
  Codec(std::span<uint8_t> memory, Direction direction) : direction_(direction), memory_(memory) {}

  static void* Allocate(void* codec, unsigned items, unsigned size);
  static void Release(void*, void*) {}

  // What zlib's answer means, when it could use `had` bytes of input.
  Result Conclude(int answer, size_t had, size_t produced, bool all_given, bool last);

  const Direction direction_;
  std::span<uint8_t> memory_;  // what is left of it
  size_t consumed_ = 0;        // of the chunk
  bool ended_ = false;
  z_stream stream_{};
};

}  // namespace evald
