#include "daemon/requests/scheduler.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "daemon/log/log_fields.h"
#include "daemon/loop/proto_time.h"

namespace evald {
namespace {

// The shortest wall limit that a worker is given: a client's deadline may be nearer than a timer can keep.
constexpr Duration kShortestLimit = std::chrono::milliseconds(1);

// A client whose deadline passes cancels its call, by its own clock: this much before the deadline it is
// that.
constexpr Duration kDeadlineSlack = std::chrono::milliseconds(10);

// A worker's stamps are not trusted: a span is never negative.
void SetSpan(int64_t from_ns, int64_t to_ns, google::protobuf::Duration& span) {
  FromDuration(to_ns > from_ns && from_ns >= 0 ? Duration(to_ns - from_ns) : Duration(0), span);
}

Failure Cancelled() { return {v1::ERROR_REASON_CANCELLED, "the client cancelled the call"}; }
Failure TooLate(const char* where) {
  return {v1::ERROR_REASON_WALL_TIME_LIMIT,
          std::string("the call's deadline passed while the request ") + where};
}

// What a script may do by way of its limits is not worth a line; that a worker broke, or was broken, is.
bool EndsBadly(v1::ErrorReason reason) {
  return reason == v1::ERROR_REASON_WORKER_CRASHED || reason == v1::ERROR_REASON_SANDBOX_VIOLATION ||
         reason == v1::ERROR_REASON_WORKER_LOST;
}

}  // namespace

// One admitted call.
class Scheduler::Entry final : public LeaseHolder {
 public:
  Entry(Scheduler* scheduler, CallId id, Call* call) : scheduler_(scheduler), id_(id), call_(call) {
    call->request().set_request_id(id);
  }

  Call& call() { return *call_; }
  bool running() const { return static_cast<bool>(lease_); }

  void AwaitDeadline(MonotonicTime now) {
    if (const auto deadline = call_->deadline()) {
      timer_ = scheduler_->timers_->After(std::max(*deadline - now, Duration(0)), [this] {
        scheduler_->FailOne(id_, TooLate("waited for a worker"));
      });
    }
  }

  void Start(Lease lease) {
    lease_ = std::move(lease);
    leased_at_ = scheduler_->timers_->clock().Now();
    // It was accepted by rules that may have been replaced since.
    Clamp(scheduler_->tenants_->RulesOf(call_->tenant()).limits.ceilings, call_->limits());
    Duration wall = ToDuration(call_->limits().wall_time());
    if (const auto deadline = call_->deadline())
      wall = std::max(std::min(wall, *deadline - leased_at_), kShortestLimit);
    FromDuration(wall, *call_->limits().mutable_wall_time());
    timer_ = scheduler_->timers_->After(wall + scheduler_->options_.kill_grace, [this] { OnHardLimit(); });
    lease_.Send(call_->request());
  }

  // Ends the worker along with the request.
  void KillWorker(std::string_view reason) { lease_.Kill(reason); }

  void OnReply(internal::WorkerReply& reply) override {
    const auto self = scheduler_->Take(id_);
    v1::ExecutionStats stats;
    FillStats(reply, stats);
    if (reply.has_fault()) {
      internal::WorkerFault& fault = *reply.mutable_fault();
      call_->Fail({fault.reason(), std::move(*fault.mutable_message()), fault.limit(), fault.reached(),
                   std::move(*fault.mutable_stack())},
                  &stats);
    } else {
      call_->Answer(reply, stats);
    }
    Leave();
  }

  void OnWorkerEnded(const WorkerEnd& end) override {
    const auto self = scheduler_->Take(id_);
    Failure failure = FailureOf(end);
    // A worker that could not go on had at least all that it may have.
    if (failure.reason == v1::ERROR_REASON_HEAP_LIMIT) failure.limit = call_->limits().heap_bytes();
    if (failure.reason == v1::ERROR_REASON_MEMORY_LIMIT) failure.limit = call_->limits().memory_bytes();
    failure.reached = failure.limit;
    if (EndsBadly(failure.reason)) LogEnd("a worker ended before it answered", failure, lease_.worker_id());
    call_->Fail(failure, nullptr);
    Leave();
  }

