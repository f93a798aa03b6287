// AdminRouter: which path and method of the admin endpoint leads where. No sockets: see admin_server.h.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/verb.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"

namespace evald {

using AdminRequest = boost::beast::http::request<boost::beast::http::string_body>;

struct AdminResponse {
  boost::beast::http::status status = boost::beast::http::status::ok;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  // Besides those that every answer has (see admin_server.h), or instead of them.
  std::vector<std::pair<std::string, std::string>> headers;
};

// The way back to one request's client: one Send, or Begin, Write as often as there is something, and End.
// What comes after the end, or once the client has gone, is dropped. Loop thread only.
class AdminReply {
 public:
  virtual ~AdminReply() = default;

  virtual void Send(AdminResponse response) = 0;

  // An answer that comes piece by piece; `head.body` is its first one.
  virtual void Begin(AdminResponse head) = 0;
  // A client that leaves more than AdminServer::Options::max_unsent_bytes unread is hung up on.
  virtual void Write(std::shared_ptr<const std::string> piece) = 0;
  virtual void End() = 0;
  // Bytes that the client has not taken yet. Whoever can leave something out looks here first.
  virtual size_t unsent() const = 0;
};

// What a handler that does not answer at once leaves behind. The connection owns it, and destroys it when the
// answer has left or the client has gone, whichever is first, and never from inside a call to the reply. The
// reply outlives it.
class AdminTask {
 public:
  virtual ~AdminTask() = default;
};

struct AdminRoute {
  // Called on the loop, with the whole request, which it may take apart. Answers through the reply; if not at
  // once, then it leaves a task.
  using Handler = absl::AnyInvocable<std::unique_ptr<AdminTask>(AdminRequest&, AdminReply&)>;

  Handler handler;
  // Changes what evald does: only for those who know the admin token.
  bool needs_token = false;
  // Tells nothing and changes nothing, so that a page of another site may ask for it.
  bool harmless = false;
  // Of a request's body. 0: the server's.
  size_t max_body_bytes = 0;
};

// Loop thread only.
class AdminRouter {
 public:
  using InstantHandler = absl::AnyInvocable<AdminResponse(const AdminRequest&)>;

  // REQUIRES: nothing was added for this method and path. GET serves HEAD too.
  void Add(boost::beast::http::verb method, const std::string& path, AdminRoute route);
  // One that answers at once. `rules`: what AdminRoute says besides the handler.
  void Add(boost::beast::http::verb method, const std::string& path, InstantHandler handler,
           AdminRoute rules = {});

  // Null, with the answer in `refusal`: 404 for a path that nobody added, 405 with `allow` for one that has
  // other methods. `target` is the request's: the path is what comes before the question mark.
  AdminRoute* Find(boost::beast::http::verb method, std::string_view target, AdminResponse& refusal);

 private:
  std::map<std::string, std::map<boost::beast::http::verb, AdminRoute>, std::less<>> paths_;
};

// The value of `name` in the query of `target` ("/v1/events?interval_ms=500"); nothing if it is not there.
// Not decoded.
std::optional<std::string_view> QueryValue(std::string_view target, std::string_view name);

// Beast's strings are boost's.
inline std::string_view ToView(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace evald
