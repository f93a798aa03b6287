// TenantsInForce: the tenants' rules that hold now, for threads that look at them while they may be replaced.
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "daemon/requests/tenants.h"

namespace evald {

// Thread-safe. Those who look do not wait for each other; they wait for one who replaces for as long as it
// takes to swap two pointers.
class TenantsInForce {
 public:
  explicit TenantsInForce(std::shared_ptr<const Tenants> tenants) : tenants_(std::move(tenants)) {}

  // What was given stays as it is, for as long as it is held.
  std::shared_ptr<const Tenants> Get() const {
    const std::shared_lock lock(mutex_);
    return tenants_;
  }

  void Replace(std::shared_ptr<const Tenants> tenants) {
    const std::unique_lock lock(mutex_);
    tenants_.swap(tenants);
  }

 private:
  mutable std::shared_mutex mutex_;
  std::shared_ptr<const Tenants> tenants_;
};

}  // namespace evald
