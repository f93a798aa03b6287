#include "daemon/script_service.h"

#include <grpcpp/support/proto_buffer_reader.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "daemon/grpc_failure.h"
#include "daemon/protobuf_log.h"
#include "daemon/validator.h"

namespace evald {
namespace {

v1::EvalRequest& WorkIn(internal::WorkerRequest& request, const v1::EvalRequest*) {
  return *request.mutable_eval();
}
v1::CallFunctionRequest& WorkIn(internal::WorkerRequest& request, const v1::CallFunctionRequest*) {
  return *request.mutable_call();
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

const char* SourceOf(const v1::EvalRequest&) { return "the source has "; }
const char* SourceOf(const v1::CallFunctionRequest&) { return "the arguments together have "; }

template <typename Request>
Failure SourceTooLong(const Request& request, uint64_t size, uint64_t limit) {
  return {v1::ERROR_REASON_SOURCE_LIMIT,
          absl::StrCat(SourceOf(request), size, " bytes, more than limits.source_bytes (", limit, ")"), limit,
          size};
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
class ScriptService::UnaryCall final : public grpc::ServerUnaryReactor, public Call {
 public:
  UnaryCall(ScriptService* service, grpc::CallbackServerContext* context, grpc::ByteBuffer* response)
      : service_(service),
        id_(service->last_id_.fetch_add(1, std::memory_order_relaxed) + 1),
        context_(context),
        response_(response),
        arrival_(service->loop_->clock().Now()),
        deadline_(DeadlineOf(*context, arrival_)) {}

  void Start(const grpc::ByteBuffer& bytes) {
    Request& work = WorkIn(request_, static_cast<const Request*>(nullptr));
    absl::Status ok = Parse(bytes, work);
    const LimitBounds& bounds = service_->tenants_->RulesOf(work.tenant()).limits;
    if (ok.ok()) ok = Validate(work, bounds);
    if (!ok.ok()) return Fail({v1::ERROR_REASON_INVALID_REQUEST, std::string(ok.message())});
    FillDefaults(bounds, work);
    const uint64_t limit = work.limits().source_bytes();
    if (const uint64_t size = SourceBytes(work); size > limit) return Fail(SourceTooLong(work, size, limit));
    work_ = &work;
    bytes_ = bytes.Length();
    service_->loop_->Post([this] { service_->scheduler_->Submit(id_, this); });
  }

  // Called by gRPC, at any time until the call is done. The loop may have ended the call by then, which it
  // knows by its id.
  void OnCancel() override {
    service_->loop_->Post([scheduler = service_->scheduler_, id = id_] { scheduler->Cancel(id); });
  }
  void OnDone() override { delete this; }

  internal::WorkerRequest& request() override { return request_; }
  const std::string& tenant() const override { return work_->tenant(); }
  v1::Isolation isolation() const override { return work_->isolation(); }
  v1::Limits& limits() override { return *work_->mutable_limits(); }
  size_t bytes() const override { return bytes_; }
  MonotonicTime arrival() const override { return arrival_; }
  std::optional<MonotonicTime> deadline() const override { return deadline_; }

  void Answer(internal::WorkerReply& reply, const v1::ExecutionStats& stats) override {
    Response answer;
    if (reply.has_value()) {
      answer.set_allocated_value(reply.release_value());
    } else {
      answer.set_allocated_exception(reply.release_exception());
    }
    answer.mutable_console()->Swap(reply.mutable_console());
    answer.set_console_truncated(reply.console_truncated());
    *answer.mutable_stats() = stats;
    bool own_buffer = false;
    Finish(grpc::SerializationTraits<Response>::Serialize(answer, response_, &own_buffer));
  }

  void Fail(const Failure& failure) override { Finish(StatusOf(failure, *context_)); }

 private:
  ScriptService* const service_;
  const Scheduler::CallId id_;
  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer* const response_;
  const MonotonicTime arrival_;
  const std::optional<MonotonicTime> deadline_;
  internal::WorkerRequest request_;
  Request* work_ = nullptr;  // inside request_
  size_t bytes_ = 0;
};

template <typename Request, typename Response>
grpc::ServerUnaryReactor* ScriptService::Start(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  auto* call = new UnaryCall<Request, Response>(this, context, response);
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
