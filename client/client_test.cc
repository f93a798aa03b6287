#include "client/client.h"

#include <gmock/gmock.h>
#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <semaphore>
#include <thread>
#include <vector>

namespace evald {
namespace {

using std::chrono::milliseconds;

// Waits until the client gives up.
class HangingCall final : public grpc::ServerUnaryReactor {
 public:
  void OnCancel() override { Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }
};

// Answers each source text in a way of its own.
class FakeScripts final : public v1::ScriptService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Eval(grpc::CallbackServerContext* context, const v1::EvalRequest* request,
                                 v1::EvalResponse* response) override {
    grpc::Status status;
    if (request->source() == "hang") {
      hanging_.release();
      return new HangingCall;
    }
    if (request->source() == "throw") {
      response->mutable_exception()->set_name("TypeError");
    } else if (request->source() == "big") {
      response->mutable_value()->set_json(std::string(6 << 20, ' ') + "1");
    } else if (request->source() == "limit") {
      v1::ErrorDetail detail;
      detail.set_limit(64);
      context->AddTrailingMetadata("evald-reason", "HEAP_LIMIT");
      context->AddTrailingMetadata("evald-error-bin", detail.SerializeAsString());
      status = {grpc::StatusCode::RESOURCE_EXHAUSTED, "too much"};
    } else {
      response->mutable_value()->set_json(request->source());
    }
    return Finish(context, status);
  }

  grpc::ServerUnaryReactor* CallFunction(grpc::CallbackServerContext* context,
                                         const v1::CallFunctionRequest* request,
                                         v1::CallFunctionResponse* response) override {
    if (request->function() == "f") response->mutable_value()->set_json("1");
    if (request->function() == "g") response->mutable_exception()->set_name("RangeError");
    response->add_console()->set_text("said");
    response->set_console_truncated(true);
    response->mutable_stats()->set_worker_id(5);
    return Finish(context, grpc::Status::OK);
  }

  void AwaitHanging() { hanging_.acquire(); }

 private:
  static grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const grpc::Status& status) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(status);
    return reactor;
  }

  std::counting_semaphore<> hanging_{0};
};

// Generation 7 can be had, and no other.
class FakeSnapshots final : public v1::SnapshotService::Service {
 public:
  grpc::Status RegenerateSnapshot(grpc::ServerContext* context, const v1::RegenerateSnapshotRequest* request,
                                  grpc::ServerWriter<v1::SnapshotProgress>* writer) override {
    const auto found = context->client_metadata().find("authorization");
    if (found == context->client_metadata().end() || found->second != "Bearer secret") {
      context->AddTrailingMetadata("evald-reason", "UNAUTHENTICATED");
      return {grpc::StatusCode::UNAUTHENTICATED, "the token is wrong"};
    }
    v1::SnapshotProgress progress;
    progress.mutable_began()->set_stage(v1::SNAPSHOT_STAGE_BUILD);
    writer->Write(progress);
    progress.mutable_outcome()->set_result(request->force() ? v1::SnapshotOutcome::SWAPPED
                                                            : v1::SnapshotOutcome::UNCHANGED);
    writer->Write(progress);
    return grpc::Status::OK;
  }

  grpc::Status RollbackSnapshot(grpc::ServerContext* context, const v1::RollbackSnapshotRequest* request,
                                grpc::ServerWriter<v1::SnapshotProgress>* writer) override {
    v1::SnapshotProgress progress;
    progress.mutable_outcome()->set_generation(7);
    if (request->generation() == 7) {
      writer->Write(progress);
      return grpc::Status::OK;
    }
    progress.mutable_outcome()->set_result(v1::SnapshotOutcome::FAILED);
    writer->Write(progress);
    context->AddTrailingMetadata("evald-reason", "SNAPSHOT_NOT_FOUND");
    return {grpc::StatusCode::NOT_FOUND, "there is no such generation"};
  }
};

// Counts up without end.
class FakeStatus final : public v1::StatusService::Service {
 public:
  grpc::Status WatchStatus(grpc::ServerContext*, const v1::WatchStatusRequest* request,
                           grpc::ServerWriter<v1::LiveStatus>* writer) override {
    v1::LiveStatus status;
    *status.mutable_window() = request->interval();
    do {
      status.set_requests_per_second(status.requests_per_second() + 1);
    } while (writer->Write(status));
    return grpc::Status::OK;
  }
};

class ClientTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "client.XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    // A socket's path has to be short: given relative to where the test runs.
    ASSERT_EQ(chdir(folder_.c_str()), 0);
    grpc::EnableDefaultHealthCheckService(true);
    server_ = grpc::ServerBuilder()
                  .AddListeningPort("unix:s", grpc::InsecureServerCredentials())
                  .RegisterService(&scripts_)
                  .RegisterService(&snapshots_)
                  .RegisterService(&live_)
                  .BuildAndStart();
    ASSERT_NE(server_, nullptr);
    client_ = *Client::Connect("unix:s");
  }

  void TearDown() override { server_->Shutdown(std::chrono::system_clock::now()); }

  absl::StatusOr<Reply> Eval(const std::string& source,
                             const CallOptions& options = {.timeout = std::chrono::seconds(20)}) {
    v1::EvalRequest request;
    request.set_source(source);
    return client_->Eval(request, options);
  }

  std::string folder_;
  FakeScripts scripts_;
  FakeSnapshots snapshots_;
  FakeStatus live_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, GivesValuesAndExceptionsAsReplies) {
  EXPECT_EQ(Eval("7")->value().json(), "7");
  const absl::StatusOr<Reply> thrown = Eval("throw");
  ASSERT_TRUE(thrown.ok()) << thrown.status();
  EXPECT_EQ(thrown->exception().name(), "TypeError");
}

