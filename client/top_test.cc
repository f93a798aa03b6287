#include "client/top.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"

namespace evald {
namespace {

using testing::HasSubstr;
using testing::Not;

v1::LiveStatus Status() {
  v1::LiveStatus status;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(phase: "ready"
           evald_version: "1.2.3"
           uptime { seconds: 192 nanos: 5 }
           requests_per_second: 6155
           requests_per_second_window: 5980.4
           window { seconds: 10 }
           end_to_end {
             count: 9
             p50 { nanos: 210000 }
             p90 { nanos: 900000 }
             p99 { nanos: 12500000 }
             max { seconds: 2 }
           }
           outcomes_window { key: "OK" value: 59800 }
           outcomes_window { key: "WALL_TIME_LIMIT" value: 3 }
           pool { idle: 3 busy: 1 max_workers: 64 queued: 2 }
           workers { worker_id: 1 state: UNUSED }
           workers { worker_id: 2 state: IDLE }
           workers { worker_id: 3 state: BUSY }
           recent {
             method: "Eval"
             tenant: "acme"
             outcome: "EXCEPTION"
             message: "oh \x1b[2J no\nreally"
             end_to_end { nanos: 502000 }
           }
           snapshot { generation: 7 })pb",
      &status));
  return status;
}

TEST(TopView, ShowsHowThingsStand) {
  const std::string frame = TopView("here:1", false).Frame(Status(), {.columns = 100, .rows = 40});
  EXPECT_THAT(frame, HasSubstr("evald 1.2.3 at here:1  ready  up 3m12s  snapshot generation 7\n"));
  EXPECT_THAT(frame, HasSubstr("end to end      210 us    900 us     12 ms     2.0 s\n"));
  EXPECT_THAT(frame, HasSubstr("queue                -         -         -         -\n"));
  EXPECT_THAT(frame, HasSubstr("3 idle, 1 busy, 0 starting, at most 64; 2 requests wait"));
  EXPECT_THAT(frame, HasSubstr("\nuiB\n"));
  EXPECT_THAT(frame, HasSubstr("outcomes     OK 59800  WALL_TIME_LIMIT 3\n"));
}

TEST(TopView, WhatScriptsSayCannotReachTheTerminal) {
  const std::string frame = TopView("here:1", false).Frame(Status(), {.columns = 100, .rows = 40});
  EXPECT_THAT(frame, Not(HasSubstr("\x1b")));
  EXPECT_THAT(frame, HasSubstr("EXCEPTION  oh ?[2J no?really\n"));
}

TEST(TopView, ColoursOnlyWhereAskedTo) {
  EXPECT_THAT(TopView("here:1", true).Frame(Status(), {}), HasSubstr("\x1b[31mB\x1b[0m"));
}

TEST(TopView, FitsTheScreen) {
  v1::LiveStatus status = Status();
  for (int i = 0; i < 100; ++i) *status.add_recent() = status.recent(0);
  for (int i = 0; i < 100; ++i) *status.add_workers() = status.workers(0);
  TopView view("here:1", false);
  for (int i = 0; i < 200; ++i) view.Frame(status, {});
  const std::string frame = view.Frame(status, {.columns = 60, .rows = 20});
  const std::vector<std::string> lines = absl::StrSplit(frame, '\n');
  ASSERT_EQ(lines.size(), 21u);  // the last one is what follows the last newline
  for (const std::string& line : lines) {
    EXPECT_LE(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }), 60) << line;
  }
}

TEST(TopView, DrawsTheCourseOfTheRate) {
  v1::LiveStatus status = Status();
  TopView view("here:1", false);
  status.set_requests_per_second(0);
  view.Frame(status, {});
  status.set_requests_per_second(100);
  EXPECT_THAT(view.Frame(status, {}), HasSubstr("▁█\n"));
}

TEST(TopView, SaysSoBeforeThereIsAnything) {
  const std::string frame = TopView("here:1", false).Frame(v1::LiveStatus(), {});
  EXPECT_THAT(frame, HasSubstr("outcomes     none yet\n"));
  EXPECT_THAT(frame, HasSubstr("last change  none\n"));
}

}  // namespace
}  // namespace evald
