// The admin endpoint of a real daemon: scripts over HTTP, who may ask for what, and how it goes away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/http.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr size_t kMaxRequestBytes = 4 << 20;

HttpAnswer Get(const Daemon& daemon, const std::string& target) {
  return Ask(daemon.admin_address(), {.target = target});
}

HttpAnswer Post(const Daemon& daemon, const std::string& target, const std::string& body,
                const std::string& headers = "") {
  return Ask(daemon.admin_address(), {.method = "POST", .target = target, .headers = headers, .body = body});
}

std::string Authorization(const Daemon& daemon) {
  std::string token = ReadFile(daemon.data_dir() + "/admin-token");
  while (!token.empty() && token.back() == '\n') token.pop_back();
  return "Authorization: Bearer " + token + "\r\n";
}

// Workers that run something just now.
uint64_t Busy(Daemon& daemon) {
  const auto status = daemon.client().GetSnapshot({.timeout = kPatience});
  EXPECT_TRUE(status.ok()) << status.status();
  return status.ok() ? status->pool().busy() : 0;
}

constexpr char kEndless[] = R"({"source":"for(;;);","limits":{"wall_time":"59s","cpu_time":"59s"}})";

class AdminTest : public SharedDaemonTest<AdminTest> {
 public:
  static DaemonOptions Options() {
    return {.config = "max_request_bytes: " + std::to_string(kMaxRequestBytes) +
                      " modules { specifier: 'm' source: 'export const twice = x => 2 * x' }"};
  }

 protected:
  static HttpAnswer Eval(const std::string& body) { return Post(daemon(), "/v1/eval", body); }
};

TEST_F(AdminTest, TheDaemonTellsHowItIs) {
  EXPECT_EQ(Get(daemon(), "/healthz").body, "ok\n");
  EXPECT_EQ(Get(daemon(), "/readyz").body, "ready\n");
  EXPECT_THAT(Get(daemon(), "/v1/status").body,
              AllOf(StartsWith(R"({"phase":"ready",)"), HasSubstr("\"generation\":\"1\"")));
  EXPECT_THAT(
      Get(daemon(), "/v1/snapshots").body,
      AllOf(StartsWith(R"({"snapshots":[{"generation":"1","fingerprint":")"), HasSubstr("\"serving\":true")));
}

