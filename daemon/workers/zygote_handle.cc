#include "daemon/workers/zygote_handle.h"

#include <spdlog/spdlog.h>
#include <string.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/frame.h"
#include "daemon/process/pidfd.h"

namespace evald {
namespace {

// The zygote's messages are small; only the reason of a failed boot may be long.
constexpr size_t kMaxFrame = 1 << 20;
constexpr Duration kShortestPause = std::chrono::milliseconds(100);
constexpr Duration kLongestPause = std::chrono::seconds(5);
constexpr Duration kWellAfter = std::chrono::seconds(10);
// For the second piece of news about an end, of a worker or of the zygote itself.
constexpr Duration kPatience = std::chrono::seconds(1);

// A worker that ends as workers do is no event; one that was broken is.
void LogEnd(WorkerId id, const WorkerEnd& end) {
  const auto* exited = std::get_if<WorkerExited>(&end);
  if (exited == nullptr) return;
  switch (exited->exit.kind) {
    case WorkerExit::Kind::kHungUp:
    case WorkerExit::Kind::kOutOfMemory:
    case WorkerExit::Kind::kMemoryLimit:
    case WorkerExit::Kind::kNotRewindable:
    case WorkerExit::Kind::kKilled:
      return spdlog::debug("worker {} ended: {}", id, exited->exit.name);
    case WorkerExit::Kind::kV8Fatal:
    case WorkerExit::Kind::kProtocol:
    case WorkerExit::Kind::kSetup:
    case WorkerExit::Kind::kSandboxViolation:
    case WorkerExit::Kind::kVerifyMismatch:
    case WorkerExit::Kind::kCrashed:
    case WorkerExit::Kind::kUnknown:
      return spdlog::error("worker {} ended: {}", id, exited->exit.name);
  }
}

}  // namespace

ZygoteHandle::ZygoteHandle(boost::asio::io_context& io, TimerQueue& timers, Launcher launcher,
                           Handlers handlers)
    : io_(io),
      timers_(timers),
      launcher_(std::move(launcher)),
      handlers_(std::move(handlers)),
      pause_(kShortestPause) {}

ZygoteHandle::~ZygoteHandle() {
  if (stream_) stream_->Close();
  for (const auto& [id, worker] : workers_) worker->channel->HangUp();
}

void ZygoteHandle::Start(Options options) {
  EVALD_CHECK(phase_ == Phase::kDown && events_ != nullptr, "started once, with somebody to tell");
  options_ = std::move(options);
  Launch();
}

void ZygoteHandle::Launch() {
  phase_ = Phase::kBooting;
  // The exit of one that was given up already is no news.
  absl::StatusOr<Process> process = launcher_([this, launch = ++launch_](int status) {
    if (launch == launch_) Fall(absl::StrCat("it ", DescribeWaitStatus(status)));
  });
  if (!process.ok()) return Fall(std::string(process.status().message()));
  child_ = std::move(process->child);
  stream_ = FrameStream::Start(io_, std::move(process->control), kMaxFrame,
                               {.on_frame = [this](std::string_view payload) { OnFrame(payload); },
                                .on_closed = [this](const absl::Status& why) { OnControlClosed(why); }});
  stream_->Send(EncodeFrame(options_.boot));
  timer_ =
      timers_.After(options_.boot_timeout, [this] { Fall("it had not booted within zygote_boot_timeout"); });
}

void ZygoteHandle::OnFrame(std::string_view payload) {
  internal::ZygoteEvent event;
  if (!event.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return Fall("it sent a message that cannot be parsed");
  }
  switch (event.event_case()) {
    case internal::ZygoteEvent::kBooted:
      return OnBooted(event.booted());
    case internal::ZygoteEvent::kFailed:
      return Fall(absl::StrCat(event.failed().stage(), ": ", event.failed().message()));
    case internal::ZygoteEvent::kSpawned:
      return OnSpawned(event.spawned());
    case internal::ZygoteEvent::kExited:
      return OnExited(event.exited());
    case internal::ZygoteEvent::EVENT_NOT_SET:
      return Fall("it sent an empty message");
  }
}

void ZygoteHandle::OnBooted(const internal::ZygoteBooted& booted) {
  if (phase_ != Phase::kBooting) return Fall("it said twice that it had booted");
  phase_ = Phase::kUp;
  up_since_ = timers_.clock().Now();
  timer_.Cancel();
  spdlog::info("zygote{} up: rewind {}{}", child_ ? absl::StrCat(" ", child_->pid()) : "",
               booted.rewind() ? "on" : "off",
               booted.rewind_off_reason().empty() ? "" : " (" + booted.rewind_off_reason() + ")");
  if (handlers_.on_up) handlers_.on_up(booted);
  events_->OnForksPossible();
}

void ZygoteHandle::OnControlClosed(const absl::Status& why) {
  if (phase_ == Phase::kStopping && !child_) return Fall("it was stopped");
  if (phase_ == Phase::kStopping) return;
  const std::string what = why.ok() ? "it closed its control socket" : std::string(why.message());
  if (!child_) return Fall(what);
  // Its exit status says more.
  phase_ = Phase::kFalling;
  timer_ = timers_.After(kPatience, [this, what] { Fall(what); });
}

void ZygoteHandle::Fall(const std::string& why) {
  const bool stopping = phase_ == Phase::kStopping;
  const bool was_up = phase_ == Phase::kUp || phase_ == Phase::kFalling;
  phase_ = stopping ? Phase::kStopped : Phase::kDown;
  ++launch_;
  timer_.Cancel();
  if (stream_) std::exchange(stream_, nullptr)->Close();
  // Later: this may be called by the child itself.
  boost::asio::post(io_, [child = std::shared_ptr<ChildProcess>(std::move(child_))] {});
  LoseAllWorkers(absl::StrCat("its zygote is gone: ", why));
  if (stopping) {
    if (stopped_) std::exchange(stopped_, nullptr)();
    return;
  }
  if (retired_) return spdlog::warn("a retired zygote is gone before its last workers: {}", why);
  if (!keep_up_) {
    if (handlers_.on_failed) handlers_.on_failed(absl::UnavailableError(why));
    return;
  }
  if (was_up && timers_.clock().Now() - up_since_ >= kWellAfter) pause_ = kShortestPause;
  spdlog::error("zygote gone: {}; starting another in {} ms", why,
                std::chrono::duration_cast<std::chrono::milliseconds>(pause_).count());
  timer_ = timers_.After(pause_, [this] {
    ++restarts_;
    Launch();
  });
  pause_ = std::min(pause_ * 2, kLongestPause);
}

void ZygoteHandle::LoseAllWorkers(const std::string& why) {
  std::vector<WorkerId> ids;
  for (const auto& [id, worker] : workers_) {
    worker->channel->HangUp();
    Signal(*worker);
    ids.push_back(id);
  }
  for (const WorkerId id : ids) End(id, WorkerLost{why});
}

void ZygoteHandle::KeepUp() {
  EVALD_CHECK(up(), "what is kept up is up");
  keep_up_ = true;
}

void ZygoteHandle::Retire() {
  retired_ = true;
  // The pause before a restart.
  if (phase_ == Phase::kDown) timer_.Cancel();
}

void ZygoteHandle::Stop(absl::AnyInvocable<void()> done) {
  stopped_ = std::move(done);
  if (phase_ == Phase::kDown || phase_ == Phase::kStopped) {
    phase_ = Phase::kStopping;
    return Fall("it was stopped");
  }
  phase_ = Phase::kStopping;
  stream_->Close();
  if (!child_) return Fall("it was stopped");
  timer_ = timers_.After(kPatience, [this] { Fall("it was stopped and did not go"); });
}

void ZygoteHandle::Fork(WorkerId id) {
  EVALD_CHECK(up(), "workers are forked from a zygote that is up");
  absl::StatusOr<SocketPair> pair = MakeSocketPair();
  auto worker = std::make_unique<Worker>();
  if (!pair.ok()) {
    boost::asio::post(
        io_, [this, alive = std::weak_ptr<bool>(alive_), id, why = std::string(pair.status().message())] {
          if (!alive.expired()) events_->OnWorkerEnded(id, WorkerNotForked{why});
        });
    return;
  }
  worker->channel = std::make_shared<WorkerChannel>(
      io_, std::move(pair->ours), options_.max_worker_frame,
      WorkerChannel::Handlers{
          .on_ready = [this, id](const internal::WorkerReady& ready) { events_->OnWorkerReady(id, ready); },
          .on_reply = [this, id](internal::WorkerReply& reply) { events_->OnWorkerReply(id, reply); },
          .on_closed = [this, id](const absl::Status& why) { OnWorkerClosed(id, why); }});
  workers_.emplace(id, std::move(worker));
  internal::SpawnRequest request;
  request.set_worker_id(id);
  stream_->Send(EncodeFrame(request), std::move(pair->theirs));
}

void ZygoteHandle::Send(WorkerId id, const internal::WorkerRequest& request) {
  const auto found = workers_.find(id);
  if (found != workers_.end()) found->second->channel->Send(request);
}

void ZygoteHandle::Kill(WorkerId id) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  Worker& worker = *found->second;
  worker.kill_wanted = true;
  worker.channel->HangUp();
  worker.closed = true;
  Signal(worker);
  AwaitRest(id, worker);
}

