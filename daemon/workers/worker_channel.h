// WorkerChannel: the daemon's end of one worker's socket. It knows the order in which a worker may speak, and
// believes nothing else: whatever is out of turn, too long or not a message ends the channel with a clear
// word.
//
//   starting --ready(FORKED)--> idle --Send--> busy --reply--> answered --ready--> idle
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "base/unique_fd.h"
#include "daemon/process/frame_stream.h"
#include "evald/internal/worker.pb.h"

namespace evald {

// Owned by the zygote's handle; loop thread only. Destruction hangs up.
class WorkerChannel {
 public:
  struct Handlers {
    absl::AnyInvocable<void(const internal::WorkerReady&)> on_ready;
    absl::AnyInvocable<void(internal::WorkerReply&)> on_reply;
    // Once. OK: the worker closed its end. Anything else: it broke the protocol, and the message says how.
    absl::AnyInvocable<void(const absl::Status&)> on_closed;
  };

  // No handler is called from inside a method. `max_frame`: the longest message believed, in bytes.
  WorkerChannel(boost::asio::io_context& io, UniqueFd socket, size_t max_frame, Handlers handlers);
  ~WorkerChannel();
  WorkerChannel(const WorkerChannel&) = delete;
  WorkerChannel& operator=(const WorkerChannel&) = delete;

  // REQUIRES: the worker is idle, or the channel closed.
  void Send(const internal::WorkerRequest& request);

  // No handler is called from here on.
  void HangUp();

 private:
  enum class State { kStarting, kIdle, kBusy, kAnswered, kClosed };

  void OnFrame(std::string_view payload);
  absl::Status CheckReady(const internal::WorkerReady& ready) const;
  absl::Status CheckReply(const internal::WorkerReply& reply) const;
  void Close(const absl::Status& why);

  Handlers handlers_;
  State state_ = State::kStarting;
  // Of the last request sent.
  uint64_t request_id_ = 0;
  bool kept_state_ = false;
  std::shared_ptr<FrameStream> stream_;
};

}  // namespace evald
