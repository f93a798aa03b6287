#include "bench/calls.h"

#include <grpcpp/grpcpp.h>

#include <utility>
#include <vector>

#include "evald/bench/echo.grpc.pb.h"
#include "evald/v1/script.grpc.pb.h"

namespace evald::bench {
namespace {

constexpr std::chrono::seconds kPatience{60};

double Micros(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) * 1e6 + duration.nanos() / 1e3;
}

// A connection that nobody else uses.
std::shared_ptr<grpc::Channel> OwnChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

double ResultCode(const EchoMessage& response, const CallOptions& options) {
  return response.text() == options.source ? 0 : kWrongResult;
}
template <typename Response>
double ResultCode(const Response& response, const CallOptions& options) {
  const bool right =
      options.expect.empty() ? response.has_value() : response.value().json() == options.expect;
  return right ? 0 : kWrongResult;
}

void DescribeStats(const EchoMessage&, Record&) {}
template <typename Response>
void DescribeStats(const Response& response, Record& record) {
  record.cold_start_micros = Micros(response.stats().cold_start());
  record.isolate_origin = response.stats().isolate_origin();
}

template <typename Response>
class TypedCall final : public PendingCall {
 public:
  explicit TypedCall(const CallOptions* options) : options_(options) {
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
  }
  void Describe(Record& record) const override {
    record.code = status.ok() ? ResultCode(response, *options_) : status.error_code();
    DescribeStats(response, record);
  }

  grpc::ClientContext context;
  Response response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;

 private:
  const CallOptions* const options_;
};

// One kind of call: `Service` has the method, `prepare` starts it.
template <typename Service, typename Request, typename Response>
class TypedCalls final : public Calls {
 public:
  using Stub = typename Service::Stub;
  using Prepare = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (Stub::*)(
      grpc::ClientContext*, const Request&, grpc::CompletionQueue*);

  TypedCalls(CallOptions options, Request request, Prepare prepare)
      : options_(std::move(options)), request_(std::move(request)), prepare_(prepare) {
    for (int i = 0; i < options_.connections; ++i) {
      channels_.push_back(OwnChannel(options_.address));
      stubs_.push_back(Service::NewStub(channels_.back()));
    }
  }

  bool WarmUp() override {
    grpc::CompletionQueue queue;
    for (const auto& channel : channels_) {
      if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(5)))
        return false;
    }
    bool answered = true;
    for (size_t i = 0; i < stubs_.size(); ++i) {
      Start(queue, SteadyClock::now());
      void* tag = nullptr;
      bool ok = false;
      queue.Next(&tag, &ok);
      Record record;
      const std::unique_ptr<PendingCall> call(static_cast<PendingCall*>(tag));
      call->Describe(record);
      answered = answered && record.code != grpc::StatusCode::UNAVAILABLE;
    }
    return answered;
  }

  void Start(grpc::CompletionQueue& queue, SteadyClock::time_point due) override {
    auto call = std::make_unique<TypedCall<Response>>(&options_);
    call->due = due;
    SetTenant(request_);
    call->reader = (stubs_[next_++ % stubs_.size()].get()->*prepare_)(&call->context, request_, &queue);
    call->reader->StartCall();
    auto* const started = call.release();
    started->reader->Finish(&started->response, &started->status, static_cast<PendingCall*>(started));
  }

 private:
  void SetTenant(EchoMessage&) {}
  template <typename Other>
  void SetTenant(Other& request) {
    if (options_.tenants == 1) return;
    const uint64_t number = options_.tenants == 0 ? next_ : next_ % options_.tenants;
    request.set_tenant(options_.tenant + "-" + std::to_string(number));
  }

  const CallOptions options_;
  Request request_;
  const Prepare prepare_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::vector<std::unique_ptr<Stub>> stubs_;
  uint64_t next_ = 0;
};

void SetWallTime(const CallOptions& options, v1::Limits& limits) {
  const int64_t millis = options.wall_time.count();
  limits.mutable_wall_time()->set_seconds(millis / 1000);
  limits.mutable_wall_time()->set_nanos(static_cast<int32_t>(millis % 1000 * 1000000));
}

std::unique_ptr<Calls> MakeEchoes(const CallOptions& options) {
  EchoMessage request;
  request.set_text(options.source);
  return std::make_unique<TypedCalls<Echo, EchoMessage, EchoMessage>>(options, request,
                                                                      &Echo::Stub::PrepareAsyncEcho);
}

std::unique_ptr<Calls> MakeEvals(const CallOptions& options) {
  v1::EvalRequest request;
  request.set_source(options.source);
  request.set_tenant(options.tenant);
  if (options.wall_time.count() > 0) SetWallTime(options, *request.mutable_limits());
  return std::make_unique<TypedCalls<v1::ScriptService, v1::EvalRequest, v1::EvalResponse>>(
      options, request, &v1::ScriptService::Stub::PrepareAsyncEval);
}

// Math.max(1, 2), reused.
std::unique_ptr<Calls> MakeFunctionCalls(const CallOptions& options) {
  v1::CallFunctionRequest request;
  request.set_function("Math.max");
  request.add_args()->set_json("1");
  request.add_args()->set_json("2");
  request.set_isolation(v1::ISOLATION_REUSED);
  request.set_tenant(options.tenant);
  return std::make_unique<TypedCalls<v1::ScriptService, v1::CallFunctionRequest, v1::CallFunctionResponse>>(
      options, request, &v1::ScriptService::Stub::PrepareAsyncCallFunction);
}

}  // namespace

std::unique_ptr<Calls> MakeCalls(const CallOptions& options) {
  switch (options.kind) {
    case CallOptions::Kind::kEcho:
      return MakeEchoes(options);
    case CallOptions::Kind::kEval:
      return MakeEvals(options);
    case CallOptions::Kind::kFunction:
      return MakeFunctionCalls(options);
  }
  return nullptr;
}

}  // namespace evald::bench
