#include "daemon/snapshots/snapshot_tool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/frame.h"

namespace evald {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using testing::ElementsAre;

class SnapshotToolTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/toolXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    internal::SnapshotEvent log;
    log.mutable_log()->set_text("a line");
    std::ofstream(folder_ / "log") << EncodeFrame(log);
    internal::SnapshotEvent ready;
    ready.mutable_ready()->mutable_snapshot()->set_generation(7);
    std::ofstream(folder_ / "ready") << EncodeFrame(ready);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // A program that runs `script`; `$D/log` and `$D/ready` hold what may be written to descriptor 3.
  void Start(const std::string& script) {
    const fs::path program = folder_ / "program";
    std::ofstream(program) << "#!/bin/sh\nD=" << folder_.string() << "\n" << script << "\n";
    fs::permissions(program, fs::perms::owner_all);
    SnapshotTool::Options options;
    options.program = program;
    options.doing = "building something";
    options.timeout = seconds(60);
    options.timeout_setting = setting_;
    options.on_log = [this](const std::string& line) { lines_.push_back(line); };
    absl::StatusOr<std::unique_ptr<SnapshotTool>> tool =
        SnapshotTool::Start(io_, timers_, std::move(options), [this](absl::StatusOr<BuiltSnapshot> built) {
          tool_.reset();
          told_ = std::move(built);
        });
    ASSERT_TRUE(tool.ok()) << tool.status();
    tool_ = *std::move(tool);
  }
  void RunUntilALineCame() {
    while (lines_.empty() && io_.run_one() > 0) {
    }
  }
  // What is left of the tool is over, too.
  void RunToTheEnd() { io_.run(); }

  fs::path folder_;
  FakeClock clock_;
  TimerQueue timers_{&clock_};
  boost::asio::io_context io_;
  std::string setting_;
  std::vector<std::string> lines_;
  std::optional<absl::StatusOr<BuiltSnapshot>> told_;
  std::unique_ptr<SnapshotTool> tool_;
};

TEST_F(SnapshotToolTest, TellsLinesAndTheResult) {
  Start("cat $D/log $D/log $D/ready >&3");
  RunToTheEnd();
  EXPECT_THAT(lines_, ElementsAre("a line", "a line"));
  ASSERT_TRUE(told_.has_value() && told_->ok());
  EXPECT_EQ((*told_)->ready.snapshot().generation(), 7u);
}

TEST_F(SnapshotToolTest, DestructionWhileTheProgramWritesIsTheEnd) {
  Start("while cat $D/log >&3; do :; done");
  RunUntilALineCame();
  tool_.reset();
  lines_.clear();
  RunToTheEnd();
  EXPECT_THAT(lines_, ElementsAre());
  EXPECT_FALSE(told_.has_value());
}

TEST_F(SnapshotToolTest, AResultOnItsWayIsNotToldAfterDestruction) {
  Start("exec sleep 1000");
  clock_.Advance(seconds(60));
  timers_.RunDue();
  tool_.reset();
  RunToTheEnd();
  EXPECT_FALSE(told_.has_value());
}

TEST_F(SnapshotToolTest, WhatTakesTooLongIsStoppedAndNamed) {
  Start("exec sleep 1000");
  clock_.Advance(seconds(60));
  timers_.RunDue();
  RunToTheEnd();
  ASSERT_TRUE(told_.has_value());
  EXPECT_EQ(told_->status(),
            absl::DeadlineExceededError("building something took longer than 1m and was stopped"));
  told_.reset();
  setting_ = "its_timeout";
  io_.restart();
  Start("exec sleep 1000");
  clock_.Advance(seconds(60));
  timers_.RunDue();
  RunToTheEnd();
  ASSERT_TRUE(told_.has_value());
  EXPECT_EQ(told_->status(), absl::DeadlineExceededError(
                                 "building something took longer than its_timeout (1m) and was stopped"));
}

}  // namespace
}  // namespace evald
