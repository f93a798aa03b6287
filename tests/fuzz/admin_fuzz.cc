// The admin endpoint, from a connection's bytes to its answers: the real server, router and routes on a Unix
// socket, over a scheduler whose workers are mere echoes. Whatever comes in, what goes out is a sequence of
// well-formed answers of the kinds that are documented, and the connection ends. The admin token is
// "0123456789abcdef".

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/unique_fd.h"
#include "daemon/admin/admin_events.h"
#include "daemon/admin/admin_routes.h"
#include "daemon/admin/admin_scripts.h"
#include "daemon/admin/admin_server.h"
#include "daemon/typescript/testing/fake_transpiler.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace {

namespace http = boost::beast::http;
namespace v1 = evald::v1;

constexpr size_t kMaxHeaderBytes = 1024;
constexpr size_t kMaxBodyBytes = 512;

class FakeDaemon final : public evald::StatusSource,
                         public evald::Drainable,
                         public evald::LiveStatusSource,
                         public evald::SnapshotChanges {
 public:
  explicit FakeDaemon(evald::Loop* loop) : loop_(loop) {}

  evald::Phase phase() const override { return evald::Phase::kReady; }
  void FillStatus(v1::GetSnapshotResponse& response) const override { response.mutable_pool()->set_idle(5); }
  void FillSnapshots(v1::ListSnapshotsResponse&) const override {}
  void FillWorkers(size_t, google::protobuf::RepeatedPtrField<v1::WorkerStatus>&) const override {}
  std::map<std::string, uint64_t> Kills() const override { return {}; }
  void StartLameDuck() override {}
  void FillLive(v1::LiveStatus& status) override { status.set_phase("ready"); }
  void FillChange(v1::SnapshotChange&) const override {}

  std::unique_ptr<Subscription> Regenerate(bool force, const std::string&, Sink sink) override {
    return End(force ? v1::SnapshotOutcome::SWAPPED : v1::SnapshotOutcome::UNCHANGED,
               v1::ERROR_REASON_UNSPECIFIED, std::move(sink));
  }
  std::unique_ptr<Subscription> Rollback(uint64_t generation, const std::string&, Sink sink) override {
    const auto reason =
        generation % 2 == 0 ? v1::ERROR_REASON_SNAPSHOT_NOT_FOUND : v1::ERROR_REASON_SNAPSHOT_FAILED;
    return End(v1::SnapshotOutcome::FAILED, reason, std::move(sink));
  }
  std::unique_ptr<Subscription> Observe(Sink) override { return nullptr; }

 private:
  struct Heard final : Subscription {
    explicit Heard(Sink sink) : sink(std::make_shared<Sink>(std::move(sink))) {}
    const std::shared_ptr<Sink> sink;
  };

  std::unique_ptr<Subscription> End(v1::SnapshotOutcome::Result result, v1::ErrorReason reason, Sink sink) {
    auto heard = std::make_unique<Heard>(std::move(sink));
    loop_->Post([weak = std::weak_ptr<Sink>(heard->sink), result, reason] {
      v1::SnapshotProgress progress;
      progress.set_log("building");
      if (const auto sink = weak.lock()) (*sink)(progress);
      progress.mutable_outcome()->set_result(result);
      progress.mutable_outcome()->set_reason(reason);
      if (const auto sink = weak.lock()) (*sink)(progress);
    });
    return heard;
  }

  evald::Loop* const loop_;
};

// Answers with the source, or the function's name.
class EchoHost final : public evald::WorkerHost {
 public:
  explicit EchoHost(evald::Loop* loop) : loop_(loop) {}
  void SetEvents(evald::WorkerEvents* events) { events_ = events; }

  bool CanFork() const override { return true; }
  uint64_t generation() const override { return 1; }
  uint64_t image() const override { return 1; }
  evald::WorkerId Fork() override {
    SayReady(++last_id_, v1::ISOLATE_ORIGIN_FORKED);
    return last_id_;
  }
  void Send(evald::WorkerId id, const evald::internal::WorkerRequest& request) override {
    loop_->Post([this, id, request] {
      evald::internal::WorkerReply reply;
      reply.set_request_id(request.request_id());
      reply.mutable_value()->set_json(request.has_eval() ? request.eval().source()
                                                         : request.call().function());
      events_->OnWorkerReply(id, reply);
      SayReady(id, v1::ISOLATE_ORIGIN_REWOUND);
    });
  }
  void Kill(evald::WorkerId id) override { End(id, evald::WorkerExit::Kind::kKilled); }
  void HangUp(evald::WorkerId id) override { End(id, evald::WorkerExit::Kind::kHungUp); }