TEST_F(AdminTest, ScriptsRunOverHttp) {
  HttpAnswer answer = Eval(R"({"source":"console.log('hi'); [1,2,3].map(x => x * x);"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.head, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(answer.head, HasSubstr("evald-request-id: "));
  EXPECT_THAT(answer.body,
              StartsWith(R"({"value":{"json":"[1,4,9]"},"console":[{"level":"LEVEL_LOG","text":"hi"}])"));
  EXPECT_THAT(answer.body, HasSubstr(R"("isolate_origin":"ISOLATE_ORIGIN_)"));
  answer = Eval(R"({"source":"greeting + ' ' + b.length",
                    "globals":{"greeting":{"json":"\"hello\""},"b":{"bytes":"AAEC"}}})");
  EXPECT_THAT(answer.body, StartsWith(R"({"value":{"json":"\"hello 3\""})"));
  answer = Post(daemon(), "/v1/call", R"({"module":"m","function":"twice","args":[{"json":"21"}]})");
  EXPECT_THAT(answer.body, StartsWith(R"({"value":{"json":"42"})"));
}

TEST_F(AdminTest, AScriptsExceptionIsAnAnswer) {
  const HttpAnswer answer = Eval(R"({"source":"null.x","resource_name":"a.js"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, AllOf(StartsWith(R"({"exception":{"name":"TypeError",)"),
                                 HasSubstr(R"("resource_name":"a.js","line":1)")));
}

TEST_F(AdminTest, EachFailureHasItsStatusAndItsReason) {
  const struct {
    const char* body;
    int status;
    const char* reason;
  } failures[] = {
      {R"({"source":"for(;;);","limits":{"wall_time":"0.05s"}})", 504, "WALL_TIME_LIMIT"},
      {R"({"source":"for(;;);","limits":{"cpu_time":"0.05s"}})", 504, "CPU_TIME_LIMIT"},
      {R"({"source":"'x'.repeat(1000);","limits":{"output_bytes":"100"}})", 429, "OUTPUT_LIMIT"},
      {R"({"source":"12345678","limits":{"source_bytes":"5"}})", 413, "SOURCE_LIMIT"},
      {R"({"source":"1","limits":{"wall_time":"3600s"}})", 400, "INVALID_REQUEST"},
      {R"({"source":"1","sauce":"2"})", 400, "INVALID_REQUEST"},
      {"not JSON", 400, "INVALID_REQUEST"},
  };
  for (const auto& failure : failures) {
    const HttpAnswer answer = Eval(failure.body);
    EXPECT_EQ(answer.status, failure.status) << failure.body << answer.body;
    EXPECT_THAT(answer.body,
                StartsWith(std::string(R"({"reason":")") + failure.reason + "\",\"message\":\""));
  }
  EXPECT_THAT(Eval(R"({"source":"1","sauce":"2"})").body, HasSubstr("sauce"));
  EXPECT_THAT(Eval(R"({"source":"function f() { for(;;); } f();","limits":{"wall_time":"0.05s"}})").body,
              AllOf(HasSubstr(R"("limit":"50000000")"), HasSubstr("at f (")));
  EXPECT_EQ(Post(daemon(), "/v1/call", R"({"function":"nobody"})").status, 404);
}

TEST_F(AdminTest, AClientThatGoesAwayCancelsItsScript) {
  HttpConnection connection(daemon().admin_address());
  connection.Send(ToBytes({.method = "POST", .target = "/v1/eval", .body = kEndless}));
  ASSERT_TRUE(Eventually([] { return Busy(daemon()) == 1; }));
  connection.Close();
  EXPECT_TRUE(Eventually([] { return Busy(daemon()) == 0; })) << "long before its time limit";
}

TEST_F(AdminTest, ABodyMayBeAsLongAsARequest) {
  const std::string source = "'" + std::string(2'000'000, 'x') + "'.length";
  const HttpAnswer answer = Eval("{\"source\":\"" + source + "\"}");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, StartsWith(R"({"value":{"json":"2000000"})"));
  EXPECT_THAT(Eval(R"({"source":"'x'.repeat(2000000);"})").body.size(), ::testing::Gt(2'000'000u));
  const HttpAnswer refused = Eval("{\"source\":\"" + std::string(kMaxRequestBytes, ' ') + "\"}");
  EXPECT_EQ(refused.status, 413);
  EXPECT_THAT(refused.body, HasSubstr("4194304 bytes"));
  EXPECT_EQ(
      Post(daemon(), "/v1/snapshots:rollback", std::string(70'000, ' '), Authorization(daemon())).status, 413)
      << "elsewhere 64 KiB are plenty";
}

TEST_F(AdminTest, LiveFiguresComeAsEvents) {
  EXPECT_EQ(Eval(R"({"source":"1"})").status, 200);
  HttpConnection connection(daemon().admin_address());
  connection.Send(ToBytes({.target = "/v1/events?interval_ms=200"}));
  EXPECT_THAT(connection.ReadUntil("\n\n"),
              AllOf(HasSubstr("Content-Type: text/event-stream\r\n"),
                    HasSubstr("data: {\"phase\":\"ready\","), HasSubstr(R"("OK":")")));
  EXPECT_TRUE(Eventually([&] {
    const std::string all = connection.ReadMore();
    return all.find("data: {", all.find("data: {") + 1) != std::string::npos;
  })) << "the next one";
}

TEST_F(AdminTest, MethodsArePartOfThePath) {
  const HttpAnswer answer = Get(daemon(), "/v1/eval");
  EXPECT_EQ(answer.status, 405);
  EXPECT_THAT(answer.head, HasSubstr("Allow: POST\r\n"));
  EXPECT_EQ(Get(daemon(), "/v1/nothing").status, 404);
  const HttpAnswer head = Ask(daemon().admin_address(), {.method = "HEAD", .target = "/v1/status"});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
}

TEST_F(AdminTest, BodiesAreJson) {
  EXPECT_EQ(Post(daemon(), "/v1/eval", "", "Content-Length: 2\r\nContent-Type: text/plain\r\n").status, 415);
}

class AdminOnTcpTest : public ::testing::Test {
 protected:
  void Start(const std::string& admin) {
    absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start({.admin = admin});
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
  }
  int StatusWith(const std::string& headers, const std::string& target = "/v1/eval") {
    return Post(*daemon_, target, R"({"source":"1"})", headers).status;
  }

  std::unique_ptr<Daemon> daemon_;
};

TEST_F(AdminOnTcpTest, PagesOfOtherSitesCannotReachIt) {
  Start("127.0.0.1:" + std::to_string(FreePort()));
  const std::string host = daemon_->admin_address();
  EXPECT_EQ(StatusWith("Host: " + host + "\r\n"), 200);
  EXPECT_EQ(StatusWith("Host: " + host + "\r\nOrigin: http://" + host + "\r\n"), 200)
      << "the dashboard's own";
  EXPECT_EQ(StatusWith("Host: " + host + "\r\nOrigin: http://evil.example\r\n"), 403);
  EXPECT_EQ(StatusWith("Host: " + host + "\r\nSec-Fetch-Site: cross-site\r\n"), 403);
  EXPECT_EQ(StatusWith("Host: evil.example\r\n"), 403) << "a name that was made to lead here";
}

TEST_F(AdminOnTcpTest, WhatChangesSomethingNeedsTheToken) {
  Start("127.0.0.1:" + std::to_string(FreePort()));
  for (const char* target : {"/v1/drain", "/v1/snapshots:regenerate", "/v1/snapshots:rollback"}) {
    const HttpAnswer answer = Post(*daemon_, target, "{}");
    EXPECT_EQ(answer.status, 401) << target;
    EXPECT_THAT(answer.head, HasSubstr("WWW-Authenticate: Bearer"));
    EXPECT_THAT(answer.body, HasSubstr(daemon_->data_dir() + "/admin-token"));
    EXPECT_EQ(Post(*daemon_, target, "{}", "Authorization: Bearer 0123456789abcdef\r\n").status, 401)
        << target;
  }
  EXPECT_EQ(Get(*daemon_, "/readyz").status, 200);
}

TEST_F(AdminOnTcpTest, OnANetworkEverythingNeedsTheToken) {
  const std::string port = std::to_string(FreePort());
  Start("0.0.0.0:" + port);
  const std::string address = "127.0.0.1:" + port;
  EXPECT_EQ(Ask(address, {.target = "/healthz"}).status, 401);
  EXPECT_EQ(Ask(address, {.target = "/healthz", .headers = Authorization(*daemon_)}).status, 200);
  EXPECT_EQ(
      Ask(address, {.target = "/healthz", .headers = "Host: evald.example\r\n" + Authorization(*daemon_)})
          .status,
      200);
}

TEST_F(AdminOnTcpTest, ALameDuckServesOnUntilItIsToldToGo) {
  Start("");
  const auto health = [this] {
    const auto health = daemon_->client().CheckHealth({.timeout = kPatience});
    return health.ok() && *health == Client::Health::kServing;
  };
  ASSERT_TRUE(health());
  HttpAnswer answer = Post(*daemon_, "/v1/drain", "", Authorization(*daemon_));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{\"phase\":\"draining\"}\n");
  answer = Get(*daemon_, "/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "draining\n");
  EXPECT_EQ(Get(*daemon_, "/healthz").status, 200);
  EXPECT_FALSE(health());
  EXPECT_EQ(Brief(testing::Eval(daemon_->client(), "6 * 7")), "42") << "requests are served as before";
  EXPECT_EQ(Post(*daemon_, "/v1/eval", R"({"source":"1"})").status, 200);
  EXPECT_EQ(daemon_->Stop(), 0) << daemon_->Log();
}

TEST_F(AdminOnTcpTest, ARequestUnderWayIsAnsweredBeforeTheDaemonGoes) {
  Start("");
  HttpConnection connection(daemon_->admin_address());
  connection.Send(
      ToBytes({.method = "POST",
               .target = "/v1/eval",
               .body = R"({"source":"const end = Date.now() + 3000; while (Date.now() < end); 42"})"}));
  ASSERT_TRUE(Eventually([this] { return Busy(*daemon_) == 1; }));
  daemon_->Signal(SIGTERM);
  EXPECT_TRUE(Eventually([this] { return Get(*daemon_, "/readyz").body == "draining\n"; }));
  EXPECT_EQ(Post(*daemon_, "/v1/eval", R"({"source":"1"})").status, 503) << "a new one comes too late";
  const HttpAnswer answer = connection.ReadAnswer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"("json":"42")"));
  EXPECT_EQ(daemon_->Wait(), 0) << daemon_->Log();
}

TEST_F(AdminOnTcpTest, ALongAnswerHasLeftBeforeTheDaemonGoes) {
  Start("");
  HttpConnection connection(daemon_->admin_address());
  const std::string script = "const end = Date.now() + 1000; while (Date.now() < end); 'x'.repeat(3000000);";
  connection.Send(
      ToBytes({.method = "POST", .target = "/v1/eval", .body = "{\"source\":\"" + script + "\"}"}));
  ASSERT_TRUE(Eventually([this] { return Busy(*daemon_) == 1; }));
  daemon_->Signal(SIGTERM);
  const HttpAnswer answer = connection.ReadAnswer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body.size(), ::testing::Gt(3'000'000u)) << "more than any socket's buffer";
  EXPECT_THAT(answer.body, EndsWith("}\n"));
  EXPECT_EQ(daemon_->Wait(), 0) << daemon_->Log();
}

TEST_F(AdminOnTcpTest, StreamsEndWithTheDaemon) {
  Start("");
  HttpConnection connection(daemon_->admin_address());
  connection.Send(ToBytes({.target = "/v1/events"}));
  connection.ReadUntil("\n\n");
  daemon_->Signal(SIGTERM);
  EXPECT_THAT(connection.ReadAnswer().body, EndsWith("0\r\n\r\n"));
  EXPECT_EQ(daemon_->Wait(), 0) << daemon_->Log();
}

// With a configuration that the test may change.
class AdminSnapshotsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Configure("export const version = () => 'first'");
    absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start({.config_file = config_file_});
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
  }
  ~AdminSnapshotsTest() override { std::filesystem::remove_all(folder_); }

  void Configure(const std::string& module) {
    WriteFile(config_file_, "modules { specifier: 'm' source: \"" + module + "\" }");
  }
  HttpAnswer Change(const std::string& path, const std::string& body = "", const std::string& headers = "") {
    return Post(*daemon_, "/v1/snapshots:" + path, body, Authorization(*daemon_) + headers);
  }
  std::string Version() {
    return Post(*daemon_, "/v1/call", R"({"module":"m","function":"version"})").body.substr(0, 28);
  }

  const std::string folder_ = NewFolder();
  const std::string config_file_ = folder_ + "/own.textproto";
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(AdminSnapshotsTest, WhatIsServedIsReplacedAndTakenBack) {
  EXPECT_THAT(Version(), HasSubstr("first"));
  HttpAnswer answer = Change("regenerate");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, StartsWith(R"({"result":"UNCHANGED","generation":"1")"));
  Configure("export const version = () => 'second'");
  answer = Change("regenerate", "{}");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, AllOf(StartsWith(R"({"result":"SWAPPED","generation":"2")"),
                                 HasSubstr("\"trigger\":\"regenerate (HTTP)\"")));
  EXPECT_THAT(Version(), HasSubstr("second"));
  answer = Change("rollback", R"({"generation":"1"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(Version(), HasSubstr("first"));
  answer = Change("rollback", R"({"generation":"99"})");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, HasSubstr("\"reason\":\"ERROR_REASON_SNAPSHOT_NOT_FOUND\""));
  EXPECT_EQ(Change("rollback", R"({"number":1})").status, 400);
}

TEST_F(AdminSnapshotsTest, AFailureSaysWhereAndWhy) {
  Configure("null.x");
  const HttpAnswer answer = Change("regenerate");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body,
              AllOf(HasSubstr(R"("result":"FAILED")"), HasSubstr(R"("failed_stage":"SNAPSHOT_STAGE_BUILD")"),
                    HasSubstr("TypeError")));
  EXPECT_THAT(Version(), HasSubstr("first"));
}

