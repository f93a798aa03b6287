#include "daemon/workers/staging.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "daemon/loop/proto_time.h"
#include "daemon/requests/status_mapping.h"
#include "daemon/requests/validator.h"
#include "daemon/snapshots/json_equal.h"

namespace evald {
namespace {

// Workers that may end before they were of use, until the image is given up.
constexpr size_t kMostLost = 10;
constexpr Duration kForkPause = std::chrono::milliseconds(100);
// For a canary's worker to be ready.
constexpr Duration kStartPatience = std::chrono::seconds(5);

// As much of a result as an error message has use for.
std::string Excerpt(const std::string& text) {
  constexpr size_t kLongest = 300;
  return text.size() <= kLongest ? text : absl::StrCat(text.substr(0, kLongest), "...");
}

std::string Describe(const v1::ScriptException& exception) {
  if (!exception.stack().empty()) return exception.stack();
  return absl::StrCat(exception.name(), ": ", exception.message());
}

std::string Describe(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kJson:
      return Excerpt(value.json());
    case v1::Value::kBytes:
      return absl::StrCat(value.bytes().size(), " bytes");
    case v1::Value::kStructured:
    case v1::Value::kUndefined:
    case v1::Value::KIND_NOT_SET:
      break;
  }
  return "undefined";
}

std::string Workers(size_t count) { return absl::StrCat(count, count == 1 ? " worker" : " workers"); }

// Empty: the canary passed.
std::string WhyNot(const internal::WorkerReply& reply, const std::string& expect) {
  if (reply.has_fault()) {
    const internal::WorkerFault& fault = reply.fault();
    return absl::StrCat("failed (", ReasonName(fault.reason()), "): ", fault.message(),
                        fault.stack().empty() ? "" : "\n", fault.stack());
  }
  if (reply.has_exception()) return absl::StrCat("threw ", Describe(reply.exception()));
  if (expect.empty()) return "";
  const bool same = reply.value().has_json() && SameJson(reply.value().json(), expect);
  return same ? "" : absl::StrCat("came to ", Describe(reply.value()), " instead of ", Excerpt(expect));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Staging>> Staging::Start(Images* images, TimerQueue* timers, Options options,
                                                        Handlers handlers) {
  auto staging =
      std::unique_ptr<Staging>(new Staging(images, timers, std::move(options), std::move(handlers)));
  Staging* const self = staging.get();
  absl::Status staged = images->Stage(
      std::move(self->options_.source), self,
      {.on_up = [self](const internal::ZygoteBooted& booted) { self->OnUp(booted); },
       .on_failed = [self](const absl::Status& why) { self->Fail(std::string(why.message())); }});
  if (!staged.ok()) {
    self->taken_ = true;  // there is nothing to abandon
    return staged;
  }
  return staging;
}

Staging::Staging(Images* images, TimerQueue* timers, Options options, Handlers handlers)
    : images_(images), timers_(timers), options_(std::move(options)), handlers_(std::move(handlers)) {}

Staging::~Staging() {
  if (!taken_) images_->Abandon();
}

std::vector<AdoptedWorker> Staging::TakeWorkers() {
  taken_ = true;
  return std::move(ready_);
}

void Staging::OnUp(const internal::ZygoteBooted& booted) {
  booted_ = booted;
  handlers_.on_passed(v1::SNAPSHOT_STAGE_BOOT,
                      booted.rewind() ? "" : absl::StrCat("rewinding is off: ", booted.rewind_off_reason()));
  NextCanary();
}

std::string Staging::CanaryName() const {
  return absl::StrCat("canary \"", options_.canaries[canary_].name(), "\"");
}

void Staging::NextCanary() {
  if (canary_ < options_.canaries.size()) return ForkForCanary();
  deadline_.Cancel();
  handlers_.on_passed(v1::SNAPSHOT_STAGE_CANARY,
                      absl::StrCat(canary_, canary_ == 1 ? " canary" : " canaries", " passed"));
  filling_ = true;
  deadline_ = timers_->After(options_.fill_timeout, [this] { OnFillTimeout(); });
  Fill();
}

void Staging::ForkForCanary() {
  if (!images_->CanForkStaged()) return;  // its failure is about to be told
  canary_worker_ = images_->ForkStaged();
  canary_sent_ = false;
  deadline_ = timers_->After(kStartPatience, [this] { Fail("no worker came up for it"); });
}

void Staging::SendCanary() {
  const internal::CanarySource& canary = options_.canaries[canary_];
  internal::WorkerRequest request;
  request.set_request_id(canary_ + 1);
  v1::EvalRequest& eval = *request.mutable_eval();
  eval.set_source(canary.source());
  eval.set_resource_name(canary.name());
  eval.mutable_console()->set_discard(true);
  FillDefaults(options_.bounds, eval);
  canary_sent_ = true;
  deadline_ = timers_->After(ToDuration(eval.limits().wall_time()) + options_.kill_grace, [this] {
    Fail(absl::StrCat(CanaryName(), " ran past limits.wall_time and could not be interrupted"));
  });
  images_->Send(canary_worker_, request);
}

void Staging::Fill() {
  while (ready_.size() + starting_.size() < options_.workers && starting_.size() < options_.max_starting &&
         images_->CanForkStaged()) {
    starting_.insert(images_->ForkStaged());
  }
  if (ready_.size() < options_.workers || !images_->CanForkStaged()) return;
  deadline_.Cancel();
  // Taken out: whoever is told may destroy this.
  auto on_passed = std::move(handlers_.on_passed);
  on_passed(v1::SNAPSHOT_STAGE_FILL, Workers(ready_.size()));
}

void Staging::OnFillTimeout() {
  if (!options_.some_will_do || ready_.empty()) {
    return Fail(absl::StrCat("only ", ready_.size(), " of ", Workers(options_.workers),
                             " came up within zygote_boot_timeout"));
  }
  options_.workers = ready_.size();
  for (const WorkerId id : std::exchange(starting_, {})) images_->Kill(id);
  Fill();
}

void Staging::OnWorkerReady(WorkerId id, const internal::WorkerReady&) {
  if (id == canary_worker_ && !canary_sent_) return SendCanary();
  if (starting_.erase(id) == 0) return;
  ready_.push_back({id, timers_->clock().Now()});
  Fill();
}

void Staging::OnWorkerReply(WorkerId id, internal::WorkerReply& reply) {
  if (id != canary_worker_) return;
  if (const std::string why_not = WhyNot(reply, options_.canaries[canary_].expect()); !why_not.empty()) {
    return Fail(absl::StrCat(CanaryName(), " ", why_not));
  }
  images_->HangUp(std::exchange(canary_worker_, 0));
  ++canary_;
  NextCanary();
}

void Staging::OnWorkerLeaving(WorkerId id) {
  const auto found = std::find_if(ready_.begin(), ready_.end(),
                                  [id](const AdoptedWorker& worker) { return worker.id == id; });
  if (found == ready_.end()) return;
  ready_.erase(found);
  // Until it is told how it ended.
  starting_.insert(id);
}

void Staging::OnWorkerEnded(WorkerId id, const WorkerEnd& end) {
  // The zygote itself has gone, which is about to be told.
  if (!images_->CanForkStaged()) return;
  if (id == canary_worker_) {
    if (canary_sent_) return Fail(absl::StrCat(CanaryName(), ": ", FailureOf(end).message));
    if (MayForkAgain(end)) fork_again_ = timers_->After(kForkPause, [this] { ForkForCanary(); });
    return;
  }
  OnWorkerLeaving(id);
  if (starting_.erase(id) == 0 || !MayForkAgain(end)) return;
  if (!fork_again_.armed()) fork_again_ = timers_->After(kForkPause, [this] { Fill(); });
}

bool Staging::MayForkAgain(const WorkerEnd& end) {
  if (++lost_ <= kMostLost) return true;
  Fail(absl::StrCat(lost_, " workers ended before they served, the last one so: ", FailureOf(end).message));
  return false;
}

void Staging::Fail(const std::string& why) {
  deadline_.Cancel();
  fork_again_.Cancel();
  images_->Abandon();
  taken_ = true;
  // Taken out: whoever is told may destroy this.
  auto on_failed = std::move(handlers_.on_failed);
  on_failed(absl::UnavailableError(why));
}

}  // namespace evald
