#include "daemon/telemetry/telemetry.h"

#include <chrono>

#include "daemon/loop/proto_time.h"
#include "daemon/telemetry/metrics_page.h"
#include "daemon/telemetry/process_stats.h"

namespace evald {
namespace {

constexpr size_t kMostWorkers = 512;

}  // namespace

Telemetry::Telemetry(const Clock* clock, const StatusSource* source)
    : source_(source), live_stats_(clock), daemon_metrics_(source) {}

void Telemetry::Watch(SnapshotChanges* changes) {
  changes_ = changes;
  snapshot_metrics_.Watch(changes);
}

void Telemetry::OnFinished(const FinishedRequest& request) {
  request_metrics_.OnFinished(request);
  live_stats_.OnFinished(request);
  request_log_.OnFinished(request);
}

void Telemetry::FillLive(v1::LiveStatus& status) {
  SetTimestamp(std::chrono::system_clock::now(), *status.mutable_time());
  status.set_phase(PhaseName(source_->phase()));
  v1::GetSnapshotResponse serving;
  source_->FillStatus(serving);
  status.set_evald_version(serving.evald_version());
  status.mutable_uptime()->Swap(serving.mutable_uptime());
  status.mutable_pool()->Swap(serving.mutable_pool());
  if (serving.has_snapshot()) status.mutable_snapshot()->Swap(serving.mutable_snapshot());
  v1::ListSnapshotsResponse stored;
  source_->FillSnapshots(stored);
  status.mutable_stored()->Swap(stored.mutable_snapshots());
  source_->FillWorkers(kMostWorkers, *status.mutable_workers());
  live_stats_.Fill(status);
  if (changes_ != nullptr) {
    changes_->FillChange(*status.mutable_change());
    // Before the first one there is nothing to say.
    if (!status.change().under_way() && !status.change().has_outcome()) status.clear_change();
  }
  status.set_daemon_bytes(ResidentBytes());
}

void Telemetry::AddMetricsRoute(AdminRouter& router) const {
  evald::AddMetricsRoute({&request_metrics_, &daemon_metrics_, &snapshot_metrics_}, router);
}

}  // namespace evald