 private:
  void SayReady(evald::WorkerId id, v1::IsolateOrigin origin) {
    loop_->Post([this, id, origin] {
      evald::internal::WorkerReady ready;
      ready.set_isolate_origin(origin);
      if (ended_.count(id) == 0) events_->OnWorkerReady(id, ready);
    });
  }
  void End(evald::WorkerId id, evald::WorkerExit::Kind kind) {
    loop_->Post([this, id, kind] {
      if (ended_.insert(id).second) events_->OnWorkerEnded(id, evald::WorkerExited{{kind, 0, "ended"}});
    });
  }

  evald::Loop* const loop_;
  evald::WorkerEvents* events_ = nullptr;
  evald::WorkerId last_id_ = 0;
  std::set<evald::WorkerId> ended_;
};

class NobodyWatches final : public evald::RequestObserver {
 public:
  void OnFinished(const evald::FinishedRequest&) override {}
};

evald::Tenants OneKind() {
  evald::TenantRules rules;
  v1::Limits& limits = rules.limits.defaults;
  limits.mutable_wall_time()->set_seconds(5);
  limits.mutable_cpu_time()->set_seconds(5);
  limits.set_source_bytes(kMaxBodyBytes / 2);
  rules.limits.ceilings = limits;
  rules.max_queue = rules.max_running = 4;
  return evald::Tenants(rules);
}

evald::AdminToken MakeToken(const std::string& path) {
  std::ofstream(path) << "0123456789abcdef";
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  absl::StatusOr<evald::AdminToken> token = evald::AdminToken::LoadOrCreate(path);
  EVALD_CHECK(token.ok(), "the token can be read");
  std::filesystem::remove(path);
  return *token;
}

// One server for all inputs; a connection of its own for each.
class Server {
 public:
  Server() {
    transpiler_.is_on = false;
    host_.SetEvents(&pool_);
    pool_.Open(true);
    scheduler_.SetAdmission(evald::Scheduler::Admission::kOpen);
    evald::AddStatusRoutes(&daemon_, router_);
    evald::AddDrainRoute(&daemon_, router_);
    evald::AddSnapshotRoutes(&daemon_, router_);
    evald::AddEventsRoute(&daemon_, &loop_.timers(), router_);
    evald::AddScriptRoutes({.tenants = &tenants_,
                            .loop = &loop_,
                            .intake = &intake_,
                            .request_ids = &request_ids_,
                            .observer = &observer_,
                            .load = std::make_shared<evald::ScriptLoad>(),
                            .max_request_bytes = kMaxBodyBytes,
                            .max_queue_bytes = kMaxBodyBytes},
                           router_);
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
    token_.emplace(MakeToken(options.address.unix_path + ".token"));
    options.token = &*token_;
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
  FakeDaemon daemon_{&loop_};
  EchoHost host_{&loop_};
  evald::TenantsInForce tenants_{std::make_shared<const evald::Tenants>(OneKind())};
  evald::Pool pool_{{.min_idle = 1, .max_workers = 2}, &host_, &loop_.timers()};
  evald::Scheduler scheduler_{{}, tenants_.Get(), &pool_, &loop_.timers()};
  evald::FakeTranspiler transpiler_;
  evald::Intake intake_{&scheduler_, &transpiler_, 1 << 20};
  evald::RequestIds request_ids_;
  NobodyWatches observer_;
  std::optional<evald::AdminToken> token_;
  evald::AdminRouter router_;
  std::unique_ptr<evald::AdminServer> server_;
  std::string path_;
};

void CheckAnswer(const http::response<http::string_body>& answer) {
  switch (answer.result()) {
    case http::status::continue_:
      return;
    case http::status::ok:
    case http::status::bad_request:
    case http::status::forbidden:
    case http::status::not_found:
    case http::status::payload_too_large:
    case http::status::unsupported_media_type:
    case http::status::unprocessable_entity:
    case http::status::too_many_requests:
    case http::status::request_header_fields_too_large:
      break;
    case http::status::unauthorized:
      EVALD_CHECK(!answer[http::field::www_authenticate].empty(), "401 says how");
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
    // A stream ends with the connection when its client has gone.
    const bool stream = parser.is_header_done() && (parser.chunked() || parser.need_eof());
    if (stream && (!error || error == http::error::need_more) && !parser.is_done()) return;
    EVALD_CHECK(!error, "an answer is well-formed");
    EVALD_CHECK(parser.is_done(), "and whole");
    CheckAnswer(parser.get());
    if (head) return;
    got.remove_prefix(used);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evald::fuzz::QuietProtobuf();
  static auto* const server = new Server;
  evald::fuzz::Input input(data, size);
  const size_t wanted_chunk = 1 + size_t{input.Byte()};
  const std::string_view bytes = input.TakeRest();
  CheckAnswers(bytes, server->Exchange(bytes, std::max(wanted_chunk, bytes.size() / 64)));
  return 0;
}
