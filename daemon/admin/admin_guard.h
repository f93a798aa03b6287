// The admin endpoint's guard: who may ask for what. Pure functions of a request's header and of what the
// server knows of itself.
//
// What it keeps out, besides those who do not know the token: pages of other sites in the browser of somebody
// who can reach the endpoint. Such a page can send requests (but sets Origin and Sec-Fetch-Site by that), and
// it can make a name of its own lead to 127.0.0.1 (but sends that name as Host).
#pragma once

#include <optional>
#include <string>

#include "daemon/admin/admin_router.h"
#include "daemon/admin/admin_token.h"
#include "daemon/listen_address.h"

namespace evald {

struct AdminAccess {
  enum class Reach {
    // Whoever may open the socket's file.
    kUnixSocket,
    // Whoever is on this machine.
    kLoopback,
    // Whoever is on the network: everything needs the token.
    kNetwork,
  };
  Reach reach = Reach::kNetwork;
  // Null: nobody knows it. Outlives the server.
  const AdminToken* token = nullptr;
  // For messages.
  std::string token_file;
};

AdminAccess::Reach ReachOf(const ListenAddress& address);

// The answer to a request that may not come in, whatever it asks for: 400 for one without a proper Host, 403
// for one that a page of another site may have sent, 401 if the network is let in and it does not know the
// token. `route` is null where there is none.
std::optional<AdminResponse> RefuseEntry(const AdminAccess& access, const AdminRequest& header,
                                         const AdminRoute* route);

// The answer to a request that came in but may not do what `route` does: 401 without the token, 415 for a
// body that is not JSON. `has_body`: something follows the header.
std::optional<AdminResponse> RefuseRoute(const AdminAccess& access, const AdminRequest& header,
                                         const AdminRoute& route, bool has_body);

}  // namespace evald
