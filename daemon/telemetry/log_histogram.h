// LogHistogram: how often what took how long, in fixed memory, for percentiles that are right within 4 %.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace evald {

// Each power of two has 16 buckets of the same width: what is in one differs from its middle by 3.2 % at
// most. Below 1024 ns there are 16 of 64 ns each, and what is longer than about two minutes is in the last
// bucket.
class LogHistogram {
 public:
  void Add(Duration value) {
    ++counts_[BucketOf(value)];
    ++count_;
  }
  void Add(const LogHistogram& other) {
    for (size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
  }

  uint64_t count() const { return count_; }

  // The middle of the bucket that holds the value which `q` of all are not above. 0 where there are none.
  Duration Quantile(double q) const {
    if (count_ == 0) return Duration(0);
    const auto rank =
        std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(q * static_cast<double>(count_))));
    uint64_t seen = 0;
    size_t bucket = 0;
    while (bucket + 1 < kBuckets && (seen += counts_[bucket]) < rank) ++bucket;
    return MiddleOf(bucket);
  }

 private:
  static constexpr int kUnitBits = 6;  // 64 ns
  static constexpr int kSubBits = 4;
  static constexpr size_t kSub = size_t{1} << kSubBits;
  static constexpr size_t kOctaves = 27;  // from 2^10 ns
  static constexpr size_t kBuckets = (kOctaves + 1) * kSub;

  static size_t BucketOf(Duration value) {
    const auto units = static_cast<uint64_t>(std::max<int64_t>(value.count(), 0)) >> kUnitBits;
    if (units < kSub) return units;
    const int shift = static_cast<int>(std::bit_width(units)) - kSubBits - 1;
    const size_t bucket = static_cast<size_t>(shift + 1) * kSub + ((units >> shift) & (kSub - 1));
    return std::min(bucket, kBuckets - 1);
  }

  static Duration MiddleOf(size_t bucket) {
    const size_t octave = bucket / kSub;
    const uint64_t sub = bucket % kSub;
    const int shift = octave == 0 ? 0 : static_cast<int>(octave) - 1;
    const uint64_t units = (octave == 0 ? sub : sub + kSub) << shift;
    const uint64_t width = uint64_t{1} << (shift + kUnitBits);
    return Duration(static_cast<int64_t>((units << kUnitBits) + width / 2));
  }

  std::array<uint32_t, kBuckets> counts_{};
  uint64_t count_ = 0;
};

}  // namespace evald
