// The service over a real gRPC connection; what changes is told by the test.
#include "daemon/rpc/snapshot_service.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/rpc/grpc_server.h"

namespace evald {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kToken[] = "0123456789abcdef0123";

class NoStatus final : public StatusSource {
 public:
  Phase phase() const override { return Phase::kBooting; }
  void FillStatus(v1::GetSnapshotResponse&) const override {}
  void FillSnapshots(v1::ListSnapshotsResponse&) const override {}
  void FillWorkers(size_t, google::protobuf::RepeatedPtrField<v1::WorkerStatus>&) const override {}
  std::map<std::string, uint64_t> Kills() const override { return {}; }
};

// One change at a time, which has one listener. Lives on the loop.
class FakeChanges final : public SnapshotChanges {
 public:
  std::unique_ptr<Subscription> Regenerate(bool force, const std::string& trigger, Sink sink) override {
    return Begin((force ? "regenerate force " : "regenerate ") + trigger, std::move(sink));
  }
  std::unique_ptr<Subscription> Rollback(uint64_t generation, const std::string& trigger,
                                         Sink sink) override {
    return Begin("rollback " + std::to_string(generation) + " " + trigger, std::move(sink));
  }
  std::unique_ptr<Subscription> Observe(Sink) override { return nullptr; }
  void FillChange(v1::SnapshotChange&) const override {}

  std::vector<std::string> asked;
  Sink sink;
  std::promise<void> begun;
  std::promise<void> left;

 private:
  class Listening final : public Subscription {
   public:
    explicit Listening(FakeChanges* owner) : owner_(owner) {}
    ~Listening() override {
      owner_->sink = nullptr;
      owner_->left.set_value();
    }

   private:
    FakeChanges* const owner_;
  };
  std::unique_ptr<Subscription> Begin(const std::string& what, Sink told) {
    asked.push_back(what);
    sink = std::move(told);
    begun.set_value();
    return std::make_unique<Listening>(this);
  }
};

class SnapshotServiceTest : public testing::Test {
 protected:
  SnapshotServiceTest() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    token_file_ = folder_ + "/admin-token";
    std::ofstream(token_file_) << kToken << "\n";
    chmod(token_file_.c_str(), 0600);
    token_ = *AdminToken::LoadOrCreate(token_file_);
  }
  ~SnapshotServiceTest() override {
    if (server_ != nullptr) {
      std::promise<void> stopped;
      loop_.Post([&] { server_->Stop([&] { stopped.set_value(); }); });
      stopped.get_future().wait();
      loop_.Post([this] { loop_.Stop(); });
      thread_.join();
    }
    std::filesystem::remove_all(folder_);
  }
  void Serve(bool with_token = true) {
    service_ = std::make_unique<SnapshotService>(
        SnapshotService::Parts{.loop = &loop_,
                               .source = &status_,
                               .changes = &changes_,
                               .admin_token = with_token ? &*token_ : nullptr,
                               .admin_token_file = token_file_});
    GrpcServer::Options options;
    options.address.host = "127.0.0.1";
    options.max_request_bytes = 1 << 20;
    server_ = *GrpcServer::Create(options, {service_.get()}, &loop_);
    thread_ = std::thread([this] { loop_.Run(); });
    stub_ = v1::SnapshotService::NewStub(
        grpc::CreateChannel(server_->address().ToString(), grpc::InsecureChannelCredentials()));
  }
  void Tell(const v1::SnapshotProgress& news) {
    loop_.Post([this, news] {
      if (changes_.sink) changes_.sink(news);
    });
  }
  static v1::SnapshotProgress Log(const std::string& line) {
    v1::SnapshotProgress news;
    news.set_log(line);
    return news;
  }
  static v1::SnapshotProgress Over(v1::SnapshotOutcome::Result result, v1::ErrorReason reason) {
    v1::SnapshotProgress news;
    news.mutable_outcome()->set_result(result);
    news.mutable_outcome()->set_reason(reason);
    news.mutable_outcome()->set_error("why");
    return news;
  }
  static std::string ReasonOf(const grpc::ClientContext& context) {
    const auto found = context.GetServerTrailingMetadata().find("evald-reason");
    if (found == context.GetServerTrailingMetadata().end()) return "";
    return std::string(found->second.data(), found->second.size());
  }

  std::string folder_ = testing::TempDir() + "service.XXXXXX";
  std::string token_file_;
  std::optional<AdminToken> token_;
  NoStatus status_;
  FakeChanges changes_;
  Loop loop_;
  std::unique_ptr<SnapshotService> service_;
  std::unique_ptr<GrpcServer> server_;
  std::thread thread_;
  std::unique_ptr<v1::SnapshotService::Stub> stub_;
};

