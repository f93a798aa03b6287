// Images: the zygote that workers are forked from, and its replacement while everything goes on.
//
//   boot --> serving --max_age--> the next one boots --up--> it is serving, the other one retired
//                                     |                          its workers leave as the pool replaces them,
//                                  failed: tried again later     then it is stopped
//
// A zygote gives all of its workers one address-space layout and one hash seed. So that neither lives for
// ever, a zygote of max_age is replaced by a new process that loads the same snapshot. Requests notice
// nothing: new workers are forked from the new zygote, those of the old one finish what they do.
#pragma once

#include <boost/asio/io_context.hpp>
#include <list>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "daemon/timer_queue.h"
#include "daemon/worker_host.h"
#include "daemon/zygote_handle.h"

namespace evald {

// Loop thread only. Destruction kills all zygotes and calls nobody.
class Images final : public WorkerHost {
 public:
  struct Options {
    ZygoteHandle::Options zygote;
    // After this time another zygote takes over.
    Duration max_age{};
  };
  // Called for each zygote process that is started, those after a crash included.
  using Launcher = ZygoteHandle::Launcher;
  struct Handlers {
    // After each boot of a zygote from which workers are forked from then on.
    absl::AnyInvocable<void(const internal::ZygoteBooted&)> on_up;
    // The very first boot failed; there is no second attempt.
    absl::AnyInvocable<void(const absl::Status&)> on_first_boot_failed;
  };

  Images(boost::asio::io_context& io, TimerQueue& timers, Launcher launcher, Handlers handlers);

  // REQUIRES: called before Start.
  void SetEvents(WorkerEvents* events) { events_ = events; }

  // REQUIRES: called once.
  void Start(Options options);
  // Hangs up on all zygotes; `done` when they have gone.
  void Stop(absl::AnyInvocable<void()> done);

  // Zygotes that were started because one had died.
  uint64_t restarts() const;
  // Zygotes that took over because of another one's age.
  uint64_t renewals() const { return renewals_; }

  bool CanFork() const override;
  uint64_t generation() const override { return options_.zygote.generation; }
  uint64_t image() const override { return serving_ == nullptr ? 0 : serving_->number; }
  void Fork(WorkerId id) override;
  void Send(WorkerId id, const internal::WorkerRequest& request) override;
  void Kill(WorkerId id) override;
  void HangUp(WorkerId id) override;

 private:
  // One zygote, and the news of its workers on their way to `events_`.
  struct Image final : public WorkerEvents {
    void OnWorkerReady(WorkerId id, const internal::WorkerReady& ready) override;
    void OnWorkerReply(WorkerId id, internal::WorkerReply& reply) override;
    void OnWorkerEnded(WorkerId id, const WorkerEnd& end) override;
    void OnForksPossible() override;

    Images* owner = nullptr;
    uint64_t number = 0;
    size_t workers = 0;
    bool stopping = false;
    bool gone = false;
    std::unique_ptr<ZygoteHandle> zygote;
  };

  std::unique_ptr<Image> Make();
  void OnUp(Image& image, const internal::ZygoteBooted& booted);
  void OnBootFailed(Image& image, const absl::Status& why);
  void Renew();
  // The next one takes over.
  void Switch();
  // Stops those retired ones that have no workers any more, and forgets those that have gone. Later: none of
  // them may go while it is being heard.
  void SweepSoon();
  void Sweep();

  boost::asio::io_context& io_;
  TimerQueue& timers_;
  Launcher launcher_;
  Handlers handlers_;
  Options options_;  // fixed by Start
  WorkerEvents* events_ = nullptr;

  uint64_t last_number_ = 0;
  uint64_t renewals_ = 0;
  uint64_t restarts_of_gone_ = 0;
  bool stopping_ = false;
  std::unique_ptr<Image> serving_;
  std::unique_ptr<Image> next_;  // boots
  std::list<std::unique_ptr<Image>> retired_;
  absl::flat_hash_map<WorkerId, Image*> owners_;
  absl::AnyInvocable<void()> stopped_;
  Timer renewal_timer_;
  Timer sweep_timer_;
};

}  // namespace evald
