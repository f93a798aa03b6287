#include "daemon/script_service.h"

#include <grpcpp/support/proto_buffer_reader.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "daemon/grpc_failure.h"
#include "daemon/protobuf_log.h"
#include "daemon/script_call.h"

namespace evald {
namespace {

absl::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  ProtobufComplaint complaint;
  grpc::ByteBuffer buffer(bytes);  // shares the bytes
  grpc::ProtoBufferReader reader(&buffer);
  if (reader.status().ok() && message.ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
  if (const std::string field = complaint.FieldNotUtf8(); !field.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": is not valid UTF-8"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the request is not a valid ", message.GetTypeName(), " message"));
}

// When the client stops waiting, on the daemon's clock.
std::optional<MonotonicTime> DeadlineOf(const grpc::CallbackServerContext& context, MonotonicTime now) {
  const auto left = context.deadline() - std::chrono::system_clock::now();
  if (left > std::chrono::hours(24)) return std::nullopt;
  return now + std::chrono::duration_cast<Duration>(left);
}

}  // namespace

// One call. gRPC owns it: it goes when gRPC says that the call is done, which is after Finish.
template <typename Request, typename Response>
class ScriptService::UnaryCall final : public grpc::ServerUnaryReactor, public ScriptCall<Request, Response> {
 public:
  UnaryCall(ScriptService* service, grpc::CallbackServerContext* context, grpc::ByteBuffer* response,
            MonotonicTime arrival)
      : ScriptCall<Request, Response>(service->scheduler_->NewId(), arrival, DeadlineOf(*context, arrival)),
        service_(service),
        context_(context),
        response_(response) {}

  void Start(const grpc::ByteBuffer& bytes) {
    if (const absl::Status parsed = Parse(bytes, this->work()); !parsed.ok())
      return Fail(this->Invalid(parsed));
    if (const auto failure = this->Prepare(*service_->tenants_, bytes.Length())) return Fail(*failure);
    service_->loop_->Post([this] { service_->scheduler_->Submit(this->id(), this); });
  }

  // Called by gRPC, at any time until the call is done. The loop may have ended the call by then, which it
  // knows by its id.
  void OnCancel() override {
    service_->loop_->Post([scheduler = service_->scheduler_, id = this->id()] { scheduler->Cancel(id); });
  }
  void OnDone() override { delete this; }

  void Fail(const Failure& failure) override { Finish(StatusOf(failure, *context_)); }

 private:
  void Succeed(Response& response) override {
    bool own_buffer = false;
    Finish(grpc::SerializationTraits<Response>::Serialize(response, response_, &own_buffer));
  }

  ScriptService* const service_;
  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer* const response_;
};

template <typename Request, typename Response>
grpc::ServerUnaryReactor* ScriptService::Start(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  auto* call = new UnaryCall<Request, Response>(this, context, response, loop_->clock().Now());
  call->Start(*request);
  return call;
}

grpc::ServerUnaryReactor* ScriptService::Eval(grpc::CallbackServerContext* context,
                                              const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  return Start<v1::EvalRequest, v1::EvalResponse>(context, request, response);
}

grpc::ServerUnaryReactor* ScriptService::CallFunction(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* response) {
  return Start<v1::CallFunctionRequest, v1::CallFunctionResponse>(context, request, response);
}

}  // namespace evald
