#include "tests/support/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "tests/support/poll.h"

namespace evald::testing {
namespace {

UniqueFd Connect(const std::string& address) {
  absl::string_view rest = address;
  if (absl::ConsumePrefix(&rest, "unix:")) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    EVALD_CHECK(rest.size() < sizeof(name.sun_path), "a test's socket has a short name");
    std::memcpy(name.sun_path, rest.data(), rest.size());
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EVALD_CHECK(connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0,
                "the admin endpoint listens");
    return fd;
  }
  const size_t colon = address.rfind(':');
  sockaddr_in name{};
  name.sin_family = AF_INET;
  uint32_t port = 0;
  EVALD_CHECK(absl::SimpleAtoi(address.substr(colon + 1), &port), "the address has a port");
  name.sin_port = htons(static_cast<uint16_t>(port));
  EVALD_CHECK(inet_pton(AF_INET, address.substr(0, colon).c_str(), &name.sin_addr) == 1, "a numeric host");
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EVALD_CHECK(connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0,
              "the admin endpoint listens");
  return fd;
}

}  // namespace

HttpConnection::HttpConnection(const std::string& address) : fd_(Connect(address)) {
  const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

void HttpConnection::Send(const std::string& text) const {
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t n = send(fd_.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    // The server has said what it had to say.
    if (n <= 0) return;
    sent += static_cast<size_t>(n);
  }
}

bool HttpConnection::ReadSome() {
  char buffer[65536];
  const ssize_t n = recv(fd_.get(), buffer, sizeof(buffer), 0);
  if (n > 0) read_.append(buffer, static_cast<size_t>(n));
  return n > 0;
}

std::string HttpConnection::ReadUntil(const std::string& text) {
  while (read_.find(text) == std::string::npos && ReadSome()) {
  }
  return read_;
}

std::string HttpConnection::ReadMore() {
  ReadSome();
  return read_;
}

HttpAnswer HttpConnection::ReadAnswer() {
  while (ReadSome()) {
  }
  HttpAnswer answer;
  const size_t end = read_.find("\r\n\r\n");
  if (end == std::string::npos || !absl::StartsWith(read_, "HTTP/1.1 ")) return answer;
  EVALD_CHECK(absl::SimpleAtoi(read_.substr(9, 3), &answer.status), "a status is a number");
  answer.head = read_.substr(0, end + 2);
  answer.body = read_.substr(end + 4);
  return answer;
}

std::string ToBytes(const HttpRequest& request) {
  std::string text = absl::StrCat(request.method, " ", request.target, " HTTP/1.1\r\nConnection: close\r\n");
  if (!absl::StrContains(request.headers, "Host:")) text += "Host: localhost\r\n";
  text += request.headers;
  if (!request.body.empty()) {
    absl::StrAppend(&text, "Content-Type: application/json\r\nContent-Length: ", request.body.size(), "\r\n");
  }
  return text + "\r\n" + request.body;
}

HttpAnswer Ask(const std::string& address, const HttpRequest& request) {
  HttpConnection connection(address);
  connection.Send(ToBytes(request));
  return connection.ReadAnswer();
}

}  // namespace evald::testing
