#include "daemon/process/output_joiner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace evald {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;
using testing::SizeIs;

class OutputJoinerTest : public testing::Test {
 protected:
  void Take(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) joiner_->Take(line);
  }
  void BeSilent() {
    clock_.Advance(seconds(1));
    timers_.RunDue();
  }

  FakeClock clock_;
  TimerQueue timers_{&clock_};
  std::vector<std::string> log_;
  std::unique_ptr<OutputJoiner> joiner_ =
      std::make_unique<OutputJoiner>(&timers_, [this](std::string_view line) { log_.emplace_back(line); });
};

TEST_F(OutputJoinerTest, OrdinaryLinesPassAtOnce) {
  Take({"one", "", "  two", "[3] three: 0x1"});
  EXPECT_THAT(log_, ElementsAre("one", "two", "[3] three: 0x1"));
}

TEST_F(OutputJoinerTest, AnOutOfMemoryReportIsOneLine) {
  Take({"", "<--- Last few GCs --->", "", "[7:0x55d0]       53 ms: Mark-sweep 62.1 (64.2) -> 62.0 MB", "",
        "<--- JS stacktrace --->", "", "FATAL ERROR: Reached heap limit",
        " 1: 0x7f21 node::Abort() [/usr/lib/libnode.so.108]", " 2: 0x7f22  [/usr/lib/libnode.so.108]"});
  EXPECT_THAT(log_, IsEmpty());
  BeSilent();
  EXPECT_THAT(log_, ElementsAre("<--- Last few GCs ---> | [7:0x55d0]       53 ms: Mark-sweep 62.1 (64.2) -> "
                                "62.0 MB | <--- JS stacktrace ---> | FATAL ERROR: Reached heap limit | 1: "
                                "0x7f21 node::Abort() [/usr/lib/libnode.so.108] | 2: 0x7f22  "
                                "[/usr/lib/libnode.so.108]"));
}

TEST_F(OutputJoinerTest, AFatalErrorIsOneLine) {
  Take({"", "", "#", "# Fatal error in , line 0", "# Check failed: a < b.", "#", "#", "#",
        "#FailureMessage Object: 0x7ffd"});
  BeSilent();
  EXPECT_THAT(log_, ElementsAre("# Fatal error in , line 0 | # Check failed: a < b. | #FailureMessage "
                                "Object: 0x7ffd"));
}

TEST_F(OutputJoinerTest, AFatalErrorMayComeAfterTheCollections) {
  Take({"<--- Last few GCs --->", "<--- JS stacktrace --->", "#",
        "# Fatal javascript OOM in Reached heap limit", "#"});
  BeSilent();
  EXPECT_THAT(log_,
              ElementsAre("<--- Last few GCs ---> | <--- JS stacktrace ---> | # Fatal javascript OOM in "
                          "Reached heap limit"));
}

TEST_F(OutputJoinerTest, WhatDoesNotBelongToABlockEndsIt) {
  Take({"# Fatal error in , line 0", "worker 5 says hello", "# not V8"});
  EXPECT_THAT(log_, ElementsAre("# Fatal error in , line 0", "worker 5 says hello", "# not V8"));
}

TEST_F(OutputJoinerTest, TwoBlocksAreTwoLines) {
  Take({"# Fatal error in , line 0", "# a", "# Fatal error in , line 1", "# b"});
  BeSilent();
  EXPECT_THAT(log_, ElementsAre("# Fatal error in , line 0 | # a", "# Fatal error in , line 1 | # b"));
}

TEST_F(OutputJoinerTest, ABlockIsBounded) {
  Take({"<--- Last few GCs --->"});
  for (int i = 0; i < 1000; ++i) Take({"[7:0x55d0] " + std::string(100, 'x')});
  BeSilent();
  ASSERT_THAT(log_, SizeIs(1));
  EXPECT_THAT(log_[0], SizeIs(OutputJoiner::kLongest));
  EXPECT_THAT(log_[0], EndsWith("x ..."));
}

TEST_F(OutputJoinerTest, NothingIsLostWhenTheOutputEnds) {
  Take({"# Fatal error in , line 0"});
  joiner_.reset();
  EXPECT_THAT(log_, ElementsAre("# Fatal error in , line 0"));
}

}  // namespace
}  // namespace evald
