// AdminServer: the admin endpoint's HTTP server. Small on purpose: HTTP/1.1 on the loop, bounded in every
// direction.
//
// Every answer has, unless its handler says otherwise: Cache-Control no-store, X-Content-Type-Options
// nosniff, Referrer-Policy no-referrer, Cross-Origin-Resource-Policy same-origin, X-Frame-Options DENY and a
// Content-Security-Policy that lets a page do nothing.
#pragma once

#include <cstddef>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "daemon/admin/admin_guard.h"
#include "daemon/admin/admin_router.h"
#include "daemon/listen_address.h"
#include "daemon/loop/loop.h"

namespace evald {

// Loop thread only. Destruction closes every connection, and with it whatever was being answered.
class AdminServer {
 public:
  struct Options {
    ListenAddress address;
    // Who knows the admin token. `reach` is found out from `address`.
    const AdminToken* token = nullptr;
    std::string token_file;
    size_t max_header_bytes = 16 << 10;
    // Where the route says nothing else.
    size_t max_body_bytes = 64 << 10;
    // Bodies longer than that, or of a length that is not announced where they may be longer, that arrive at
    // the same time; one more is answered 503.
    size_t max_long_bodies = 16;
    // Of a stream that its client does not read.
    size_t max_unsent_bytes = 4 << 20;
    size_t max_connections = 256;
    // For a header to arrive; for a body to arrive, with a second more for each MiB; for each 256 KiB of an
    // answer to leave; for a kept connection to be used again.
    Duration timeout = std::chrono::seconds(10);
  };

  // Listens at once. UNAVAILABLE names the address and why it cannot be had. `router` and `loop` outlive it.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Create(const Options& options, AdminRouter* router,
                                                             Loop* loop);
  virtual ~AdminServer() = default;

  // Where it really listens.
  virtual ListenAddress address() const = 0;

  // Takes no more connections, closes idle ones, ends streams, answers 503 to those whose answer is still
  // being made, and lets answers under way leave.
  virtual void Stop() = 0;

  // Calls `done`, on the loop, once the answers under way have left, or after some seconds: a client may not
  // read. REQUIRES: stopped; called once.
  virtual void AwaitAnswers(absl::AnyInvocable<void()> done) = 0;
};

}  // namespace evald