 private:
  void OnHardLimit() {
    const WorkerId worker_id = lease_.worker_id();
    lease_.Kill("wall_time_limit");
    const Duration reached = scheduler_->timers_->clock().Now() - leased_at_;
    const Failure failure{
        v1::ERROR_REASON_WALL_TIME_LIMIT,
        "the script ran past limits.wall_time and could not be interrupted; its worker was killed",
        static_cast<uint64_t>(ToDuration(call_->limits().wall_time()).count()),
        static_cast<uint64_t>(reached.count())};
    LogEnd("a worker was killed", failure, worker_id);
    scheduler_->FailOne(id_, failure);
  }

  void LogEnd(std::string_view what, const Failure& failure, WorkerId worker_id) const {
    LogWith(spdlog::level::warn, what,
            {{"request_id", call_->request_id()},
             {"tenant", call_->tenant()},
             {"reason", ReasonName(failure.reason)},
             {"detail", failure.message},
             {"worker_id", worker_id}});
  }

  void Leave() {
    timer_.Cancel();
    lease_ = Lease();
    scheduler_->OnEnded();
  }

  void FillStats(const internal::WorkerReply& reply, v1::ExecutionStats& stats) {
    const auto ns = [](MonotonicTime time) { return Duration(time.time_since_epoch()).count(); };
    SetSpan(ns(call_->arrival()), ns(leased_at_), *stats.mutable_queue_time());
    SetSpan(ns(leased_at_), reply.started_ns(), *stats.mutable_cold_start());
    SetSpan(reply.started_ns(), reply.finished_ns(), *stats.mutable_wall_time());
    SetSpan(0, reply.cpu_ns(), *stats.mutable_cpu_time());
    stats.set_heap_bytes(reply.heap_bytes());
    stats.set_worker_id(lease_.worker_id());
    stats.set_snapshot_generation(lease_.generation());
    stats.set_isolate_origin(lease_.origin());
    stats.set_worker_uses(lease_.uses());
  }

  Scheduler* const scheduler_;
  const CallId id_;
  Call* const call_;
  MonotonicTime leased_at_{};
  Timer timer_;  // the client's deadline while it waits, the hard limit while it runs
  Lease lease_;
};

Scheduler::Scheduler(SchedulerOptions options, std::shared_ptr<const Tenants> tenants, Pool* pool,
                     TimerQueue* timers)
    : options_(options), tenants_(std::move(tenants)), pool_(pool), timers_(timers) {
  pool_->SetAvailableHook([this] { Dispatch(); });
}

Scheduler::~Scheduler() {
  EVALD_CHECK(entries_.empty(), "every call has ended before the scheduler does");
  pool_->SetAvailableHook(nullptr);
}

void Scheduler::SetRules(const SchedulerOptions& options, std::shared_ptr<const Tenants> tenants) {
  options_ = options;
  tenants_ = std::move(tenants);
}

std::optional<Failure> Scheduler::WhyClosed() const {
  switch (admission_) {
    case Admission::kNotReady:
      return Failure{v1::ERROR_REASON_NOT_READY, "evald is still booting"};
    case Admission::kDraining:
      return Failure{v1::ERROR_REASON_DRAINING, "evald is shutting down"};
    case Admission::kOpen:
      break;
  }
  return std::nullopt;
}

void Scheduler::Submit(CallId id, Call* call) {
  if (const std::optional<Failure> closed = WhyClosed()) return call->Fail(*closed, nullptr);
  Admit(id, call);
}

void Scheduler::Admit(CallId id, Call* call) {
  Entry& entry = *entries_.emplace(id, std::make_unique<Entry>(this, id, call)).first->second;
  queue_.Push(call->tenant(), id);
  queued_bytes_ += call->bytes();
  Dispatch();
  if (!queue_.Contains(id)) return;
  if (const std::optional<Failure> refusal = WhyNotWait(*call)) return FailOne(id, *refusal);
  entry.AwaitDeadline(timers_->clock().Now());
}

std::optional<Failure> Scheduler::WhyNotWait(const Call& call) const {
  const auto full = [](const char* queue) {
    return Failure{v1::ERROR_REASON_QUEUE_FULL, std::string("no worker is free and ") + queue};
  };
  if (queue_.SizeOf(call.tenant()) > tenants_->RulesOf(call.tenant()).max_queue)
    return full("the tenant's queue (admission.max_queue_per_tenant) is full");
  if (queue_.size() > options_.max_queue)
    return full("the queue of all tenants (admission.max_queue) is full");
  if (queued_bytes_ > options_.max_queue_bytes)
    return full("the waiting requests would hold more bytes than admission.max_queue_bytes");
  return std::nullopt;
}

size_t Scheduler::RunningOf(const std::string& tenant) const {
  const auto found = running_of_.find(tenant);
  return found == running_of_.end() ? 0 : found->second;
}

void Scheduler::Cancel(CallId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  Entry& entry = *found->second;
  const std::optional<MonotonicTime> deadline = entry.call().deadline();
  const bool late = deadline.has_value() && timers_->clock().Now() + kDeadlineSlack >= *deadline;
  if (!entry.running()) return FailOne(id, late ? TooLate("waited for a worker") : Cancelled());
  // The worker's wall limit is no later than the deadline: it is about to stop by itself, and is then as good
  // as new.
  if (late) return;
  entry.KillWorker("cancelled");
  FailOne(id, Cancelled());
}

void Scheduler::FailAll(const Failure& failure) {
  std::vector<CallId> ids;
  for (const auto& [id, entry] : entries_) ids.push_back(id);
  for (CallId id : ids) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) continue;
    if (found->second->running()) found->second->KillWorker("shutdown");
    FailOne(id, failure);
  }
}

