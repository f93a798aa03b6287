// ScriptService: evald.v1.ScriptService as gRPC calls it. Parses and validates on gRPC's threads, hands the
// request to the loop, and is answered from there.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "daemon/loop/loop.h"
#include "daemon/requests/request_id.h"
#include "daemon/requests/request_observer.h"
#include "daemon/requests/tenants_in_force.h"
#include "daemon/typescript/intake.h"
#include "evald/v1/script.grpc.pb.h"

namespace evald {

// Takes requests as bytes: gRPC's own parsing would answer INTERNAL where a string is not UTF-8, and would
// put the message where it has to be copied from. It outlives the server. Thread-safe.
class ScriptService final
    : public v1::ScriptService::WithRawCallbackMethod_Eval<
          v1::ScriptService::WithRawCallbackMethod_CallFunction<v1::ScriptService::Service>> {
 public:
  // All of them outlive it.
  struct Parts {
    const TenantsInForce* tenants;
    Loop* loop;
    Intake* intake;
    RequestIds* request_ids;
    RequestObserver* observer;
  };
  explicit ScriptService(const Parts& parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* Eval(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                 grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* CallFunction(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

 private:
  template <typename Request, typename Response>
  class UnaryCall;

  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response);

  const Parts parts_;
};

}  // namespace evald
