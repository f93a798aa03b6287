#include "daemon/admin/admin_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/admin/testing/fake_admin_reply.h"
#include "daemon/typescript/testing/fake_transpiler.h"
#include "daemon/workers/testing/fake_worker_host.h"

namespace evald {
namespace {

namespace http = boost::beast::http;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr size_t kMaxRequestBytes = 4 << 20;
constexpr size_t kMaxQueueBytes = 1 << 20;

LimitBounds Bounds() {
  LimitBounds bounds;
  bounds.defaults.mutable_wall_time()->set_seconds(5);
  bounds.defaults.mutable_cpu_time()->set_seconds(5);
  bounds.defaults.set_heap_bytes(1000);
  bounds.defaults.set_source_bytes(1 << 20);
  bounds.ceilings = bounds.defaults;
  return bounds;
}

class Ends final : public RequestObserver {
 public:
  void OnFinished(const FinishedRequest& request) override { reasons.push_back(ReasonName(request.reason)); }
  std::vector<std::string> reasons;
};

class AdminScriptsTest : public testing::Test {
 protected:
  AdminScriptsTest() {
    host_.SetEvents(&pool_);
    pool_.Open(true);
    host_.ReadyAll();
    scheduler_.SetAdmission(Scheduler::Admission::kOpen);
    router_.emplace();
    AddScriptRoutes({.tenants = &tenants_,
                     .loop = &loop_,
                     .intake = &intake_,
                     .request_ids = &request_ids_,
                     .observer = &observer_,
                     .load = load_,
                     .max_request_bytes = kMaxRequestBytes,
                     .max_queue_bytes = kMaxQueueBytes},
                    *router_);
  }
  ~AdminScriptsTest() override { scheduler_.FailAll({v1::ERROR_REASON_DRAINING, "the test is over"}); }

  FakeAdminExchange Post(const std::string& target, const std::string& body) {
    return FakeAdminExchange(*router_, http::verb::post, target, body);
  }
  FakeAdminExchange Eval(const std::string& body) { return Post("/v1/eval", body); }

  // Runs the loop until `done`: what happens beside it takes a moment.
  template <typename Condition>
  bool Until(Condition done) {
    for (int turns = 0; turns < 10'000 && !done(); ++turns) {
      loop_.io().restart();
      loop_.io().run_one_for(std::chrono::milliseconds(1));
    }
    return done();
  }
  void Reply(const internal::WorkerReply& reply) {
    internal::WorkerReply copy = reply;
    copy.set_request_id(host_.request(1).request_id());
    pool_.OnWorkerReply(1, copy);
  }
  // The answer to a request whose worker ends it like this.
  FakeAdminExchange Fault(v1::ErrorReason reason) {
    FakeAdminExchange exchange = Eval(R"({"source":"1"})");
    internal::WorkerReply reply;
    reply.mutable_fault()->set_reason(reason);
    reply.mutable_fault()->set_message("say \"why\"");
    reply.mutable_fault()->set_limit(5);
    reply.mutable_fault()->set_reached(6);
    reply.mutable_fault()->set_stack("at f\nat g");
    Reply(reply);
    host_.Ready(1, v1::ISOLATE_ORIGIN_REWOUND);
    return exchange;
  }

