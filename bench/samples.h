// Samples: measured values, and what is told of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace evald::bench {

class Samples {
 public:
  void Add(double value) {
    values_.push_back(value);
    sorted_ = false;
  }
  void AddAll(const Samples& other) {
    values_.insert(values_.end(), other.values_.begin(), other.values_.end());
    sorted_ = false;
  }
  size_t size() const { return values_.size(); }

  // The value that `fraction` (0 to 1) of the samples lie below. REQUIRES: there is one.
  double Quantile(double fraction) {
    if (!sorted_) std::sort(values_.begin(), values_.end());
    sorted_ = true;
    return values_[std::min(values_.size() - 1,
                            static_cast<size_t>(fraction * static_cast<double>(values_.size())))];
  }
  double Median() { return Quantile(0.5); }
  double Min() { return Quantile(0); }
  double Max() { return Quantile(1); }

 private:
  std::vector<double> values_;
  bool sorted_ = false;
};

}  // namespace evald::bench
