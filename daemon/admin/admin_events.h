// GET /v1/events: the live figures as server-sent events, one evald.v1.LiveStatus at once and then one after
// each interval (?interval_ms=, 200 to 60000; 1000 if not given).
#pragma once

#include "daemon/admin/admin_router.h"
#include "daemon/loop/timer_queue.h"
#include "daemon/telemetry/live_status.h"

namespace evald {

// The figures are taken and written once for all who want them at about the same time. A subscriber that has
// not read its last event yet misses the next. No more than 64 subscribers: the next is answered 503.
// `source` and `timers` outlive `router`.
void AddEventsRoute(LiveStatusSource* source, TimerQueue* timers, AdminRouter& router);

}  // namespace evald
