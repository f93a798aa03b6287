// The service over a real gRPC connection, with workers that are mere echoes.
#include "daemon/rpc/script_service.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/proto_buffer_writer.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/log/log.h"
#include "daemon/rpc/grpc_server.h"
#include "daemon/typescript/testing/fake_transpiler.h"

namespace evald {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

// Answers with the request's source, or function name, as JSON; "hang" is never answered. Lives on the loop.
class EchoHost final : public WorkerHost {
 public:
  explicit EchoHost(Loop* loop) : loop_(loop) {}
  void SetEvents(WorkerEvents* events) { events_ = events; }

  bool CanFork() const override { return true; }
  uint64_t generation() const override { return 7; }
  uint64_t image() const override { return 1; }
  WorkerId Fork() override {
    SayReady(++last_id_, v1::ISOLATE_ORIGIN_FORKED);
    return last_id_;
  }
  void Send(WorkerId id, const internal::WorkerRequest& request) override {
    if (request.eval().source() == "hang") return;
    loop_->Post([this, id, request] {
      internal::WorkerReply reply;
      reply.set_request_id(request.request_id());
      if (request.eval().source() == "throw") {
        reply.mutable_exception()->set_name("TypeError");
      } else if (request.eval().source() == "limit") {
        reply.mutable_fault()->set_reason(v1::ERROR_REASON_CPU_TIME_LIMIT);
        reply.mutable_fault()->set_message("enough");
        reply.mutable_fault()->set_limit(5);
        reply.mutable_fault()->set_reached(6);
        reply.mutable_fault()->set_stack("at f");
      } else {
        reply.mutable_value()->set_json(request.has_eval() ? request.eval().source()
                                                           : request.call().function());
      }
      reply.add_console()->set_text("said");
      events_->OnWorkerReply(id, reply);
      SayReady(id, v1::ISOLATE_ORIGIN_REWOUND);
    });
  }
  void Kill(WorkerId id) override {
    loop_->Post([this, id] {
      events_->OnWorkerEnded(id, WorkerExited{{WorkerExit::Kind::kKilled, 9, "killed"}});
    });
  }
  void HangUp(WorkerId id) override {
    loop_->Post([this, id] {
      events_->OnWorkerEnded(id, WorkerExited{{WorkerExit::Kind::kHungUp, 0, "hung_up"}});
    });
  }

 private:
  void SayReady(WorkerId id, v1::IsolateOrigin origin) {
    loop_->Post([this, id, origin] {
      internal::WorkerReady ready;
      ready.set_isolate_origin(origin);
      events_->OnWorkerReady(id, ready);
    });
  }

  Loop* const loop_;
  WorkerEvents* events_ = nullptr;
  WorkerId last_id_ = 0;
};

LimitBounds Bounds() {
  LimitBounds bounds;
  bounds.defaults.mutable_wall_time()->set_seconds(5);
  bounds.defaults.mutable_cpu_time()->set_seconds(5);
  bounds.defaults.set_heap_bytes(1000);
  bounds.defaults.set_output_bytes(1000);
  bounds.defaults.set_source_bytes(2000);
  bounds.ceilings = bounds.defaults;
  return bounds;
}

Tenants TwoKinds() {
  TenantRules strict{Bounds(), /*max_queue=*/1, /*max_running=*/1};
  strict.limits.defaults.set_source_bytes(4);
  strict.limits.ceilings.set_heap_bytes(10);
  strict.limits.defaults.set_heap_bytes(10);
  return Tenants({Bounds(), /*max_queue=*/1, /*max_running=*/1}, {{"strict", strict}});
}

// Remembers each request on one line. Hears on the loop, is asked by the test.
class Recorder final : public RequestObserver {
 public:
  void OnFinished(const FinishedRequest& request) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool call = request.method == FinishedRequest::Method::kCallFunction;
    lines_.push_back(std::string(call ? "call" : "eval") + " tenant=" + std::string(request.tenant) +
                     (request.threw ? " threw" : "") + " reason=" + v1::ErrorReason_Name(request.reason) +
                     (request.stats == nullptr ? "" : " ran") + ": " + std::string(request.message));
    id_ = request.request_id;
  }

