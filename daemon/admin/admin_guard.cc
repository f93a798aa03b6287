#include "daemon/admin/admin_guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace evald {
namespace {

namespace http = boost::beast::http;

std::string_view Header(const AdminRequest& header, http::field name) { return ToView(header[name]); }

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

std::string Lower(std::string_view text) { return absl::AsciiStrToLower(Absl(text)); }

AdminResponse Forbidden(std::string why) {
  return {.status = http::status::forbidden, .body = std::move(why)};
}

AdminResponse BadRequest(std::string why) {
  return {.status = http::status::bad_request, .body = std::move(why)};
}

AdminResponse Unauthorized(const AdminAccess& access) {
  const std::string where = access.token == nullptr
                                ? "evald could not read or make one: its log says why.\n"
                                : absl::StrCat("It is in ", access.token_file, " where evald runs.\n");
  return {.status = http::status::unauthorized,
          .body = "This needs the admin token: send \"Authorization: Bearer TOKEN\". " + where,
          .headers = {{"WWW-Authenticate", "Bearer realm=\"evald\""}}};
}

// True: HOST and HOST:PORT that can only mean this machine, wherever names lead. A name that is not
// "localhost" may lead anywhere.
bool IsLoopback(std::string_view host, bool with_port) {
  absl::string_view name = Absl(host);
  if (absl::ConsumePrefix(&name, "[")) {
    const size_t close = name.find(']');
    if (close == absl::string_view::npos) return false;
    const absl::string_view rest = name.substr(close + 1);
    if (!rest.empty() && rest[0] != ':') return false;
    name = name.substr(0, close);
  } else if (with_port) {
    name = name.substr(0, name.find(':'));
  }
  const std::string text = absl::AsciiStrToLower(name);
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return text == "localhost";
}

// "http://HOST:PORT" and "HOST:PORT" are the same place. A proxy may have taken TLS off.
bool SameOrigin(std::string_view origin, std::string_view host) {
  const std::string from = Lower(origin);
  const std::string to = Lower(host);
  absl::string_view place = from;
  absl::string_view here = to;
  const char* default_port = nullptr;
  if (absl::ConsumePrefix(&place, "http://")) {
    default_port = ":80";
  } else if (absl::ConsumePrefix(&place, "https://")) {
    default_port = ":443";
  } else {
    return false;
  }
  absl::ConsumeSuffix(&place, default_port);
  absl::ConsumeSuffix(&here, default_port);
  return !here.empty() && place == here;
}

bool Authorized(const AdminAccess& access, const AdminRequest& header) {
  return access.token != nullptr && header.count(http::field::authorization) == 1 &&
         access.token->AuthorizedBy(Header(header, http::field::authorization));
}

bool IsJson(std::string_view content_type) {
  const absl::string_view type = Absl(content_type.substr(0, content_type.find(';')));
  return absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(type), "application/json");
}

bool IsRead(const AdminRequest& header) {
  return header.method() == http::verb::get || header.method() == http::verb::head;
}

std::optional<AdminResponse> RefuseHost(const AdminAccess& access, const AdminRequest& header) {
  const size_t hosts = header.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && header.version() >= 11)) return BadRequest("One Host header is needed.\n");
  // Without one it is nobody's browser.
  if (hosts == 0 || access.reach != AdminAccess::Reach::kLoopback) return std::nullopt;
  if (IsLoopback(Header(header, http::field::host), true)) return std::nullopt;
  return Forbidden(
      "The Host header names neither localhost nor a loopback address: this endpoint is only for this "
      "machine.\n");
}

bool FromAnotherSite(const AdminRequest& header) {
  const size_t origins = header.count(http::field::origin);
  if (origins > 1) return true;
  if (origins == 1 && !SameOrigin(Header(header, http::field::origin), Header(header, http::field::host)))
    return true;
  const std::string site = Lower(Header(header, http::field::sec_fetch_site));
  // "same-site" is another port of this machine.
  return site == "cross-site" || site == "same-site";
}

}  // namespace

AdminAccess::Reach ReachOf(const ListenAddress& address) {
  if (!address.unix_path.empty()) return AdminAccess::Reach::kUnixSocket;
  return IsLoopback(address.host, false) ? AdminAccess::Reach::kLoopback : AdminAccess::Reach::kNetwork;
}

std::optional<AdminResponse> RefuseEntry(const AdminAccess& access, const AdminRequest& header,
                                         const AdminRoute* route) {
  if (std::optional<AdminResponse> refusal = RefuseHost(access, header)) return refusal;
  const bool harmless = route != nullptr && route->harmless && IsRead(header);
  if (!harmless && FromAnotherSite(header))
    return Forbidden("This request comes from a page of another site (Origin, Sec-Fetch-Site).\n");
  if (access.reach == AdminAccess::Reach::kNetwork && !Authorized(access, header))
    return Unauthorized(access);
  return std::nullopt;
}

std::optional<AdminResponse> RefuseRoute(const AdminAccess& access, const AdminRequest& header,
                                         const AdminRoute& route, bool has_body) {
  if (route.needs_token && !Authorized(access, header)) return Unauthorized(access);
  if (has_body && !IsRead(header) && !IsJson(Header(header, http::field::content_type))) {
    return AdminResponse{.status = http::status::unsupported_media_type,
                         .body = "Send the body as JSON, with \"Content-Type: application/json\".\n"};
  }
  return std::nullopt;
}

}  // namespace evald
