// GrpcServer: the gRPC port, with grpc.health.v1 and server reflection beside evald's own services.
#pragma once

#include <grpcpp/server.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "daemon/listen_address.h"
#include "daemon/loop/loop.h"

namespace evald {

// Made and used on the loop's thread. gRPC brings threads of its own for the calls.
class GrpcServer {
 public:
  struct Options {
    ListenAddress address;
    uint64_t max_request_bytes = 0;
  };

  // Listens at once; health says NOT_SERVING. UNAVAILABLE names the address and why it cannot be had.
  // `services` and `loop` outlive the server.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Create(Options options,
                                                            const std::vector<grpc::Service*>& services,
                                                            Loop* loop);
  // REQUIRES: all calls have ended.
  ~GrpcServer();

  // Where it really listens: with the port that was free if 0 was asked for.
  const ListenAddress& address() const { return address_; }

  enum class Health { kServing, kNotServing };
  // Of "" and of each service.
  void SetHealth(Health health);

  // Takes no more calls; `done`, on the loop, when those under way have ended or were cut off a moment later.
  void Stop(absl::AnyInvocable<void()> done);

 private:
  GrpcServer(ListenAddress address, Loop* loop) : address_(std::move(address)), loop_(loop) {}

  ListenAddress address_;
  Loop* const loop_;
  std::vector<std::string> health_names_;
  std::unique_ptr<grpc::Server> server_;
  std::thread stopper_;
};

}  // namespace evald
