// The admin endpoint's pages.
#pragma once

#include "daemon/admin_router.h"
#include "daemon/status_source.h"

namespace evald {

// GET /healthz     200 while the process answers at all
// GET /readyz      200 "ready", or 503 "booting" or "draining"
// GET /v1/status   evald.v1.GetSnapshotResponse as JSON, plus "phase"
//
// `source` outlives `router`.
void AddStatusRoutes(const StatusSource* source, AdminRouter& router);

}  // namespace evald
