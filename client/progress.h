// How evalctl tells of a snapshot change while it happens.
#pragma once

#include <iosfwd>
#include <string>

#include "evald/v1/snapshot.pb.h"

namespace evald {

// "build" for SNAPSHOT_STAGE_BUILD.
std::string StageName(v1::SnapshotStage stage);

// A line for each stage, begun when it begins and ended with its time; what the builder writes in between, on
// lines of its own. Used by one thread.
class ProgressPrinter {
 public:
  explicit ProgressPrinter(std::ostream& out) : out_(out) {}
  // Ends a line that a stage left open.
  ~ProgressPrinter() { EndLine(); }

  void Print(const v1::SnapshotProgress& progress);

 private:
  void EndLine();

  std::ostream& out_;
  v1::SnapshotStage open_ = v1::SNAPSHOT_STAGE_UNSPECIFIED;
};

// How it ended, in one line, newline included.
std::string FormatOutcome(const v1::SnapshotOutcome& outcome);

}  // namespace evald
