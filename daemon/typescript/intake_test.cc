#include "daemon/typescript/intake.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/loop/proto_time.h"
#include "daemon/typescript/testing/fake_transpiler.h"
#include "daemon/workers/testing/fake_worker_host.h"

namespace evald {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Records how it ended.
class TestCall final : public Call {
 public:
  internal::WorkerRequest& request() override { return request_; }
  const std::string& tenant() const override { return request_.eval().tenant(); }
  v1::Isolation isolation() const override { return v1::ISOLATION_REUSED; }
  v1::Limits& limits() override { return *request_.mutable_eval()->mutable_limits(); }
  size_t bytes() const override { return bytes_; }
  void SetBytes(size_t bytes) override { bytes_ = bytes; }
  MonotonicTime arrival() const override { return {}; }
  std::optional<MonotonicTime> deadline() const override { return std::nullopt; }
  std::string_view request_id() const override { return "id"; }
  void Answer(internal::WorkerReply& reply, const v1::ExecutionStats&) override {
    outcomes.push_back(reply.has_exception() ? "throws " + reply.exception().message()
                                             : reply.value().json());
  }
  void Fail(const Failure& failure, const v1::ExecutionStats*) override {
    outcomes.push_back(ReasonName(failure.reason) + ": " + failure.message);
  }

  std::vector<std::string> outcomes;

