#include "daemon/admin_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/unique_fd.h"
#include "daemon/admin_routes.h"

namespace evald {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class FixedStatus final : public StatusSource {
 public:
  Phase phase() const override { return now; }
  void FillStatus(v1::GetSnapshotResponse& response) const override { response.mutable_pool()->set_idle(5); }
  void FillSnapshots(v1::ListSnapshotsResponse&) const override {}
  void FillWorkers(size_t, google::protobuf::RepeatedPtrField<v1::WorkerStatus>&) const override {}
  Phase now = Phase::kReady;
};

class AdminServerTest : public testing::Test {
 protected:
  void Start(AdminServer::Options options = {}) {
    AddStatusRoutes(&status_, router_);
    if (options.address.unix_path.empty()) options.address.host = "127.0.0.1";
    absl::StatusOr<std::unique_ptr<AdminServer>> server = AdminServer::Create(options, &router_, &loop_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  UniqueFd Connect() {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(server_->address().port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    UniqueFd fd(socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
    return fd;
  }
  // Sends `text` and reads until `until` was read or the server hangs up.
  std::string Exchange(const UniqueFd& fd, const std::string& text, const std::string& until = "") {
    EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    std::string got;
    for (;;) {
      loop_.io().restart();
      loop_.io().poll();
      char buffer[4096];
      const ssize_t n = recv(fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
      if (n == 0 || (n < 0 && errno == ECONNRESET)) return got;
      if (n > 0) got.append(buffer, static_cast<size_t>(n));
      if (!until.empty() && got.find(until) != std::string::npos) return got;
    }
  }
  std::string Get(const std::string& path, const std::string& method = "GET") {
    return Exchange(Connect(), method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }

  Loop loop_;
  FixedStatus status_;
  AdminRouter router_;
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminServerTest, TellsBootingReadyAndDrainingApart) {
  Start();
  EXPECT_THAT(Get("/healthz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get("/readyz"), StartsWith("HTTP/1.1 200"));
  status_.now = Phase::kBooting;
  EXPECT_THAT(Get("/readyz"), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("booting")));
  status_.now = Phase::kDraining;
  EXPECT_THAT(Get("/readyz"), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("draining")));
  EXPECT_THAT(Get("/healthz"), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminServerTest, TheStatusIsJson) {
  Start();
  const std::string answer = Get("/v1/status");
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(answer, HasSubstr(R"({"phase":"ready",)"));
  EXPECT_THAT(answer, HasSubstr(R"("idle":"5")"));
}

TEST_F(AdminServerTest, UnknownPathsAndMethodsAreToldApart) {
  Start();
  EXPECT_THAT(Get("/nowhere"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Get("/readyz", "POST"), AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD")));
  EXPECT_THAT(Get("/readyz?verbose"), StartsWith("HTTP/1.1 200"));
  const std::string head = Get("/readyz", "HEAD");
  EXPECT_THAT(head,
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Length: 6"), Not(HasSubstr("ready\n"))));
}

TEST_F(AdminServerTest, ConnectionsAreKept) {
  Start();
  const UniqueFd fd = Connect();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Exchange(fd, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "ok\n"), StartsWith("HTTP/1.1 200"));
  }
}

TEST_F(AdminServerTest, HeadersAndBodiesAreBounded) {
  Start();
  EXPECT_THAT(Exchange(Connect(), "GET / HTTP/1.1\r\nX: " + std::string(20000, 'x')),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Exchange(Connect(), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Exchange(Connect(), "nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(AdminServerTest, SlowClientsAreCutOff) {
  Start({.timeout = std::chrono::milliseconds(50)});
  EXPECT_EQ(Exchange(Connect(), "GET /healthz HT"), "");
}

TEST_F(AdminServerTest, StoppingClosesIdleConnections) {
  Start();
  const UniqueFd fd = Connect();
  Exchange(fd, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "ok\n");
  server_->Stop();
  EXPECT_EQ(Exchange(fd, ""), "");
}

TEST_F(AdminServerTest, AnAddressInUseIsNamed) {
  Start();
  AdminServer::Options options;
  options.address = server_->address();
  const absl::Status status = AdminServer::Create(options, &router_, &loop_).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot listen on " + server_->address().ToString()));
}

TEST_F(AdminServerTest, ListensOnAUnixSocket) {
  // Not the test's own folder: a socket's name has 107 bytes, and that folder may lie deep.
  char folder[] = "/tmp/evald-admin-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  AdminServer::Options options;
  options.address.unix_path = std::string(folder) + "/admin.sock";
  Start(options);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strcpy(name.sun_path, options.address.unix_path.c_str());
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  EXPECT_THAT(Exchange(fd, "GET /healthz HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace evald
