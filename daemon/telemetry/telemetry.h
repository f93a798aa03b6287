// Telemetry: all that the daemon tells of itself, from one place: it hears of each request and of each
// snapshot change, and knows whom to ask for the rest.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "daemon/admin/admin_router.h"
#include "daemon/requests/request_observer.h"
#include "daemon/snapshots/snapshot_changes.h"
#include "daemon/telemetry/daemon_metrics.h"
#include "daemon/telemetry/live_stats.h"
#include "daemon/telemetry/live_status.h"
#include "daemon/telemetry/request_log.h"
#include "daemon/telemetry/request_metrics.h"
#include "daemon/telemetry/snapshot_metrics.h"
#include "daemon/telemetry/status_source.h"

namespace evald {

// Loop thread only.
class Telemetry final : public RequestObserver, public LiveStatusSource {
 public:
  // Both outlive it. `source` is asked when somebody looks, not before.
  Telemetry(const Clock* clock, const StatusSource* source);

  // Without it there are no snapshot changes. REQUIRES: called once, with what outlives this.
  void Watch(SnapshotChanges* changes);

  // Tenants that are counted by name from now on.
  void NameTenants(const std::vector<std::string>& tenants) { request_metrics_.NameTenants(tenants); }

  void OnFinished(const FinishedRequest& request) override;
  void FillLive(v1::LiveStatus& status) override;

  // REQUIRES: this outlives `router`.
  void AddMetricsRoute(AdminRouter& router) const;

 private:
  const StatusSource* const source_;
  SnapshotChanges* changes_ = nullptr;
  RequestLog request_log_;
  LiveStats live_stats_;
  RequestMetrics request_metrics_;
  SnapshotMetrics snapshot_metrics_;
  DaemonMetrics daemon_metrics_;
};

}  // namespace evald
