// SharedDaemonTest: a fixture whose tests share one daemon.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "tests/support/daemon.h"
#include "tests/support/scripts.h"

namespace evald::testing {

// Suite is the fixture itself, with `static DaemonOptions Options()`. At the end of the suite the daemon has
// to stop as it should, and never to have found a rewind incomplete.
template <typename Suite>
class SharedDaemonTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start(Suite::Options());
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
  }

  static void TearDownTestSuite() {
    if (!daemon_) return;
    const auto snapshot = daemon_->client().GetSnapshot({.timeout = kPatience});
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    if (snapshot.ok()) {
      EXPECT_EQ(snapshot->pool().retired().count("verify_mismatch"), 0u) << snapshot->pool().DebugString();
    }
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(daemon_->Stop(), 0) << daemon_->Log();
    // Nothing runs any more, so that there is nothing to wait for.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << daemon_->Log();
    daemon_.reset();
  }

  void SetUp() override { ASSERT_NE(daemon_, nullptr) << "there is no daemon"; }

  void TearDown() override {
    if (!daemon_) return;
    EXPECT_TRUE(daemon_->running()) << daemon_->Log();
    if (HasFailure()) {
      const std::string log = daemon_->Log();
      GTEST_LOG_(INFO) << "the daemon's log ends:\n"
                       << log.substr(log.size() - std::min<size_t>(log.size(), 4000));
    }
  }

  static Daemon& daemon() { return *daemon_; }
  static Client& client() { return daemon_->client(); }

  static absl::StatusOr<Reply> Eval(const std::string& source) { return testing::Eval(client(), source); }
  static absl::StatusOr<Reply> Eval(const v1::EvalRequest& request) {
    return testing::Eval(client(), request);
  }
  static absl::StatusOr<Reply> Call(const v1::CallFunctionRequest& request) {
    return testing::Call(client(), request);
  }

 private:
  static inline std::unique_ptr<Daemon> daemon_;
};

}  // namespace evald::testing
