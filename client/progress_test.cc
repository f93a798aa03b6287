#include "client/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace evald {
namespace {

v1::SnapshotProgress Began(v1::SnapshotStage stage) {
  v1::SnapshotProgress progress;
  progress.mutable_began()->set_stage(stage);
  return progress;
}

v1::SnapshotProgress Ended(v1::SnapshotStage stage, const std::string& detail) {
  v1::SnapshotProgress progress;
  progress.mutable_ended()->set_stage(stage);
  progress.mutable_ended()->mutable_took()->set_nanos(57'120'000);
  progress.mutable_ended()->set_detail(detail);
  return progress;
}

v1::SnapshotProgress Log(const std::string& line) {
  v1::SnapshotProgress progress;
  progress.set_log(line);
  return progress;
}

TEST(ProgressPrinter, WritesALineForEachStage) {
  std::ostringstream out;
  ProgressPrinter printer(out);
  printer.Print(Began(v1::SNAPSHOT_STAGE_CONFIG));
  EXPECT_EQ(out.str(), "config ...");
  printer.Print(Ended(v1::SNAPSHOT_STAGE_CONFIG, ""));
  printer.Print(Began(v1::SNAPSHOT_STAGE_BUILD));
  printer.Print(Ended(v1::SNAPSHOT_STAGE_BUILD, "extension 'pricing' changed"));
  EXPECT_EQ(out.str(), "config ... 57.12 ms\nbuild ... 57.12 ms: extension 'pricing' changed\n");
}

TEST(ProgressPrinter, GivesTheBuildersWordsLinesOfTheirOwn) {
  std::ostringstream out;
  ProgressPrinter printer(out);
  printer.Print(Began(v1::SNAPSHOT_STAGE_BUILD));
  printer.Print(Log("loaded \x1b[2J 12 rules"));
  printer.Print(Ended(v1::SNAPSHOT_STAGE_BUILD, ""));
  EXPECT_EQ(out.str(), "build ...\n  loaded ?[2J 12 rules\nbuild ... 57.12 ms\n");
}

TEST(ProgressPrinter, EndsTheLineOfAStageThatFailed) {
  std::ostringstream out;
  {
    ProgressPrinter printer(out);
    printer.Print(Began(v1::SNAPSHOT_STAGE_CANARY));
  }
  EXPECT_EQ(out.str(), "canary ...\n");
}

TEST(ProgressPrinter, WarnsOfWhatIsNotInForce) {
  std::ostringstream out;
  v1::SnapshotProgress progress;
  progress.mutable_outcome()->add_warnings("max_request_bytes changes with a restart only");
  ProgressPrinter(out).Print(progress);
  EXPECT_EQ(out.str(), "evalctl: warning: max_request_bytes changes with a restart only\n");
}

TEST(FormatOutcome, SaysWhatServes) {
  v1::SnapshotOutcome outcome;
  outcome.set_generation(8);
  outcome.set_previous_generation(7);
  outcome.mutable_took()->set_nanos(1'500'000);
  outcome.set_result(v1::SnapshotOutcome::SWAPPED);
  EXPECT_EQ(FormatOutcome(outcome), "generation 8 serves now, instead of 7, after 1.50 ms\n");
  outcome.set_result(v1::SnapshotOutcome::UNCHANGED);
  EXPECT_EQ(FormatOutcome(outcome),
            "generation 8 serves on: nothing has changed (--force rebuilds all the same)\n");
  outcome.set_result(v1::SnapshotOutcome::APPLIED);
  EXPECT_EQ(FormatOutcome(outcome),
            "generation 8 serves on, with the settings that changed in force, after 1.50 ms\n");
}

}  // namespace
}  // namespace evald
