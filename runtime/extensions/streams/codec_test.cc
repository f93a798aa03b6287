#include "runtime/extensions/streams/codec.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evald {
namespace {

using Direction = Codec::Direction;
using Format = Codec::Format;
using Status = Codec::Status;

constexpr Format kFormats[] = {Format::kDeflate, Format::kDeflateRaw, Format::kGzip};

struct Outcome {
  std::string bytes;
  Status status = Status::kConsumed;
};

class CodecUser {
 public:
  CodecUser(Direction direction, Format format)
      : memory_(std::make_unique<uint8_t[]>(Codec::BytesNeeded(direction))),
        codec_(Codec::CreateIn({memory_.get(), Codec::BytesNeeded(direction)}, direction, format)) {}

  Codec* codec() { return codec_; }

  // All of `text` in chunks of `chunk` bytes, output in pieces of `piece`.
  Outcome Run(std::string_view text, size_t chunk, size_t piece) {
    Outcome outcome;
    for (; !text.empty() && outcome.status == Status::kConsumed;
         text.remove_prefix(std::min(chunk, text.size()))) {
      outcome.status = Feed(text.substr(0, chunk), false, piece, outcome.bytes);
    }
    if (outcome.status == Status::kConsumed) outcome.status = Feed({}, true, piece, outcome.bytes);
    return outcome;
  }

  Status Feed(std::string_view chunk, bool last, size_t piece, std::string& out) {
    std::vector<uint8_t> output(piece);
    const std::span<const uint8_t> input(reinterpret_cast<const uint8_t*>(chunk.data()), chunk.size());
    for (;;) {
      const Codec::Result result = codec_->Run(input, last, output);
      if (result.status == Status::kOutput) {
        out.append(reinterpret_cast<const char*>(output.data()), result.produced);
      } else if (result.status != Status::kAgain) {
        return result.status;
      }
    }
  }

 private:
  const std::unique_ptr<uint8_t[]> memory_;
  Codec* const codec_;
};

std::string Compress(Format format, std::string_view text) {
  return CodecUser(Direction::kCompress, format).Run(text, 1 << 20, 1 << 16).bytes;
}

std::string Text(size_t size) {
  std::string text;
  for (uint32_t i = 0; text.size() < size; ++i) text += std::to_string(i * 2654435761u);
  text.resize(size);
  return text;
}

TEST(Codec, TakesBackWhatItCompressedWhateverTheChunksAndPieces) {
  for (const Format format : kFormats) {
    for (const size_t size : {0, 1, 1000, 300000}) {
      const std::string text = Text(size);
      for (const size_t chunk : {7, 4096, 1 << 20}) {
        for (const size_t piece : {13, 65536}) {
          const Outcome packed = CodecUser(Direction::kCompress, format).Run(text, chunk, piece);
          ASSERT_EQ(packed.status, Status::kConsumed);
          const Outcome unpacked = CodecUser(Direction::kDecompress, format).Run(packed.bytes, chunk, piece);
          ASSERT_EQ(unpacked.status, Status::kConsumed);
          ASSERT_EQ(unpacked.bytes, text)
              << size << " bytes in chunks of " << chunk << ", pieces of " << piece;
        }
      }
    }
  }
}

TEST(Codec, SaysWhereDataIsCutOff) {
  for (const Format format : kFormats) {
    const std::string packed = Compress(format, Text(2000));
    for (size_t size = 0; size < packed.size(); ++size) {
      EXPECT_EQ(CodecUser(Direction::kDecompress, format)
                    .Run(std::string_view(packed).substr(0, size), 100, 64)
                    .status,
                Status::kTruncated)
          << size;
    }
  }
}

TEST(Codec, SaysThatSomethingFollowsTheEnd) {
  for (const Format format : kFormats) {
    const std::string packed = Compress(format, Text(2000));
    // In the chunk with the end, and in one of its own.
    EXPECT_EQ(CodecUser(Direction::kDecompress, format).Run(packed + "x", 1 << 20, 64).status,
              Status::kTrailing);
    EXPECT_EQ(CodecUser(Direction::kDecompress, format).Run(packed + "x", packed.size(), 64).status,
              Status::kTrailing);
    EXPECT_EQ(CodecUser(Direction::kDecompress, format).Run(packed + packed, 1 << 20, 64).status,
              Status::kTrailing);
  }
}

TEST(Codec, SaysThatDataIsInvalid) {
  for (const Format format : kFormats) {
    EXPECT_EQ(CodecUser(Direction::kDecompress, format).Run(std::string(50, '\xff'), 7, 64).status,
              Status::kInvalid);
  }
  std::string packed = Compress(Format::kGzip, Text(2000));
  packed[packed.size() - 6] ^= 1;  // of the checksum
  EXPECT_EQ(CodecUser(Direction::kDecompress, Format::kGzip).Run(packed, 1 << 20, 64).status,
            Status::kInvalid);
}

TEST(Codec, GoesOnWithAChunkThatHasBecomeShorter) {
  const std::string packed = Compress(Format::kGzip, Text(100000));
  CodecUser user(Direction::kDecompress, Format::kGzip);
  std::vector<uint8_t> output(16);
  const auto* const data = reinterpret_cast<const uint8_t*>(packed.data());
  ASSERT_EQ(user.codec()->Run({data, packed.size()}, false, output).status, Status::kOutput);
  std::string out;
  EXPECT_EQ(user.Feed(std::string_view(packed).substr(0, 3), false, 1 << 16, out), Status::kConsumed);
}

TEST(Codec, TakesAChunkInShares) {
  CodecUser user(Direction::kCompress, Format::kDeflate);
  const std::vector<uint8_t> zeros(8 << 20);
  std::vector<uint8_t> output(1 << 16);
  Codec::Result result{Status::kOutput};
  int calls = 0;
  for (; result.status != Status::kConsumed; ++calls) result = user.codec()->Run(zeros, false, output);
  EXPECT_GE(calls, 8);
}

TEST(Codec, HasNoPlaceInTooLittleMemory) {
  std::vector<uint8_t> memory(1024);
  EXPECT_EQ(Codec::CreateIn({memory.data(), 10}, Direction::kDecompress, Format::kGzip), nullptr);
  EXPECT_EQ(Codec::CreateIn(memory, Direction::kCompress, Format::kGzip), nullptr);
}

}  // namespace
}  // namespace evald
