#include "daemon/admin/admin_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "daemon/admin/admin_events.h"
#include "daemon/admin/testing/fake_admin_reply.h"

namespace evald {
namespace {

namespace http = boost::beast::http;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class FakeDaemon final : public StatusSource,
                         public Drainable,
                         public LiveStatusSource,
                         public SnapshotChanges {
 public:
  Phase phase() const override { return now; }
  void FillStatus(v1::GetSnapshotResponse& response) const override { response.mutable_pool()->set_idle(5); }
  void FillSnapshots(v1::ListSnapshotsResponse& response) const override {
    response.add_snapshots()->set_generation(7);
  }
  void FillWorkers(size_t, google::protobuf::RepeatedPtrField<v1::WorkerStatus>&) const override {}
  std::map<std::string, uint64_t> Kills() const override { return {}; }
  void StartLameDuck() override { now = Phase::kDraining; }
  void FillLive(v1::LiveStatus& status) override {
    ++filled;
    status.set_daemon_bytes(filled);
  }
  void FillChange(v1::SnapshotChange&) const override {}

  std::unique_ptr<Subscription> Regenerate(bool force, const std::string& trigger, Sink sink) override {
    asked.push_back((force ? "force " : "regenerate ") + trigger);
    return Hear(std::move(sink));
  }
  std::unique_ptr<Subscription> Rollback(uint64_t generation, const std::string& trigger,
                                         Sink sink) override {
    asked.push_back("rollback " + std::to_string(generation) + " " + trigger);
    return Hear(std::move(sink));
  }
  std::unique_ptr<Subscription> Observe(Sink sink) override { return Hear(std::move(sink)); }

  void Tell(const v1::SnapshotProgress& progress) {
    for (Sink* sink : std::vector<Sink*>(sinks)) (*sink)(progress);
  }
  void TellLog(const std::string& line) {
    v1::SnapshotProgress progress;
    progress.set_log(line);
    Tell(progress);
  }
  void End(v1::SnapshotOutcome::Result result, v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED) {
    v1::SnapshotProgress progress;
    progress.mutable_outcome()->set_result(result);
    progress.mutable_outcome()->set_reason(reason);
    Tell(progress);
  }

  Phase now = Phase::kReady;
  size_t filled = 0;
  std::vector<std::string> asked;
  std::vector<Sink*> sinks;

 private:
  struct Heard final : Subscription {
    Heard(FakeDaemon* daemon, Sink sink) : daemon(daemon), sink(std::move(sink)) {
      daemon->sinks.push_back(&this->sink);
    }
    ~Heard() override { std::erase(daemon->sinks, &sink); }
    FakeDaemon* const daemon;
    Sink sink;
  };
  std::unique_ptr<Subscription> Hear(Sink sink) { return std::make_unique<Heard>(this, std::move(sink)); }
};

class AdminRoutesTest : public testing::Test {
 protected:
  AdminRoutesTest() {
    AddStatusRoutes(&daemon_, router_);
    AddDrainRoute(&daemon_, router_);
    AddSnapshotRoutes(&daemon_, router_);
    AddEventsRoute(&daemon_, &timers_, router_);
  }
  FakeAdminExchange Get(const std::string& target) {
    return FakeAdminExchange(router_, http::verb::get, target);
  }
  FakeAdminExchange Post(const std::string& target, const std::string& body = "",
                         const std::string& accept = "") {
    return FakeAdminExchange(router_, http::verb::post, target, body, accept);
  }
  void Pass(Duration by) {
    clock_.Advance(by);
    timers_.RunDue();
  }
  // The status of a regeneration that ends like this.
  unsigned StatusOf(v1::SnapshotOutcome::Result result,
                    v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED) {
    const FakeAdminExchange exchange = Post("/v1/snapshots:regenerate");
    daemon_.End(result, reason);
    EXPECT_THAT(exchange.body(),
                HasSubstr("\"result\":\"" + v1::SnapshotOutcome::Result_Name(result) + "\""));
    return exchange.status();
  }