void ZygoteHandle::HangUp(WorkerId id) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  found->second->channel->HangUp();
  found->second->closed = true;
}

void ZygoteHandle::Signal(Worker& worker) {
  if (worker.pidfd) PidfdKill(worker.pidfd.get());
}

void ZygoteHandle::OnSpawned(const internal::WorkerSpawned& spawned) {
  const WorkerId id = spawned.worker_id();
  UniqueFd pidfd;
  if (spawned.error() == 0) {
    pidfd = stream_->TakeDescriptor();
    if (!pidfd) return Fall("it announced a worker without a pidfd");
  }
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  Worker& worker = *found->second;
  if (spawned.error() != 0) {
    spdlog::error("worker {} could not be forked: {}", id, strerror(static_cast<int>(spawned.error())));
    worker.channel->HangUp();
    return End(id, WorkerNotForked{strerror(static_cast<int>(spawned.error()))});
  }
  spdlog::debug("worker {} forked, pid {}", id, spawned.pid());
  worker.pidfd = std::move(pidfd);
  if (worker.kill_wanted) Signal(worker);
}

void ZygoteHandle::OnExited(const internal::WorkerExited& exited) {
  const auto found = workers_.find(exited.worker_id());
  if (found == workers_.end()) return;
  Worker& worker = *found->second;
  worker.exit = WorkerExit::FromWaitStatus(static_cast<int>(exited.wait_status()));
  // Whoever hung up on it knows.
  if (!worker.closed) events_->OnWorkerLeaving(exited.worker_id());
  AwaitRest(exited.worker_id(), worker);
  EndIfKnown(exited.worker_id(), worker);
}

