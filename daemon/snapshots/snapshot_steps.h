// SnapshotSteps: the seam between the order in which one image replaces another (snapshot_life.h) and the
// work of each step (serving.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/config.h"
#include "daemon/snapshots/snapshot_tool.h"
#include "evald/internal/builder.pb.h"
#include "evald/v1/snapshot.pb.h"

namespace evald {

// Loop thread only. No callback is called from inside the call that it was given to.
class SnapshotSteps {
 public:
  struct BuildOptions {
    // Build even if a matching snapshot is stored.
    bool force = false;
    // Go on with what the store notes as serving.
    bool resume = false;
    // Not 0: load this stored one.
    uint64_t generation = 0;
  };
  struct ProofHandlers {
    // BOOT, CANARY, FILL, one after the other.
    absl::AnyInvocable<void(v1::SnapshotStage stage, const std::string& detail)> on_passed;
    // The stage after the one that passed last failed.
    absl::AnyInvocable<void(const absl::Status& why)> on_failed;
  };
  enum class Difference { kNone, kSettings, kImage };

  virtual ~SnapshotSteps() = default;

  // 0: nothing serves yet.
  virtual uint64_t generation() const = 0;
  // The newest stored one that is older than the one that serves, and did not fail on its way; 0: none.
  virtual uint64_t OlderGeneration() const = 0;
  // Whether the store had it when it was listed last. Others may have stored more since.
  virtual bool Keeps(uint64_t generation) const = 0;
  virtual const ResolvedConfig& config() const = 0;

  virtual absl::StatusOr<ResolvedConfig> ReadConfig() = 0;
  // NOT_FOUND: that generation is not stored. What is loaded by its generation is paired, in
  // `config_fingerprint`, with the configuration as its file is now, if that can be read: a restart reads it.
  virtual void Build(const ResolvedConfig& config, const BuildOptions& options,
                     absl::AnyInvocable<void(const std::string& line)> on_log,
                     absl::AnyInvocable<void(absl::StatusOr<BuiltSnapshot>)> done) = 0;
  // What serving that would change.
  virtual Difference Compare(const ResolvedConfig& config, const internal::SnapshotReady& ready) const = 0;
  // Boots, tries and fills the image beside the one that serves. An error: BOOT failed at once.
  virtual absl::Status Prove(const ResolvedConfig& config, BuiltSnapshot built, ProofHandlers handlers) = 0;
  // Ends what Build or Prove began.
  virtual void Abandon() = 0;

  // What was proved serves from now on, under `config`. `on_drained`: what served before has gone; not called
  // if there was nothing. Both give what is worth knowing: settings that only a restart can change.
  virtual std::vector<std::string> Swap(const ResolvedConfig& config, const internal::SnapshotReady& ready,
                                        absl::AnyInvocable<void()> on_drained) = 0;
  // The same image serves on, under `config`.
  virtual std::vector<std::string> Apply(const ResolvedConfig& config) = 0;

  // Has the store note what serves, for the next start.
  virtual void Note(const internal::ServingRecord& record,
                    absl::AnyInvocable<void(const absl::Status&)> done) = 0;
};

}  // namespace evald