  std::vector<std::string> lines() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_;
  }
  // Of the last one.
  std::string id() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return id_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::string id_;
};

class ScriptServiceTest : public testing::Test {
 protected:
  ScriptServiceTest()
      : tenants_(std::make_shared<const Tenants>(TwoKinds())),
        host_(&loop_),
        pool_({.min_idle = 1, .max_workers = 1}, &host_, &loop_.timers()),
        scheduler_({.max_queue = 1}, tenants_.Get(), &pool_, &loop_.timers()),
        service_({.tenants = &tenants_,
                  .loop = &loop_,
                  .intake = &intake_,
                  .request_ids = &request_ids_,
                  .observer = &observer_}) {
    static const bool once = (InstallProtobufLogOnce(), true);
    (void)once;
    host_.SetEvents(&pool_);
    GrpcServer::Options options;
    options.address.host = "127.0.0.1";
    options.max_request_bytes = 1 << 20;
    server_ = *GrpcServer::Create(options, {&service_}, &loop_);
    pool_.Open(true);
    scheduler_.SetAdmission(Scheduler::Admission::kOpen);
    thread_ = std::thread([this] { loop_.Run(); });
    channel_ = grpc::CreateChannel(server_->address().ToString(), grpc::InsecureChannelCredentials());
    stub_ = v1::ScriptService::NewStub(channel_);
  }
  ~ScriptServiceTest() override {
    std::promise<void> stopped;
    loop_.Post([&] {
      scheduler_.FailAll({v1::ERROR_REASON_DRAINING, "the test is over"});
      server_->Stop([&] { stopped.set_value(); });
    });
    stopped.get_future().wait();
    loop_.Post([this] { pool_.Close([this] { loop_.Stop(); }); });
    thread_.join();
  }
  static void InstallProtobufLogOnce() { InitLog({.level = "off"}); }

  grpc::Status Eval(const std::string& source, std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    v1::EvalRequest request;
    request.set_source(source);
    return Eval(request, timeout);
  }
  grpc::Status Eval(const v1::EvalRequest& request,
                    std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    grpc::ClientContext context;
    for (const std::string& traceparent : traceparents_) context.AddMetadata("traceparent", traceparent);
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    const grpc::Status status = stub_->Eval(&context, request, &response_);
    Remember(context);
    return status;
  }
  // Sends bytes as they are, past the client library's own checks.
  grpc::Status EvalBytes(const std::string& bytes) {
    grpc::GenericStub stub(channel_);
    grpc::Slice slice(bytes);
    grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::ClientContext context;
    std::promise<grpc::Status> status;
    stub.UnaryCall(&context, "/evald.v1.ScriptService/Eval", grpc::StubOptions(), &request, &response,
                   [&](grpc::Status s) { status.set_value(std::move(s)); });
    grpc::Status got = status.get_future().get();
    Remember(context);
    return got;
  }
  void Remember(const grpc::ClientContext& context) {
    reason_ = Trailer(context, kReasonMetadataKey);
    request_id_ = Trailer(context, kRequestIdMetadataKey);
    EXPECT_TRUE(detail_.ParseFromString(Trailer(context, kDetailMetadataKey)));
  }
  static std::string Trailer(const grpc::ClientContext& context, const char* key) {
    const auto found = context.GetServerTrailingMetadata().find(key);
    if (found == context.GetServerTrailingMetadata().end()) return "";
    return std::string(found->second.data(), found->second.size());
  }

  Loop loop_;
  TenantsInForce tenants_;
  EchoHost host_;
  Pool pool_;
  Scheduler scheduler_;
  FakeTranspiler transpiler_;
  Intake intake_{&scheduler_, &transpiler_, 1 << 20};
  RequestIds request_ids_;
  Recorder observer_;
  ScriptService service_;
  std::unique_ptr<GrpcServer> server_;
  std::thread thread_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ScriptService::Stub> stub_;
  v1::EvalResponse response_;
  std::string reason_;
  v1::ErrorDetail detail_;
  std::string request_id_;
  std::vector<std::string> traceparents_;
};

