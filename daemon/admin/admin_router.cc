#include "daemon/admin/admin_router.h"

#include <algorithm>

#include "base/check.h"

namespace evald {

namespace http = boost::beast::http;

void AdminRouter::Add(http::verb method, const std::string& path, AdminRoute route) {
  const bool added = paths_[path].emplace(method, std::move(route)).second;
  EVALD_CHECK(added, "one handler for each method and path");
}

void AdminRouter::Add(http::verb method, const std::string& path, InstantHandler handler, AdminRoute rules) {
  rules.handler = [handler = std::move(handler)](const AdminRequest& request, AdminReply& reply) mutable {
    reply.Send(handler(request));
    return std::unique_ptr<AdminTask>();
  };
  Add(method, path, std::move(rules));
}

AdminRoute* AdminRouter::Find(http::verb method, std::string_view target, AdminResponse& refusal) {
  const auto path = paths_.find(target.substr(0, target.find('?')));
  if (path == paths_.end()) {
    refusal = {.status = http::status::not_found, .body = "There is nothing here.\n"};
    return nullptr;
  }
  const auto route = path->second.find(method == http::verb::head ? http::verb::get : method);
  if (route != path->second.end()) return &route->second;
  std::string allow;
  for (const auto& [other, unused] : path->second) {
    if (!allow.empty()) allow += ", ";
    allow += std::string(http::to_string(other)) + (other == http::verb::get ? ", HEAD" : "");
  }
  refusal = {.status = http::status::method_not_allowed,
             .body = "Allowed here: " + allow + "\n",
             .headers = {{"Allow", allow}}};
  return nullptr;
}

std::optional<std::string_view> QueryValue(std::string_view target, std::string_view name) {
  const size_t question = target.find('?');
  std::string_view rest = question == std::string_view::npos ? "" : target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
  }
  return std::nullopt;
}

}  // namespace evald
