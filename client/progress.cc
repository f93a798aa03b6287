#include "client/progress.h"

#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/format.h"

namespace evald {

std::string StageName(v1::SnapshotStage stage) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::SnapshotStage_Name(stage), "SNAPSHOT_STAGE_"));
}

void ProgressPrinter::EndLine() {
  if (open_ != v1::SNAPSHOT_STAGE_UNSPECIFIED) out_ << std::endl;
  open_ = v1::SNAPSHOT_STAGE_UNSPECIFIED;
}

void ProgressPrinter::Print(const v1::SnapshotProgress& progress) {
  switch (progress.event_case()) {
    case v1::SnapshotProgress::kBegan:
      EndLine();
      open_ = progress.began().stage();
      out_ << StageName(open_) << " ..." << std::flush;
      break;
    case v1::SnapshotProgress::kEnded: {
      const v1::SnapshotStageReport& ended = progress.ended();
      if (open_ != ended.stage()) {
        EndLine();
        out_ << StageName(ended.stage()) << " ...";
      }
      out_ << " " << FormatMillis(ended.took());
      if (!ended.detail().empty()) out_ << ": " << Printable(ended.detail());
      open_ = ended.stage();
      EndLine();
      break;
    }
    case v1::SnapshotProgress::kLog:
      EndLine();
      out_ << "  " << Printable(progress.log()) << std::endl;
      break;
    case v1::SnapshotProgress::kOutcome:
      EndLine();
      for (const std::string& warning : progress.outcome().warnings()) {
        out_ << "evalctl: warning: " << Printable(warning) << std::endl;
      }
      break;
    case v1::SnapshotProgress::EVENT_NOT_SET:
      break;
  }
}

std::string FormatOutcome(const v1::SnapshotOutcome& outcome) {
  const std::string took = absl::StrCat(", after ", FormatMillis(outcome.took()), "\n");
  switch (outcome.result()) {
    case v1::SnapshotOutcome::UNCHANGED:
      return absl::StrCat("generation ", outcome.generation(),
                          " serves on: nothing has changed (--force rebuilds all the same)\n");
    case v1::SnapshotOutcome::APPLIED:
      return absl::StrCat("generation ", outcome.generation(),
                          " serves on, with the settings that changed in force", took);
    case v1::SnapshotOutcome::SWAPPED:
      return absl::StrCat("generation ", outcome.generation(), " serves now, instead of ",
                          outcome.previous_generation(), took);
    default:
      return absl::StrCat("generation ", outcome.generation(), " serves on", took);
  }
}

}  // namespace evald
