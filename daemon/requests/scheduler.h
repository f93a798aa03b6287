// Scheduler: admission, and the life of every admitted request: wait for a worker, run under time limits, end
// exactly once.
//
//   Submit --> waiting --lease--> running --reply--> answered
//                 |                  |
//                 +--cancel, deadline, queue full, drain: failed; a worker that was running it is killed
//
// No tenant has more requests running, or waiting, than its rules say: a flood of one tenant's leaves workers
// and room in the queue for the others.
//
// Soft time limits are the worker's own. What is kept here is the hard one: a worker that has not answered
// kill_grace after its wall limit is killed, and the request ends at that moment.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "daemon/loop/timer_queue.h"
#include "daemon/requests/fair_queue.h"
#include "daemon/requests/status_mapping.h"
#include "daemon/requests/tenants.h"
#include "daemon/workers/pool.h"
#include "evald/internal/worker.pb.h"
#include "evald/v1/script.pb.h"

namespace evald {

// One request, made by a service adapter. It lives until Answer or Fail was called; one of them is called
// exactly once, on the loop.
class Call {
 public:
  virtual ~Call() = default;

  // With everything but request_id; `limits` are complete.
  virtual internal::WorkerRequest& request() = 0;
  // Of the request; a reference that stays valid.
  virtual const std::string& tenant() const = 0;
  virtual v1::Isolation isolation() const = 0;
  virtual v1::Limits& limits() = 0;
  // What it holds while it waits.
  virtual size_t bytes() const = 0;
  // It holds more now. REQUIRES: it is not submitted.
  virtual void SetBytes(size_t bytes) = 0;
  virtual MonotonicTime arrival() const = 0;
  // When the client stops waiting.
  virtual std::optional<MonotonicTime> deadline() const = 0;
  // For the log; see request_id.h.
  virtual std::string_view request_id() const = 0;

  // `reply` has a value or an exception; its parts may be moved out.
  virtual void Answer(internal::WorkerReply& reply, const v1::ExecutionStats& stats) = 0;
  // `stats`: of the worker that answered so; null if none did.
  virtual void Fail(const Failure& failure, const v1::ExecutionStats* stats) = 0;
};

struct SchedulerOptions {
  // What may wait, of all tenants together; each tenant's own bounds are its TenantRules'.
  size_t max_queue = 1024;
  size_t max_queue_bytes = 256 << 20;
  Duration kill_grace = std::chrono::milliseconds(250);
};

// Loop thread only. `pool` and `timers` outlive it.
class Scheduler {
 public:
  using CallId = uint64_t;

  Scheduler(SchedulerOptions options, std::shared_ptr<const Tenants> tenants, Pool* pool, TimerQueue* timers);
  ~Scheduler();

  enum class Admission { kNotReady, kOpen, kDraining };
  // What becomes of requests from now on; those already admitted go on.
  void SetAdmission(Admission admission) { admission_ = admission; }
  Admission admission() const { return admission_; }

  // Never the same twice. Any thread.
  CallId NewId() { return last_id_.fetch_add(1, std::memory_order_relaxed) + 1; }

  // What holds from now on, for those who wait too: a request that asked for more than its tenant's new
  // ceilings gets those. Who waits is looked at when the pool next has something.
  void SetRules(const SchedulerOptions& options, std::shared_ptr<const Tenants> tenants);

  // `id` was never used before. The call may be answered or fail before this returns.
  void Submit(CallId id, Call* call);
  // The same for a call that was let in before, whatever becomes of others now.
  void Admit(CallId id, Call* call);
  // Why a call would be turned away whoever submitted it now; nothing while all are let in.
  std::optional<Failure> WhyClosed() const;

  // The client has gone, or its deadline has passed. Ids that have ended are ignored.
  void Cancel(CallId id);

  // Ends all calls, waiting and running.
  void FailAll(const Failure& failure);

  size_t waiting() const { return queue_.size(); }
  size_t running() const { return entries_.size() - queue_.size(); }
  // `hook` is called whenever nothing waits or runs any more.
  void SetIdleHook(absl::AnyInvocable<void()> hook) { idle_hook_ = std::move(hook); }

 private:
  class Entry;

  // Gives workers to those who wait, as far as there are any.
  void Dispatch();
  FairQueue::Verdict TryStart(const std::string& tenant, CallId id, size_t depth, size_t& wanted);
  // Why a request that has to wait may not.
  std::optional<Failure> WhyNotWait(const Call& call) const;
  size_t RunningOf(const std::string& tenant) const;
  void FailOne(CallId id, const Failure& failure);
  // Takes the entry out; the caller ends its call.
  std::unique_ptr<Entry> Take(CallId id);
  void OnEnded();

  SchedulerOptions options_;
  std::shared_ptr<const Tenants> tenants_;
  Pool* const pool_;
  TimerQueue* const timers_;
  absl::AnyInvocable<void()> idle_hook_;
  Admission admission_ = Admission::kNotReady;
  std::atomic<CallId> last_id_{0};
  bool dispatching_ = false;
  absl::flat_hash_map<CallId, std::unique_ptr<Entry>> entries_;
  FairQueue queue_;
  size_t queued_bytes_ = 0;
  // Of those that have any.
  absl::flat_hash_map<std::string, size_t> running_of_;
};

}  // namespace evald