 private:
  internal::WorkerRequest request_;
  size_t bytes_ = 100;
};

class IntakeTest : public testing::Test {
 protected:
  IntakeTest() {
    TenantRules rules{{}, 100, 100};
    rules.limits.ceilings.mutable_wall_time()->set_seconds(3600);
    rules.limits.ceilings.mutable_cpu_time()->set_seconds(3600);
    tenants_ = std::make_shared<const Tenants>(rules);
    PoolOptions options;
    options.min_idle = options.max_workers = 1;
    pool_ = std::make_unique<Pool>(options, &host_, &timers_);
    host_.SetEvents(pool_.get());
    scheduler_ = std::make_unique<Scheduler>(SchedulerOptions{}, tenants_, pool_.get(), &timers_);
    intake_ = std::make_unique<Intake>(scheduler_.get(), &transpiler_, 10'000);
    pool_->Open(true);
    host_.ReadyAll();
    scheduler_->SetAdmission(Scheduler::Admission::kOpen);
  }
  ~IntakeTest() override { intake_->FailAll({v1::ERROR_REASON_DRAINING, "the test is over"}); }

  TestCall& Submit(uint64_t id, v1::SourceKind kind = v1::SOURCE_KIND_TYPESCRIPT) {
    TestCall& call = *calls_.emplace_back(std::make_unique<TestCall>());
    v1::EvalRequest& eval = *call.request().mutable_eval();
    eval.set_source("let x: number");
    eval.set_resource_name("eval.ts");
    eval.set_source_kind(kind);
    eval.set_tenant("t");
    FromDuration(milliseconds(1000), *eval.mutable_limits()->mutable_wall_time());
    FromDuration(milliseconds(800), *eval.mutable_limits()->mutable_cpu_time());
    if (prepare_) prepare_(eval);
    intake_->Submit(id, &call);
    return call;
  }
  // The transpiler's answer to its call `id`, which took 100 ms.
  void Answer(uint64_t id, const std::string& json) {
    internal::WorkerReply reply;
    EXPECT_TRUE(
        google::protobuf::util::JsonStringToMessage(json, reply.mutable_value()->mutable_structured()).ok());
    v1::ExecutionStats stats;
    FromDuration(milliseconds(100), *stats.mutable_wall_time());
    FromDuration(milliseconds(100), *stats.mutable_cpu_time());
    transpiler_.Take(id).Answer(reply, stats);
  }
  static std::string Done(const std::string& code, bool module = false) {
    return R"([{"code":")" + code + R"(","map":"{map}","module":)" + (module ? "true" : "false") + "}]";
  }

  FakeClock clock_;
  TimerQueue timers_{&clock_};
  FakeWorkerHost host_;
  std::shared_ptr<const Tenants> tenants_;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<Scheduler> scheduler_;
  FakeTranspiler transpiler_;
  std::unique_ptr<Intake> intake_;
  std::vector<std::unique_ptr<TestCall>> calls_;
  std::function<void(v1::EvalRequest&)> prepare_;
};

TEST_F(IntakeTest, JavascriptGoesStraightToTheScheduler) {
  Submit(1, v1::SOURCE_KIND_SCRIPT);
  EXPECT_THAT(transpiler_.waiting, IsEmpty());
  EXPECT_EQ(scheduler_->running(), 1u);
}

TEST_F(IntakeTest, TypescriptGoesOnAsJavascriptWithItsMap) {
  TestCall& call = Submit(1);
  EXPECT_EQ(scheduler_->running(), 0u);
  EXPECT_EQ(intake_->transpiling(), 1u);
  const v1::CallFunctionRequest& transpile = transpiler_.waiting.at(1)->request().call();
  EXPECT_THAT(transpile.DebugString(), HasSubstr("let x: number"));
  EXPECT_EQ(transpile.tenant(), "t");
  EXPECT_EQ(ToDuration(transpile.limits().wall_time()), milliseconds(1000));
  EXPECT_EQ(transpiler_.waiting.at(1)->isolation(), v1::ISOLATION_PRISTINE);

  Answer(1, Done("let x"));
  const internal::WorkerRequest& sent = host_.request(1);
  EXPECT_EQ(sent.eval().source(), "let x");
  EXPECT_EQ(sent.eval().source_kind(), v1::SOURCE_KIND_SCRIPT);
  EXPECT_EQ(sent.source_maps().at("eval.ts"), "{map}");
  // What the transpiling took is gone.
  EXPECT_EQ(ToDuration(sent.eval().limits().wall_time()), milliseconds(900));
  EXPECT_EQ(ToDuration(sent.eval().limits().cpu_time()), milliseconds(700));
  EXPECT_GT(call.bytes(), 20u);
  EXPECT_NE(call.bytes(), 100u);
  host_.Reply(1);
  EXPECT_THAT(call.outcomes, ElementsAre("1"));
}

TEST_F(IntakeTest, WhatImportsOrExportsIsAModule) {
  Submit(1);
  Answer(1, Done("export {}", true));
  EXPECT_EQ(host_.request(1).eval().source_kind(), v1::SOURCE_KIND_MODULE);
}

TEST_F(IntakeTest, ModulesOfARequestAreTranspiledToo) {
  prepare_ = [](v1::EvalRequest& eval) {
    (*eval.mutable_modules())["typed"].set_type(v1::ModuleSource::TYPESCRIPT);
    (*eval.mutable_modules())["typed"].set_text("export const y: number = 1");
    (*eval.mutable_modules())["plain"].set_text("export const z = 1");
  };
  Submit(1, v1::SOURCE_KIND_MODULE);
  Answer(1, Done("export const y = 1", true));
  const internal::WorkerRequest& sent = host_.request(1);
  EXPECT_EQ(sent.eval().source(), "let x: number");
  EXPECT_EQ(sent.eval().modules().at("typed").text(), "export const y = 1");
  EXPECT_EQ(sent.eval().modules().at("typed").type(), v1::ModuleSource::JAVASCRIPT);
  EXPECT_EQ(sent.eval().modules().at("plain").text(), "export const z = 1");
  EXPECT_EQ(sent.source_maps_size(), 1);
  EXPECT_EQ(sent.source_maps().at("typed"), "{map}");
}

TEST_F(IntakeTest, WhatIsNoTypescriptIsAnsweredWithItsException) {
  TestCall& call = Submit(1);
  Answer(1, R"([{"error":{"name":"SyntaxError","message":"no","line":1,"column":1,"sourceLine":""}}])");
  EXPECT_THAT(call.outcomes, ElementsAre("throws no"));
  EXPECT_TRUE(intake_->idle());
}

TEST_F(IntakeTest, NonsenseOfTheTranspilerIsAnInternalFailure) {
  TestCall& call = Submit(1);
  Answer(1, R"([{"code":5}])");
  EXPECT_THAT(call.outcomes, ElementsAre(HasSubstr("INTERNAL: ")));
}

TEST_F(IntakeTest, AFailureSaysWhereItHappened) {
  TestCall& call = Submit(1);
  transpiler_.FailAll({v1::ERROR_REASON_HEAP_LIMIT, "too much"});
  EXPECT_THAT(call.outcomes, ElementsAre("HEAP_LIMIT: while the TypeScript was transpiled: too much"));
}

TEST_F(IntakeTest, MoreJavascriptThanAWorkerTakesIsRefused) {
  TestCall& call = Submit(1);
  Answer(1, Done(std::string(20'000, 'x')));
  EXPECT_THAT(call.outcomes, ElementsAre(HasSubstr("SOURCE_LIMIT: ")));
}

TEST_F(IntakeTest, CancellingEndsItWhereverItIs) {
  TestCall& call = Submit(1);
  intake_->Cancel(1);
  EXPECT_THAT(call.outcomes, ElementsAre(HasSubstr("CANCELLED: ")));
  TestCall& other = Submit(2);
  Answer(2, Done("1"));
  intake_->Cancel(2);
  EXPECT_THAT(other.outcomes, ElementsAre(HasSubstr("CANCELLED: ")));
  intake_->Cancel(2);
}

TEST_F(IntakeTest, OffItIsRefused) {
  transpiler_.is_on = false;
  EXPECT_THAT(Submit(1).outcomes, ElementsAre(HasSubstr("INVALID_REQUEST: source_kind: ")));
  prepare_ = [](v1::EvalRequest& eval) {
    (*eval.mutable_modules())["typed"].set_type(v1::ModuleSource::TYPESCRIPT);
  };
  EXPECT_THAT(Submit(2, v1::SOURCE_KIND_SCRIPT).outcomes,
              ElementsAre(HasSubstr("INVALID_REQUEST: modules: ")));
}

TEST_F(IntakeTest, WhatWasLetInIsDrained) {
  int idle = 0;
  TestCall& call = Submit(1);
  scheduler_->SetAdmission(Scheduler::Admission::kDraining);
  EXPECT_THAT(Submit(2).outcomes, ElementsAre(HasSubstr("DRAINING: ")));
  intake_->SetIdleHook([&] { ++idle; });
  Answer(1, Done("1"));
  EXPECT_EQ(idle, 0);
  host_.Reply(1);
  EXPECT_THAT(call.outcomes, ElementsAre("1"));
  EXPECT_EQ(idle, 1);
}

TEST_F(IntakeTest, WhatEndsInTheTranspilerMakesItIdleToo) {
  int idle = 0;
  Submit(1);
  intake_->SetIdleHook([&] { ++idle; });
  intake_->FailAll({v1::ERROR_REASON_DRAINING, "over"});
  EXPECT_EQ(idle, 1);
}

}  // namespace
}  // namespace evald
