#include "base/frame.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "google/protobuf/message_lite.h"

namespace evald {
namespace {

constexpr size_t kSmallestRead = 4096;

// Reads exactly `size` bytes. Returns how many came before the peer hung up.
absl::StatusOr<size_t> ReadFully(int fd, char* data, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t n = read(fd, data + done, size - done);
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == ECONNRESET) break;
    if (n < 0) return absl::InternalError(absl::StrCat("read: ", std::strerror(errno)));
    done += static_cast<size_t>(n);
  }
  return done;
}

}  // namespace

void EncodeFrameHeader(size_t size, char (&header)[kFrameHeaderBytes]) {
  EVALD_CHECK(size <= UINT32_MAX, "a frame's length fits 32 bits");
  for (size_t i = 0; i < kFrameHeaderBytes; ++i) header[i] = static_cast<char>(size >> (8 * i));
}

size_t DecodeFrameHeader(const char (&header)[kFrameHeaderBytes]) {
  size_t size = 0;
  for (size_t i = 0; i < kFrameHeaderBytes; ++i)
    size |= static_cast<size_t>(static_cast<uint8_t>(header[i])) << (8 * i);
  return size;
}

std::string EncodeFrame(const google::protobuf::MessageLite& message) {
  const size_t size = message.ByteSizeLong();
  std::string frame(kFrameHeaderBytes + size, '\0');
  char header[kFrameHeaderBytes];
  EncodeFrameHeader(size, header);
  std::memcpy(frame.data(), header, kFrameHeaderBytes);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(frame.data() + kFrameHeaderBytes));
  return frame;
}

FrameReader::Space FrameReader::Prepare() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() == end_) buffer_.resize(std::max(kSmallestRead, buffer_.size() * 2));
  return {buffer_.data() + end_, buffer_.size() - end_};
}

void FrameReader::Commit(size_t size) {
  EVALD_CHECK(size <= buffer_.size() - end_, "no more was committed than there was space for");
  end_ += size;
}

absl::StatusOr<FrameReader::State> FrameReader::Next(std::string_view& payload) {
  if (end_ - begin_ < kFrameHeaderBytes) return State::kNeedMore;
  char header[kFrameHeaderBytes];
  std::memcpy(header, buffer_.data() + begin_, kFrameHeaderBytes);
  const size_t size = DecodeFrameHeader(header);
  if (size > max_payload_) {
    return absl::OutOfRangeError(
        absl::StrCat("a frame of ", size, " bytes, more than the limit of ", max_payload_));
  }
  if (end_ - begin_ < kFrameHeaderBytes + size) return State::kNeedMore;
  payload = std::string_view(buffer_.data() + begin_ + kFrameHeaderBytes, size);
  begin_ += kFrameHeaderBytes + size;
  return State::kFrame;
}

absl::Status WriteFrame(int fd, const google::protobuf::MessageLite& message) {
  const std::string frame = EncodeFrame(message);
  for (size_t done = 0; done < frame.size();) {
    const ssize_t n = send(fd, frame.data() + done, frame.size() - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) return absl::UnavailableError("the peer hung up");
    if (n < 0) return absl::InternalError(absl::StrCat("send: ", std::strerror(errno)));
    done += static_cast<size_t>(n);
  }
  return absl::OkStatus();
}

absl::Status ReadFrame(int fd, size_t max_payload, google::protobuf::MessageLite& message) {
  char header[kFrameHeaderBytes];
  absl::StatusOr<size_t> got = ReadFully(fd, header, kFrameHeaderBytes);
  if (!got.ok()) return got.status();
  if (*got == 0) return absl::UnavailableError("the peer hung up");
  if (*got < kFrameHeaderBytes) return absl::UnavailableError("the peer hung up in the middle of a frame");
  const size_t size = DecodeFrameHeader(header);
  if (size > max_payload) {
    return absl::OutOfRangeError(
        absl::StrCat("a frame of ", size, " bytes, more than the limit of ", max_payload));
  }
  std::string payload(size, '\0');
  got = ReadFully(fd, payload.data(), size);
  if (!got.ok()) return got.status();
  if (*got < size) return absl::UnavailableError("the peer hung up in the middle of a frame");
  if (!message.ParseFromString(payload))
    return absl::InvalidArgumentError("a frame that is not the message it should be");
  return absl::OkStatus();
}

}  // namespace evald
