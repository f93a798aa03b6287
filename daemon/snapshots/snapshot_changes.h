// SnapshotChanges: the seam between those who ask for another snapshot generation (SnapshotService, the admin
// endpoint, SIGHUP) and the one who brings it about.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "evald/v1/snapshot.pb.h"
#include "evald/v1/status.pb.h"

namespace evald {

// Loop thread only.
class SnapshotChanges {
 public:
  // Hears the news of one change, `outcome` last. Never called from inside the call that it was given to.
  using Sink = absl::AnyInvocable<void(const v1::SnapshotProgress&)>;

  // Whoever lets go of it hears no more; the change goes on.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };

  virtual ~SnapshotChanges() = default;

  // As evald.v1.SnapshotService. `trigger` says who asked: "gRPC", "HTTP", "SIGHUP". A refusal is an outcome
  // like any other. Whoever joins a change that is under way is first told what has been told already.
  [[nodiscard]] virtual std::unique_ptr<Subscription> Regenerate(bool force, const std::string& trigger,
                                                                 Sink sink) = 0;
  // 0: the newest kept one that is older than the one that serves, and did not fail on its way.
  [[nodiscard]] virtual std::unique_ptr<Subscription> Rollback(uint64_t generation,
                                                               const std::string& trigger, Sink sink) = 0;

  // Hears of every change to come.
  [[nodiscard]] virtual std::unique_ptr<Subscription> Observe(Sink sink) = 0;

  // The change under way, or the last one; left empty if there was none.
  virtual void FillChange(v1::SnapshotChange& change) const = 0;
};

}  // namespace evald