void ZygoteHandle::OnWorkerClosed(WorkerId id, const absl::Status& why) {
  Worker& worker = *workers_.at(id);
  worker.closed = true;
  if (!why.ok()) {
    worker.garbage = std::string(why.message());
    spdlog::error("worker {} broke the protocol and is killed: {}", id, worker.garbage);
    worker.kill_wanted = true;
    Signal(worker);
  }
  if (!worker.exit.has_value()) events_->OnWorkerLeaving(id);
  AwaitRest(id, worker);
  EndIfKnown(id, worker);
}

void ZygoteHandle::AwaitRest(WorkerId id, Worker& worker) {
  if (worker.patience.armed()) return;
  worker.patience = timers_.After(kPatience, [this, id] {
    Worker& late = *workers_.at(id);
    late.channel->HangUp();
    late.closed = true;
    if (!late.exit.has_value() && late.garbage.empty())
      return End(id, WorkerLost{"nobody could tell how it ended"});
    if (!late.exit.has_value()) return End(id, WorkerGarbled{late.garbage});
    EndIfKnown(id, late);
  });
}

void ZygoteHandle::EndIfKnown(WorkerId id, const Worker& worker) {
  if (!worker.closed || !worker.exit.has_value()) return;
  if (!worker.garbage.empty()) return End(id, WorkerGarbled{worker.garbage});
  End(id, WorkerExited{*worker.exit});
}

void ZygoteHandle::End(WorkerId id, const WorkerEnd& end) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  found->second->patience.Cancel();
  found->second->channel->HangUp();
  // Later: this may be called by the worker's own channel.
  boost::asio::post(io_, [worker = std::shared_ptr<Worker>(std::move(found->second))] {});
  workers_.erase(found);
  LogEnd(id, end);
  events_->OnWorkerEnded(id, end);
}

}  // namespace evald
