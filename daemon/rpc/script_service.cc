#include "daemon/rpc/script_service.h"

#include <grpcpp/support/proto_buffer_reader.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "daemon/log/protobuf_log.h"
#include "daemon/requests/script_call.h"
#include "daemon/rpc/grpc_failure.h"

namespace evald {
namespace {

// Of two `traceparent`s nobody could tell which one counts.
RequestId RequestIdOf(const grpc::CallbackServerContext& context, RequestIds& request_ids) {
  const auto& metadata = context.client_metadata();
  if (metadata.count(kTraceparentMetadataKey) == 1) {
    const grpc::string_ref header = metadata.find(kTraceparentMetadataKey)->second;
    if (const auto id = RequestId::FromTraceparent({header.data(), header.size()})) return *id;
  }
  return request_ids.Next();
}

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
  UnaryCall(const Parts& parts, grpc::CallbackServerContext* context, grpc::ByteBuffer* response,
            MonotonicTime arrival)
      : ScriptCall<Request, Response>({.id = parts.intake->NewId(),
                                       .request_id = RequestIdOf(*context, *parts.request_ids),
                                       .arrival = arrival,
                                       .deadline = DeadlineOf(*context, arrival),
                                       .clock = &parts.loop->clock(),
                                       .observer = parts.observer}),
        parts_(parts),
        context_(context),
        response_(response) {}

  void Start(const grpc::ByteBuffer& bytes) {
    std::optional<Failure> failure;
    if (const absl::Status parsed = Parse(bytes, this->work()); !parsed.ok()) {
      failure = this->Invalid(parsed);
    } else {
      failure = this->Prepare(*parts_.tenants->Get(), bytes.Length());
    }
    // It is the loop that calls end on.
    if (failure) return parts_.loop->Post([this, why = *std::move(failure)] { this->Fail(why, nullptr); });
    parts_.loop->Post([this] { parts_.intake->Submit(this->id(), this); });
  }

  // Called by gRPC, at any time until the call is done. The loop may have ended the call by then, which it
  // knows by its id.
  void OnCancel() override {
    parts_.loop->Post([intake = parts_.intake, id = this->id()] { intake->Cancel(id); });
  }
  void OnDone() override { delete this; }

 private:
  void Succeed(Response& response) override {
    AddRequestId();
    bool own_buffer = false;
    Finish(grpc::SerializationTraits<Response>::Serialize(response, response_, &own_buffer));
  }

  void Refuse(const Failure& failure) override {
    AddRequestId();
    Finish(StatusOf(failure, *context_));
  }

  void AddRequestId() {
    context_->AddTrailingMetadata(kRequestIdMetadataKey, std::string(this->request_id()));
  }

  const Parts parts_;
  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer* const response_;
};

template <typename Request, typename Response>
grpc::ServerUnaryReactor* ScriptService::Start(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  auto* call = new UnaryCall<Request, Response>(parts_, context, response, parts_.loop->clock().Now());
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
