#include "daemon/telemetry/request_metrics.h"

#include <prometheus/metric_family.h>

#include <string_view>
#include <utility>

#include "daemon/loop/proto_time.h"
#include "daemon/telemetry/metric_families.h"

namespace evald {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<Duration, 21> kBounds = {
    microseconds(10),  microseconds(25),   microseconds(50),   microseconds(100), microseconds(250),
    microseconds(500), milliseconds(1),    microseconds(2500), milliseconds(5),   milliseconds(10),
    milliseconds(25),  milliseconds(50),   milliseconds(100),  milliseconds(250), milliseconds(500),
    seconds(1),        milliseconds(2500), seconds(5),         seconds(10),       seconds(30),
    seconds(60)};

constexpr std::string_view kMethodLabels[] = {"Eval", "CallFunction"};
constexpr std::string_view kOriginLabels[] = {"unspecified", "forked", "rewound", "reused"};

// Those that requests for scripts can have.
bool Possible(Outcome outcome) {
  return !OutcomeName(outcome).empty() &&
         (outcome < v1::ERROR_REASON_SNAPSHOT_FAILED || outcome > v1::ERROR_REASON_SNAPSHOT_SUPERSEDED);
}

// What is in single parentheses is no tenant: a name that begins like that gets one more.
std::string LabelOf(const std::string& tenant) {
  // A label without a value is one that is not there.
  if (tenant.empty()) return "(none)";
  return tenant.front() == '(' ? "(" + tenant : tenant;
}

}  // namespace

RequestMetrics::RequestMetrics()
    : duration_(kBounds),
      queue_(kBounds),
      cold_start_{DurationHistogram(kBounds), DurationHistogram(kBounds), DurationHistogram(kBounds),
                  DurationHistogram(kBounds)},
      run_(kBounds),
      cpu_(kBounds) {
  classes_.push_back({.label = "(other)", .seen = {true, true}});
  classes_.push_back({.label = "(unknown)", .seen = {true, true}});
}

void RequestMetrics::NameTenants(const std::vector<std::string>& tenants) {
  for (const std::string& tenant : tenants) {
    if (class_of_.size() == kMaxClasses) return;
    if (!class_of_.emplace(tenant, classes_.size()).second) continue;
    classes_.push_back({.label = LabelOf(tenant)});
  }
}

size_t RequestMetrics::ClassOf(const FinishedRequest& request) const {
  if (request.unreadable) return kUnknown;
  const auto found = class_of_.find(absl::string_view(request.tenant.data(), request.tenant.size()));
  return found == class_of_.end() ? kOther : found->second;
}

void RequestMetrics::OnFinished(const FinishedRequest& request) {
  const Outcome outcome = OutcomeOf(request);
  TenantClass& tenant_class = classes_[ClassOf(request)];
  const auto method = static_cast<size_t>(request.method);
  ++tenant_class.counts[method][outcome];
  tenant_class.seen[method] = true;
  if (!RefusedAtOnce(outcome)) duration_.Observe(request.end_to_end);
  if (request.stats == nullptr) return;
  const v1::ExecutionStats& stats = *request.stats;
  // What a worker sends is not trusted.
  const auto origin = static_cast<size_t>(stats.isolate_origin());
  queue_.Observe(ToDuration(stats.queue_time()));
  cold_start_[origin < kOrigins ? origin : 0].Observe(ToDuration(stats.cold_start()));
  run_.Observe(ToDuration(stats.wall_time()));
  cpu_.Observe(ToDuration(stats.cpu_time()));
}

std::vector<prometheus::MetricFamily> RequestMetrics::Collect() const {
  std::vector<prometheus::MetricFamily> families;
  MetricFamilyBuilder requests = CounterFamily(
      "evald_requests_total", "Requests that have ended, by method, class of tenant and outcome.");
  for (const TenantClass& tenant_class : classes_) {
    for (size_t method = 0; method < kMethods; ++method) {
      // With all outcomes at once: what appears with its first count, nobody sees rise.
      for (Outcome outcome = 0; outcome < kOutcomes; ++outcome) {
        const uint64_t count = tenant_class.counts[method][outcome];
        if (count == 0 && !(tenant_class.seen[method] && Possible(outcome))) continue;
        requests.Add({{"method", std::string(kMethodLabels[method])},
                      {"tenant_class", tenant_class.label},
                      {"outcome", std::string(OutcomeName(outcome))}},
                     static_cast<double>(count));
      }
    }
  }
  families.push_back(requests.Build());
  families.push_back(HistogramFamily("evald_request_duration_seconds",
                                     "From arrival to the end, of requests that were not refused at once.")
                         .Add({}, duration_.Read())
                         .Build());
  families.push_back(HistogramFamily("evald_request_queue_seconds",
                                     "From arrival to the moment a worker was leased, of requests that ran.")
                         .Add({}, queue_.Read())
                         .Build());
  MetricFamilyBuilder cold_start =
      HistogramFamily("evald_request_cold_start_seconds",
                      "From the lease to the first line of the script run, by how the isolate came to be.");
  for (size_t origin = 1; origin < kOrigins; ++origin) {
    cold_start.Add({{"isolate_origin", std::string(kOriginLabels[origin])}}, cold_start_[origin].Read());
  }
  families.push_back(cold_start.Build());
  families.push_back(HistogramFamily("evald_request_run_seconds",
                                     "From the first line run to the result carried, of requests that ran.")
                         .Add({}, run_.Read())
                         .Build());
  families.push_back(
      HistogramFamily("evald_request_cpu_seconds", "CPU time of the worker, of requests that ran.")
          .Add({}, cpu_.Read())
          .Build());
  return families;
}

}  // namespace evald
