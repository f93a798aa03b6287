// StatusSource: the seam between the daemon and those who show its state (SnapshotService, the admin
// endpoint).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "evald/v1/snapshot.pb.h"
#include "evald/v1/status.pb.h"

namespace evald {

enum class Phase { kBooting, kReady, kDraining };

// "booting", "ready" or "draining".
inline const char* PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kBooting:
      return "booting";
    case Phase::kReady:
      return "ready";
    case Phase::kDraining:
      return "draining";
  }
  return "unknown";
}

// Called on the loop only.
class StatusSource {
 public:
  virtual ~StatusSource() = default;
  virtual Phase phase() const = 0;
  // Before the first snapshot is there, `snapshot` stays unset.
  virtual void FillStatus(v1::GetSnapshotResponse& response) const = 0;
  virtual void FillSnapshots(v1::ListSnapshotsResponse& response) const = 0;
  // Oldest first, at most `most`.
  virtual void FillWorkers(size_t most,
                           google::protobuf::RepeatedPtrField<v1::WorkerStatus>& workers) const = 0;
  // Workers that were sent SIGKILL since the daemon started, by reason.
  virtual std::map<std::string, uint64_t> Kills() const = 0;
};

}  // namespace evald
