// POST /v1/eval and POST /v1/call: evald.v1.ScriptService for clients that speak HTTP and JSON. The same
// requests, admitted in the same way, with the same answers.
#pragma once

#include <cstdint>
#include <memory>

#include "daemon/admin/admin_router.h"
#include "daemon/admin/script_load.h"
#include "daemon/loop/loop.h"
#include "daemon/requests/request_id.h"
#include "daemon/requests/request_observer.h"
#include "daemon/requests/tenants_in_force.h"
#include "daemon/typescript/intake.h"

namespace evald {

struct AdminScripts {
  const TenantsInForce* tenants;
  Loop* loop;
  Intake* intake;
  RequestIds* request_ids;
  // Told of each request that ends.
  RequestObserver* observer;
  // Where the requests are counted.
  std::shared_ptr<ScriptLoad> load;
  // The longest body.
  uint64_t max_request_bytes;
  // Of the long bodies and answers that wait to be read or written as JSON.
  uint64_t max_queue_bytes;
};

// A client that goes away cancels its script. Long bodies are read and written as JSON on a thread of the
// routes' own, so that the loop is free for others. No more than 128 requests at once, so that there are
// connections left for others, and no more bytes for that thread than max_queue_bytes: the next is refused
// like one that finds the queue full. A request counts until nobody works on it any more, even if its client
// has gone. All that `scripts` points to outlives `router`.
void AddScriptRoutes(const AdminScripts& scripts, AdminRouter& router);

}  // namespace evald
