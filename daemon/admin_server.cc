#include "daemon/admin_server.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace evald {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

// The connections that are open, so that they can be counted and stopped.
class Session;
struct Connections {
  std::set<Session*> open;
  bool stopping = false;
};

// TCP and Unix sockets alike: Beast takes long to compile, once is enough.
using Protocol = asio::generic::stream_protocol;

// One connection: a request, its answer, and so on while it is kept.
class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(Protocol::socket socket, const AdminServer::Options& options, AdminRouter* router,
          std::shared_ptr<Connections> connections)
      : stream_(std::move(socket)),
        options_(options),
        router_(router),
        connections_(std::move(connections)),
        buffer_(options.max_header_bytes + options.max_body_bytes) {
    connections_->open.insert(this);
  }
  ~Session() { connections_->open.erase(this); }

  void Read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(options_.max_header_bytes));
    parser_->body_limit(options_.max_body_bytes);
    stream_.expires_after(options_.timeout);
    reading_ = true;
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const error_code& error, size_t) {
                       self->reading_ = false;
                       self->OnRead(error);
                     });
  }

  void Stop() {
    if (!reading_) return;  // the answer under way is the last one
    error_code ignored;
    stream_.socket().close(ignored);
  }

 private:
  void OnRead(const error_code& error) {
    if (!error) return Answer();
    if (error == http::error::header_limit)
      return Refuse(http::status::request_header_fields_too_large, "Too long a header.\n");
    if (error == http::error::body_limit)
      return Refuse(http::status::payload_too_large, "Too long a body.\n");
    const bool malformed = error.category() == make_error_code(http::error::bad_target).category() &&
                           error != http::error::end_of_stream && error != http::error::partial_message;
    if (malformed) return Refuse(http::status::bad_request, "Not a valid HTTP request.\n");
    // The client has gone or was too slow.
  }

  void Answer() {
    const AdminRequest request = parser_->release();
    std::string allow;
    AdminResponse answer = router_->Route(request, allow);
    Write(std::move(answer), allow, request.version(), request.method() == http::verb::head,
          request.keep_alive() && !connections_->stopping);
  }

  void Refuse(http::status status, const char* why) {
    Write({.status = status, .body = why}, "", 11, false, false);
  }

  void Write(AdminResponse answer, const std::string& allow, unsigned version, bool head, bool keep_alive) {
    response_.emplace(answer.status, version);
    response_->set(http::field::server, "evald");
    response_->set(http::field::content_type, answer.content_type);
    response_->set(http::field::cache_control, "no-store");
    if (!allow.empty()) response_->set(http::field::allow, allow);
    response_->keep_alive(keep_alive);
    response_->body() = std::move(answer.body);
    response_->prepare_payload();
    if (head) response_->body().clear();  // the length stays
    stream_.expires_after(options_.timeout);
    http::async_write(stream_, *response_,
                      [self = shared_from_this(), keep_alive](const error_code& error, size_t) {
                        if (!error && keep_alive && !self->connections_->stopping) return self->Read();
                        error_code ignored;
                        self->stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
                      });
  }

  beast::basic_stream<Protocol> stream_;
  const AdminServer::Options options_;
  AdminRouter* const router_;
  const std::shared_ptr<Connections> connections_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  bool reading_ = false;
};

template <typename Family>
class Server final : public AdminServer {
 public:
  Server(const Options& options, AdminRouter* router, Loop* loop)
      : options_(options),
        router_(router),
        loop_(loop),
        acceptor_(loop->io()),
        connections_(std::make_shared<Connections>()) {}
  ~Server() override {
    Stop();
    for (Session* connection : std::set(connections_->open)) connection->Stop();
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
    ListenAddress address = options_.address;
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
    if (!options_.address.unix_path.empty()) unlink(options_.address.unix_path.c_str());
    for (Session* connection : std::set(connections_->open)) connection->Stop();
  }

 private:
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
          if (connections->open.size() < options_.max_connections) {
            std::make_shared<Session>(Protocol::socket(std::move(socket)), options_, router_, connections)
                ->Read();
          }
          Accept();
        });
  }

  const Options options_;
  AdminRouter* const router_;
  Loop* const loop_;
  typename Family::acceptor acceptor_;
  Timer pause_;
  const std::shared_ptr<Connections> connections_;
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
