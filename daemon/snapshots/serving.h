// Serving: what serves now (the configuration, the snapshot, its image) and the work that puts another in its
// place: reads configurations, runs evald-snapshot, stages images, swaps them. The order of all that is
// SnapshotLife's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "daemon/config.h"
#include "daemon/loop/timer_queue.h"
#include "daemon/options.h"
#include "daemon/requests/scheduler.h"
#include "daemon/requests/tenants_in_force.h"
#include "daemon/snapshots/snapshot_steps.h"
#include "daemon/snapshots/snapshot_tool.h"
#include "daemon/workers/images.h"
#include "daemon/workers/pool.h"
#include "daemon/workers/staging.h"
#include "evald/v1/snapshot.pb.h"

namespace evald {

// Loop thread only. Destruction ends what is under way and calls nobody.
class Serving final : public SnapshotSteps {
 public:
  // All of them outlive it.
  struct Parts {
    boost::asio::io_context* io;
    TimerQueue* timers;
    const Options* options;
    Images* images;
    Pool* pool;
    Scheduler* scheduler;
    TenantsInForce* tenants;
  };

  // What the parts are made with, and get again when the configuration changes.
  static PoolOptions PoolOptionsOf(const ResolvedConfig& config);
  static SchedulerOptions SchedulerOptionsOf(const ResolvedConfig& config);

  // `config` is what the parts were made with. What it says of max_request_bytes holds until the end.
  // `on_config` is told of each configuration that is in force from then on.
  Serving(Parts parts, ResolvedConfig config, absl::AnyInvocable<void(const ResolvedConfig&)> on_config);
  ~Serving() override;

  // A zygote of the serving image has booted again, after a crash or for its age.
  void OnZygoteUp(const internal::ZygoteBooted& booted);
  // Notes of what serves are given up as well.
  void Stop();

  // What serves, and what there is to say of its zygote. Leaves `snapshot` unset where nothing serves.
  void FillStatus(v1::GetSnapshotResponse& response) const;
  void FillSnapshots(v1::ListSnapshotsResponse& response) const;

  uint64_t generation() const override {
    return snapshot_.has_value() ? snapshot_->snapshot().generation() : 0;
  }
  uint64_t OlderGeneration() const override;
  bool Keeps(uint64_t generation) const override;
  const ResolvedConfig& config() const override { return config_; }
  absl::StatusOr<ResolvedConfig> ReadConfig() override;
  void Build(const ResolvedConfig& config, const BuildOptions& options,
             absl::AnyInvocable<void(const std::string& line)> on_log,
             absl::AnyInvocable<void(absl::StatusOr<BuiltSnapshot>)> done) override;
  Difference Compare(const ResolvedConfig& config, const internal::SnapshotReady& ready) const override;
  absl::Status Prove(const ResolvedConfig& config, BuiltSnapshot built, ProofHandlers handlers) override;
  void Abandon() override;
  std::vector<std::string> Swap(const ResolvedConfig& config, const internal::SnapshotReady& ready,
                                absl::AnyInvocable<void()> on_drained) override;
  std::vector<std::string> Apply(const ResolvedConfig& config) override;
  void Note(const internal::ServingRecord& record,
            absl::AnyInvocable<void(const absl::Status&)> done) override;

 private:
  struct PendingNote {
    internal::ServingRecord record;
    absl::AnyInvocable<void(const absl::Status&)> done;
  };

  std::string StoreFolder() const;
  internal::SnapshotRequest RequestFor(const ResolvedConfig& config) const;
  internal::ZygoteBoot BootOf(const ResolvedConfig& config, const internal::SnapshotReady& ready) const;
  void SetRules(const ResolvedConfig& config);
  // Settings of the configuration in force that only a restart can change.
  std::vector<std::string> Warnings() const;
  // The outcome of a tool that could not be started, told as that of one that could.
  void TellLater(const absl::Status& why);
  void NextNote();
  void OnNoted(const absl::StatusOr<BuiltSnapshot>& noted);
  // Logs what is new in them.
  void SetZygoteFacts(const internal::ZygoteBooted& booted);

  const Parts parts_;
  const uint64_t max_request_bytes_;
  ResolvedConfig config_;
  absl::AnyInvocable<void(const ResolvedConfig&)> on_config_;

  // Of what serves.
  std::optional<internal::SnapshotReady> snapshot_;
  std::string zygote_boot_;          // serialized
  uint64_t largest_generation_ = 0;  // of all that have served
  // Of those built since the daemon started: the way back does not lead to what failed its proof.
  absl::flat_hash_set<uint64_t> never_served_;
  std::optional<internal::ZygoteBooted> zygote_facts_;
  // Newest first.
  google::protobuf::RepeatedPtrField<v1::Snapshot> stored_;

  std::unique_ptr<SnapshotTool> tool_;
  absl::AnyInvocable<void(absl::StatusOr<BuiltSnapshot>)> built_;
  std::unique_ptr<Staging> staging_;
  // One at a time, in their order.
  std::deque<PendingNote> notes_;
  std::unique_ptr<SnapshotTool> note_tool_;
  Timer later_;
  Timer note_later_;
};

}  // namespace evald
