// Images: the zygote that workers are forked from, and how another one takes its place while everything goes
// on.
//
//   Stage --> staged: boots, is tried by whoever staged it --Promote--> serves --the next one's Promote-->
//   retired
//                                     |                                          its workers leave as the
//                                     pool
//                         Abandon, or it fails: it goes                          replaces them, then it is
//                         stopped
//
// The serving one serves on until Promote: that moment is the whole swap.
//
// A zygote gives all of its workers one address-space layout and one hash seed. So that neither lives for
// ever, a zygote of max_age is replaced by a new process that loads the same snapshot: staged and promoted as
// any other, but with nothing to try. Requests notice nothing: new workers are forked from the new zygote,
// those of the old one finish what they do.
#pragma once

#include <boost/asio/io_context.hpp>
#include <list>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "daemon/loop/timer_queue.h"
#include "daemon/workers/worker_host.h"
#include "daemon/workers/zygote_handle.h"

namespace evald {

// Loop thread only. Destruction kills all zygotes and calls nobody.
class Images final : public WorkerHost {
 public:
  // What a zygote is started from, the first time and after a crash.
  struct Source {
    ZygoteHandle::Launcher launcher;
    ZygoteHandle::Options zygote;
    // After this time another zygote takes over.
    Duration max_age{};
  };
  // None of them is called from inside a method, and none after Promote or Abandon.
  struct StageHandlers {
    absl::AnyInvocable<void(const internal::ZygoteBooted&)> on_up;
    // It did not boot, or has gone since. It is abandoned already; the ends of its workers were told before.
    absl::AnyInvocable<void(const absl::Status&)> on_failed;
  };

  // Where the ids of workers come from. Those who have one daemon's workers share one.
  using WorkerIds = std::shared_ptr<WorkerId>;

  // `on_up`: after each boot of a zygote that takes over because of the serving one's age or end.
  Images(boost::asio::io_context& io, TimerQueue& timers,
         absl::AnyInvocable<void(const internal::ZygoteBooted&)> on_up,
         WorkerIds ids = std::make_shared<WorkerId>(0));

  // Whom the workers of serving and retired images are reported to. REQUIRES: called before all else.
  void SetEvents(WorkerEvents* events) { events_ = events; }

  // Boots a zygote beside the serving one. Its workers are reported to `events`, which outlives them or its
  // Abandon. FAILED_PRECONDITION: too many old ones still wait for their last workers. Any other: it cannot
  // be started. REQUIRES: nothing is staged.
  absl::Status Stage(std::unique_ptr<Source> source, WorkerEvents* events, StageHandlers handlers);
  bool CanForkStaged() const;
  // As Fork, from the staged one. REQUIRES: CanForkStaged().
  WorkerId ForkStaged();
  // It serves from now on, and its workers are reported to the general events. `on_gone`: the one that served
  // before has gone, with its last worker; never called if there was none. REQUIRES: a staged one is up.
  void Promote(absl::AnyInvocable<void()> on_gone);
  // Ends the staged one and its workers, of which no more is heard.
  void Abandon();
  // For the one that serves.
  void SetMaxAge(Duration max_age);

  // Hangs up on all zygotes; `done` when they have gone.
  void Stop(absl::AnyInvocable<void()> done);

  // Zygotes that were started because one had died.
  uint64_t restarts() const;
  // Zygotes that took over because of another one's age.
  uint64_t renewals() const { return renewals_; }

  bool CanFork() const override;
  uint64_t generation() const override;
  uint64_t image() const override { return serving_ == nullptr ? 0 : serving_->number; }
  WorkerId Fork() override;
  void Send(WorkerId id, const internal::WorkerRequest& request) override;
  void Kill(WorkerId id) override;
  void HangUp(WorkerId id) override;

 private:
  // One zygote, and the news of its workers on their way to those who hear them.
  struct Image final : public WorkerEvents {
    void OnWorkerReady(WorkerId id, const internal::WorkerReady& ready) override;
    void OnWorkerReply(WorkerId id, internal::WorkerReply& reply) override;
    void OnWorkerLeaving(WorkerId id) override;
    void OnWorkerEnded(WorkerId id, const WorkerEnd& end) override;
    void OnForksPossible() override;

    Images* owner = nullptr;
    WorkerEvents* events = nullptr;  // null: abandoned
    std::shared_ptr<Source> source;
    StageHandlers handlers;  // while it is staged
    uint64_t number = 0;
    size_t workers = 0;
    bool stopping = false;
    bool gone = false;
    absl::AnyInvocable<void()> on_gone;
    std::unique_ptr<ZygoteHandle> zygote;
  };

  absl::Status Start(std::shared_ptr<Source> source, WorkerEvents* events, StageHandlers handlers);
  WorkerId ForkFrom(Image& image);
  void OnUp(Image& image, const internal::ZygoteBooted& booted);
  void OnFailed(Image& image, const absl::Status& why);
  // Of those that have served and still have workers.
  size_t Draining() const;
  void RenewAfter(Duration delay);
  void Renew();
  void OnRenewalFailed(const absl::Status& why);
  // Stops those retired ones that have no workers any more, and forgets those that have gone. Later: none of
  // them may go while it is being heard.
  void SweepSoon();
  void Sweep();

  boost::asio::io_context& io_;
  TimerQueue& timers_;
  absl::AnyInvocable<void(const internal::ZygoteBooted&)> on_up_;
  WorkerEvents* events_ = nullptr;

  const WorkerIds last_worker_;
  uint64_t last_number_ = 0;
  uint64_t renewals_ = 0;
  uint64_t restarts_of_gone_ = 0;
  bool stopping_ = false;
  std::unique_ptr<Image> serving_;
  std::unique_ptr<Image> next_;
  bool renewing_ = false;       // next_ is this class's own
  bool starting_ = false;       // inside Start
  absl::Status start_failure_;  // of that
  std::list<std::unique_ptr<Image>> retired_;
  absl::flat_hash_map<WorkerId, Image*> owners_;
  absl::AnyInvocable<void()> stopped_;
  Timer renewal_timer_;
  Timer sweep_timer_;
};

}  // namespace evald
