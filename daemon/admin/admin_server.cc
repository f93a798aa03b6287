#include "daemon/admin/admin_server.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/admin/admin_connection.h"

namespace evald {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int kSendBufferBytes = 128 << 10;
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);
// What answers under way may still take once the server has stopped.
constexpr Duration kAnswerPatience = std::chrono::seconds(3);

template <typename Family>
class Server final : public AdminServer {
 public:
  Server(const Options& options, AdminRouter* router, Loop* loop)
      : loop_(loop),
        acceptor_(loop->io()),
        connections_(std::make_shared<AdminConnections>(
            AdminConnections{.options = options,
                             .access = {ReachOf(options.address), options.token, options.token_file},
                             .router = router,
                             .timers = &loop->timers()})) {}
  ~Server() override {
    connections_->answered_hook = nullptr;
    Stop();
    for (const auto& connection : std::set(connections_->open)) connection->Close();
  }

  error_code Listen(const typename Family::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) Accept();
    return error;
  }

  ListenAddress address() const override {
    ListenAddress address = options().address;
    if constexpr (std::is_same_v<Family, asio::ip::tcp>) {
      error_code ignored;
      address.port = acceptor_.local_endpoint(ignored).port();
    }
    return address;
  }

  void Stop() override {
    if (std::exchange(connections_->stopping, true)) return;
    pause_.Cancel();
    error_code ignored;
    acceptor_.close(ignored);
    if (!options().address.unix_path.empty()) unlink(options().address.unix_path.c_str());
    for (const auto& connection : std::set(connections_->open)) connection->Stop();
  }

  void AwaitAnswers(absl::AnyInvocable<void()> done) override {
    answered_ = std::move(done);
    patience_ = loop_->timers().After(kAnswerPatience, [this] { EndWait(); });
    connections_->answered_hook = [this] { CheckAnswers(); };
    CheckAnswers();
  }

 private:
  const Options& options() const { return connections_->options; }

  void Accept() {
    acceptor_.async_accept(
        [this, connections = connections_](const error_code& error, typename Family::socket socket) {
          if (connections->stopping) return;
          if (error) {
            // Out of descriptors, most likely: trying again at once would only spin.
            spdlog::warn("admin endpoint: accept: {}", error.message());
            pause_ = loop_->timers().After(kAcceptPause, [this] { Accept(); });
            return;
          }
          if (connections->open.size() < options().max_connections) {
            // What the kernel takes is out of sight: a stream that nobody reads is to be noticed soon.
            error_code ignored;
            socket.set_option(asio::socket_base::send_buffer_size(kSendBufferBytes), ignored);
            const auto connection =
                std::make_shared<AdminConnection>(AdminConnection::Socket(std::move(socket)), connections);
            connections->open.insert(connection);
            connection->Start();
          }
          Accept();
        });
  }

  void CheckAnswers() {
    if (!answered_) return;
    for (const auto& connection : connections_->open) {
      if (connection->answering()) return;
    }
    EndWait();
  }

  void EndWait() {
    patience_.Cancel();
    // Later: who is told may take the server down, and it is a connection that has called.
    loop_->Post(std::exchange(answered_, nullptr));
  }

  Loop* const loop_;
  typename Family::acceptor acceptor_;
  Timer pause_;
  Timer patience_;
  absl::AnyInvocable<void()> answered_;
  const std::shared_ptr<AdminConnections> connections_;
};

template <typename Family>
absl::StatusOr<std::unique_ptr<AdminServer>> Start(const AdminServer::Options& options, AdminRouter* router,
                                                   Loop* loop, const typename Family::endpoint& endpoint) {
  auto server = std::make_unique<Server<Family>>(options, router, loop);
  if (const error_code error = server->Listen(endpoint)) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options.address.ToString(), ": ", error.message()));
  }
  return server;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Create(const Options& options, AdminRouter* router,
                                                                 Loop* loop) {
  absl::Status listenable = CheckListenable(options.address);
  if (!listenable.ok()) return listenable;
  if (!options.address.unix_path.empty()) {
    unlink(options.address.unix_path.c_str());
    return Start<asio::local::stream_protocol>(options, router, loop, {options.address.unix_path});
  }
  error_code error;
  asio::ip::tcp::resolver resolver(loop->io());
  const auto found =
      resolver.resolve(options.address.host, std::to_string(options.address.port),
                       asio::ip::resolver_base::passive | asio::ip::resolver_base::numeric_service, error);
  if (error || found.empty()) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options.address.ToString(), ": ", error.message()));
  }
  return Start<asio::ip::tcp>(options, router, loop, found.begin()->endpoint());
}

}  // namespace evald
