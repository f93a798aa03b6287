#include "daemon/telemetry/log_histogram.h"

#include <gtest/gtest.h>

namespace evald {
namespace {

LogHistogram Of(Duration value) {
  LogHistogram histogram;
  histogram.Add(value);
  return histogram;
}

TEST(LogHistogram, IsRightWithinFourPercent) {
  for (int64_t ns = 1000; ns < 100'000'000'000; ns += ns / 37) {
    const auto got = static_cast<double>(Of(Duration(ns)).Quantile(0.5).count());
    EXPECT_NEAR(got / static_cast<double>(ns), 1, 0.04) << ns;
  }
}

TEST(LogHistogram, BelowAMicrosecondItIsRightWithin32Nanoseconds) {
  for (int64_t ns = 0; ns < 1024; ++ns) {
    EXPECT_NEAR(static_cast<double>(Of(Duration(ns)).Quantile(0.5).count()), static_cast<double>(ns), 32);
  }
}

TEST(LogHistogram, TakesEveryDuration) {
  EXPECT_GE(Of(Duration::max()).Quantile(0.5), std::chrono::minutes(2));
  EXPECT_LT(Of(Duration::min()).Quantile(0.5), std::chrono::microseconds(1));
}

TEST(LogHistogram, QuantilesAreOfAllThatWasAdded) {
  LogHistogram low, high, both;
  for (int i = 1; i <= 98; ++i) low.Add(std::chrono::milliseconds(1));
  high.Add(std::chrono::milliseconds(50));
  high.Add(std::chrono::seconds(2));
  both.Add(low);
  both.Add(high);
  EXPECT_EQ(both.count(), 100u);
  EXPECT_NEAR(static_cast<double>(both.Quantile(0.5).count()), 1e6, 4e4);
  EXPECT_NEAR(static_cast<double>(both.Quantile(0.98).count()), 1e6, 4e4);
  EXPECT_NEAR(static_cast<double>(both.Quantile(0.99).count()), 5e7, 2e6);
  EXPECT_NEAR(static_cast<double>(both.Quantile(1).count()), 2e9, 8e7);
  EXPECT_NEAR(static_cast<double>(both.Quantile(0).count()), 1e6, 4e4);
}

TEST(LogHistogram, OfNothingIsNothing) { EXPECT_EQ(LogHistogram().Quantile(0.5), Duration(0)); }

}  // namespace
}  // namespace evald
