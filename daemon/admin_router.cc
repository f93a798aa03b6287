#include "daemon/admin_router.h"

#include <utility>

#include "base/check.h"

namespace evald {

namespace http = boost::beast::http;

void AdminRouter::Add(http::verb method, const std::string& path, Handler handler) {
  const bool added = paths_[path].emplace(method, std::move(handler)).second;
  EVALD_CHECK(added, "one handler for each method and path");
}

AdminResponse AdminRouter::Route(const AdminRequest& request, std::string& allow) {
  const boost::beast::string_view target = request.target();
  const auto path = paths_.find(std::string(target.substr(0, target.find('?'))));
  if (path == paths_.end()) return {.status = http::status::not_found, .body = "There is nothing here.\n"};
  const http::verb method = request.method() == http::verb::head ? http::verb::get : request.method();
  const auto handler = path->second.find(method);
  if (handler != path->second.end()) return handler->second(request);
  for (const auto& [other, unused] : path->second) {
    if (!allow.empty()) allow += ", ";
    allow += std::string(http::to_string(other)) + (other == http::verb::get ? ", HEAD" : "");
  }
  return {.status = http::status::method_not_allowed, .body = "Allowed here: " + allow + "\n"};
}

}  // namespace evald
