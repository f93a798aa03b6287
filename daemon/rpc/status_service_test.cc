// The service over a real gRPC connection, with figures that are made up.
#include "daemon/rpc/status_service.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/loop/proto_time.h"
#include "daemon/rpc/grpc_server.h"

namespace evald {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

// Numbers its messages.
class Figures final : public LiveStatusSource {
 public:
  void FillLive(v1::LiveStatus& status) override {
    status.set_daemon_bytes(++filled);
    status.set_phase(std::string(padding, ' '));
  }

  std::atomic<uint64_t> filled = 0;
  std::atomic<size_t> padding = 0;
};

struct Watch {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::LiveStatus>> reader;

  // The number of the next message; 0 at the end.
  uint64_t Next() {
    v1::LiveStatus status;
    return reader->Read(&status) ? status.daemon_bytes() : 0;
  }
  // "code reason: message"
  std::string End() {
    const grpc::Status status = reader->Finish();
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto reason = trailers.find("evald-reason");
    return std::to_string(status.error_code()) + " " +
           (reason == trailers.end() ? "" : std::string(reason->second.data(), reason->second.size())) +
           ": " + status.error_message();
  }
};

class StatusServiceTest : public testing::Test {
 protected:
  StatusServiceTest() : service_(&loop_, &figures_) {
    GrpcServer::Options options;
    options.address.host = "127.0.0.1";
    options.max_request_bytes = 1 << 20;
    server_ = *GrpcServer::Create(options, {&service_}, &loop_);
    thread_ = std::thread([this] { loop_.Run(); });
    stub_ = v1::StatusService::NewStub(
        grpc::CreateChannel(server_->address().ToString(), grpc::InsecureChannelCredentials()));
  }
  ~StatusServiceTest() override {
    loop_.Post([this] {
      service_.Stop();
      server_->Stop([this] { loop_.Stop(); });
    });
    thread_.join();
  }

  std::unique_ptr<Watch> Start(const v1::WatchStatusRequest& request) {
    auto watch = std::make_unique<Watch>();
    watch->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    watch->reader = stub_->WatchStatus(&watch->context, request);
    return watch;
  }
  std::unique_ptr<Watch> Start(Duration interval) {
    v1::WatchStatusRequest request;
    FromDuration(interval, *request.mutable_interval());
    return Start(request);
  }

  Loop loop_;
  Figures figures_;
  StatusService service_;
  std::unique_ptr<GrpcServer> server_;
  std::thread thread_;
  std::unique_ptr<v1::StatusService::Stub> stub_;
};

TEST_F(StatusServiceTest, SendsTheFirstOneAtOnceAndThenOneEachInterval) {
  const auto start = std::chrono::steady_clock::now();
  const auto watch = Start(milliseconds(100));
  EXPECT_EQ(watch->Next(), 1u);
  EXPECT_EQ(watch->Next(), 2u);
  EXPECT_EQ(watch->Next(), 3u);
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(199));
  watch->context.TryCancel();
}

TEST_F(StatusServiceTest, AsksForASecondIfNothingElseIsSaid) {
  const auto watch = Start(v1::WatchStatusRequest());
  EXPECT_EQ(watch->Next(), 1u);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(watch->Next(), 2u);
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(900));
  watch->context.TryCancel();
}

TEST_F(StatusServiceTest, RefusesIntervalsThatAreTooShortOrTooLong) {
  for (const Duration interval :
       {Duration(milliseconds(99)), Duration(0), Duration(-1), Duration(std::chrono::hours(2))}) {
    const auto watch = Start(interval);
    EXPECT_EQ(watch->Next(), 0u);
    EXPECT_EQ(watch->End(), "3 INVALID_REQUEST: interval: has to be between 100 ms and 1 hour");
  }
}

TEST_F(StatusServiceTest, HasNoMoreWatchersThanItMay) {
  std::vector<std::unique_ptr<Watch>> watches;
  for (size_t i = 0; i < StatusService::kMaxWatchers; ++i) {
    watches.push_back(Start(std::chrono::seconds(10)));
    EXPECT_NE(watches.back()->Next(), 0u);
  }
  const auto one_more = Start(std::chrono::seconds(10));
  EXPECT_EQ(one_more->Next(), 0u);
  EXPECT_THAT(one_more->End(), HasSubstr("8 QUEUE_FULL: there are 32 watchers already"));
  // Whoever leaves makes room, as soon as the server has heard of it.
  watches.front()->context.TryCancel();
  for (int i = 0; i < 3000; ++i) {
    if (Start(std::chrono::seconds(10))->Next() != 0) return;
    std::this_thread::sleep_for(milliseconds(5));
  }
  ADD_FAILURE() << "there is no room again";
}

TEST_F(StatusServiceTest, WhoeverDoesNotReadMissesSome) {
  figures_.padding = 3 << 20;
  const auto idle = Start(milliseconds(100));
  const auto busy = Start(milliseconds(100));
  for (int i = 0; i < 20; ++i) EXPECT_NE(busy->Next(), 0u);
  // gRPC and the kernel take some for it.
  EXPECT_LE(figures_.filled, 20u + 1 + 10) << "what nobody takes is not made";
  idle->context.TryCancel();
  busy->context.TryCancel();
}

TEST_F(StatusServiceTest, StreamsEndWhenTheDaemonDoes) {
  const auto watch = Start(std::chrono::seconds(10));
  EXPECT_EQ(watch->Next(), 1u);
  std::promise<void> stopped;
  loop_.Post([&] {
    service_.Stop();
    stopped.set_value();
  });
  stopped.get_future().wait();
  EXPECT_EQ(watch->Next(), 0u);
  EXPECT_EQ(watch->End(), "14 DRAINING: evald is shutting down");
  const auto late = Start(std::chrono::seconds(10));
  EXPECT_EQ(late->Next(), 0u);
  EXPECT_EQ(late->End(), "14 DRAINING: evald is shutting down");
}

}  // namespace
}  // namespace evald