TEST_F(AdminSnapshotsTest, StagesComeAsEvents) {
  const HttpAnswer answer = Change("regenerate", R"({"force":true})", "Accept: text/event-stream\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.head, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(answer.body, HasSubstr("data: {\"began\":{\"stage\":\"SNAPSHOT_STAGE_CONFIG\""));
  EXPECT_THAT(answer.body, HasSubstr("data: {\"outcome\":{\"result\":\"SWAPPED\""));
  EXPECT_THAT(answer.body, EndsWith("0\r\n\r\n"));
}

TEST_F(AdminSnapshotsTest, WhoLeavesStopsNothing) {
  HttpConnection connection(daemon_->admin_address());
  connection.Send(ToBytes({.method = "POST",
                           .target = "/v1/snapshots:regenerate",
                           .headers = Authorization(*daemon_),
                           .body = R"({"force":true})"}));
  ASSERT_TRUE(Eventually([this] {
    const auto status = daemon_->client().ListSnapshots({.timeout = kPatience});
    return status.ok() && status->snapshots_size() == 2;
  }));
  connection.Close();
  EXPECT_TRUE(Eventually([this] {
    return Get(*daemon_, "/v1/status").body.find(R"("snapshot":{"generation":"2")") != std::string::npos;
  }));
}

}  // namespace
}  // namespace evald::testing
