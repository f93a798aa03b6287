// DaemonMetrics: what /metrics says of the pool, the snapshot that serves and the daemon's process. Nothing
// is counted here: it is asked for when somebody looks.
#pragma once

#include <prometheus/collectable.h>

#include <chrono>
#include <vector>

#include "daemon/telemetry/status_source.h"

namespace evald {

// Loop thread only.
class DaemonMetrics final : public prometheus::Collectable {
 public:
  // Made when the daemon starts. `source` outlives it.
  explicit DaemonMetrics(const StatusSource* source);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const StatusSource* const source_;
  const std::chrono::system_clock::time_point started_;
};

}  // namespace evald
