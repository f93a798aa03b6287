// RequestMetrics: what /metrics says of requests.
#pragma once

#include <prometheus/collectable.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "daemon/requests/outcome.h"
#include "daemon/requests/request_observer.h"
#include "daemon/telemetry/duration_histogram.h"

namespace evald {

// Loop thread only. How much there is to count is bounded by the configuration, never by what clients send:
// tenants that it does not name are one class, "(other)".
class RequestMetrics final : public RequestObserver, public prometheus::Collectable {
 public:
  RequestMetrics();

  // Tenants that have a class of their own from now on, up to kMaxClasses. Those of before keep theirs:
  // counters do not go back.
  void NameTenants(const std::vector<std::string>& tenants);

  void OnFinished(const FinishedRequest& request) override;

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  // Besides the two that are no tenant's.
  static constexpr size_t kMaxClasses = 200;
  static constexpr size_t kOther = 0;
  static constexpr size_t kUnknown = 1;
  static constexpr size_t kMethods = 2;
  static constexpr size_t kOrigins = 4;
  struct TenantClass {
    std::string label;
    std::array<std::array<uint64_t, kOutcomes>, kMethods> counts{};
    std::array<bool, kMethods> seen{};
  };

  size_t ClassOf(const FinishedRequest& request) const;

  std::vector<TenantClass> classes_;
  absl::flat_hash_map<std::string, size_t> class_of_;
  DurationHistogram duration_;
  DurationHistogram queue_;
  std::array<DurationHistogram, kOrigins> cold_start_;
  DurationHistogram run_;
  DurationHistogram cpu_;
};

}  // namespace evald
