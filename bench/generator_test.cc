#include "bench/generator.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "evald/bench/echo.grpc.pb.h"

namespace evald::bench {
namespace {

// Answers when it is told to, and counts.
class HeldEcho final : public Echo::CallbackService {
 public:
  // Calls wait until so many have come; what comes after is answered at once.
  void HoldUntil(int calls) {
    const std::lock_guard lock(mutex_);
    hold_until_ = calls;
  }
  int most_at_once() {
    const std::lock_guard lock(mutex_);
    return most_at_once_;
  }

 private:
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const EchoMessage* request,
                                 EchoMessage* response) override {
    response->set_text(request->text());
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    std::vector<grpc::ServerUnaryReactor*> released;
    {
      const std::lock_guard lock(mutex_);
      held_.push_back(reactor);
      most_at_once_ = std::max(most_at_once_, static_cast<int>(held_.size()));
      if (++arrived_ >= hold_until_) released.swap(held_);
    }
    for (grpc::ServerUnaryReactor* const one : released) one->Finish(grpc::Status::OK);
    return reactor;
  }

  std::mutex mutex_;
  std::vector<grpc::ServerUnaryReactor*> held_;
  int arrived_ = 0;
  int hold_until_ = 0;
  int most_at_once_ = 0;
};

class GeneratorTest : public testing::Test {
 protected:
  GeneratorTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&echo_);
    server_ = builder.BuildAndStart();
    calls_ = MakeCalls({.kind = CallOptions::Kind::kEcho, .address = "127.0.0.1:" + std::to_string(port_)});
  }

  int port_ = 0;
  HeldEcho echo_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Calls> calls_;
};

TEST_F(GeneratorTest, ACallThatIsHeldUpHoldsUpNoOther) {
  echo_.HoldUntil(20);
  EXPECT_EQ(bench::Run(*calls_, {.rate = 1000, .seconds = 0.02}).size(), 20u)
      << "none is answered before all have been made";
}

TEST_F(GeneratorTest, ALatencyCountsFromWhenTheCallWasDue) {
  echo_.HoldUntil(20);
  for (const Record& record : bench::Run(*calls_, {.rate = 1000, .seconds = 0.02})) {
    EXPECT_GE(record.due_seconds + record.latency_micros / 1e6, 0.019) << "the last was due at 19 ms";
    EXPECT_EQ(record.code, 0);
  }
}

TEST_F(GeneratorTest, CallsOfAnOpenLoopAreDueAtFixedTimes) {
  std::vector<double> due;
  for (const Record& record : bench::Run(*calls_, {.rate = 500, .seconds = 0.02}))
    due.push_back(record.due_seconds);
  std::sort(due.begin(), due.end());
  ASSERT_EQ(due.size(), 10u);
  for (size_t i = 0; i < due.size(); ++i) EXPECT_NEAR(due[i], static_cast<double>(i) / 500, 1e-6);
}

TEST_F(GeneratorTest, AClosedLoopHasItsCallsInFlightAndNoMore) {
  echo_.HoldUntil(8);
  EXPECT_EQ(bench::Run(*calls_, {.in_flight = 8, .seconds = 60, .most = 40}).size(), 40u);
  EXPECT_EQ(echo_.most_at_once(), 8);
}

TEST_F(GeneratorTest, AnotherAnswerIsNoSuccess) {
  class OtherEcho final : public Echo::Service {
    grpc::Status Echo(grpc::ServerContext*, const EchoMessage*, EchoMessage* response) override {
      response->set_text("something else");
      return grpc::Status::OK;
    }
  } other;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&other);
  const auto server = builder.BuildAndStart();
  const auto calls =
      MakeCalls({.kind = CallOptions::Kind::kEcho, .address = "127.0.0.1:" + std::to_string(port)});
  for (const Record& record : bench::Run(*calls, {.in_flight = 1, .seconds = 60, .most = 3})) {
    EXPECT_EQ(record.code, kWrongResult);
  }
}

}  // namespace
}  // namespace evald::bench
