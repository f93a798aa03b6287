// DurationHistogram: a Prometheus histogram without a lock, for one thread.
#pragma once

#include <prometheus/client_metric.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"

namespace evald {

class DurationHistogram {
 public:
  // `bounds`: ascending; of static storage. A bucket holds what is not above its bound.
  explicit DurationHistogram(std::span<const Duration> bounds)
      : bounds_(bounds), counts_(bounds.size() + 1) {}

  void Observe(Duration value) {
    const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
    ++counts_[static_cast<size_t>(bound - bounds_.begin())];
    sum_seconds_ += std::chrono::duration<double>(value).count();
  }

  // In seconds, as Prometheus wants it; the last bucket holds all.
  prometheus::ClientMetric::Histogram Read() const {
    prometheus::ClientMetric::Histogram result;
    result.sample_sum = sum_seconds_;
    for (size_t i = 0; i < counts_.size(); ++i) {
      result.sample_count += counts_[i];
      if (i == bounds_.size()) continue;
      const double bound = std::chrono::duration<double>(bounds_[i]).count();
      result.bucket.push_back({.cumulative_count = result.sample_count, .upper_bound = bound});
    }
    return result;
  }

 private:
  std::span<const Duration> bounds_;
  std::vector<uint64_t> counts_;
  double sum_seconds_ = 0;
};

}  // namespace evald