TEST_F(ClientTest, AFailureCarriesItsReasonAndItsDetail) {
  const absl::Status status = Eval("limit").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "too much");
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_HEAP_LIMIT);
  EXPECT_EQ(ReasonName(ReasonOf(status)), "HEAP_LIMIT");
  EXPECT_EQ(DetailOf(status).limit(), 64u);
  EXPECT_EQ(DetailOf(absl::InternalError("not evald's")).limit(), 0u);
}

TEST_F(ClientTest, ResultsMayBeLargerThanWhatGrpcReceivesByDefault) {
  const absl::StatusOr<Reply> reply = Eval("big");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->value().json().size(), (6u << 20) + 1);
}

TEST_F(ClientTest, CallFunctionRepliesLikeEval) {
  v1::CallFunctionRequest request;
  request.set_function("f");
  absl::StatusOr<Reply> reply = client_->CallFunction(request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->value().json(), "1");
  EXPECT_EQ(reply->console(0).text(), "said");
  EXPECT_TRUE(reply->console_truncated());
  EXPECT_EQ(reply->stats().worker_id(), 5u);
  request.set_function("g");
  EXPECT_EQ(client_->CallFunction(request)->exception().name(), "RangeError");
}

TEST_F(ClientTest, ATimeoutEndsTheWait) {
  const absl::Status status = Eval("hang", {.timeout = milliseconds(50)}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_UNSPECIFIED);
}

TEST_F(ClientTest, AStopRequestAbandonsTheCall) {
  std::stop_source stop;
  std::jthread stopper([&] {
    scripts_.AwaitHanging();
    stop.request_stop();
  });
  EXPECT_EQ(Eval("hang", {.stop = stop.get_token()}).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(ClientTest, AStopRequestedBeforeTheCallHoldsToo) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(Eval("hang", {.timeout = std::chrono::seconds(20), .stop = stop.get_token()}).status().code(),
            absl::StatusCode::kCancelled);
}

TEST_F(ClientTest, ChecksHealth) {
  EXPECT_EQ(*client_->CheckHealth(), Client::Health::kServing);
  server_->GetHealthCheckService()->SetServingStatus(false);
  EXPECT_EQ(*client_->CheckHealth(), Client::Health::kNotServing);
}

TEST_F(ClientTest, TellsOfAChangeStageByStage) {
  std::vector<v1::SnapshotProgress> news;
  const auto sink = [&](const v1::SnapshotProgress& progress) { news.push_back(progress); };
  const auto outcome = client_->RegenerateSnapshot(true, sink, {.token = "secret"});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->result(), v1::SnapshotOutcome::SWAPPED);
  ASSERT_EQ(news.size(), 2u);
  EXPECT_EQ(news[0].began().stage(), v1::SNAPSHOT_STAGE_BUILD);
  EXPECT_TRUE(news[1].has_outcome());
  EXPECT_EQ(client_->RegenerateSnapshot(false, {}, {.token = "secret"})->result(),
            v1::SnapshotOutcome::UNCHANGED);
}

TEST_F(ClientTest, AChangeWithoutTheTokenIsRefused) {
  const absl::Status status = client_->RegenerateSnapshot(true).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_UNAUTHENTICATED);
}

TEST_F(ClientTest, AChangeThatFailsIsAStatusAfterItsNews) {
  EXPECT_EQ(client_->RollbackSnapshot(7)->generation(), 7u);
  bool told = false;
  const absl::Status status =
      client_->RollbackSnapshot(8, [&](const v1::SnapshotProgress&) { told = true; }).status();
  EXPECT_TRUE(told);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_SNAPSHOT_NOT_FOUND);
}

TEST_F(ClientTest, WatchesUntilItHasSeenEnough) {
  double last = 0;
  const absl::Status status = client_->WatchStatus(milliseconds(1500), [&](const v1::LiveStatus& live) {
    last = live.requests_per_second();
    EXPECT_EQ(live.window().seconds(), 1);
    EXPECT_EQ(live.window().nanos(), 500'000'000);
    return last < 3;
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(last, 3);
}

TEST_F(ClientTest, AWatchThatTheServerEndsSaysSo) {
  server_->Shutdown(std::chrono::system_clock::now());
  const absl::Status status =
      client_->WatchStatus(milliseconds(100), [](const v1::LiveStatus&) { return true; });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

TEST(ClientConnect, NobodyThereIsUnavailableWithoutAReason) {
  const std::unique_ptr<Client> client = *Client::Connect("unix:/nowhere/at/all");
  const absl::Status status = client->GetSnapshot({.timeout = std::chrono::seconds(20)}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_UNSPECIFIED);
}

TEST(CheckAddress, KnowsItsForms) {
  for (const char* address : {"localhost:1", "127.0.0.1:50051", "[::1]:65535", "unix:/a b/c", "unix:s"}) {
    EXPECT_TRUE(CheckAddress(address).ok()) << address;
  }
  for (const char* address : {"", ":1", "localhost", "localhost:", "localhost:0", "localhost:65536",
                              "localhost:1x", "::1:1", "http://h:1", "unix:", "a b:1"}) {
    EXPECT_EQ(CheckAddress(address).code(), absl::StatusCode::kInvalidArgument) << address;
  }
}

}  // namespace
}  // namespace evald
