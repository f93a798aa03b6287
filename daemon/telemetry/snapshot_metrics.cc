#include "daemon/telemetry/snapshot_metrics.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <string_view>

#include "daemon/loop/proto_time.h"
#include "daemon/telemetry/metric_families.h"

namespace evald {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<Duration, 14> kBounds = {
    milliseconds(1),   milliseconds(5),   milliseconds(10),  milliseconds(25), milliseconds(50),
    milliseconds(100), milliseconds(250), milliseconds(500), seconds(1),       milliseconds(2500),
    seconds(5),        seconds(10),       seconds(30),       seconds(60)};

constexpr std::string_view kRegenerate = "regenerate";
constexpr std::string_view kRollback = "rollback";
constexpr std::string_view kBoot = "boot";
constexpr std::string_view kOther = "other";
constexpr std::string_view kAskers[] = {"gRPC", "HTTP", "SIGHUP"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// What "rollback to 4 (gRPC)" asks for. The daemon's own boot is one of them.
std::string ChangeOf(std::string_view trigger) {
  for (const std::string_view change : {kRegenerate, kRollback, kBoot}) {
    if (trigger.substr(0, change.size()) == change) return std::string(change);
  }
  return std::string(kOther);
}

// Who asks for it.
std::string AskerOf(std::string_view trigger) {
  for (const std::string_view asker : kAskers) {
    if (trigger.find("(" + std::string(asker) + ")") != std::string_view::npos) return Lower(asker);
  }
  if (trigger == kBoot) return std::string(kBoot);
  return std::string(kOther);
}

std::string ResultName(v1::SnapshotOutcome::Result result) {
  return Lower(v1::SnapshotOutcome::Result_Name(result));
}

std::string StageName(size_t stage) {
  constexpr std::string_view kPrefix = "SNAPSHOT_STAGE_";
  const std::string name = v1::SnapshotStage_Name(static_cast<v1::SnapshotStage>(stage));
  return Lower(std::string_view(name).substr(std::min(kPrefix.size(), name.size())));
}

}  // namespace

SnapshotMetrics::SnapshotMetrics() : stages_(kStages, DurationHistogram(kBounds)) {
  // All that there can be, from the start: a first failure is to be seen as one more.
  for (const std::string_view asker : kAskers) {
    for (int result = v1::SnapshotOutcome::UNCHANGED; result <= v1::SnapshotOutcome::Result_MAX; ++result) {
      const std::string name = ResultName(static_cast<v1::SnapshotOutcome::Result>(result));
      changes_[{std::string(kRegenerate), Lower(asker), name}] = 0;
      if (asker != "SIGHUP") changes_[{std::string(kRollback), Lower(asker), name}] = 0;
    }
  }
}

void SnapshotMetrics::Watch(SnapshotChanges* changes) {
  subscription_ = changes->Observe([this](const v1::SnapshotProgress& progress) { OnProgress(progress); });
}

void SnapshotMetrics::OnProgress(const v1::SnapshotProgress& progress) {
  if (progress.has_ended()) {
    const auto stage = static_cast<size_t>(progress.ended().stage());
    if (stage < kStages) stages_[stage].Observe(ToDuration(progress.ended().took()));
  } else if (progress.has_outcome()) {
    const v1::SnapshotOutcome& outcome = progress.outcome();
    ++changes_[{ChangeOf(outcome.trigger()), AskerOf(outcome.trigger()), ResultName(outcome.result())}];
  }
}

std::vector<prometheus::MetricFamily> SnapshotMetrics::Collect() const {
  MetricFamilyBuilder changes = CounterFamily(
      "evald_snapshot_changes_total",
      "Regenerations and rollbacks that have ended, and the boot, by who asked and how they ended.");
  for (const auto& [key, count] : changes_) {
    const auto& [change, asker, result] = key;
    changes.Add({{"change", change}, {"trigger", asker}, {"result", result}}, static_cast<double>(count));
  }
  MetricFamilyBuilder stages = HistogramFamily(
      "evald_snapshot_stage_seconds", "What the stages of regenerations and rollbacks took that ended well.");
  for (size_t stage = 1; stage < kStages; ++stage) {
    stages.Add({{"stage", StageName(stage)}}, stages_[stage].Read());
  }
  return {changes.Build(), stages.Build()};
}

}  // namespace evald
