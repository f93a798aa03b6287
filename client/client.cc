#include "client/client.h"

#include <arpa/inet.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <charconv>
#include <future>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/wrappers.pb.h"

namespace evald {
namespace {

// Under these names a status carries what evald said in its trailing metadata.
constexpr char kReasonPayload[] = "evald.v1.ErrorReason";
constexpr char kReasonMetadata[] = "evald-reason";
constexpr char kDetailPayload[] = "evald.v1.ErrorDetail";
constexpr char kDetailMetadata[] = "evald-error-bin";
constexpr char kReasonPrefix[] = "ERROR_REASON_";

bool IsPort(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

absl::Status ToStatus(const grpc::Status& status, const grpc::ClientContext& context) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  const auto& trailers = context.GetServerTrailingMetadata();
  for (const auto& [payload, key] :
       {std::pair(kReasonPayload, kReasonMetadata), std::pair(kDetailPayload, kDetailMetadata)}) {
    const auto found = trailers.find(key);
    if (found == trailers.end()) continue;
    result.SetPayload(payload, absl::Cord(std::string(found->second.data(), found->second.size())));
  }
  return result;
}

// Shared by all clients and never freed, which also keeps gRPC itself from being taken down with the last
// client: it may wait ten seconds for something that a large message left behind, and holds up the next
// client meanwhile.
const std::shared_ptr<grpc::ChannelCredentials>& Plaintext() {
  static const auto& credentials =
      *new std::shared_ptr<grpc::ChannelCredentials>(grpc::InsecureChannelCredentials());
  return credentials;
}

void Prepare(grpc::ClientContext& context, const CallOptions& options) {
  if (options.timeout) context.set_deadline(std::chrono::system_clock::now() + *options.timeout);
  if (!options.token.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", options.token));
}

// One blocking call of a stub's method.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                              const Request& request, const CallOptions& options) {
  grpc::ClientContext context;
  Prepare(context, options);
  Response response;
  grpc::Status status;
  {
    const std::stop_callback cancel(options.stop, [&context] { context.TryCancel(); });
    status = (stub.*method)(&context, request, &response);
  }
  if (!status.ok()) return ToStatus(status, context);
  return response;
}

// One call of a stub's method that answers with a stream, read to its end. `sink` returns whether to read on;
// a stream that it ends is OK.
template <typename Stub, typename Request, typename Response>
absl::Status ReadStream(Stub& stub,
                        std::unique_ptr<grpc::ClientReader<Response>> (Stub::*method)(grpc::ClientContext*,
                                                                                      const Request&),
                        const Request& request, const CallOptions& options,
                        const std::function<bool(const Response&)>& sink) {
  grpc::ClientContext context;
  Prepare(context, options);
  bool enough = false;
  grpc::Status status;
  {
    const std::stop_callback cancel(options.stop, [&context] { context.TryCancel(); });
    const auto reader = (stub.*method)(&context, request);
    for (Response response; !enough && reader->Read(&response);) enough = !sink(response);
    if (enough) context.TryCancel();
    status = reader->Finish();
  }
  return enough ? absl::OkStatus() : ToStatus(status, context);
}

// What both changes of what is served have in common.
template <typename Method, typename Request>
absl::StatusOr<v1::SnapshotOutcome> Change(v1::SnapshotService::Stub& stub, Method method,
                                           const Request& request, const Client::ProgressSink& sink,
                                           const CallOptions& options) {
  v1::SnapshotOutcome outcome;
  const absl::Status status = ReadStream<v1::SnapshotService::Stub, Request, v1::SnapshotProgress>(
      stub, method, request, options, [&](const v1::SnapshotProgress& progress) {
        if (progress.has_outcome()) outcome = progress.outcome();
        if (sink) sink(progress);
        return true;
      });
  if (!status.ok()) return status;
  return outcome;
}

Reply ToReply(v1::CallFunctionResponse&& response) {
  Reply reply;
  if (response.has_value()) *reply.mutable_value() = std::move(*response.mutable_value());
  if (response.has_exception()) *reply.mutable_exception() = std::move(*response.mutable_exception());
  *reply.mutable_console() = std::move(*response.mutable_console());
  reply.set_console_truncated(response.console_truncated());
  if (response.has_stats()) *reply.mutable_stats() = std::move(*response.mutable_stats());
  return reply;
}

}  // namespace

v1::ErrorReason ReasonOf(const absl::Status& status) {
  const absl::optional<absl::Cord> name = status.GetPayload(kReasonPayload);
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  if (name) v1::ErrorReason_Parse(absl::StrCat(kReasonPrefix, std::string(*name)), &reason);
  return reason;
}

v1::ErrorDetail DetailOf(const absl::Status& status) {
  const absl::optional<absl::Cord> bytes = status.GetPayload(kDetailPayload);
  v1::ErrorDetail detail;
  if (!bytes || !detail.ParseFromString(std::string(*bytes))) detail.Clear();
  return detail;
}

std::string ReasonName(v1::ErrorReason reason) {
  if (reason == v1::ERROR_REASON_UNSPECIFIED) return "";
  return v1::ErrorReason_Name(reason).substr(sizeof(kReasonPrefix) - 1);
}

absl::Status CheckAddress(std::string_view address) {
  constexpr std::string_view kUnix = "unix:";
  if (address.substr(0, kUnix.size()) == kUnix) {
    if (address.size() > kUnix.size()) return absl::OkStatus();
  } else if (const size_t colon = address.rfind(':'); colon != std::string_view::npos && colon > 0) {
    const std::string_view host = address.substr(0, colon);
    const bool bracketed = host.front() == '[' && host.back() == ']' && host.size() > 2;
    if (IsPort(address.substr(colon + 1)) &&
        (bracketed || host.find_first_of(":/ ") == std::string_view::npos)) {
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", std::string(address), "' is not an address: write host:port, [ipv6]:port or unix:/path"));
}

bool IsOnThisMachine(std::string_view address) {
  constexpr std::string_view kUnix = "unix:";
  if (address.substr(0, kUnix.size()) == kUnix) return true;
  std::string host(address.substr(0, address.rfind(':')));
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
  }
  return host == "localhost";
}

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const std::string& address) {
  if (absl::Status status = CheckAddress(address); !status.ok()) return status;
  grpc::ChannelArguments arguments;
  // How large a result may be is the daemon's to say.
  arguments.SetMaxReceiveMessageSize(-1);
  // evald is a neighbour: what $http_proxy names does not lie between.
  arguments.SetInt("grpc.enable_http_proxy", 0);
  // A neighbour that restarts is back in less than the second that gRPC would wait by default.
  arguments.SetInt("grpc.initial_reconnect_backoff_ms", 100);
  arguments.SetInt("grpc.max_reconnect_backoff_ms", 2000);
  return std::make_unique<Client>(grpc::CreateCustomChannel(address, Plaintext(), arguments));
}

Client::Client(std::shared_ptr<grpc::Channel> channel)
    : channel_(std::move(channel)),
      script_(v1::ScriptService::NewStub(channel_)),
      snapshot_(v1::SnapshotService::NewStub(channel_)),
      live_(v1::StatusService::NewStub(channel_)) {}

absl::StatusOr<Reply> Client::Eval(const v1::EvalRequest& request, const CallOptions& options) {
  return Call(*script_, &v1::ScriptService::Stub::Eval, request, options);
}

absl::StatusOr<Reply> Client::CallFunction(const v1::CallFunctionRequest& request,
                                           const CallOptions& options) {
  absl::StatusOr<v1::CallFunctionResponse> response =
      Call(*script_, &v1::ScriptService::Stub::CallFunction, request, options);
  if (!response.ok()) return response.status();
  return ToReply(*std::move(response));
}

absl::StatusOr<v1::GetSnapshotResponse> Client::GetSnapshot(const CallOptions& options) {
  return Call(*snapshot_, &v1::SnapshotService::Stub::GetSnapshot, v1::GetSnapshotRequest(), options);
}

absl::StatusOr<v1::ListSnapshotsResponse> Client::ListSnapshots(const CallOptions& options) {
  return Call(*snapshot_, &v1::SnapshotService::Stub::ListSnapshots, v1::ListSnapshotsRequest(), options);
}

absl::StatusOr<v1::SnapshotOutcome> Client::RegenerateSnapshot(bool force, const ProgressSink& sink,
                                                               const CallOptions& options) {
  v1::RegenerateSnapshotRequest request;
  request.set_force(force);
  return Change(*snapshot_, &v1::SnapshotService::Stub::RegenerateSnapshot, request, sink, options);
}

absl::StatusOr<v1::SnapshotOutcome> Client::RollbackSnapshot(uint64_t generation, const ProgressSink& sink,
                                                             const CallOptions& options) {
  v1::RollbackSnapshotRequest request;
  request.set_generation(generation);
  return Change(*snapshot_, &v1::SnapshotService::Stub::RollbackSnapshot, request, sink, options);
}

absl::Status Client::WatchStatus(std::chrono::nanoseconds interval,
                                 const std::function<bool(const v1::LiveStatus&)>& sink,
                                 const CallOptions& options) {
  v1::WatchStatusRequest request;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval);
  request.mutable_interval()->set_seconds(seconds.count());
  request.mutable_interval()->set_nanos(static_cast<int32_t>((interval - seconds).count()));
  return ReadStream<v1::StatusService::Stub, v1::WatchStatusRequest, v1::LiveStatus>(
      *live_, &v1::StatusService::Stub::WatchStatus, request, options, sink);
}

absl::StatusOr<Client::Health> Client::CheckHealth(const CallOptions& options) {
  // On the wire HealthCheckRequest is one string and HealthCheckResponse one enum, each field number 1, as in
  // these two wrappers. That spares a copy of the health protocol, which gRPC's C++ library has but does not
  // export.
  using google::protobuf::Int32Value;
  using google::protobuf::StringValue;
  grpc::ClientContext context;
  Prepare(context, options);
  const StringValue whole_server;
  Int32Value health;
  std::promise<grpc::Status> done;
  const std::stop_callback cancel(options.stop, [&context] { context.TryCancel(); });
  grpc::TemplatedGenericStub<StringValue, Int32Value>(channel_).UnaryCall(
      &context, "/grpc.health.v1.Health/Check", {}, &whole_server, &health,
      [&done](grpc::Status status) { done.set_value(std::move(status)); });
  const grpc::Status status = done.get_future().get();
  if (!status.ok()) return ToStatus(status, context);
  return static_cast<Health>(health.value());
}

}  // namespace evald