TEST_F(SnapshotServiceTest, StreamsTheNewsAndEndsWithTheOutcome) {
  Serve();
  grpc::ClientContext context;
  context.AddMetadata("authorization", std::string("bearer ") + kToken);
  v1::RegenerateSnapshotRequest request;
  request.set_force(true);
  const auto reader = stub_->RegenerateSnapshot(&context, request);
  changes_.begun.get_future().wait();
  for (int i = 0; i < 500; ++i) Tell(Log(std::to_string(i)));
  Tell(Over(v1::SnapshotOutcome::SWAPPED, v1::ERROR_REASON_UNSPECIFIED));
  v1::SnapshotProgress news;
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(reader->Read(&news));
    EXPECT_EQ(news.log(), std::to_string(i));
  }
  ASSERT_TRUE(reader->Read(&news));
  EXPECT_EQ(news.outcome().result(), v1::SnapshotOutcome::SWAPPED);
  EXPECT_FALSE(reader->Read(&news));
  EXPECT_TRUE(reader->Finish().ok());
  changes_.left.get_future().wait();
  EXPECT_THAT(changes_.asked, ElementsAre("regenerate force gRPC"));
}

TEST_F(SnapshotServiceTest, AFailureIsToldAndIsTheStatus) {
  Serve();
  grpc::ClientContext context;
  context.AddMetadata("authorization", std::string("Bearer ") + kToken);
  v1::RollbackSnapshotRequest request;
  request.set_generation(4);
  const auto reader = stub_->RollbackSnapshot(&context, request);
  changes_.begun.get_future().wait();
  Tell(Over(v1::SnapshotOutcome::FAILED, v1::ERROR_REASON_SNAPSHOT_NOT_FOUND));
  v1::SnapshotProgress news;
  ASSERT_TRUE(reader->Read(&news));
  EXPECT_EQ(news.outcome().result(), v1::SnapshotOutcome::FAILED);
  EXPECT_FALSE(reader->Read(&news));
  const grpc::Status status = reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "why");
  EXPECT_EQ(ReasonOf(context), "SNAPSHOT_NOT_FOUND");
  changes_.left.get_future().wait();
  EXPECT_THAT(changes_.asked, ElementsAre("rollback 4 gRPC"));
}

TEST_F(SnapshotServiceTest, WhoeverLeavesListensNoMore) {
  Serve();
  grpc::ClientContext context;
  context.AddMetadata("authorization", std::string("Bearer ") + kToken);
  const auto reader = stub_->RegenerateSnapshot(&context, v1::RegenerateSnapshotRequest());
  changes_.begun.get_future().wait();
  context.TryCancel();
  changes_.left.get_future().wait();
  Tell(Log("nobody hears this"));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(SnapshotServiceTest, WithoutTheTokenNobodyIsLetIn) {
  Serve();
  for (const std::string authorization : {"", "Bearer wrong0123456789ab", kToken}) {
    grpc::ClientContext context;
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    const auto reader = stub_->RegenerateSnapshot(&context, v1::RegenerateSnapshotRequest());
    const grpc::Status status = reader->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_THAT(status.error_message(), HasSubstr(token_file_));
    EXPECT_EQ(ReasonOf(context), "UNAUTHENTICATED");
  }
  EXPECT_THAT(changes_.asked, IsEmpty());
}

TEST_F(SnapshotServiceTest, WhoIsRefusedMayCancelAtOnce) {
  Serve();
  for (int round = 0; round < 100; ++round) {
    std::vector<grpc::ClientContext> contexts(10);
    std::vector<std::unique_ptr<grpc::ClientReader<v1::SnapshotProgress>>> readers;
    for (grpc::ClientContext& context : contexts) {
      readers.push_back(stub_->RegenerateSnapshot(&context, v1::RegenerateSnapshotRequest()));
    }
    for (grpc::ClientContext& context : contexts) context.TryCancel();
    for (const auto& reader : readers) EXPECT_FALSE(reader->Finish().ok());
  }
  grpc::ClientContext context;
  EXPECT_EQ(stub_->RegenerateSnapshot(&context, v1::RegenerateSnapshotRequest())->Finish().error_code(),
            grpc::StatusCode::UNAUTHENTICATED)
      << "the server is still there";
}

TEST_F(SnapshotServiceTest, WhereThereIsNoTokenNobodyIsLetInEither) {
  Serve(/*with_token=*/false);
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer ");
  const grpc::Status status = stub_->RollbackSnapshot(&context, v1::RollbackSnapshotRequest())->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), HasSubstr("log"));
}

}  // namespace
}  // namespace evald
