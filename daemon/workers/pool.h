// Pool: which worker serves whom, and when workers come and go. The policy, in the order in which a worker is
// looked for:
//
//   PRISTINE   the idle worker that this tenant used last and that has rewound; else an unused one
//   REUSED     the idle worker that keeps state for this tenant; else an unused one; else one that it used
//              and that has rewound
//   neither    fork one if there is room; else retire the idle worker of another tenant that has been idle
//              longest, and fork in its place; else wait
//
// A worker that was used for a tenant never serves another. A worker that kept state serves REUSED requests
// of that tenant only, from then on. Without rewinding, a PRISTINE request is its worker's last.
//
// When the host has another image, the workers of earlier ones are replaced. Where it is the same snapshot in
// a new process, a few at a time: idle ones leave, busy ones finish first. Where it is another snapshot, it
// comes with workers that are ready, and no request gets an old one any more (Adopt).
//
// Nothing here runs on a request's path but what the request itself needs: workers that are done are hung up,
// and unused ones forked, a few at a time once it has been quiet for some milliseconds, unless a request
// waits. Where it does not become quiet, it is done at the rate at which workers are used up, and a little
// more.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "daemon/loop/timer_queue.h"
#include "daemon/workers/worker_host.h"
#include "evald/v1/script.pb.h"
#include "evald/v1/snapshot.pb.h"
#include "evald/v1/status.pb.h"

namespace evald {

class Pool;

// Whoever holds a lease hears of its worker; not any more once the lease is gone.
class LeaseHolder {
 public:
  virtual ~LeaseHolder() = default;
  // May let the lease go.
  virtual void OnReply(internal::WorkerReply& reply) = 0;
  // The worker ended before it answered. May let the lease go.
  virtual void OnWorkerEnded(const WorkerEnd& end) = 0;
};

// One worker, borrowed for one request. Move-only; letting go of it before the worker has answered kills the
// worker, afterwards returns it. May outlive the pool.
class Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { Release(); }

  explicit operator bool() const { return worker_id_ != 0; }
  WorkerId worker_id() const { return worker_id_; }
  // As the lease found them.
  uint64_t uses() const { return uses_; }
  v1::IsolateOrigin origin() const { return origin_; }
  uint64_t generation() const { return generation_; }

  // REQUIRES: the first call on this lease.
  void Send(const internal::WorkerRequest& request);

  // Kills the worker; `reason` is what it counts as retired by. Ends the lease.
  void Kill(std::string_view reason);

 private:
  friend class Pool;
  struct Owner {
    Pool* pool;
  };

  void Release();

  std::weak_ptr<Owner> owner_;
  WorkerId worker_id_ = 0;
  uint64_t uses_ = 0;
  v1::IsolateOrigin origin_ = v1::ISOLATE_ORIGIN_UNSPECIFIED;
  uint64_t generation_ = 0;
};

// A worker that was forked elsewhere and is ready, never used.
struct AdoptedWorker {
  WorkerId id = 0;
  MonotonicTime born{};
};

struct PoolOptions {
  // See evald.v1.PoolConfig.
  size_t min_idle = 8;
  size_t max_workers = 64;
  uint64_t max_uses = 10000;
  Duration max_age = std::chrono::minutes(10);
  // Forks under way at a time.
  size_t max_starting = 8;
  // Tidying waits for this much quiet, but not for longer than max_deferral; then takes tidy_batch of each
  // kind per tidy_interval, or, where it has not become quiet, per busy_interval one more than were used up.
  Duration quiet = std::chrono::milliseconds(3);
  Duration max_deferral = std::chrono::milliseconds(25);
  Duration tidy_interval = std::chrono::milliseconds(2);
  Duration busy_interval = std::chrono::milliseconds(10);
  size_t tidy_batch = 4;
  // A worker that takes longer to start, to rewind or to leave is killed.
  Duration patience = std::chrono::seconds(5);
  // Pause after a worker that ended before it was ready.
  Duration fork_pause = std::chrono::milliseconds(100);
};

// Loop thread only. Outlives neither the host nor the timers.
class Pool final : public WorkerEvents {
 public:
  Pool(PoolOptions options, WorkerHost* host, TimerQueue* timers);
  ~Pool() override;

  // Called when a request that found no worker may find one now.
  void SetAvailableHook(absl::AnyInvocable<void()> hook) { available_hook_ = std::move(hook); }

  // Starts keeping min_idle workers, all at once: after the boot of a zygote. `rewind`: used workers come
  // back.
  void Open(bool rewind);

  // The host has another image now, `workers` come from it, and `options` hold from now on. All at once: no
  // worker of an earlier image is given to a request any more, and those who wait are offered the new ones.
  // Until the old workers have left there may be more than max_workers.
  void Adopt(const std::vector<AdoptedWorker>& workers, const PoolOptions& options, bool rewind);
  // Idle workers beyond a smaller max_workers leave.
  void SetOptions(const PoolOptions& options);

  // A worker for `tenant` that is ready now, or none. `holder` outlives the lease.
  std::optional<Lease> TryAcquire(const std::string& tenant, v1::Isolation isolation, LeaseHolder* holder);

  // Forks on behalf of a request of `tenant` that waits, displacing an idle worker if need be. A tenant for
  // which `waits` holds is displaced only where it has clearly more workers than `tenant`. False: nothing can
  // be forked now.
  bool ForkFor(const std::string& tenant, absl::FunctionRef<bool(const std::string&)> waits);

