#include "daemon/rpc/grpc_server.h"

#include <grpc/impl/codegen/grpc_types.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace evald {
namespace {

constexpr char kScriptService[] = "evald.v1.ScriptService";
constexpr char kSnapshotService[] = "evald.v1.SnapshotService";
constexpr char kStatusService[] = "evald.v1.StatusService";
// What calls that have ended need to reach their clients.
constexpr auto kStopGrace = std::chrono::milliseconds(500);

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Create(Options options,
                                                               const std::vector<grpc::Service*>& services,
                                                               Loop* loop) {
  absl::Status listenable = CheckListenable(options.address);
  if (!listenable.ok()) return listenable;
  auto server = std::unique_ptr<GrpcServer>(new GrpcServer(options.address, loop));
  server->health_names_ = {"", kScriptService, kSnapshotService, kStatusService};

  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  // Two daemons on one port would each get some of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_request_bytes));
  builder.SetMaxSendMessageSize(-1);
  int port = 0;
  builder.AddListeningPort(options.address.ToString(), grpc::InsecureServerCredentials(), &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || port == 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options.address.ToString()));
  }
  if (options.address.unix_path.empty()) server->address_.port = static_cast<uint16_t>(port);
  // gRPC's health service begins with SERVING for "", and can be told otherwise only once the server runs:
  // who asks within that instant is told too much.
  server->SetHealth(Health::kNotServing);
  return server;
}

GrpcServer::~GrpcServer() {
  if (stopper_.joinable()) {
    stopper_.join();
  } else if (server_ != nullptr) {
    server_->Shutdown(std::chrono::system_clock::now());
  }
}

void GrpcServer::SetHealth(Health health) {
  grpc::HealthCheckServiceInterface* service = server_->GetHealthCheckService();
  for (const std::string& name : health_names_) service->SetServingStatus(name, health == Health::kServing);
}

void GrpcServer::Stop(absl::AnyInvocable<void()> done) {
  // Shutdown blocks, and what it waits for needs the loop.
  stopper_ = std::thread([this, done = std::move(done)]() mutable {
    server_->Shutdown(std::chrono::system_clock::now() + kStopGrace);
    loop_->Post(std::move(done));
  });
}

}  // namespace evald
