#include "base/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

#include "base/unique_fd.h"
#include "evald/internal/zygote.pb.h"

namespace evald {
namespace {

internal::RuntimeIdentity Message(size_t size) {
  internal::RuntimeIdentity message;
  message.set_v8_version(std::string(size, 'x'));
  return message;
}

void Feed(FrameReader& reader, std::string_view bytes) {
  while (!bytes.empty()) {
    const FrameReader::Space space = reader.Prepare();
    const size_t n = std::min(space.size, bytes.size());
    std::memcpy(space.data, bytes.data(), n);
    reader.Commit(n);
    bytes.remove_prefix(n);
  }
}

TEST(FrameReader, FindsFramesWhereverTheStreamIsCut) {
  const std::string stream = EncodeFrame(Message(3)) + EncodeFrame(Message(0)) + EncodeFrame(Message(9000));
  for (size_t step : {size_t{1}, size_t{3}, size_t{4095}, stream.size()}) {
    FrameReader reader(10000);
    std::vector<size_t> sizes;
    for (size_t at = 0; at < stream.size(); at += step) {
      Feed(reader, std::string_view(stream).substr(at, step));
      for (std::string_view payload;;) {
        const auto state = reader.Next(payload);
        ASSERT_TRUE(state.ok());
        if (*state == FrameReader::State::kNeedMore) break;
        internal::RuntimeIdentity message;
        ASSERT_TRUE(message.ParseFromArray(payload.data(), static_cast<int>(payload.size())));
        sizes.push_back(message.v8_version().size());
      }
    }
    EXPECT_THAT(sizes, testing::ElementsAre(3, 0, 9000)) << "cut every " << step << " bytes";
  }
}

TEST(FrameReader, RefusesALengthOverTheLimitBeforeItArrives) {
  FrameReader reader(100);
  Feed(reader, std::string("\x65\0\0\0", 4));
  std::string_view payload;
  EXPECT_EQ(reader.Next(payload).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(FrameReader, AnAnnouncedLengthAllocatesNothing) {
  FrameReader reader(1u << 30);
  Feed(reader, std::string("\0\0\0\x20", 4));  // announces 512 MiB
  std::string_view payload;
  ASSERT_EQ(*reader.Next(payload), FrameReader::State::kNeedMore);
  EXPECT_LE(reader.Prepare().size, 64u * 1024);
}

class BlockingFrames : public testing::Test {
 protected:
  void SetUp() override {
    int fds[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    here_.reset(fds[0]);
    there_.reset(fds[1]);
  }
  UniqueFd here_, there_;
  internal::RuntimeIdentity message_;
};

TEST_F(BlockingFrames, CarryAMessage) {
  ASSERT_TRUE(WriteFrame(here_.get(), Message(1000)).ok());
  ASSERT_TRUE(ReadFrame(there_.get(), 2000, message_).ok());
  EXPECT_EQ(message_.v8_version().size(), 1000u);
}

TEST_F(BlockingFrames, TellAHangUpBetweenFramesFromOneInsideAFrame) {
  const std::string frame = EncodeFrame(Message(10));
  ASSERT_EQ(write(here_.get(), frame.data(), 7), 7);
  here_.reset();
  const absl::Status inside = ReadFrame(there_.get(), 100, message_);
  EXPECT_EQ(inside.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(inside.message()), testing::HasSubstr("middle"));
  EXPECT_EQ(ReadFrame(there_.get(), 100, message_).message(), "the peer hung up");
}

TEST_F(BlockingFrames, GarbageAndOverlongFramesAreErrors) {
  ASSERT_EQ(write(here_.get(), "\x02\0\0\0\xff\xff", 6), 6);
  EXPECT_EQ(ReadFrame(there_.get(), 100, message_).code(), absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(write(here_.get(), "\xff\xff\xff\xff", 4), 4);
  EXPECT_EQ(ReadFrame(there_.get(), 100, message_).code(), absl::StatusCode::kOutOfRange);
}

TEST_F(BlockingFrames, WritingToAPeerThatHungUpIsUnavailable) {
  there_.reset();
  EXPECT_EQ(WriteFrame(here_.get(), Message(10)).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace evald
