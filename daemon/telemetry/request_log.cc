#include "daemon/telemetry/request_log.h"

#include <spdlog/spdlog.h>

#include "daemon/log/log_fields.h"
#include "daemon/loop/proto_time.h"
#include "daemon/requests/outcome.h"

namespace evald {
namespace {

uint64_t Micros(Duration duration) {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

}  // namespace

void RequestLog::OnFinished(const FinishedRequest& request) {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  const v1::ExecutionStats& stats =
      request.stats != nullptr ? *request.stats : v1::ExecutionStats::default_instance();
  LogWith(spdlog::level::debug, "request",
          {{"request_id", request.request_id},
           {"tenant", request.tenant},
           {"method", MethodName(request.method)},
           {"outcome", OutcomeName(OutcomeOf(request))},
           {"duration_us", Micros(request.end_to_end)},
           {"queue_us", Micros(ToDuration(stats.queue_time()))},
           {"cold_start_us", Micros(ToDuration(stats.cold_start()))},
           {"wall_us", Micros(ToDuration(stats.wall_time()))},
           {"cpu_us", Micros(ToDuration(stats.cpu_time()))},
           {"worker_id", stats.worker_id()},
           {"generation", stats.snapshot_generation()}});
}

}  // namespace evald