  FakeClock clock_;
  TimerQueue timers_{&clock_};
  FakeDaemon daemon_;
  AdminRouter router_;
};

TEST_F(AdminRoutesTest, TellsBootingReadyAndDrainingApart) {
  EXPECT_EQ(Get("/readyz").status(), 200u);
  daemon_.now = Phase::kBooting;
  EXPECT_EQ(Get("/readyz").status(), 503u);
  EXPECT_EQ(Get("/readyz").body(), "booting\n");
  daemon_.now = Phase::kDraining;
  EXPECT_EQ(Get("/readyz").status(), 503u);
  EXPECT_EQ(Get("/readyz").body(), "draining\n");
  EXPECT_EQ(Get("/healthz").status(), 200u);
}

TEST_F(AdminRoutesTest, TheStatusIsJsonWithStableNames) {
  EXPECT_THAT(Get("/v1/status").body(), StartsWith(R"({"phase":"ready",)"));
  EXPECT_THAT(Get("/v1/status").body(), HasSubstr(R"("idle":"5")"));
  EXPECT_THAT(Get("/v1/status").body(), HasSubstr(R"("max_workers":"0")")) << "what is not set is there too";
  EXPECT_THAT(Get("/v1/snapshots").body(), HasSubstr(R"("generation":"7")"));
}

TEST_F(AdminRoutesTest, DrainingIsAskedFor) {
  const FakeAdminExchange exchange = Post("/v1/drain");
  EXPECT_EQ(exchange.status(), 200u);
  EXPECT_EQ(exchange.body(), "{\"phase\":\"draining\"}\n");
  EXPECT_EQ(daemon_.now, Phase::kDraining);
  EXPECT_EQ(Post("/v1/drain", R"({"after":5})").status(), 400u);
}

TEST_F(AdminRoutesTest, WhatChangesSomethingNeedsTheToken) {
  AdminResponse refusal;
  for (const char* path : {"/v1/drain", "/v1/snapshots:regenerate", "/v1/snapshots:rollback"}) {
    EXPECT_TRUE(router_.Find(http::verb::post, path, refusal)->needs_token) << path;
  }
}

TEST_F(AdminRoutesTest, ARegenerationIsAnsweredWithItsOutcome) {
  const FakeAdminExchange exchange = Post("/v1/snapshots:regenerate", R"({"force":true})");
  EXPECT_THAT(daemon_.asked, ElementsAre("force HTTP"));
  daemon_.TellLog("building");
  EXPECT_FALSE(exchange.reply.begun);
  daemon_.End(v1::SnapshotOutcome::SWAPPED);
  EXPECT_EQ(exchange.status(), 200u);
  EXPECT_THAT(exchange.body(), HasSubstr(R"("result":"SWAPPED")"));
}

TEST_F(AdminRoutesTest, ABodyMayBeLeftOut) {
  Post("/v1/snapshots:regenerate");
  Post("/v1/snapshots:rollback");
  Post("/v1/snapshots:rollback", R"({"generation":"4"})");
  EXPECT_THAT(daemon_.asked, ElementsAre("regenerate HTTP", "rollback 0 HTTP", "rollback 4 HTTP"));
}

TEST_F(AdminRoutesTest, AFieldThatThereIsNotIsNamed) {
  const FakeAdminExchange exchange = Post("/v1/snapshots:regenerate", R"({"farce":true})");
  EXPECT_EQ(exchange.status(), 400u);
  EXPECT_THAT(exchange.body(), HasSubstr("farce"));
  EXPECT_THAT(exchange.body(), HasSubstr(R"("reason":"INVALID_REQUEST")"));
  EXPECT_EQ(Post("/v1/snapshots:rollback", "{").status(), 400u);
  EXPECT_EQ(Post("/v1/snapshots:rollback", R"({"generation":-1})").status(), 400u);
  EXPECT_THAT(daemon_.asked, IsEmpty());
}

TEST_F(AdminRoutesTest, EachOutcomeHasItsStatus) {
  EXPECT_EQ(StatusOf(v1::SnapshotOutcome::UNCHANGED), 200u);
  EXPECT_EQ(StatusOf(v1::SnapshotOutcome::APPLIED), 200u);
  EXPECT_EQ(StatusOf(v1::SnapshotOutcome::SWAPPED), 200u);
  EXPECT_EQ(StatusOf(v1::SnapshotOutcome::SUPERSEDED, v1::ERROR_REASON_SNAPSHOT_SUPERSEDED), 409u);
  EXPECT_EQ(StatusOf(v1::SnapshotOutcome::FAILED, v1::ERROR_REASON_SNAPSHOT_FAILED), 422u);
  EXPECT_EQ(StatusOf(v1::SnapshotOutcome::FAILED, v1::ERROR_REASON_SNAPSHOT_NOT_FOUND), 404u);
  EXPECT_EQ(StatusOf(v1::SnapshotOutcome::FAILED, v1::ERROR_REASON_NOT_READY), 503u);
  EXPECT_EQ(StatusOf(v1::SnapshotOutcome::FAILED, v1::ERROR_REASON_DRAINING), 503u);
}

TEST_F(AdminRoutesTest, WhoAcceptsEventsHearsEachStage) {
  const FakeAdminExchange exchange = Post("/v1/snapshots:rollback", "{}", "text/event-stream");
  EXPECT_TRUE(exchange.reply.begun);
  EXPECT_EQ(exchange.reply.answer.content_type, "text/event-stream");
  daemon_.TellLog("first\nsecond");
  EXPECT_EQ(exchange.body(), "data: {\"log\":\"first\\nsecond\"}\n\n");
  EXPECT_FALSE(exchange.reply.ended);
  daemon_.End(v1::SnapshotOutcome::FAILED, v1::ERROR_REASON_SNAPSHOT_FAILED);
  EXPECT_THAT(exchange.body(), HasSubstr("\n\ndata: {\"outcome\":{\"result\":\"FAILED\""));
  EXPECT_EQ(exchange.status(), 200u);
  EXPECT_TRUE(exchange.reply.ended);
}

TEST_F(AdminRoutesTest, WhoIsGoneHearsNoMore) {
  FakeAdminExchange exchange = Post("/v1/snapshots:regenerate");
  EXPECT_EQ(daemon_.sinks.size(), 1u);
  exchange.task.reset();
  EXPECT_THAT(daemon_.sinks, IsEmpty());
}

TEST_F(AdminRoutesTest, EventsComeAtOnceAndThenAfterEachInterval) {
  const FakeAdminExchange exchange = Get("/v1/events?interval_ms=500");
  EXPECT_EQ(exchange.reply.answer.content_type, "text/event-stream");
  EXPECT_THAT(exchange.body(), StartsWith("data: {"));
  EXPECT_EQ(daemon_.filled, 1u);
  Pass(milliseconds(499));
  EXPECT_EQ(daemon_.filled, 1u);
  Pass(milliseconds(1));
  EXPECT_EQ(daemon_.filled, 2u);
  EXPECT_THAT(exchange.body(), HasSubstr(R"("daemon_bytes":"2")"));
}

TEST_F(AdminRoutesTest, EventsAreTakenOnceForAllWhoWantThem) {
  const FakeAdminExchange first = Get("/v1/events");
  const FakeAdminExchange second = Get("/v1/events");
  EXPECT_EQ(first.reply.last_piece, second.reply.last_piece);
  Pass(milliseconds(300));
  const FakeAdminExchange late = Get("/v1/events");
  EXPECT_EQ(daemon_.filled, 2u) << "300 ms is too old";
  Pass(milliseconds(700));
  EXPECT_EQ(daemon_.filled, 3u);
  EXPECT_EQ(first.reply.last_piece, second.reply.last_piece);
  EXPECT_EQ(first.reply.last_piece, late.reply.last_piece) << "intervals are aligned";
}

TEST_F(AdminRoutesTest, ASubscriberThatHasNotReadMissesAnEvent) {
  FakeAdminExchange exchange = Get("/v1/events");
  exchange.reply.unread = 10;
  Pass(milliseconds(1000));
  EXPECT_EQ(daemon_.filled, 1u);
  exchange.reply.unread = 0;
  Pass(milliseconds(1000));
  EXPECT_EQ(daemon_.filled, 2u);
  exchange.task.reset();
  Pass(milliseconds(1000));
  EXPECT_EQ(daemon_.filled, 2u) << "nobody is there";
}

TEST_F(AdminRoutesTest, IntervalsAreBounded) {
  for (const char* query : {"interval_ms=200", "interval_ms=60000", "x=1&interval_ms=1000", "x"}) {
    EXPECT_EQ(Get(std::string("/v1/events?") + query).status(), 200u) << query;
  }
  for (const char* query : {"interval_ms=199", "interval_ms=60001", "interval_ms=", "interval_ms",
                            "interval_ms=-5", "interval_ms=1e3", "interval_ms=99999999999999999999"}) {
    EXPECT_EQ(Get(std::string("/v1/events?") + query).status(), 400u) << query;
  }
}

TEST_F(AdminRoutesTest, SubscribersAreCounted) {
  std::list<FakeAdminExchange> subscribers;
  for (int i = 0; i < 64; ++i) subscribers.emplace_back(router_, http::verb::get, "/v1/events");
  EXPECT_EQ(Get("/v1/events").status(), 503u);
  subscribers.pop_front();
  EXPECT_EQ(Get("/v1/events").status(), 200u);
}

}  // namespace
}  // namespace evald