  Loop loop_;
  FakeWorkerHost host_;
  TenantsInForce tenants_{
      std::make_shared<const Tenants>(TenantRules{Bounds(), /*max_queue=*/200, /*max_running=*/1})};
  Pool pool_{{.min_idle = 1, .max_workers = 1}, &host_, &loop_.timers()};
  Scheduler scheduler_{{}, tenants_.Get(), &pool_, &loop_.timers()};
  FakeTranspiler transpiler_;
  Intake intake_{&scheduler_, &transpiler_, 1 << 20};
  RequestIds request_ids_;
  Ends observer_;
  const std::shared_ptr<ScriptLoad> load_ = std::make_shared<ScriptLoad>();
  std::optional<AdminRouter> router_;
};

TEST_F(AdminScriptsTest, ARequestIsTheMessageAsJson) {
  const FakeAdminExchange exchange = Eval(
      R"({"source":"x","source_kind":"SOURCE_KIND_MODULE","globals":{"x":{"json":"1"}},"limits":{"wall_time":"1.5s"}})");
  const v1::EvalRequest& eval = host_.request(1).eval();
  EXPECT_EQ(eval.source(), "x");
  EXPECT_EQ(eval.source_kind(), v1::SOURCE_KIND_MODULE);
  EXPECT_EQ(eval.globals().at("x").json(), "1");
  EXPECT_EQ(eval.limits().wall_time().seconds(), 1);
  EXPECT_EQ(eval.limits().heap_bytes(), 1000u) << "defaults are filled in";
  EXPECT_FALSE(exchange.reply.begun);
}

TEST_F(AdminScriptsTest, AnAnswerIsTheMessageAsJson) {
  const FakeAdminExchange exchange = Eval(R"({"source":"1"})");
  internal::WorkerReply reply;
  reply.mutable_value()->set_json("[1]");
  reply.add_console()->set_text("said");
  Reply(reply);
  EXPECT_EQ(exchange.status(), 200u);
  EXPECT_THAT(exchange.body(), StartsWith(R"({"value":{"json":"[1]"},"console":[{)"));
  EXPECT_THAT(exchange.body(), HasSubstr(R"("console_truncated":false)"));
  EXPECT_THAT(exchange.body(), HasSubstr(R"("worker_id":"1")"));
}

TEST_F(AdminScriptsTest, AnExceptionIsAnAnswer) {
  const FakeAdminExchange exchange = Eval(R"({"source":"throw 1"})");
  internal::WorkerReply reply;
  reply.mutable_exception()->set_name("Uncaught");
  Reply(reply);
  EXPECT_EQ(exchange.status(), 200u);
  EXPECT_THAT(exchange.body(), StartsWith(R"({"exception":{"name":"Uncaught",)"));
}

TEST_F(AdminScriptsTest, ARequestIsNamedAsItsTraceIs) {
  AdminRequest request(http::verb::post, "/v1/eval", 11);
  request.set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  AdminResponse refusal;
  FakeAdminReply reply;
  router_->Find(http::verb::post, "/v1/eval", refusal)->handler(request, reply);
  EXPECT_THAT(reply.answer.headers,
              ElementsAre(std::pair("evald-request-id", "0af7651916cd43dd8448eb211c80319c")));
}

TEST_F(AdminScriptsTest, FunctionsAreCalledToo) {
  const FakeAdminExchange exchange = Post("/v1/call", R"({"function":"f.g","args":[{"json":"1"}]})");
  EXPECT_EQ(host_.request(1).call().function(), "f.g");
  internal::WorkerReply reply;
  reply.mutable_value()->set_json("2");
  Reply(reply);
  EXPECT_THAT(exchange.body(), StartsWith(R"({"value":{"json":"2"})"));
}

TEST_F(AdminScriptsTest, WhatCannotBeReadOrIsNotValidIsRefused) {
  const std::pair<const char*, const char*> bodies[] = {
      {"", "JSON"},
      {"{", "JSON"},
      {"[]", "JSON"},
      {R"({"source":"1","sauce":2})", "sauce"},
      {R"({"source":"1","limits":{"wall_time":"soon"}})", "wall_time"},
      {R"({"source":"1","limits":{"heap":"1"}})", "heap"},
      {R"({"source":"1","isolation":"NONE"})", "isolation"},
      {R"({})", "source: must not be empty"},
      {R"({"source":"1","limits":{"heap_bytes":2000}})", "limits.heap_bytes"},
  };
  for (const auto& [body, named] : bodies) {
    const FakeAdminExchange exchange = Eval(body);
    EXPECT_EQ(exchange.status(), 400u) << body;
    EXPECT_THAT(exchange.body(), StartsWith(R"({"reason":"INVALID_REQUEST","message":")")) << body;
    EXPECT_THAT(exchange.body(), HasSubstr(named)) << body;
  }
  EXPECT_EQ(host_.request(1).request_id(), 0u) << "nothing was run";
}

TEST_F(AdminScriptsTest, AFailureIsJsonForPrograms) {
  const FakeAdminExchange exchange = Fault(v1::ERROR_REASON_WALL_TIME_LIMIT);
  EXPECT_EQ(exchange.status(), 504u);
  EXPECT_EQ(exchange.reply.answer.content_type, "application/json");
  EXPECT_EQ(
      exchange.body(),
      R"({"reason":"WALL_TIME_LIMIT","message":"say \"why\"","limit":"5","reached":"6","stack":"at f\nat g"})"
      "\n");
}

TEST_F(AdminScriptsTest, EachReasonHasItsStatus) {
  EXPECT_EQ(Fault(v1::ERROR_REASON_FUNCTION_NOT_FOUND).status(), 404u);
  EXPECT_EQ(Fault(v1::ERROR_REASON_MODULE_NOT_FOUND).status(), 404u);
  EXPECT_EQ(Fault(v1::ERROR_REASON_CPU_TIME_LIMIT).status(), 504u);
  EXPECT_EQ(Fault(v1::ERROR_REASON_HEAP_LIMIT).status(), 429u);
  EXPECT_EQ(Fault(v1::ERROR_REASON_MEMORY_LIMIT).status(), 429u);
  EXPECT_EQ(Fault(v1::ERROR_REASON_OUTPUT_LIMIT).status(), 429u);
  EXPECT_EQ(Fault(v1::ERROR_REASON_RESULT_DEPTH_LIMIT).status(), 429u);
  EXPECT_EQ(Fault(v1::ERROR_REASON_INTERNAL).status(), 500u);
  EXPECT_EQ(Fault(v1::ERROR_REASON_WORKER_CRASHED).status(), 500u);
  EXPECT_EQ(Fault(v1::ERROR_REASON_SANDBOX_VIOLATION).status(), 500u);
  EXPECT_EQ(Fault(v1::ERROR_REASON_WORKER_LOST).status(), 503u);
}

TEST_F(AdminScriptsTest, AdmissionIsTheSchedulers) {
  scheduler_.SetAdmission(Scheduler::Admission::kNotReady);
  EXPECT_EQ(Eval(R"({"source":"1"})").status(), 503u);
  EXPECT_THAT(Eval(R"({"source":"1"})").body(), HasSubstr("NOT_READY"));
  scheduler_.SetAdmission(Scheduler::Admission::kDraining);
  EXPECT_THAT(Eval(R"({"source":"1"})").body(), HasSubstr("DRAINING"));
}

TEST_F(AdminScriptsTest, AClientThatGoesAwayCancelsItsScript) {
  FakeAdminExchange running = Eval(R"({"source":"1"})");
  FakeAdminExchange waiting = Eval(R"({"source":"2"})");
  EXPECT_EQ(scheduler_.running(), 1u);
  EXPECT_EQ(scheduler_.waiting(), 1u);
  waiting.task.reset();
  EXPECT_EQ(scheduler_.waiting(), 0u);
  EXPECT_THAT(host_.killed, IsEmpty());
  running.task.reset();
  EXPECT_THAT(observer_.reasons, ElementsAre("CANCELLED", "CANCELLED"));
  EXPECT_EQ(scheduler_.running(), 0u);
  EXPECT_THAT(host_.killed, ElementsAre(1u));
  EXPECT_FALSE(running.reply.begun);
}

TEST_F(AdminScriptsTest, ALongBodyIsReadBesideTheLoop) {
  const std::string source(500'000, ' ');
  const FakeAdminExchange exchange = Eval("{\"source\":\"" + source + "\"}");
  EXPECT_EQ(host_.request(1).request_id(), 0u) << "not yet";
  ASSERT_TRUE(Until([&] { return host_.request(1).request_id() != 0; }));
  EXPECT_EQ(host_.request(1).eval().source(), source);

  internal::WorkerReply reply;
  reply.mutable_value()->set_json("\"" + source + "\"");
  Reply(reply);
  EXPECT_FALSE(exchange.reply.begun) << "nor is a long answer written here";
  ASSERT_TRUE(Until([&] { return exchange.reply.ended; }));
  EXPECT_EQ(exchange.status(), 200u);
  EXPECT_GT(exchange.body().size(), source.size());
}

TEST_F(AdminScriptsTest, TooLongASourceIsRefused) {
  const FakeAdminExchange exchange = Eval("{\"source\":\"" + std::string(2 << 20, ' ') + "\"}");
  ASSERT_TRUE(Until([&] { return exchange.reply.ended; }));
  EXPECT_EQ(exchange.status(), 413u);
  EXPECT_THAT(exchange.body(), HasSubstr(R"("limit":"1048576","reached":"2097152")"));
}

TEST_F(AdminScriptsTest, WhoGoesWhileALongBodyIsReadIsForgotten) {
  {
    FakeAdminExchange exchange = Eval("{\"source\":\"" + std::string(500'000, ' ') + "\"}");
    exchange.task.reset();
  }
  // The second one is read after the first.
  const FakeAdminExchange second = Eval("{\"source\":\"" + std::string(500'000, 'x') + "\"}");
  ASSERT_TRUE(Until([&] { return host_.request(1).request_id() != 0; }));
  EXPECT_EQ(host_.request(1).eval().source()[0], 'x');
  EXPECT_EQ(scheduler_.waiting(), 0u);
}

TEST_F(AdminScriptsTest, TheRoutesMayGoWhileALongBodyIsRead) {
  {
    FakeAdminExchange exchange = Eval("{\"source\":\"" + std::string(500'000, ' ') + "\"}");
    exchange.task.reset();
  }
  router_.reset();
  loop_.io().restart();
  loop_.io().poll();
  EXPECT_EQ(scheduler_.running() + scheduler_.waiting(), 0u);
}

TEST_F(AdminScriptsTest, RequestsAtOnceAreCounted) {
  std::list<FakeAdminExchange> exchanges;
  for (int i = 0; i < 128; ++i)
    exchanges.emplace_back(*router_, http::verb::post, "/v1/eval", R"({"source":"1"})");
  EXPECT_EQ(Eval(R"({"source":"1"})").status(), 429u);
  EXPECT_THAT(observer_.reasons, ElementsAre("QUEUE_FULL"));
  exchanges.pop_back();
  EXPECT_FALSE(Eval(R"({"source":"1"})").reply.begun);
}

TEST_F(AdminScriptsTest, WhatWaitsToBeReadIsBoundedThoughItsClientsHaveGone) {
  const std::string body = "{\"source\":\"" + std::string(500'000, ' ') + "\"}";
  // What the loop has not been told of yet still counts.
  for (int i = 0; i < 2; ++i) {
    FakeAdminExchange exchange = Eval(body);
    exchange.task.reset();
    EXPECT_FALSE(exchange.reply.begun);
  }
  EXPECT_EQ(load_->requests(), 2u);
  EXPECT_EQ(load_->bytes(), 2 * body.size());
  const FakeAdminExchange refused = Eval(body);
  EXPECT_EQ(refused.status(), 429u);
  EXPECT_THAT(refused.body(), AllOf(HasSubstr("QUEUE_FULL"), HasSubstr("admission.max_queue_bytes")));
  EXPECT_FALSE(Eval(R"({"source":"1"})").reply.begun) << "short ones do not wait there";
  ASSERT_TRUE(Until([&] { return load_->bytes() == 0; }));
  EXPECT_FALSE(Eval(body).reply.begun);
}

TEST_F(AdminScriptsTest, ALongAnswerCountsUntilItIsWritten) {
  const FakeAdminExchange exchange = Eval(R"({"source":"1"})");
  internal::WorkerReply reply;
  reply.mutable_value()->set_json("\"" + std::string(500'000, 'x') + "\"");
  Reply(reply);
  EXPECT_GT(load_->bytes(), 500'000u);
  ASSERT_TRUE(Until([&] { return exchange.reply.ended; }));
  EXPECT_EQ(load_->bytes(), 0u);
}

TEST_F(AdminScriptsTest, ADrainWaitsUntilTheAnswersHaveLeft) {
  FakeAdminExchange exchange = Eval(R"({"source":"1"})");
  bool drained = false;
  load_->Drain([&] { drained = true; });
  internal::WorkerReply reply;
  reply.mutable_value()->set_json("\"" + std::string(500'000, 'x') + "\"");
  Reply(reply);
  FakeAdminExchange later = Eval("{}");
  ASSERT_TRUE(Until([&] { return exchange.reply.ended; }));
  EXPECT_FALSE(drained) << "it is still being sent";
  exchange.task.reset();
  EXPECT_TRUE(drained) << "who came later is not waited for";
}

TEST_F(AdminScriptsTest, BodiesAreBoundedByTheConfiguration) {
  AdminResponse refusal;
  const AdminRoute* route = router_->Find(http::verb::post, "/v1/eval", refusal);
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->max_body_bytes, kMaxRequestBytes);
  EXPECT_FALSE(route->needs_token);
  EXPECT_FALSE(route->harmless);
}

}  // namespace
}  // namespace evald
