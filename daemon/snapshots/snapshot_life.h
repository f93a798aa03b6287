// SnapshotLife: which image serves, over time: the boot, regenerations and rollbacks, one after the other.
//
//   CONFIG -> BUILD -> BOOT -> CANARY -> FILL -> SWAP | -> DRAIN
//                                                     |
//              one change at a time, and any          another change may begin
//              failure leaves what serves
//
// Who asks for what is under way already joins it. A rollback takes over from anything that has not swapped
// yet, unless it is to a generation that is not kept. One to "the one before" is asked for once as long as it
// drains: another joins it. A regeneration waits for a rollback. What each step does is SnapshotSteps'
// business.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "daemon/loop/timer_queue.h"
#include "daemon/snapshots/snapshot_changes.h"
#include "daemon/snapshots/snapshot_steps.h"

namespace evald {

// Loop thread only. `steps` and `timers` outlive it; subscriptions may outlive it.
class SnapshotLife final : public SnapshotChanges {
 public:
  SnapshotLife(SnapshotSteps* steps, TimerQueue* timers);
  ~SnapshotLife() override;

  // The first image; until it serves, others are refused with NOT_READY. `done`: OK once it serves, or which
  // stage failed and why. REQUIRES: called once.
  void Boot(absl::AnyInvocable<void(const absl::Status&)> done);

  // SIGHUP: a regeneration that has not read anything yet when this is called, so it never joins one under
  // way.
  void Reload();

  // Gives up what is under way and refuses the rest, with DRAINING.
  void Stop();

  std::unique_ptr<Subscription> Regenerate(bool force, const std::string& trigger, Sink sink) override;
  std::unique_ptr<Subscription> Rollback(uint64_t generation, const std::string& trigger, Sink sink) override;
  std::unique_ptr<Subscription> Observe(Sink sink) override;
  void FillChange(v1::SnapshotChange& change) const override;

 private:
  enum class Kind { kBoot, kRegenerate, kRollback };
  enum class Mode { kBooting, kOpen, kStopped };

  struct Hearer;
  struct Change;
  class Hearing;
  using ChangePtr = std::shared_ptr<Change>;

  ChangePtr Make(Kind kind, const std::string& trigger);
  // The rollback that another one, to `generation` or (0) to the one before, is the same as; null: none.
  ChangePtr RollbackToJoin(uint64_t generation) const;
  // Another regeneration, after what is under way.
  ChangePtr Queue(bool force, const std::string& trigger);
  std::unique_ptr<Subscription> Listen(Change& change, Sink sink);
  std::unique_ptr<Subscription> Refuse(ChangePtr change, v1::ErrorReason reason, const std::string& why,
                                       Sink sink);

  void Begin(ChangePtr change);
  void BeginNext();
  void OnBuilt(absl::StatusOr<BuiltSnapshot> built);
  void OnPassed(v1::SnapshotStage stage, const std::string& detail);
  // The image that serves serves on.
  void Keep(SnapshotSteps::Difference difference);
  void Swap();
  // Has the store note what serves.
  void Note(const ChangePtr& change);
  // The outcome of a change that is decided, once all of it is over.
  void ConcludeIfOver(Change& change);
  // Ends the change under way; what serves goes on.
  void Fail(const absl::Status& why);
  void GiveUp(ChangePtr change, v1::SnapshotOutcome::Result result, v1::ErrorReason reason,
              const std::string& why);
  void Conclude(Change& change, v1::SnapshotOutcome::Result result, v1::ErrorReason reason,
                const std::string& why);

  void BeginStage(Change& change, v1::SnapshotStage stage, const std::string& detail = "");
  void EndStage(Change& change, const std::string& detail);
  void OnLog(const std::string& line);
  void Tell(Change& change, v1::SnapshotProgress news);
  void DeliverSoon();
  void Deliver();

  SnapshotSteps* const steps_;
  TimerQueue* const timers_;
  Mode mode_ = Mode::kBooting;
  absl::AnyInvocable<void(const absl::Status&)> boot_done_;
  ChangePtr current_;  // has not swapped yet
  ChangePtr queued_;   // a regeneration that waits for it
  ChangePtr last_;     // that began last
  // Those of which something is still to be told.
  std::vector<ChangePtr> changes_;
  std::vector<std::shared_ptr<Hearer>> observers_;
  Timer delivery_;
};

}  // namespace evald
