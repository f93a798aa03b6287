// Staging: an image before it serves. A zygote boots it (BOOT), the canaries run in it, each in a worker of
// its own (CANARY), and workers are forked from it until there are as many ready as the pool wants (FILL).
// Then it can take over.
//
// Whatever goes wrong ends it, and what serves notices nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/loop/timer_queue.h"
#include "daemon/requests/limits.h"
#include "daemon/workers/images.h"
#include "daemon/workers/pool.h"
#include "evald/internal/builder.pb.h"
#include "evald/v1/snapshot.pb.h"

namespace evald {

// Loop thread only. Destruction abandons the image, unless its workers were taken, and calls nobody.
class Staging final : private WorkerEvents {
 public:
  struct Options {
    std::unique_ptr<Images::Source> source;
    std::vector<internal::CanarySource> canaries;
    // A canary is an ordinary request that sets no limits.
    LimitBounds bounds;
    Duration kill_grace{};
    // That have to be ready.
    size_t workers = 0;
    // Forks under way at a time.
    size_t max_starting = 8;
    // For all of them to be ready.
    Duration fill_timeout{};
    // Then one will do: where nothing serves before.
    bool some_will_do = false;
  };
  // None is called from inside a method. The last one may destroy this.
  struct Handlers {
    // BOOT, CANARY, FILL, in this order; `detail` is for people.
    absl::AnyInvocable<void(v1::SnapshotStage stage, const std::string& detail)> on_passed;
    // The stage after the one that passed last failed. No more is heard.
    absl::AnyInvocable<void(const absl::Status& why)> on_failed;
  };

  // An error: the zygote cannot be started. `images` and `timers` outlive it.
  static absl::StatusOr<std::unique_ptr<Staging>> Start(Images* images, TimerQueue* timers, Options options,
                                                        Handlers handlers);
  ~Staging() override;

  // REQUIRES, both: BOOT has passed.
  const internal::ZygoteBooted& booted() const { return booted_; }
  // The workers, which are the caller's then, as the image is. REQUIRES: FILL has passed.
  std::vector<AdoptedWorker> TakeWorkers();

 private:
  Staging(Images* images, TimerQueue* timers, Options options, Handlers handlers);

  void OnWorkerReady(WorkerId id, const internal::WorkerReady& ready) override;
  void OnWorkerReply(WorkerId id, internal::WorkerReply& reply) override;
  void OnWorkerLeaving(WorkerId id) override;
  void OnWorkerEnded(WorkerId id, const WorkerEnd& end) override;
  void OnForksPossible() override {}

  void OnUp(const internal::ZygoteBooted& booted);
  void NextCanary();
  void ForkForCanary();
  void SendCanary();
  void Fill();
  void OnFillTimeout();
  // A worker was lost before anything was asked of it. False: too many of them were.
  bool MayForkAgain(const WorkerEnd& end);
  std::string CanaryName() const;
  void Fail(const std::string& why);

  Images* const images_;
  TimerQueue* const timers_;
  Options options_;
  Handlers handlers_;

  internal::ZygoteBooted booted_;
  size_t canary_ = 0;           // the one that runs
  WorkerId canary_worker_ = 0;  // 0: none
  bool canary_sent_ = false;
  bool filling_ = false;
  bool taken_ = false;
  size_t lost_ = 0;  // workers that ended before they were of use
  absl::flat_hash_set<WorkerId> starting_;
  std::vector<AdoptedWorker> ready_;
  Timer deadline_;  // of the canary, of the filling
  Timer fork_again_;
};

}  // namespace evald
