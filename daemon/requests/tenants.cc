#include "daemon/requests/tenants.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/loop/proto_time.h"

namespace evald {
namespace {

constexpr uint64_t kMiB = 1 << 20;
// A frame's length has 32 bits (base/frame.h), and a worker's may be twice its result and console together.
constexpr uint64_t kMostOutputBytes = 1 << 30;
constexpr uint64_t kMostConsoleBytes = 256 * kMiB;
// What the worker's stack has room for when it carries a result.
constexpr uint32_t kMostResultDepth = 4000;

v1::Limits BuiltInDefaults() {
  v1::Limits limits;
  FromDuration(std::chrono::seconds(5), *limits.mutable_wall_time());
  limits.set_heap_bytes(64 * kMiB);
  limits.set_memory_bytes(256 * kMiB);
  limits.set_output_bytes(16 * kMiB);
  limits.set_console_bytes(kMiB);
  limits.set_source_bytes(16 * kMiB);
  limits.set_result_depth(1000);
  return limits;
}

v1::Limits BuiltInCeilings() {
  v1::Limits limits;
  FromDuration(std::chrono::seconds(60), *limits.mutable_wall_time());
  FromDuration(std::chrono::seconds(60), *limits.mutable_cpu_time());
  limits.set_heap_bytes(64 * kMiB);
  limits.set_memory_bytes(512 * kMiB);
  limits.set_output_bytes(64 * kMiB);
  limits.set_console_bytes(16 * kMiB);
  limits.set_source_bytes(64 * kMiB);
  limits.set_result_depth(2000);
  return limits;
}

// For validating the ceilings themselves: far above any sensible value, or as far as evald can go.
v1::Limits Unlimited() {
  v1::Limits limits;
  FromDuration(std::chrono::hours(24), *limits.mutable_wall_time());
  FromDuration(std::chrono::hours(24), *limits.mutable_cpu_time());
  limits.set_heap_bytes(uint64_t{4} << 30);
  limits.set_memory_bytes(uint64_t{1} << 40);
  limits.set_output_bytes(kMostOutputBytes);
  limits.set_console_bytes(kMostConsoleBytes);
  limits.set_source_bytes(kMostOutputBytes);
  limits.set_result_depth(kMostResultDepth);
  return limits;
}

// Completes both and checks them. `path` is "" or "tenants[0].".
absl::Status ResolveBounds(const std::string& path, const LimitBounds& general, v1::Limits& max,
                           v1::Limits& defaults) {
  absl::Status ok = ValidateLimits(absl::StrCat(path, "max_limits"), max, Unlimited());
  if (!ok.ok()) return ok;
  FillUnset(general.ceilings, max);
  ok = ValidateLimits(absl::StrCat(path, "default_limits"), defaults, max);
  if (!ok.ok()) return absl::InvalidArgumentError(absl::StrCat(ok.message(), " (", path, "max_limits)"));
  // Who gives a script more time means CPU time too.
  const bool cpu_follows_wall =
      !defaults.has_cpu_time() && (defaults.has_wall_time() || !general.defaults.has_cpu_time());
  FillUnset(general.defaults, defaults);
  // What was set is within the ceilings; a default from further up yields to them.
  defaults = Smaller(defaults, max);
  if (cpu_follows_wall) {
    *defaults.mutable_cpu_time() = defaults.wall_time();
    defaults = Smaller(defaults, max);
  }
  return absl::OkStatus();
}

void ResolveAdmission(uint32_t max_workers, v1::AdmissionConfig& admission) {
  if (admission.max_queue() == 0) admission.set_max_queue(1024);
  if (admission.max_queue_per_tenant() == 0)
    admission.set_max_queue_per_tenant(std::max(1u, admission.max_queue() / 4));
  if (admission.max_running_per_tenant() == 0)
    admission.set_max_running_per_tenant(std::max(1u, max_workers * 3 / 4));
  if (admission.max_queue_bytes() == 0) admission.set_max_queue_bytes(256 * kMiB);
}

}  // namespace

Tenants Tenants::Changed(absl::FunctionRef<void(TenantRules&)> change) const {
  Tenants changed = *this;
  change(changed.others_);
  for (auto& [tenant, rules] : changed.named_) change(rules);
  return changed;
}

std::vector<std::string> Tenants::Names() const {
  std::vector<std::string> names;
  for (const auto& [tenant, rules] : named_) names.push_back(tenant);
  std::sort(names.begin(), names.end());
  return names;
}

v1::Limits Tenants::LargestCeilings() const {
  v1::Limits largest = others_.limits.ceilings;
  for (const auto& [tenant, rules] : named_) largest = Larger(largest, rules.limits.ceilings);
  return largest;
}

absl::StatusOr<Tenants> ResolveTenants(v1::EvaldConfig& config) {
  absl::Status ok = ResolveBounds("", {BuiltInDefaults(), BuiltInCeilings()}, *config.mutable_max_limits(),
                                  *config.mutable_default_limits());
  if (!ok.ok()) return ok;
  v1::AdmissionConfig& admission = *config.mutable_admission();
  ResolveAdmission(config.pool().max_workers(), admission);
  const TenantRules others{{config.default_limits(), config.max_limits()},
                           admission.max_queue_per_tenant(),
                           admission.max_running_per_tenant()};

  absl::flat_hash_map<std::string, TenantRules> named;
  for (int i = 0; i < config.tenants_size(); ++i) {
    v1::TenantConfig& tenant = *config.mutable_tenants(i);
    const std::string path = absl::StrCat("tenants[", i, "]");
    ok = ResolveBounds(absl::StrCat(path, "."), others.limits, *tenant.mutable_max_limits(),
                       *tenant.mutable_default_limits());
    if (!ok.ok()) return ok;
    if (tenant.max_queue() == 0) tenant.set_max_queue(admission.max_queue_per_tenant());
    if (tenant.max_running() == 0) tenant.set_max_running(admission.max_running_per_tenant());
    const TenantRules rules{
        {tenant.default_limits(), tenant.max_limits()}, tenant.max_queue(), tenant.max_running()};
    if (!named.emplace(tenant.tenant(), rules).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ".tenant: a second entry for \"", tenant.tenant(), "\""));
    }
  }
  return Tenants(others, std::move(named));
}

}  // namespace evald