TEST_F(ScriptServiceTest, AnswersWithTheValueAndTheStats) {
  ASSERT_TRUE(Eval("1").ok());
  ASSERT_TRUE(Eval("2").ok());
  EXPECT_EQ(response_.value().json(), "2");
  ASSERT_EQ(response_.console_size(), 1);
  EXPECT_EQ(response_.console(0).text(), "said");
  EXPECT_EQ(response_.stats().snapshot_generation(), 7u);
  EXPECT_EQ(response_.stats().isolate_origin(), v1::ISOLATE_ORIGIN_REWOUND);
  EXPECT_EQ(response_.stats().worker_uses(), 1u);
}

TEST_F(ScriptServiceTest, CallsFunctions) {
  v1::CallFunctionRequest request;
  request.set_function("a.b");
  grpc::ClientContext context;
  v1::CallFunctionResponse response;
  ASSERT_TRUE(stub_->CallFunction(&context, request, &response).ok());
  EXPECT_EQ(response.value().json(), "a.b");
}

TEST_F(ScriptServiceTest, AScriptsExceptionIsData) {
  ASSERT_TRUE(Eval("throw").ok());
  EXPECT_EQ(response_.exception().name(), "TypeError");
}

TEST_F(ScriptServiceTest, FailuresCarryTheirReason) {
  const grpc::Status status = Eval("limit");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(status.error_message(), "enough");
  EXPECT_EQ(reason_, "CPU_TIME_LIMIT");
  EXPECT_EQ(detail_.reason(), v1::ERROR_REASON_CPU_TIME_LIMIT);
  EXPECT_EQ(detail_.limit(), 5u);
  EXPECT_EQ(detail_.reached(), 6u);
  EXPECT_EQ(detail_.stack(), "at f");
}

TEST_F(ScriptServiceTest, InvalidRequestsNameTheField) {
  const grpc::Status status = Eval("");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), StartsWith("source: "));
  EXPECT_EQ(reason_, "INVALID_REQUEST");
}

TEST_F(ScriptServiceTest, ASourceThatIsTooLongIsRefusedWithBothSizes) {
  EXPECT_TRUE(Eval(std::string(2000, ' ')).ok());
  const grpc::Status status = Eval(std::string(2001, ' '));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), StartsWith("the source has 2001 bytes"));
  EXPECT_EQ(reason_, "SOURCE_LIMIT");
  EXPECT_EQ(detail_.limit(), 2000u);
  EXPECT_EQ(detail_.reached(), 2001u);
}

TEST_F(ScriptServiceTest, ARequestIsHeldToTheLimitsOfItsTenant) {
  v1::EvalRequest request;
  request.set_source("12345");
  EXPECT_TRUE(Eval(request).ok());
  request.set_tenant("strict");
  EXPECT_EQ(Eval(request).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(reason_, "SOURCE_LIMIT");
  request.mutable_limits()->set_source_bytes(100);
  EXPECT_TRUE(Eval(request).ok()) << "up to its ceiling it may ask for more";
  request.mutable_limits()->set_heap_bytes(11);
  EXPECT_THAT(Eval(request).error_message(), StartsWith("limits.heap_bytes: "));
  EXPECT_EQ(reason_, "INVALID_REQUEST");
}

TEST_F(ScriptServiceTest, TextThatIsNotUtf8IsInvalidAndNamesTheField) {
  const grpc::Status status = EvalBytes(std::string("\x0a\x02\xff\xfe", 4));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("evald.v1.EvalRequest.source"));
  EXPECT_THAT(status.error_message(), HasSubstr("UTF-8"));
  EXPECT_EQ(reason_, "INVALID_REQUEST");
}

TEST_F(ScriptServiceTest, BytesThatAreNoMessageAreInvalid) {
  const grpc::Status status = EvalBytes(std::string("\x0a\x7f", 2));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("not a valid evald.v1.EvalRequest"));
}

TEST_F(ScriptServiceTest, ARequestOverTheSizeLimitIsRefusedAndServiceGoesOn) {
  const grpc::Status status = Eval(std::string(2 << 20, 'x'));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("larger than max"));
  EXPECT_TRUE(Eval("1").ok());
}

