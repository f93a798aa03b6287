// Building blocks of what /metrics shows.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

namespace evald {

using MetricLabels = std::vector<prometheus::ClientMetric::Label>;

// Counters and gauges, one sample at a time.
class MetricFamilyBuilder {
 public:
  MetricFamilyBuilder(prometheus::MetricType type, std::string name, std::string help) {
    family_.type = type;
    family_.name = std::move(name);
    family_.help = std::move(help);
  }

  // REQUIRES: the type is Counter or Gauge.
  MetricFamilyBuilder& Add(MetricLabels labels, double value) {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = value;
    metric.gauge.value = value;
    family_.metric.push_back(std::move(metric));
    return *this;
  }
  // REQUIRES: the type is Histogram.
  MetricFamilyBuilder& Add(MetricLabels labels, prometheus::ClientMetric::Histogram histogram) {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    metric.histogram = std::move(histogram);
    family_.metric.push_back(std::move(metric));
    return *this;
  }

  prometheus::MetricFamily Build() { return std::move(family_); }

 private:
  prometheus::MetricFamily family_;
};

inline MetricFamilyBuilder CounterFamily(std::string name, std::string help) {
  return {prometheus::MetricType::Counter, std::move(name), std::move(help)};
}
inline MetricFamilyBuilder GaugeFamily(std::string name, std::string help) {
  return {prometheus::MetricType::Gauge, std::move(name), std::move(help)};
}
inline MetricFamilyBuilder HistogramFamily(std::string name, std::string help) {
  return {prometheus::MetricType::Histogram, std::move(name), std::move(help)};
}

}  // namespace evald
