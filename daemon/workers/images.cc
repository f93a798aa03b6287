#include "daemon/workers/images.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace evald {
namespace {

// After a zygote that was to take over did not boot.
constexpr Duration kRetryPause = std::chrono::minutes(1);
// Old zygotes that wait for their last workers; with more of them the next one has to wait too.
constexpr size_t kMostRetired = 3;

}  // namespace

void Images::Image::OnWorkerReady(WorkerId id, const internal::WorkerReady& ready) {
  if (events != nullptr) events->OnWorkerReady(id, ready);
}

void Images::Image::OnWorkerReply(WorkerId id, internal::WorkerReply& reply) {
  if (events != nullptr) events->OnWorkerReply(id, reply);
}

void Images::Image::OnWorkerLeaving(WorkerId id) {
  if (events != nullptr) events->OnWorkerLeaving(id);
}

void Images::Image::OnWorkerEnded(WorkerId id, const WorkerEnd& end) {
  owner->owners_.erase(id);
  if (--workers == 0 && this != owner->serving_.get()) owner->SweepSoon();
  if (events != nullptr) events->OnWorkerEnded(id, end);
}

void Images::Image::OnForksPossible() {
  if (this == owner->serving_.get()) events->OnForksPossible();
}

Images::Images(boost::asio::io_context& io, TimerQueue& timers,
               absl::AnyInvocable<void(const internal::ZygoteBooted&)> on_up, WorkerIds ids)
    : io_(io), timers_(timers), on_up_(std::move(on_up)), last_worker_(std::move(ids)) {}

absl::Status Images::Stage(std::unique_ptr<Source> source, WorkerEvents* events, StageHandlers handlers) {
  EVALD_CHECK(events_ != nullptr && events != nullptr, "there is somebody to tell");
  EVALD_CHECK(!stopping_, "nothing is staged once all is stopped");
  // A new process of the old image is not worth waiting for.
  if (renewing_) Abandon();
  EVALD_CHECK(next_ == nullptr, "one is staged at a time");
  if (const size_t draining = Draining(); draining >= kMostRetired) {
    return absl::FailedPreconditionError(absl::StrCat(
        draining, " earlier images still have requests running on them: try again when those have ended"));
  }
  return Start(std::move(source), events, std::move(handlers));
}

absl::Status Images::Start(std::shared_ptr<Source> source, WorkerEvents* events, StageHandlers handlers) {
  next_ = std::make_unique<Image>();
  Image& image = *next_;
  image.owner = this;
  image.events = events;
  image.source = std::move(source);
  image.handlers = std::move(handlers);
  image.number = ++last_number_;
  image.zygote = std::make_unique<ZygoteHandle>(
      io_, timers_,
      [source = image.source](absl::AnyInvocable<void(int)> on_exit) {
        return source->launcher(std::move(on_exit));
      },
      ZygoteHandle::Handlers{
          .on_up = [this, &image](const internal::ZygoteBooted& booted) { OnUp(image, booted); },
          .on_failed = [this, &image](const absl::Status& why) { OnFailed(image, why); }});
  image.zygote->SetEvents(&image);
  starting_ = true;
  start_failure_ = absl::OkStatus();
  image.zygote->Start(image.source->zygote);
  starting_ = false;
  return start_failure_;
}

void Images::OnUp(Image& image, const internal::ZygoteBooted& booted) {
  if (&image == next_.get()) {
    // Taken out: it may be promoted meanwhile.
    auto on_up = std::move(image.handlers.on_up);
    if (on_up) on_up(booted);
    return;
  }
  if (&image != serving_.get()) return;
  RenewAfter(image.source->max_age);
  if (on_up_) on_up_(booted);
}

void Images::OnFailed(Image& image, const absl::Status& why) {
  if (&image != next_.get()) return;
  image.gone = true;
  auto on_failed = std::move(image.handlers.on_failed);
  Abandon();
  if (starting_) {
    start_failure_ = why;
  } else if (on_failed) {
    on_failed(why);
  }
}

bool Images::CanForkStaged() const { return next_ != nullptr && next_->zygote->up(); }

WorkerId Images::ForkStaged() {
  EVALD_CHECK(CanForkStaged(), "workers are forked from a zygote that is up");
  return ForkFrom(*next_);
}

void Images::Promote(absl::AnyInvocable<void()> on_gone) {
  EVALD_CHECK(CanForkStaged(), "what takes over is up");
  next_->events = events_;
  next_->handlers = StageHandlers();
  next_->zygote->KeepUp();
  renewing_ = false;
  if (serving_ != nullptr) {
    serving_->zygote->Retire();
    spdlog::info("workers are forked from another zygote now; {} of the old one's remain", serving_->workers);
    serving_->on_gone = std::move(on_gone);
    retired_.push_back(std::move(serving_));
    SweepSoon();
  }
  serving_ = std::move(next_);
  RenewAfter(serving_->source->max_age);
}

