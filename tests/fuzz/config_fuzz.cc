// The configuration, from the file's text on. What is accepted is complete, holds together, and is a
// configuration itself.

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <string>

#include "absl/strings/match.h"
#include "base/check.h"
#include "daemon/config.h"
#include "daemon/loop/proto_time.h"
#include "daemon/requests/limits.h"
#include "daemon/requests/tenants.h"
#include "daemon/requests/validator.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace {

using evald::Duration;
using evald::ResolvedConfig;
using evald::v1::EvaldConfig;
using google::protobuf::util::MessageDifferencer;

void CheckNumbers(const ResolvedConfig& config) {
  const evald::v1::PoolConfig& pool = config.proto.pool();
  EVALD_CHECK(pool.max_workers() >= 1 && pool.min_idle() <= pool.max_workers(),
              "the pool's bounds hold together");
  EVALD_CHECK(pool.max_uses() >= 1 && pool.max_rewind_pages() >= 1, "a worker is good for something");
  EVALD_CHECK(config.rewind == (pool.mode() == evald::v1::PoolConfig::REWIND), "the mode is told once");
  EVALD_CHECK(config.max_age > Duration(0) && config.snapshot_build_timeout > Duration(0) &&
                  config.zygote_boot_timeout > Duration(0),
              "there is time for everything");
  EVALD_CHECK(config.kill_grace >= Duration(0) && config.drain_timeout >= Duration(0), "no time is negative");
  // Deadlines are sums of some of them and now.
  constexpr Duration kYear = std::chrono::hours(24 * 365);
  EVALD_CHECK(config.max_age <= kYear && config.kill_grace <= kYear && config.drain_timeout <= kYear &&
                  config.snapshot_build_timeout <= kYear && config.zygote_boot_timeout <= kYear,
              "no time is out of reach");
}

void CheckTenant(const evald::TenantRules& rules) {
  EVALD_CHECK(rules.max_queue >= 1 && rules.max_running >= 1, "a tenant's request can run");
  const evald::v1::Limits& defaults = rules.limits.defaults;
  EVALD_CHECK(defaults.has_wall_time() && defaults.has_cpu_time() && defaults.heap_bytes() > 0 &&
                  defaults.output_bytes() > 0 && defaults.memory_bytes() > 0 &&
                  defaults.console_bytes() > 0 && defaults.source_bytes() > 0 && defaults.result_depth() > 0,
              "every limit has a default");
  EVALD_CHECK(evald::ValidateLimits("limits", defaults, rules.limits.ceilings).ok(),
              "no default is above its ceiling");
  evald::v1::EvalRequest request;
  request.set_source("1");
  EVALD_CHECK(evald::Validate(request, rules.limits).ok(), "the smallest request is valid");
  evald::FillDefaults(rules.limits, request);
  EVALD_CHECK(evald::Validate(request, rules.limits).ok(), "and still so with its defaults filled in");
}

void CheckTenants(const ResolvedConfig& config) {
  const evald::v1::Limits largest = config.tenants.LargestCeilings();
  const auto check = [&](const std::string& tenant) {
    const evald::TenantRules& rules = config.tenants.RulesOf(tenant);
    CheckTenant(rules);
    EVALD_CHECK(MessageDifferencer::Equals(evald::Larger(largest, rules.limits.ceilings), largest),
                "no tenant may ask for more than the most");
  };
  check("nobody has this name");
  for (const evald::v1::TenantConfig& tenant : config.proto.tenants()) check(tenant.tenant());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evald::fuzz::QuietProtobuf();
  const std::string text(evald::fuzz::Input(data, size).TakeRest());
  const absl::StatusOr<EvaldConfig> parsed = evald::ParseConfig(text, "fuzz.conf");
  if (!parsed.ok()) {
    EVALD_CHECK(absl::IsInvalidArgument(parsed.status()), "the text is at fault");
    EVALD_CHECK(absl::StartsWith(parsed.status().message(), "fuzz.conf:"), "an error says where");
    return 0;
  }
  const absl::StatusOr<ResolvedConfig> resolved = evald::ResolveConfig(*parsed, "/etc/evald");
  if (!resolved.ok()) {
    EVALD_CHECK(absl::IsInvalidArgument(resolved.status()), "the configuration is at fault");
    EVALD_CHECK(absl::StrContains(resolved.status().message(), ": "), "an error names the field");
    return 0;
  }
  CheckNumbers(*resolved);
  CheckTenants(*resolved);
  const absl::StatusOr<ResolvedConfig> again = evald::ResolveConfig(resolved->proto, "/etc/evald");
  EVALD_CHECK(again.ok() && MessageDifferencer::Equals(again->proto, resolved->proto),
              "a complete one stays as it is");
  std::string printed;
  EVALD_CHECK(google::protobuf::TextFormat::PrintToString(resolved->proto, &printed), "it can be shown");
  const absl::StatusOr<EvaldConfig> reread = evald::ParseConfig(printed, "printed.conf");
  EVALD_CHECK(reread.ok(), "and read again");
  return 0;
}