void Scheduler::FailOne(CallId id, const Failure& failure) {
  const std::unique_ptr<Entry> entry = Take(id);
  entry->call().Fail(failure, nullptr);
  OnEnded();
}

std::unique_ptr<Scheduler::Entry> Scheduler::Take(CallId id) {
  const auto found = entries_.find(id);
  EVALD_CHECK(found != entries_.end(), "a call ends once");
  std::unique_ptr<Entry> entry = std::move(found->second);
  entries_.erase(found);
  Call& call = entry->call();
  if (queue_.Remove(id)) {
    queued_bytes_ -= call.bytes();
  } else if (const auto running = running_of_.find(call.tenant()); --running->second == 0) {
    running_of_.erase(running);
  }
  return entry;
}

void Scheduler::OnEnded() {
  if (entries_.empty() && idle_hook_) idle_hook_();
}

void Scheduler::Dispatch() {
  if (dispatching_ || queue_.size() == 0) return;
  dispatching_ = true;
  size_t wanted = 0;
  queue_.Visit([&](const std::string& tenant, CallId id, size_t depth) {
    return TryStart(tenant, id, depth, wanted);
  });
  dispatching_ = false;
}

FairQueue::Verdict Scheduler::TryStart(const std::string& tenant, CallId id, size_t depth, size_t& wanted) {
  const size_t running = RunningOf(tenant);
  const size_t may_run = tenants_->RulesOf(tenant).max_running;
  if (running >= may_run) return FairQueue::Verdict::kSkip;
  Entry& entry = *entries_.at(id);
  if (std::optional<Lease> lease = pool_->TryAcquire(tenant, entry.call().isolation(), &entry)) {
    ++running_of_[tenant];
    queued_bytes_ -= entry.call().bytes();
    entry.Start(*std::move(lease));
    return FairQueue::Verdict::kTake;
  }
  wanted += std::min(depth, may_run - running);
  bool can_fork = true;
  while (can_fork && pool_->starting() < wanted) {
    can_fork = pool_->ForkFor(tenant, [this](const std::string& other) { return queue_.Waits(other); });
  }
  return pool_->idle() == 0 && !can_fork ? FairQueue::Verdict::kStop : FairQueue::Verdict::kSkip;
}

}  // namespace evald
