#include "daemon/listen_address.h"

#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/unique_fd.h"

namespace evald {
namespace {

absl::Status CannotListen(const ListenAddress& address, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address.ToString(), ": ", why));
}

absl::Status CheckUnix(const ListenAddress& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, address.unix_path.c_str(), address.unix_path.size() + 1);
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0) {
    return CannotListen(address, "another server is listening there");
  }
  return absl::OkStatus();
}

absl::Status CheckTcp(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return CannotListen(address, gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard(found, &freeaddrinfo);
  UniqueFd fd(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || listen(fd.get(), 1) != 0) {
    return CannotListen(address, std::strerror(errno));
  }
  return absl::OkStatus();
}

}  // namespace

std::string ListenAddress::ToString() const {
  if (!unix_path.empty()) return absl::StrCat("unix:", unix_path);
  const bool ipv6 = host.find(':') != std::string::npos;
  return absl::StrCat(ipv6 ? "[" : "", host, ipv6 ? "]:" : ":", port);
}

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text) {
  ListenAddress address;
  absl::string_view rest = text;
  // The system's calls would stop reading there.
  if (text.find('\0') != absl::string_view::npos)
    return absl::InvalidArgumentError(absl::StrCat("\"", absl::CHexEscape(text), "\" holds a NUL character"));
  if (absl::ConsumePrefix(&rest, "unix:")) {
    address.unix_path = std::string(rest);
    if (rest.empty() || rest[0] != '/')
      return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not unix:/PATH"));
    if (rest.size() >= sizeof(sockaddr_un::sun_path)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the path of \"", text, "\" is too long for a Unix socket"));
    }
    return address;
  }
  const size_t colon = text.rfind(':');
  const absl::string_view digits = colon == absl::string_view::npos ? "" : text.substr(colon + 1);
  uint32_t port = 0;
  // SimpleAtoi alone would take a sign and spaces.
  const bool is_number = std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit);
  if (!is_number || !absl::SimpleAtoi(digits, &port) || port > UINT16_MAX) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is neither HOST:PORT nor unix:/PATH"));
  }
  address.port = static_cast<uint16_t>(port);
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = absl::ConsumePrefix(&host, "[");
  if (bracketed && !absl::ConsumeSuffix(&host, "]")) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\": the bracket is not closed"));
  }
  // Without its brackets, "[unix]:80" would be a path to gRPC.
  const bool ipv6 = host.find(':') != absl::string_view::npos;
  if (host.empty() || host.find_first_of("[]") != absl::string_view::npos || (bracketed && !ipv6)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" has no host that could be meant"));
  }
  address.host = std::string(host);
  return address;
}

absl::Status CheckListenable(const ListenAddress& address) {
  return address.unix_path.empty() ? CheckTcp(address) : CheckUnix(address);
}

}  // namespace evald