TEST_F(ScriptServiceTest, EveryReplyNamesItsRequest) {
  ASSERT_TRUE(Eval("1").ok());
  const std::string first = request_id_;
  EXPECT_THAT(first, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(observer_.id(), first);
  EXPECT_FALSE(Eval("limit").ok());
  EXPECT_THAT(request_id_, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(request_id_, first);
  EXPECT_FALSE(Eval("").ok());
  EXPECT_THAT(request_id_, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_FALSE(EvalBytes(std::string("\x0a\x7f", 2)).ok());
  EXPECT_THAT(request_id_, MatchesRegex("[0-9a-f]{32}"));
}

TEST_F(ScriptServiceTest, ATraceparentNamesTheRequest) {
  traceparents_ = {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
  EXPECT_TRUE(Eval("1").ok());
  EXPECT_EQ(request_id_, "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(observer_.id(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_FALSE(Eval("").ok());
  EXPECT_EQ(request_id_, "4bf92f3577b34da6a3ce929d0e0e4736") << "a refused request's too";
}

TEST_F(ScriptServiceTest, ATraceparentThatIsNotValidIsIgnored) {
  traceparents_ = {"00-00000000000000000000000000000000-00f067aa0ba902b7-01"};
  EXPECT_TRUE(Eval("1").ok());
  EXPECT_THAT(request_id_, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(request_id_, std::string(32, '0'));
  traceparents_ = {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                   "00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
  EXPECT_TRUE(Eval("1").ok());
  EXPECT_NE(request_id_.substr(1), "bf92f3577b34da6a3ce929d0e0e4736") << "nobody can tell which of two";
}

TEST_F(ScriptServiceTest, TheObserverHearsOfEachRequestOnce) {
  v1::EvalRequest request;
  request.set_source("1");
  request.set_tenant("one");
  EXPECT_TRUE(Eval(request).ok());
  EXPECT_TRUE(Eval("throw").ok());
  EXPECT_FALSE(Eval("limit").ok());
  request.set_source("");
  EXPECT_FALSE(Eval(request).ok());
  EXPECT_FALSE(EvalBytes(std::string("\x0a\x7f", 2)).ok());
  EXPECT_THAT(
      observer_.lines(),
      ElementsAre("eval tenant=one reason=ERROR_REASON_UNSPECIFIED ran: ",
                  "eval tenant= threw reason=ERROR_REASON_UNSPECIFIED ran: TypeError: ",
                  "eval tenant= reason=ERROR_REASON_CPU_TIME_LIMIT ran: enough",
                  StartsWith("eval tenant=one reason=ERROR_REASON_INVALID_REQUEST: source: "),
                  StartsWith("eval tenant= reason=ERROR_REASON_INVALID_REQUEST: the request is not a")));
}

TEST_F(ScriptServiceTest, TheObserverHearsOfRequestsThatAClientGaveUp) {
  EXPECT_EQ(Eval("hang", std::chrono::milliseconds(20)).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Eval("1").ok());
  ASSERT_EQ(observer_.lines().size(), 2u);
  EXPECT_THAT(observer_.lines().front(), StartsWith("eval tenant= reason=ERROR_REASON_WALL_TIME_LIMIT: "));
}

TEST_F(ScriptServiceTest, ATenantThatIsTooLongIsCutForTheObserver) {
  v1::EvalRequest request;
  request.set_source("1");
  request.set_tenant(std::string(255, 'x') + "\u00e9");
  EXPECT_FALSE(Eval(request).ok());
  EXPECT_THAT(observer_.lines(), ElementsAre(StartsWith("eval tenant=" + std::string(255, 'x') + " reason=")))
      << "between characters";
}

TEST_F(ScriptServiceTest, AClientThatGivesUpFreesTheWorker) {
  {
    grpc::ClientContext context;
    v1::EvalRequest request;
    request.set_source("hang");
    v1::EvalResponse response;
    std::promise<grpc::Status> status;
    stub_->async()->Eval(&context, &request, &response,
                         [&](grpc::Status s) { status.set_value(std::move(s)); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    context.TryCancel();
    EXPECT_EQ(status.get_future().get().error_code(), grpc::StatusCode::CANCELLED);
  }
  EXPECT_TRUE(Eval("1").ok());
}

}  // namespace
}  // namespace evald
