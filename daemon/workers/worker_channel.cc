#include "daemon/workers/worker_channel.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/frame.h"

namespace evald {
namespace {

v1::Isolation IsolationOf(const internal::WorkerRequest& request) {
  return request.has_call() ? request.call().isolation() : request.eval().isolation();
}

}  // namespace

WorkerChannel::WorkerChannel(boost::asio::io_context& io, UniqueFd socket, size_t max_frame,
                             Handlers handlers)
    : handlers_(std::move(handlers)) {
  stream_ = FrameStream::Start(io, std::move(socket), max_frame,
                               {.on_frame = [this](std::string_view payload) { OnFrame(payload); },
                                .on_closed =
                                    [this](const absl::Status& why) {
                                      // A worker that dies may leave half a frame behind: that is its end,
                                      // not garbage.
                                      Close(absl::IsUnavailable(why) ? absl::OkStatus() : why);
                                    }});
}

WorkerChannel::~WorkerChannel() { HangUp(); }

void WorkerChannel::Send(const internal::WorkerRequest& request) {
  if (state_ == State::kClosed) return;
  EVALD_CHECK(state_ == State::kIdle, "a request is sent to an idle worker only");
  state_ = State::kBusy;
  request_id_ = request.request_id();
  kept_state_ = IsolationOf(request) == v1::ISOLATION_REUSED;
  stream_->Send(EncodeFrame(request));
}

void WorkerChannel::HangUp() {
  state_ = State::kClosed;
  stream_->Close();
}

void WorkerChannel::OnFrame(std::string_view payload) {
  internal::WorkerMessage message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return Close(absl::InvalidArgumentError(
        absl::StrCat("a message of ", payload.size(), " bytes that cannot be parsed")));
  }
  switch (message.message_case()) {
    case internal::WorkerMessage::kReady:
      if (absl::Status ok = CheckReady(message.ready()); !ok.ok()) return Close(ok);
      state_ = State::kIdle;
      return handlers_.on_ready(message.ready());
    case internal::WorkerMessage::kReply:
      if (absl::Status ok = CheckReply(message.reply()); !ok.ok()) return Close(ok);
      state_ = State::kAnswered;
      return handlers_.on_reply(*message.mutable_reply());
    case internal::WorkerMessage::MESSAGE_NOT_SET:
      return Close(absl::InvalidArgumentError("an empty message"));
  }
}

absl::Status WorkerChannel::CheckReady(const internal::WorkerReady& ready) const {
  const v1::IsolateOrigin origin = ready.isolate_origin();
  switch (state_) {
    case State::kStarting:
      if (origin == v1::ISOLATE_ORIGIN_FORKED) return absl::OkStatus();
      break;
    case State::kAnswered:
      // After a PRISTINE request nothing but the image will do.
      if (origin == v1::ISOLATE_ORIGIN_REWOUND || (kept_state_ && origin == v1::ISOLATE_ORIGIN_REUSED))
        return absl::OkStatus();
      break;
    case State::kIdle:
      return absl::InvalidArgumentError("ready while idle");
    case State::kBusy:
      return absl::InvalidArgumentError("ready before it answered");
    case State::kClosed:
      return absl::InvalidArgumentError("ready after the end");
  }
  return absl::InvalidArgumentError(
      absl::StrCat("ready with the wrong origin (", v1::IsolateOrigin_Name(origin), ")"));
}

absl::Status WorkerChannel::CheckReply(const internal::WorkerReply& reply) const {
  if (state_ != State::kBusy) return absl::InvalidArgumentError("a reply that nobody asked for");
  if (reply.request_id() != request_id_) {
    return absl::InvalidArgumentError(
        absl::StrCat("a reply to request ", reply.request_id(), " instead of ", request_id_));
  }
  if (reply.outcome_case() == internal::WorkerReply::OUTCOME_NOT_SET)
    return absl::InvalidArgumentError("a reply with no outcome");
  return absl::OkStatus();
}

void WorkerChannel::Close(const absl::Status& why) {
  if (state_ == State::kClosed) return;
  HangUp();
  handlers_.on_closed(why);
}

}  // namespace evald
