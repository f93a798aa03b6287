// The admin endpoint's paths that tell of the daemon and change what it serves. docs/admin.md is their
// manual.
#pragma once

#include "daemon/admin/admin_router.h"
#include "daemon/admin/drainable.h"
#include "daemon/snapshots/snapshot_changes.h"
#include "daemon/telemetry/status_source.h"

namespace evald {

// GET /healthz        200 while the process answers at all
// GET /readyz         200 "ready", or 503 "booting" or "draining"
// GET /v1/status      evald.v1.GetSnapshotResponse, plus "phase"
// GET /v1/snapshots   evald.v1.ListSnapshotsResponse
//
// `source` outlives `router`.
void AddStatusRoutes(const StatusSource* source, AdminRouter& router);

// POST /v1/drain      {"phase":"draining"}
//
// `drainable` outlives `router`.
void AddDrainRoute(Drainable* drainable, AdminRouter& router);

// POST /v1/snapshots:regenerate   evald.v1.RegenerateSnapshotRequest, or nothing
// POST /v1/snapshots:rollback     evald.v1.RollbackSnapshotRequest, or nothing
//
// Answered with the evald.v1.SnapshotOutcome, or, to who accepts text/event-stream, with each
// evald.v1.SnapshotProgress as it comes. `changes` outlives `router`.
void AddSnapshotRoutes(SnapshotChanges* changes, AdminRouter& router);

}  // namespace evald
