#include "daemon/snapshots/snapshot_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/frame.h"

namespace evald {
namespace {

// The sources of the warm-up come back in a frame.
constexpr size_t kMaxFrame = 256u << 20;

absl::StatusOr<UniqueFd> MakeImageFile() {
  UniqueFd fd(memfd_create("evald-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return absl::ErrnoToStatus(errno, "memfd_create");
  return fd;
}

absl::Status Seal(int fd) {
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
    return absl::ErrnoToStatus(errno, "sealing the snapshot's memfd");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SnapshotTool>> SnapshotTool::Start(boost::asio::io_context& io,
                                                                  TimerQueue& timers, Options options,
                                                                  Done done) {
  auto tool = std::unique_ptr<SnapshotTool>(new SnapshotTool(io, std::move(done)));
  absl::Status launched = tool->Launch(timers, std::move(options));
  if (!launched.ok()) return launched;
  return tool;
}

SnapshotTool::~SnapshotTool() {
  if (stream_) stream_->Close();
}

absl::Status SnapshotTool::Launch(TimerQueue& timers, Options options) {
  absl::StatusOr<SocketPair> pair = MakeSocketPair();
  if (!pair.ok()) return pair.status();
  absl::StatusOr<UniqueFd> image = MakeImageFile();
  if (!image.ok()) return image.status();
  image_ = *std::move(image);
  UniqueFd theirs(fcntl(image_.get(), F_DUPFD_CLOEXEC, 0));
  if (!theirs) return absl::ErrnoToStatus(errno, "duplicating the snapshot's memfd");

  ChildProcess::Options child;
  child.program = std::move(options.program);
  child.arguments = std::move(options.arguments);
  child.arguments.push_back("--serve_fd=3");
  child.in_background = options.in_background;
  child.descriptors.push_back(std::move(pair->theirs));
  child.descriptors.push_back(std::move(theirs));
  child.on_line = [](std::string_view line) { spdlog::warn("evald-snapshot: {}", line); };
  child.on_exit = [this](int status) {
    wait_status_ = status;
    ConcludeIfOver();
  };
  absl::StatusOr<std::unique_ptr<ChildProcess>> started = ChildProcess::Start(io_, std::move(child));
  if (!started.ok()) return started.status();
  child_ = *std::move(started);
  stream_ = FrameStream::Start(io_, std::move(pair->ours), kMaxFrame,
                               {.on_frame = [this](std::string_view payload) { OnFrame(payload); },
                                .on_closed =
                                    [this](const absl::Status& why) {
                                      if (!why.ok() && failure_.ok() && !ready_.has_value()) failure_ = why;
                                      closed_ = true;
                                      ConcludeIfOver();
                                    }});
  on_log_ = std::move(options.on_log);
  stream_->Send(EncodeFrame(options.request));
  const std::string longest = absl::FormatDuration(absl::FromChrono(options.timeout));
  const std::string& setting = options.timeout_setting;
  deadline_ = timers.After(
      options.timeout,
      [this, late = absl::StrCat(options.doing, " took longer than ",
                                 setting.empty() ? longest : absl::StrCat(setting, " (", longest, ")"),
                                 " and was stopped")] {
        child_->Kill();
        Finish(absl::DeadlineExceededError(late));
      });
  return absl::OkStatus();
}

void SnapshotTool::OnFrame(std::string_view payload) {
  internal::SnapshotEvent event;
  if (!event.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    failure_ = absl::InternalError("evald-snapshot sent a message that cannot be parsed");
    return child_->Kill();
  }
  switch (event.event_case()) {
    case internal::SnapshotEvent::kLog:
      spdlog::info("snapshot: {}", event.log().text());
      if (on_log_ && done_) on_log_(event.log().text());
      break;
    case internal::SnapshotEvent::kReady:
      ready_ = std::move(*event.mutable_ready());
      break;
    case internal::SnapshotEvent::kFailed:
      failure_ = absl::Status(
          event.failed().not_found() ? absl::StatusCode::kNotFound : absl::StatusCode::kFailedPrecondition,
          absl::StrCat(event.failed().stage(), ": ", event.failed().message()));
      break;
    case internal::SnapshotEvent::EVENT_NOT_SET:
      break;
  }
}

void SnapshotTool::ConcludeIfOver() {
  if (closed_ && wait_status_.has_value()) Finish(TakeResult());
}

absl::StatusOr<BuiltSnapshot> SnapshotTool::TakeResult() {
  if (!failure_.ok()) return failure_;
  if (!ready_.has_value()) {
    return absl::InternalError(
        absl::StrCat("evald-snapshot ", DescribeWaitStatus(*wait_status_), " before it had a snapshot"));
  }
  absl::Status sealed = Seal(image_.get());
  if (!sealed.ok()) return sealed;
  return BuiltSnapshot{*std::move(ready_), std::move(image_)};
}

void SnapshotTool::Finish(absl::StatusOr<BuiltSnapshot> result) {
  if (!done_) return;
  deadline_.Cancel();
  stream_->Close();
  // Later, so that whoever is told may destroy this.
  struct Telling {
    Done done;
    absl::StatusOr<BuiltSnapshot> result;
  };
  auto telling = std::make_shared<Telling>(Telling{std::exchange(done_, nullptr), std::move(result)});
  boost::asio::post(io_, [telling = std::move(telling), alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) telling->done(std::move(telling->result));
  });
}

}  // namespace evald
