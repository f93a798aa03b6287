// GET /metrics: Prometheus' text format.
#pragma once

#include <prometheus/collectable.h>

#include <string>
#include <vector>

#include "daemon/admin/admin_router.h"

namespace evald {

inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

// All that they collect, in their order.
std::string MetricsPage(const std::vector<const prometheus::Collectable*>& collectables);

// They outlive `router`.
void AddMetricsRoute(std::vector<const prometheus::Collectable*> collectables, AdminRouter& router);

}  // namespace evald
