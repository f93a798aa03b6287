// A bare gRPC echo with the callback API, as evald's own services have it. Usage: echo_server ADDRESS
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>

#include "evald/bench/echo.grpc.pb.h"

namespace {

class EchoService final : public evald::bench::Echo::CallbackService {
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                 const evald::bench::EchoMessage* request,
                                 evald::bench::EchoMessage* response) override {
    response->set_text(request->text());
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: %s ADDRESS\n", argv[0]), 2;
  EchoService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  server->Wait();
}
