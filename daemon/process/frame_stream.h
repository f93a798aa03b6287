// FrameStream: one stream socket that carries frames (base/frame.h), and file descriptors beside them, on the
// loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/frame.h"
#include "base/unique_fd.h"

namespace evald {

// Sending is a direct, non-blocking system call whenever the socket has room, which is nearly always: no
// wake-up lies between the daemon's decision and the worker's. Only what does not fit waits for the socket to
// drain.
//
// Held by shared_ptr because operations under way keep it alive; it is over once Close was called or
// `on_closed` was, and calls nobody from then on. Loop thread only.
class FrameStream : public std::enable_shared_from_this<FrameStream> {
 public:
  struct Handlers {
    // One frame; the bytes are valid during the call. May call Close.
    absl::AnyInvocable<void(std::string_view payload)> on_frame;
    // Once, unless Close came first. OK: the peer hung up between frames. OUT_OF_RANGE: a frame over the
    // limit was announced. UNAVAILABLE: it hung up in the middle of one, or the socket failed.
    absl::AnyInvocable<void(const absl::Status& why)> on_closed;
  };

  // Frames longer than `max_payload` end the stream.
  static std::shared_ptr<FrameStream> Start(boost::asio::io_context& io, UniqueFd socket, size_t max_payload,
                                            Handlers handlers);

  FrameStream(boost::asio::io_context& io, UniqueFd socket, size_t max_payload, Handlers handlers);
  ~FrameStream();

  // `frame` has its header. `attached` goes with it (SCM_RIGHTS) and is closed here once it is sent. A peer
  // that is gone is reported by `on_closed`, never from inside this call.
  void Send(std::string frame, UniqueFd attached = UniqueFd());

  // The descriptor that came first of those not taken yet; none: an empty one.
  UniqueFd TakeDescriptor();

  // Hangs up. What has not been sent is dropped.
  void Close();

 private:
  struct Outgoing {
    std::string bytes;
    size_t sent = 0;
    UniqueFd attached;
  };

  void AwaitReadable();
  void AwaitWritable();
  void OnReadable();
  // Reads once. False: nothing more for now, or the stream is over.
  bool ReadOnce();
  // Hands out what is complete. False: the stream is over.
  bool HandOut();
  // Sends as much as fits. False: the rest has to wait.
  static bool Write(int fd, Outgoing& outgoing);
  void Finish(const absl::Status& why);

  boost::asio::posix::stream_descriptor socket_;
  Handlers handlers_;
  FrameReader reader_;
  size_t unread_ =
      0;  // bytes of a frame that is not complete yet: tells a hang-up between frames from one inside
  std::deque<UniqueFd> descriptors_;
  std::deque<Outgoing> outgoing_;
  bool open_ = true;
};

// Two connected stream sockets, close-on-exec, the first one non-blocking.
struct SocketPair {
  UniqueFd ours;
  UniqueFd theirs;
};
absl::StatusOr<SocketPair> MakeSocketPair();

}  // namespace evald
