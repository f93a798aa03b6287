// The admin endpoint, from a connection's bytes to its answers: the real server and router on a Unix socket.
// Whatever comes in, what goes out is a sequence of well-formed answers of the kinds that are documented, and
// the connection ends.

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/unique_fd.h"
#include "daemon/admin_routes.h"
#include "daemon/admin_server.h"
#include "tests/fuzz/fuzz.h"

namespace {

namespace http = boost::beast::http;

constexpr size_t kMaxHeaderBytes = 1024;
constexpr size_t kMaxBodyBytes = 512;

class ReadyStatus final : public evald::StatusSource {
 public:
  evald::Phase phase() const override { return evald::Phase::kReady; }
  void FillStatus(evald::v1::GetSnapshotResponse& response) const override {
    response.mutable_pool()->set_idle(5);
  }
  void FillSnapshots(evald::v1::ListSnapshotsResponse&) const override {}
  void FillWorkers(size_t, google::protobuf::RepeatedPtrField<evald::v1::WorkerStatus>&) const override {}
};

// One server for all inputs; a connection of its own for each.
class Server {
 public:
  Server() {
    evald::AddStatusRoutes(&status_, router_);
    router_.Add(http::verb::post, "/echo", [](const evald::AdminRequest& request) {
      EVALD_CHECK(request.body().size() <= kMaxBodyBytes, "no handler sees more than the limit");
      return evald::AdminResponse{.body = request.body()};
    });
    const char* folder = std::getenv("TEST_TMPDIR");
    evald::AdminServer::Options options;
    options.address.unix_path = absl::StrCat("/tmp/evald-admin-fuzz-", getpid());
    if (folder != nullptr && std::strlen(folder) < 64) {
      options.address.unix_path = absl::StrCat(folder, "/admin-", getpid());
    }
    options.max_header_bytes = kMaxHeaderBytes;
    options.max_body_bytes = kMaxBodyBytes;
    path_ = options.address.unix_path;
    auto server = evald::AdminServer::Create(options, &router_, &loop_);
    EVALD_CHECK(server.ok(), "the socket can be listened on");
    server_ = *std::move(server);
  }
  ~Server() { unlink(path_.c_str()); }

  // Sends `bytes` in pieces of `chunk` bytes, hangs up on its side, and returns all that comes back.
  std::string Exchange(std::string_view bytes, size_t chunk) {
    const evald::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, path_.c_str(), path_.size() + 1);
    EVALD_CHECK(connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0,
                "the server listens");
    std::string got;
    bool open = true;
    while (!bytes.empty() && open) {
      const std::string_view now = bytes.substr(0, chunk);
      const ssize_t sent = send(fd.get(), now.data(), now.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN) break;  // it has said what it had to say
      if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
      open = Turn(fd.get(), got);
    }
    shutdown(fd.get(), SHUT_WR);
    // Each turn runs all that can run: the server is not waiting for anything but these bytes and its
    // timeout.
    for (int turns = 0; open; ++turns) {
      EVALD_CHECK(turns < 1000, "a connection whose client is done ends");
      open = Turn(fd.get(), got);
    }
    return got;
  }

 private:
  // False: the server has hung up.
  bool Turn(int fd, std::string& got) {
    loop_.io().restart();
    loop_.io().poll();
    for (;;) {
      char buffer[4096];
      const ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (n > 0) got.append(buffer, static_cast<size_t>(n));
      if (n == 0 || (n < 0 && errno == ECONNRESET)) return false;
      if (n < 0) return true;
    }
  }

  evald::Loop loop_;
  ReadyStatus status_;
  evald::AdminRouter router_;
  std::unique_ptr<evald::AdminServer> server_;
  std::string path_;
};

void CheckAnswer(const http::response<http::string_body>& answer) {
  switch (answer.result()) {
    case http::status::ok:
    case http::status::bad_request:
    case http::status::not_found:
    case http::status::payload_too_large:
    case http::status::request_header_fields_too_large:
      break;
    case http::status::method_not_allowed:
      EVALD_CHECK(!answer[http::field::allow].empty(), "405 says what is allowed");
      break;
    default:
      EVALD_CHECK(false, "an answer is one of those that are documented");
  }
  EVALD_CHECK(answer[http::field::server] == "evald", "the answer is ours");
  EVALD_CHECK(answer[http::field::cache_control] == "no-store", "no answer is kept");
}

// Answers to HEAD have a length and no body, so where one is among the requests only the beginning can be
// parsed.
void CheckAnswers(std::string_view sent, std::string_view got) {
  const bool head = sent.find("HEAD") != std::string_view::npos;
  while (!got.empty()) {
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    parser.skip(head);
    boost::system::error_code error;
    const size_t used = parser.put(boost::asio::buffer(got.data(), got.size()), error);
    EVALD_CHECK(!error, "an answer is well-formed");
    EVALD_CHECK(parser.is_done(), "and whole");
    CheckAnswer(parser.get());
    if (head) return;
    got.remove_prefix(used);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const server = new Server;
  evald::fuzz::Input input(data, size);
  const size_t wanted_chunk = 1 + size_t{input.Byte()};
  const std::string_view bytes = input.TakeRest();
  CheckAnswers(bytes, server->Exchange(bytes, std::max(wanted_chunk, bytes.size() / 64)));
  return 0;
}
