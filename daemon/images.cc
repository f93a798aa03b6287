#include "daemon/images.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace evald {
namespace {

// After a zygote that was to take over did not boot.
constexpr Duration kRetryPause = std::chrono::minutes(1);
// Old zygotes that wait for their last workers; with more of them the next one has to wait too.
constexpr size_t kMostRetired = 3;

}  // namespace

void Images::Image::OnWorkerReady(WorkerId id, const internal::WorkerReady& ready) {
  owner->events_->OnWorkerReady(id, ready);
}

void Images::Image::OnWorkerReply(WorkerId id, internal::WorkerReply& reply) {
  owner->events_->OnWorkerReply(id, reply);
}

void Images::Image::OnWorkerEnded(WorkerId id, const WorkerEnd& end) {
  owner->owners_.erase(id);
  if (--workers == 0 && this != owner->serving_.get()) owner->SweepSoon();
  owner->events_->OnWorkerEnded(id, end);
}

void Images::Image::OnForksPossible() {
  if (this == owner->serving_.get()) owner->events_->OnForksPossible();
}

Images::Images(boost::asio::io_context& io, TimerQueue& timers, Launcher launcher, Handlers handlers)
    : io_(io), timers_(timers), launcher_(std::move(launcher)), handlers_(std::move(handlers)) {}

void Images::Start(Options options) {
  EVALD_CHECK(last_number_ == 0 && events_ != nullptr, "started once, with somebody to tell");
  options_ = std::move(options);
  serving_ = Make();
  serving_->zygote->Start(options_.zygote);
}

std::unique_ptr<Images::Image> Images::Make() {
  auto image = std::make_unique<Image>();
  image->owner = this;
  image->number = ++last_number_;
  image->zygote = std::make_unique<ZygoteHandle>(
      io_, timers_, [this](absl::AnyInvocable<void(int)> on_exit) { return launcher_(std::move(on_exit)); },
      ZygoteHandle::Handlers{
          .on_up = [this, image = image.get()](const internal::ZygoteBooted& b) { OnUp(*image, b); },
          .on_first_boot_failed =
              [this, image = image.get()](const absl::Status& why) { OnBootFailed(*image, why); }});
  image->zygote->SetEvents(image.get());
  return image;
}

void Images::OnUp(Image& image, const internal::ZygoteBooted& booted) {
  if (&image == next_.get()) Switch();
  if (&image != serving_.get()) return;
  renewal_timer_ = timers_.After(options_.max_age, [this] { Renew(); });
  if (handlers_.on_up) handlers_.on_up(booted);
}

void Images::OnBootFailed(Image& image, const absl::Status& why) {
  if (&image == serving_.get()) {
    if (handlers_.on_first_boot_failed) handlers_.on_first_boot_failed(why);
    return;
  }
  if (&image != next_.get()) return;
  spdlog::error("the next zygote did not boot, the one that serves goes on: {}", std::string(why.message()));
  next_->gone = true;
  retired_.push_back(std::move(next_));
  SweepSoon();
  renewal_timer_ = timers_.After(std::min(options_.max_age, kRetryPause), [this] { Renew(); });
}

void Images::Renew() {
  if (next_ != nullptr || !serving_->zygote->up()) return;
  if (retired_.size() >= kMostRetired) {
    renewal_timer_ = timers_.After(std::min(options_.max_age, kRetryPause), [this] { Renew(); });
    return;
  }
  next_ = Make();
  next_->zygote->Start(options_.zygote);
}

void Images::Switch() {
  serving_->zygote->Retire();
  spdlog::info("workers are forked from another zygote now; {} of the old one's remain", serving_->workers);
  retired_.push_back(std::move(serving_));
  serving_ = std::move(next_);
  ++renewals_;
  SweepSoon();
}

void Images::SweepSoon() {
  sweep_timer_ = timers_.After(Duration(0), [this] { Sweep(); });
}

void Images::Sweep() {
  for (const std::unique_ptr<Image>& image : retired_) {
    if (image->stopping || image->gone || (image->workers > 0 && !stopping_)) continue;
    image->stopping = true;
    image->zygote->Stop([this, image = image.get()] {
      image->gone = true;
      SweepSoon();
    });
  }
  for (const std::unique_ptr<Image>& image : retired_) {
    if (image->gone) restarts_of_gone_ += image->zygote->restarts();
  }
  retired_.remove_if([](const std::unique_ptr<Image>& image) { return image->gone; });
  if (stopped_ && retired_.empty()) std::exchange(stopped_, nullptr)();
}

void Images::Stop(absl::AnyInvocable<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  renewal_timer_.Cancel();
  for (std::unique_ptr<Image>* image : {&serving_, &next_}) {
    if (*image != nullptr) retired_.push_back(std::move(*image));
  }
  SweepSoon();
}

uint64_t Images::restarts() const {
  uint64_t sum = restarts_of_gone_;
  if (serving_ != nullptr) sum += serving_->zygote->restarts();
  for (const std::unique_ptr<Image>& image : retired_) sum += image->zygote->restarts();
  return sum;
}

bool Images::CanFork() const { return serving_ != nullptr && serving_->zygote->CanFork(); }

void Images::Fork(WorkerId id) {
  EVALD_CHECK(CanFork(), "workers are forked from a zygote that is up");
  owners_.emplace(id, serving_.get());
  ++serving_->workers;
  serving_->zygote->Fork(id);
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
