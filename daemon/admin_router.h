// AdminRouter: which path and method of the admin endpoint leads where. No sockets: see admin_server.h.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <map>
#include <string>

#include "absl/functional/any_invocable.h"

namespace evald {

using AdminRequest = boost::beast::http::request<boost::beast::http::string_body>;

struct AdminResponse {
  boost::beast::http::status status = boost::beast::http::status::ok;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Handlers run on the loop and answer at once.
class AdminRouter {
 public:
  using Handler = absl::AnyInvocable<AdminResponse(const AdminRequest&)>;

  // REQUIRES: nothing was added for this method and path. GET serves HEAD too.
  void Add(boost::beast::http::verb method, const std::string& path, Handler handler);

  // 404 for a path that nobody added, 405 with `allow` filled in for one that has other methods.
  AdminResponse Route(const AdminRequest& request, std::string& allow);

 private:
  std::map<std::string, std::map<boost::beast::http::verb, Handler>> paths_;
};

}  // namespace evald
