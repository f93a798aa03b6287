// Intake: where requests come in. Those with TypeScript go through the transpiler first:
//
//   Submit --> transpiling (a call of its own in the transpiler's queue) --> the scheduler, as JavaScript
//                  |
//                  +-- no TypeScript: answered with the SyntaxError; limit, cancel, deadline...: failed
//
// The others go to the scheduler as they are.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "daemon/requests/scheduler.h"

namespace evald {

// The transpiler's queue, as the intake sees it.
class TranspilerQueue {
 public:
  using CallId = Scheduler::CallId;

  virtual ~TranspilerQueue() = default;
  // False: nothing is transpiled in this evald.
  virtual bool on() const = 0;
  // As Scheduler's; the id is the queue's own. REQUIRES: on().
  virtual CallId Submit(Call* call) = 0;
  virtual void Cancel(CallId id) = 0;
  virtual void FailAll(const Failure& failure) = 0;
};

// Loop thread only, but NewId. `scheduler` and `transpiler` outlive it.
//
// A tenant's time for a request covers the transpiling: what that took is taken from its limits.
class Intake {
 public:
  using CallId = Scheduler::CallId;

  // `max_request_bytes`: the longest request that a worker is sent.
  Intake(Scheduler* scheduler, TranspilerQueue* transpiler, uint64_t max_request_bytes);
  ~Intake();

  // As Scheduler's.
  CallId NewId() { return scheduler_->NewId(); }
  void Submit(CallId id, Call* call);
  void Cancel(CallId id);
  void FailAll(const Failure& failure);

  // Requests that wait for the transpiler, or that it works on.
  size_t transpiling() const { return transpiling_.size(); }
  // No request that was let in has yet to end.
  bool idle() const { return transpiling_.empty() && scheduler_->running() + scheduler_->waiting() == 0; }
  // `hook` is called once, when it is idle next; null: never.
  void SetIdleHook(absl::AnyInvocable<void()> hook);

 private:
  class Transpilation;

  // Takes it out; its call is the caller's to end or to go on with.
  std::unique_ptr<Transpilation> Take(CallId id);
  void NoteEnded();

  Scheduler* const scheduler_;
  TranspilerQueue* const transpiler_;
  const uint64_t max_request_bytes_;
  absl::AnyInvocable<void()> idle_hook_;
  absl::flat_hash_map<CallId, std::unique_ptr<Transpilation>> transpiling_;
};

}  // namespace evald
