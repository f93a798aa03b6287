// SnapshotMetrics: what /metrics says of regenerations and rollbacks.
#pragma once

#include <prometheus/collectable.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/snapshots/snapshot_changes.h"
#include "daemon/telemetry/duration_histogram.h"

namespace evald {

// Loop thread only.
class SnapshotMetrics final : public prometheus::Collectable {
 public:
  SnapshotMetrics();

  // Counts the changes to come. `changes` outlives this.
  void Watch(SnapshotChanges* changes);

  void OnProgress(const v1::SnapshotProgress& progress);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  static constexpr size_t kStages = v1::SnapshotStage_MAX + 1;

  std::unique_ptr<SnapshotChanges::Subscription> subscription_;
  // By what was asked for, who asked, and how it ended.
  std::map<std::tuple<std::string, std::string, std::string>, uint64_t> changes_;
  std::vector<DurationHistogram> stages_;
};

}  // namespace evald
