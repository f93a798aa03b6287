// AdminServer: the admin endpoint's HTTP server. Small on purpose: HTTP/1.1 on the loop, bounded in every
// direction.
#pragma once

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "daemon/admin_router.h"
#include "daemon/listen_address.h"
#include "daemon/loop.h"

namespace evald {

// Loop thread only. Destruction closes every connection.
class AdminServer {
 public:
  struct Options {
    ListenAddress address;
    size_t max_header_bytes = 16 << 10;
    size_t max_body_bytes = 64 << 10;
    size_t max_connections = 128;
    // For a request to arrive, for an answer to leave, and for a kept connection to be used again.
    Duration timeout = std::chrono::seconds(10);
  };

  // Listens at once. UNAVAILABLE names the address and why it cannot be had. `router` and `loop` outlive it.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Create(const Options& options, AdminRouter* router,
                                                             Loop* loop);
  virtual ~AdminServer() = default;

  // Where it really listens.
  virtual ListenAddress address() const = 0;

  // Takes no more connections, closes idle ones, and lets answers under way leave.
  virtual void Stop() = 0;
};

}  // namespace evald