void Images::Abandon() {
  if (next_ == nullptr) return;
  next_->events = nullptr;
  renewing_ = false;
  retired_.push_back(std::move(next_));
  SweepSoon();
  // If it was to renew the serving one.
  if (serving_ != nullptr && !renewal_timer_.armed()) RenewAfter(kRetryPause);
}

size_t Images::Draining() const {
  return static_cast<size_t>(std::count_if(
      retired_.begin(), retired_.end(),
      [](const std::unique_ptr<Image>& image) { return image->events != nullptr && image->workers > 0; }));
}

void Images::SetMaxAge(Duration max_age) {
  if (serving_ == nullptr || serving_->source->max_age == max_age) return;
  serving_->source->max_age = max_age;
  RenewAfter(max_age);
}

void Images::RenewAfter(Duration delay) {
  renewal_timer_ = timers_.After(delay, [this] { Renew(); });
}

void Images::Renew() {
  const Duration again = std::min(serving_->source->max_age, kRetryPause);
  if (next_ != nullptr || Draining() >= kMostRetired) return RenewAfter(again);
  // One that has died is started again anyway, and is young then.
  if (!serving_->zygote->up()) return;
  renewing_ = true;
  const absl::Status started =
      Start(serving_->source, events_,
            {.on_up =
                 [this](const internal::ZygoteBooted& booted) {
                   ++renewals_;
                   Promote(nullptr);
                   if (on_up_) on_up_(booted);
                 },
             .on_failed = [this](const absl::Status& why) { OnRenewalFailed(why); }});
  if (!started.ok()) OnRenewalFailed(started);
}

void Images::OnRenewalFailed(const absl::Status& why) {
  spdlog::error("the next zygote did not boot, the one that serves goes on: {}", std::string(why.message()));
  RenewAfter(std::min(serving_->source->max_age, kRetryPause));
}

void Images::SweepSoon() {
  sweep_timer_ = timers_.After(Duration(0), [this] { Sweep(); });
}

void Images::Sweep() {
  for (const std::unique_ptr<Image>& image : retired_) {
    const bool wanted = image->workers > 0 && image->events != nullptr && !stopping_;
    if (image->stopping || image->gone || wanted) continue;
    image->stopping = true;
    image->zygote->Stop([this, image = image.get()] {
      image->gone = true;
      SweepSoon();
    });
  }
  std::list<std::unique_ptr<Image>> gone;
  for (auto at = retired_.begin(); at != retired_.end();) {
    const auto next = std::next(at);
    if ((*at)->gone) gone.splice(gone.end(), retired_, at);
    at = next;
  }
  for (const std::unique_ptr<Image>& image : gone) {
    restarts_of_gone_ += image->zygote->restarts();
    if (image->on_gone && !stopping_) image->on_gone();
  }
  if (stopped_ && retired_.empty()) std::exchange(stopped_, nullptr)();
}

void Images::Stop(absl::AnyInvocable<void()> done) {
  Abandon();
  stopping_ = true;
  stopped_ = std::move(done);
  renewal_timer_.Cancel();
  if (serving_ != nullptr) retired_.push_back(std::move(serving_));
  SweepSoon();
}

uint64_t Images::restarts() const {
  uint64_t sum = restarts_of_gone_;
  if (serving_ != nullptr) sum += serving_->zygote->restarts();
  for (const std::unique_ptr<Image>& image : retired_) sum += image->zygote->restarts();
  return sum;
}

uint64_t Images::generation() const { return serving_ == nullptr ? 0 : serving_->zygote->generation(); }

bool Images::CanFork() const { return serving_ != nullptr && serving_->zygote->up(); }

WorkerId Images::Fork() {
  EVALD_CHECK(CanFork(), "workers are forked from a zygote that is up");
  return ForkFrom(*serving_);
}

WorkerId Images::ForkFrom(Image& image) {
  const WorkerId id = ++*last_worker_;
  owners_.emplace(id, &image);
  ++image.workers;
  image.zygote->Fork(id);
  return id;
}

void Images::Send(WorkerId id, const internal::WorkerRequest& request) {
  if (const auto owner = owners_.find(id); owner != owners_.end()) owner->second->zygote->Send(id, request);
}

void Images::Kill(WorkerId id) {
  if (const auto owner = owners_.find(id); owner != owners_.end()) owner->second->zygote->Kill(id);
}

void Images::HangUp(WorkerId id) {
  if (const auto owner = owners_.find(id); owner != owners_.end()) owner->second->zygote->HangUp(id);
}

}  // namespace evald
