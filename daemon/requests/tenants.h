// Tenants: what each tenant may ask for, and how much of the daemon it may take.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/requests/limits.h"
#include "evald/v1/config.pb.h"

namespace evald {

struct TenantRules {
  LimitBounds limits;
  // Requests that may wait, and that may run at once.
  size_t max_queue = 0;
  size_t max_running = 0;
};

// Fixed once made, so any thread may read it.
class Tenants {
 public:
  // `others`: of every tenant that `named` does not have.
  explicit Tenants(TenantRules others = {}, absl::flat_hash_map<std::string, TenantRules> named = {})
      : others_(std::move(others)), named_(std::move(named)) {}

  const TenantRules& RulesOf(const std::string& tenant) const {
    const auto found = named_.find(tenant);
    return found == named_.end() ? others_ : found->second;
  }

  // The same tenants, each with what `change` makes of its rules.
  Tenants Changed(absl::FunctionRef<void(TenantRules&)> change) const;

  // Those with rules of their own, in order.
  std::vector<std::string> Names() const;

  // Field by field, the most that any tenant may ask for.
  v1::Limits LargestCeilings() const;

 private:
  TenantRules others_;
  absl::flat_hash_map<std::string, TenantRules> named_;
};

// Fills in `config`'s max_limits, default_limits, admission and tenants. INVALID_ARGUMENT names the field.
// REQUIRES: `config.pool` is complete.
absl::StatusOr<Tenants> ResolveTenants(v1::EvaldConfig& config);

}  // namespace evald