  size_t idle() const { return Count(State::kIdle); }
  size_t unused() const { return unused_.size(); }
  size_t starting() const { return Count(State::kStarting); }
  size_t size() const { return workers_.size(); }

  // Hangs up on all workers and forks no more; `done` once they all have ended. What does not end in time is
  // killed.
  void Close(absl::AnyInvocable<void()> done);

  // Workers that were sent SIGKILL since the daemon started, by why; those among them that were on their way
  // out already count as retired by what had sent them there.
  const std::map<std::string, uint64_t>& kills() const { return kills_; }
  // All but `queued`, `zygote_restarts` and `rewind_off_reason`.
  void FillStatus(v1::PoolStatus& status) const;
  // Oldest first, at most `most`.
  void FillWorkers(size_t most, google::protobuf::RepeatedPtrField<v1::WorkerStatus>& workers) const;

  void OnWorkerReady(WorkerId id, const internal::WorkerReady& ready) override;
  void OnWorkerReply(WorkerId id, internal::WorkerReply& reply) override;
  void OnWorkerLeaving(WorkerId id) override;
  void OnWorkerEnded(WorkerId id, const WorkerEnd& end) override;
  void OnForksPossible() override;

 private:
  friend class Lease;

  enum class State {
    kStarting,   // forked, not ready yet
    kIdle,       // ready
    kBusy,       // leased
    kResetting,  // answered, not ready again
    kRetiring,   // out of service, to be hung up on in a quiet moment
    kEnding,     // hung up on or killed
  };
  static constexpr size_t kStates = 6;

  struct Worker {
    WorkerId id = 0;
    State state = State::kStarting;
    MonotonicTime born{};
    MonotonicTime since{};  // in this state
    std::string tenant;     // meaningful once used
    bool used = false;
    bool keeps_state = false;
    // Not empty: it is to be retired, for this reason, once it has answered.
    std::string_view outdated;
    uint64_t uses = 0;
    uint64_t generation = 0;
    uint64_t image = 0;
    v1::IsolateOrigin origin = v1::ISOLATE_ORIGIN_UNSPECIFIED;
    LeaseHolder* holder = nullptr;
    std::string retired_by;  // empty: how it ended says it
    bool killed = false;
  };

  // The workers of one tenant.
  struct Share {
    size_t size = 0;              // in any state but kEnding
    std::vector<WorkerId> clean;  // idle and rewound; used last at the back
    std::vector<WorkerId> kept;   // idle with state; used last at the back
  };

  static v1::WorkerStatus::State PublicStateOf(const Worker& worker);

  size_t Count(State state) const { return counts_[static_cast<size_t>(state)]; }
  // All that is not on its way out: what max_workers bounds.
  size_t Live() const { return workers_.size() - Count(State::kEnding); }
  // Those of them that are to stay: neither retiring nor outdated by a swap.
  size_t Staying() const;
  // max_workers was lowered below that.
  bool HasSurplus() const { return Live() > options_.max_workers && Staying() > options_.max_workers; }
  bool CanFork() const;
  bool WantsRefill() const;
  bool Expired(const Worker& worker) const;

  void SetState(Worker& worker, State state);
  void TakeFromIdle(const Worker& worker);
  void LeaveShare(Worker& worker);
  Worker& Add(WorkerId id, MonotonicTime born);
  void Fork();
  void Retire(Worker& worker, std::string_view reason);
  void HangUp(Worker& worker);
  void Kill(Worker& worker, std::string_view reason);
  void EndLease(WorkerId id);
  Worker* PickIdle(std::vector<WorkerId>& from);
  Worker* TakeRetiring();
  Worker* PickVictim(const std::string& tenant, absl::FunctionRef<bool(const std::string&)> waits);

  // It leaves as soon as it is not busy.
  void Outdate(Worker& worker, std::string_view reason);
  // Some of those that come from an earlier image.
  void RetireOutdated();
  void StartKeeping();
  void ScheduleTidying();
  void Tidy();
  void KeepHouse();
  void NotifyAvailable();

  PoolOptions options_;
  WorkerHost* const host_;
  TimerQueue* const timers_;
  absl::AnyInvocable<void()> available_hook_;
  absl::AnyInvocable<void()> closed_hook_;
  std::shared_ptr<Lease::Owner> owner_;

  bool open_ = false;
  bool rewind_ = false;
  uint64_t image_ = 0;
  bool has_outdated_ = false;  // there may be workers that come from another image than that
  absl::flat_hash_map<WorkerId, std::unique_ptr<Worker>> workers_;
  absl::flat_hash_map<std::string, Share> shares_;
  std::vector<WorkerId> unused_;  // idle, never used; forked last at the back
  std::deque<WorkerId> retiring_;
  size_t counts_[kStates] = {};
  MonotonicTime last_activity_{};
  std::optional<MonotonicTime> untidy_since_;
  std::optional<size_t>
      used_up_;  // unused workers taken since the last step of tidying, from the first one on
  Timer tidy_timer_;
  Timer house_timer_;
  Timer fork_pause_;

  uint64_t forks_ = 0;
  uint64_t rewinds_ = 0;
  std::map<std::string, uint64_t> retired_;
  std::map<std::string, uint64_t> kills_;
};

}  // namespace evald
