#include "daemon/process/frame_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace evald {
namespace {

// More than any message of the protocol carries; the kernel closes what does not fit.
constexpr size_t kMaxDescriptorsPerRead = 16;
// A socket that never runs dry may not keep the loop to itself.
constexpr int kReadsPerWakeUp = 8;

void CollectDescriptors(msghdr& message, std::deque<UniqueFd>& into) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr;
       control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
      into.emplace_back(fd);
    }
  }
}

}  // namespace

std::shared_ptr<FrameStream> FrameStream::Start(boost::asio::io_context& io, UniqueFd socket,
                                                size_t max_payload, Handlers handlers) {
  auto stream = std::make_shared<FrameStream>(io, std::move(socket), max_payload, std::move(handlers));
  stream->AwaitReadable();
  return stream;
}

FrameStream::FrameStream(boost::asio::io_context& io, UniqueFd socket, size_t max_payload, Handlers handlers)
    : socket_(io, socket.release()), handlers_(std::move(handlers)), reader_(max_payload) {}

FrameStream::~FrameStream() = default;

void FrameStream::AwaitReadable() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (!error && self->open_) self->OnReadable();
                     });
}

void FrameStream::AwaitWritable() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (error || !self->open_) return;
                       while (!self->outgoing_.empty()) {
                         if (!Write(self->socket_.native_handle(), self->outgoing_.front()))
                           return self->AwaitWritable();
                         self->outgoing_.pop_front();
                       }
                     });
}

void FrameStream::OnReadable() {
  for (int i = 0; i < kReadsPerWakeUp; ++i) {
    if (!ReadOnce()) break;
  }
  if (open_) AwaitReadable();
}

bool FrameStream::ReadOnce() {
  const FrameReader::Space space = reader_.Prepare();
  iovec vector{space.data, space.size};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxDescriptorsPerRead * sizeof(int))];
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  const ssize_t n = recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n < 0 && errno == EINTR) return true;
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
  if (n == 0 || (n < 0 && errno == ECONNRESET)) {
    Finish(unread_ == 0 ? absl::OkStatus()
                        : absl::UnavailableError("the peer hung up in the middle of a frame"));
    return false;
  }
  if (n < 0) {
    Finish(absl::UnavailableError(absl::StrCat("recvmsg: ", std::strerror(errno))));
    return false;
  }
  CollectDescriptors(message, descriptors_);
  reader_.Commit(static_cast<size_t>(n));
  unread_ += static_cast<size_t>(n);
  // A read that did not fill the space has emptied the socket, as a rule. Where descriptors came with it, the
  // kernel may have stopped short on their account.
  const bool maybe_more = static_cast<size_t>(n) == space.size || message.msg_controllen != 0;
  return HandOut() && maybe_more;
}

bool FrameStream::HandOut() {
  while (open_) {
    std::string_view payload;
    const absl::StatusOr<FrameReader::State> state = reader_.Next(payload);
    if (!state.ok()) {
      Finish(state.status());
      return false;
    }
    if (*state == FrameReader::State::kNeedMore) return true;
    unread_ -= kFrameHeaderBytes + payload.size();
    handlers_.on_frame(payload);
  }
  return false;
}

void FrameStream::Send(std::string frame, UniqueFd attached) {
  if (!open_) return;
  Outgoing outgoing{std::move(frame), 0, std::move(attached)};
  const bool busy = !outgoing_.empty();
  if (!busy && Write(socket_.native_handle(), outgoing)) return;
  outgoing_.push_back(std::move(outgoing));
  if (!busy) AwaitWritable();
}

bool FrameStream::Write(int fd, Outgoing& outgoing) {
  while (outgoing.sent < outgoing.bytes.size()) {
    iovec vector{outgoing.bytes.data() + outgoing.sent, outgoing.bytes.size() - outgoing.sent};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (outgoing.attached) {
      message.msg_control = control;
      message.msg_controllen = sizeof(control);
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      const int attached = outgoing.attached.get();
      std::memcpy(CMSG_DATA(header), &attached, sizeof(int));
    }
    const ssize_t n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)) return false;
    // The peer is gone: the reading side reports that, with whatever it had still sent.
    if (n < 0) return true;
    outgoing.attached.reset();
    outgoing.sent += static_cast<size_t>(n);
  }
  return true;
}

UniqueFd FrameStream::TakeDescriptor() {
  if (descriptors_.empty()) return UniqueFd();
  UniqueFd first = std::move(descriptors_.front());
  descriptors_.pop_front();
  return first;
}

void FrameStream::Close() {
  if (!std::exchange(open_, false)) return;
  boost::system::error_code ignored;
  socket_.close(ignored);
  outgoing_.clear();
  descriptors_.clear();
}

void FrameStream::Finish(const absl::Status& why) {
  const auto self = shared_from_this();
  Close();
  handlers_.on_closed(why);
}

absl::StatusOr<SocketPair> MakeSocketPair() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat("socketpair: ", std::strerror(errno)));
  }
  SocketPair pair{UniqueFd(fds[0]), UniqueFd(fds[1])};
  fcntl(fds[0], F_SETFL, fcntl(fds[0], F_GETFL) | O_NONBLOCK);
  return pair;
}

}  // namespace evald
