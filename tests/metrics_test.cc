// What a real daemon tells of itself: to a real Prometheus, to those who watch it live, and to whoever looks
// for one request in its log.
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/support/http.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::ContainsRegex;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kPrometheus[] = "/usr/bin/prometheus";
constexpr char kPromtool[] = "/usr/bin/promtool";

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

// One family of /metrics, or one row of the manual.
struct Family {
  std::string type;
  std::set<std::string> labels;

  bool operator==(const Family&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Family& family) {
  out << family.type << " {";
  for (const std::string& label : family.labels) out << label << " ";
  return out << "}";
}

using Families = std::map<std::string, Family>;

// The family that a sample belongs to: a histogram's have suffixes.
std::string FamilyOf(const std::string& sample, const Families& families) {
  if (families.count(sample) != 0) return sample;
  for (const char* suffix : {"_bucket", "_sum", "_count"}) {
    const std::string base(absl::StripSuffix(sample, suffix));
    const auto found = families.find(base);
    if (base != sample && found != families.end() && found->second.type == "histogram") return base;
  }
  return "";
}

Families FamiliesOf(const std::string& page) {
  Families families;
  for (const std::string& line : Lines(page)) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (absl::StartsWith(line, "# TYPE ")) families[words[2]].type = words[3];
    if (absl::StartsWith(line, "#")) continue;
    const std::string name = line.substr(0, line.find_first_of("{ "));
    const std::string family = FamilyOf(name, families);
    EXPECT_NE(family, "") << line;
    static const std::regex label(R"re((\w+)="(?:[^"\\]|\\.)*")re");
    for (std::sregex_iterator it(line.begin(), line.end(), label), end; it != end; ++it) {
      if ((*it)[1] != "le") families[family].labels.insert((*it)[1]);
    }
  }
  return families;
}

// The rows of the manual's table: | `name` | type | `label`, ... | what it says |
Families FamiliesOfManual(const std::string& manual) {
  Families families;
  for (const std::string& line : Lines(manual)) {
    if (!absl::StartsWith(line, "| `evald_")) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, '|');
    const auto bare = [](const std::string& cell) {
      return absl::StrReplaceAll(cell, {{" ", ""}, {"`", ""}});
    };
    Family& family = families[bare(cells[1])];
    family.type = bare(cells[2]);
    const std::string labels = bare(cells[3]);
    for (const auto label : absl::StrSplit(labels, ',', absl::SkipEmpty())) {
      family.labels.insert(std::string(label));
    }
  }
  return families;
}

// Every "expr" in a dashboard.
void CollectExpressions(const google::protobuf::Value& value, std::vector<std::string>& into) {
  for (const google::protobuf::Value& element : value.list_value().values()) {
    CollectExpressions(element, into);
  }
  for (const auto& [key, field] : value.struct_value().fields()) {
    if (key == "expr") into.push_back(field.string_value());
    CollectExpressions(field, into);
  }
}

std::string UrlEncoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    constexpr char kHex[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    if (isalnum(byte) != 0) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

// A real Prometheus that scrapes one target.
class Prometheus {
 public:
  explicit Prometheus(const std::string& target)
      : folder_(NewFolder()), address_("127.0.0.1:" + std::to_string(FreePort())) {
    WriteFile(
        folder_ + "/prometheus.yml",
        absl::StrCat("global: {scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 1s}\n"
                     "rule_files: ['",
                     PathFromEnvironment("ALERTS"),
                     "']\n"
                     "scrape_configs:\n"
                     "  - {job_name: evald, static_configs: [{targets: ['",
                     target, "']}]}\n"));
    process_ = std::make_unique<Process>(ProcessOptions{
        .argv = {kPrometheus, "--config.file=prometheus.yml", "--storage.tsdb.path=" + folder_ + "/data",
                 "--web.listen-address=" + address_},
        .folder = folder_,
        .out_file = folder_ + "/log",
        .err_file = folder_ + "/log"});
  }
  ~Prometheus() {
    process_.reset();
    std::filesystem::remove_all(folder_);
  }

  bool AwaitReady() const {
    return Eventually([this] { return absl::StrContains(Log(), "Server is ready to receive"); });
  }

  // The API's answer to an instant query.
  std::string Query(const std::string& expression) const {
    return Ask(address_, {.target = "/api/v1/query?query=" + UrlEncoded(expression)}).body;
  }
  // The one number that `expression` comes to; empty if it is none or several.
  std::string Number(const std::string& expression) const {
    static const std::regex number(R"re("value":\[[0-9.]+,"([^"]*)"\])re");
    const std::string answer = Query(expression);
    std::smatch match;
    return std::regex_search(answer, match, number) && !std::regex_search(match.suffix().str(), number)
               ? match[1].str()
               : "";
  }

  std::string Log() const { return ReadFile(folder_ + "/log"); }

 private:
  const std::string folder_;
  const std::string address_;
  std::unique_ptr<Process> process_;
};

// One sample of a daemon's /metrics; empty if it is not there.
std::string SampleOf(const Daemon& daemon, const std::string& name_and_labels) {
  for (const std::string& line : Lines(Ask(daemon.admin_address(), {.target = "/metrics"}).body)) {
    if (absl::StartsWith(line, name_and_labels + " ")) return line.substr(name_and_labels.size() + 1);
  }
  return "";
}

class MetricsTest : public SharedDaemonTest<MetricsTest> {
 public:
  static DaemonOptions Options() {
    return {.config = R"pb(pool { min_idle: 2 max_workers: 4 }
                           tenants { tenant: "shop" }
                           tenants { tenant: "watched" }
                           tenants { tenant: "limited" })pb",
            .admin = "127.0.0.1:" + std::to_string(FreePort())};
  }

 protected:
  static HttpAnswer GetMetrics() { return Ask(daemon().admin_address(), {.target = "/metrics"}); }

  static std::string EvalAs(const std::string& tenant, const std::string& source) {
    v1::EvalRequest request = Script(source);
    request.set_tenant(tenant);
    return Brief(Eval(request));
  }
  // The value of one sample of /metrics; -1 if it is not there.
  static double Sample(const std::string& name_and_labels) {
    const std::string sample = SampleOf(daemon(), name_and_labels);
    return sample.empty() ? -1 : std::stod(sample);
  }
  static double Requests(const std::string& tenant_class, const std::string& outcome) {
    return Sample("evald_requests_total{method=\"Eval\",tenant_class=\"" + tenant_class + "\",outcome=\"" +
                  outcome + "\"}");
  }
};

TEST_F(MetricsTest, AreServedAsPrometheusTextFormat) {
  const HttpAnswer answer = GetMetrics();
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.head, HasSubstr("text/plain; version=0.0.4"));
  const Ending ending =
      RunProgram({.argv = {kPromtool, "check", "metrics"}, .environment = {}, .input = answer.body});
  EXPECT_EQ(ending.code, 0) << ending.out << ending.err;
  EXPECT_EQ(ending.err + ending.out, "") << "what promtool would have otherwise";
}

TEST_F(MetricsTest, AreThoseOfTheManual) {
  EXPECT_EQ(Brief(Eval("1")), "1");
  const Families page = FamiliesOf(GetMetrics().body);
  EXPECT_THAT(page, SizeIs(Ge(25u)));
  EXPECT_EQ(FamiliesOfManual(ReadFile(PathFromEnvironment("METRICS_MD"))), page);
}

TEST_F(MetricsTest, CountOutcomesByClassOfTenant) {
  EXPECT_EQ(EvalAs("limited", "1"), "1");
  EXPECT_THAT(EvalAs("limited", "null.x"), HasSubstr("throws TypeError"));
  v1::EvalRequest endless = Script("for (;;);");
  endless.set_tenant("limited");
  *endless.mutable_limits()->mutable_wall_time() = ToProto(milliseconds(50));
  EXPECT_THAT(Brief(Eval(endless)), HasSubstr("WALL_TIME_LIMIT"));
  EXPECT_THAT(EvalAs("limited", ""), HasSubstr("INVALID_REQUEST"));
  EXPECT_EQ(Requests("limited", "OK"), 1);
  EXPECT_EQ(Requests("limited", "EXCEPTION"), 1);
  EXPECT_EQ(Requests("limited", "WALL_TIME_LIMIT"), 1);
  EXPECT_EQ(Requests("limited", "INVALID_REQUEST"), 1);
  EXPECT_EQ(Requests("limited", "HEAP_LIMIT"), 0);
  const double others = Requests("(other)", "OK");
  EXPECT_EQ(EvalAs("nobody knows", "1"), "1");
  EXPECT_EQ(Requests("(other)", "OK"), others + 1);
  EXPECT_THAT(GetMetrics().body, Not(HasSubstr("nobody knows")));
}

TEST_F(MetricsTest, CountRequestsOverHttpToo) {
  const double before = Requests("shop", "OK");
  const HttpAnswer answer =
      Ask(daemon().admin_address(),
          {.method = "POST", .target = "/v1/eval", .body = R"({"source":"6*7","tenant":"shop"})"});
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(Requests("shop", "OK"), std::max(before, 0.0) + 1);
}

// With workers that keep silent on demand (tests/support/fake_zygote.cc).
TEST(Kills, AreCountedAndLogged) {
  const absl::StatusOr<std::unique_ptr<Daemon>> daemon =
      Daemon::Start({.config = "kill_grace { nanos: 100000000 } canaries { source: 'honest' }",
                     .zygote = PathFromEnvironment("FAKE_ZYGOTE")});
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  const std::string kills = "evald_kills_total{reason=\"wall_time_limit\"}";
  EXPECT_EQ(SampleOf(**daemon, kills), "0");
  v1::EvalRequest request = Script("silence");
  request.set_tenant("quiet");
  *request.mutable_limits()->mutable_wall_time() = ToProto(milliseconds(200));
  EXPECT_THAT(Brief(Eval((*daemon)->client(), request)), HasSubstr("WALL_TIME_LIMIT"));
  // Once its process is gone.
  EXPECT_TRUE(Eventually([&] { return SampleOf(**daemon, kills) == "1"; }));
  EXPECT_THAT(
      (*daemon)->Log(),
      ContainsRegex("W a worker was killed request_id=[0-9a-f]+ tenant=quiet reason=WALL_TIME_LIMIT"));
}

TEST_F(MetricsTest, AlertsAndDashboardNameOnlyWhatThereIs) {
  const Families page = FamiliesOf(GetMetrics().body);
  for (const char* file : {"ALERTS", "DASHBOARD"}) {
    const std::string text = ReadFile(PathFromEnvironment(file));
    static const std::regex name("evald_[a-z_]+");
    std::set<std::string> names;
    for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it) {
      names.insert(it->str());
    }
    EXPECT_THAT(names, SizeIs(Ge(10u))) << file;
    for (const std::string& one : names) EXPECT_NE(FamilyOf(one, page), "") << file << " names " << one;
  }
}

TEST(Alerts, AreValidAndFireWhenTheyShould) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"check", "rules", PathFromEnvironment("ALERTS")},
        {"check", "config", PathFromEnvironment("PROMETHEUS_YML")},
        {"test", "rules", PathFromEnvironment("ALERTS_TEST")}}) {
    ProcessOptions promtool{.argv = {kPromtool}};
    promtool.argv.insert(promtool.argv.end(), arguments.begin(), arguments.end());
    const Ending ending = RunProgram(promtool);
    EXPECT_EQ(ending.code, 0) << ending.out << ending.err;
    EXPECT_THAT(ending.out, HasSubstr("SUCCESS")) << ending.err;
  }
}

TEST(Alerts, AreAllTestedAndExplained) {
  const std::string tests = ReadFile(PathFromEnvironment("ALERTS_TEST"));
  const std::string manual = ReadFile(PathFromEnvironment("METRICS_MD"));
  int alerts = 0;
  for (const std::string& line : Lines(ReadFile(PathFromEnvironment("ALERTS")))) {
    const size_t at = line.find("- alert: ");
    if (at == std::string::npos) continue;
    ++alerts;
    const std::string name = line.substr(at + 9);
    EXPECT_THAT(tests, HasSubstr("alertname: " + name + "\n"));
    EXPECT_THAT(manual, HasSubstr("`" + name + "`"));
  }
  EXPECT_GT(alerts, 10);
}

TEST_F(MetricsTest, APrometheusThatScrapesItAnswersWithWhatHappened) {
  const Prometheus prometheus(daemon().admin_address());
  ASSERT_TRUE(prometheus.AwaitReady()) << prometheus.Log();
  ASSERT_TRUE(Eventually([&] { return prometheus.Number("up") == "1"; })) << prometheus.Query("up");
  for (int i = 0; i < 17; ++i) EXPECT_EQ(EvalAs("watched", std::to_string(i)), std::to_string(i));
  for (int i = 0; i < 4; ++i) EXPECT_THAT(EvalAs("watched", "null.x"), HasSubstr("throws"));
  const std::string answered = R"(sum(evald_requests_total{job="evald",tenant_class="watched"}))";
  EXPECT_TRUE(Eventually([&] { return prometheus.Number(answered) == "21"; })) << prometheus.Query(answered);
  EXPECT_EQ(prometheus.Number(R"(evald_requests_total{tenant_class="watched",outcome="OK",method="Eval"})"),
            "17");
  EXPECT_EQ(prometheus.Number(R"(sum(evald_requests_total{tenant_class="watched",outcome="EXCEPTION"}))"),
            "4");
  EXPECT_EQ(prometheus.Number("evald_pool_max_workers"), "4");
  EXPECT_THAT(prometheus.Query("ALERTS{alertname!~\"EvaldSandboxIncomplete|EvaldRewindOff\"}"),
              HasSubstr("\"result\":[]"));

  // What the dashboard asks for, it gets.
  const std::string text = ReadFile(PathFromEnvironment("DASHBOARD"));
  google::protobuf::Value dashboard;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &dashboard);
  ASSERT_TRUE(parsed.ok()) << parsed.ToString();
  std::vector<std::string> expressions;
  CollectExpressions(dashboard, expressions);
  EXPECT_THAT(expressions, SizeIs(Ge(30u)));
  for (std::string& expression : expressions) {
    expression = absl::StrReplaceAll(
        expression, {{"$__rate_interval", "1m"}, {"$job", "evald"}, {"$instance", "127.0.0.1:.*"}});
    EXPECT_THAT(expression, Not(HasSubstr("$")));
    const std::string answer = prometheus.Query(expression);
    EXPECT_THAT(answer, HasSubstr("\"status\":\"success\"")) << expression;
    // These show nothing while nothing happens.
    if (!absl::StrContains(expression, "> 0")) {
      EXPECT_THAT(answer, Not(HasSubstr("\"result\":[]"))) << expression;
    }
  }
}

TEST(Dashboard, IsStrictJson) {
  const Ending ending = RunProgram(
      {.argv = {"/usr/bin/python3", "-m", "json.tool", PathFromEnvironment("DASHBOARD"), "/dev/null"}});
  EXPECT_EQ(ending.code, 0) << ending.err;
}

TEST_F(MetricsTest, LiveFiguresShowWhatJustHappened) {
  EXPECT_EQ(EvalAs("live", "1"), "1");
  EXPECT_THAT(EvalAs("live", "throw new Error('just now')"), HasSubstr("just now"));
  std::vector<v1::LiveStatus> seen;
  const absl::Status watched = client().WatchStatus(milliseconds(100),
                                                    [&](const v1::LiveStatus& status) {
                                                      seen.push_back(status);
                                                      return seen.size() < 3;
                                                    },
                                                    {.timeout = kPatience});
  EXPECT_TRUE(watched.ok()) << watched;
  ASSERT_EQ(seen.size(), 3u);
  const v1::LiveStatus& status = seen.front();
  EXPECT_EQ(status.phase(), "ready");
  EXPECT_NE(status.evald_version(), "");
  EXPECT_GT(status.time().seconds(), 1'600'000'000);
  EXPECT_GT(status.requests_per_second_window(), 0);
  EXPECT_GE(status.end_to_end().count(), 2u);
  EXPECT_GT(status.end_to_end().max().nanos(), 0);
  EXPECT_GE(status.outcomes().at("EXCEPTION"), 1u);
  EXPECT_GE(status.outcomes_window().at("OK"), 1u);
  ASSERT_GT(status.recent_size(), 0);
  EXPECT_EQ(status.recent(0).message(), "Error: just now");
  EXPECT_EQ(status.recent(0).tenant(), "live");
  EXPECT_THAT(status.recent(0).request_id(), SizeIs(32u));
  EXPECT_GT(status.recent(0).stats().worker_id(), 0u);
  EXPECT_GE(status.workers_size(), 2);
  EXPECT_EQ(status.pool().max_workers(), 4u);
  EXPECT_GT(status.snapshot().blob_bytes(), 0u);
  EXPECT_GE(status.stored_size(), 1);
  EXPECT_GT(status.daemon_bytes(), 1u << 20);
  uint64_t cold_starts = 0;
  for (const v1::LatencyBucket& bucket : status.cold_start_histogram()) cold_starts += bucket.count();
  EXPECT_EQ(cold_starts, status.cold_start().count());
}

v1::LiveStatus LiveStatusOf(Daemon& daemon) {
  v1::LiveStatus live;
  const absl::Status watched = daemon.client().WatchStatus(milliseconds(100),
                                                           [&](const v1::LiveStatus& status) {
                                                             live = status;
                                                             return false;
                                                           },
                                                           {.timeout = kPatience});
  EXPECT_TRUE(watched.ok()) << watched;
  return live;
}

TEST(SnapshotMetrics, FollowTheChangesOfARealDaemon) {
  const auto config = [](const std::string& source, const std::string& more = "") {
    return absl::StrCat("extensions { name: 'version' source: '", source,
                        "' } pool { min_idle: 1 max_workers: 2 } ", more);
  };
  absl::StatusOr<std::unique_ptr<Daemon>> started = Daemon::Start({.config = config("globalThis.v = 1;")});
  ASSERT_TRUE(started.ok()) << started.status();
  Daemon& daemon = **started;
  EXPECT_TRUE(Eventually([&] { return LiveStatusOf(daemon).change().outcome().trigger() == "boot"; }));
  const auto info = [&](int generation) {
    return absl::StrContains(Ask(daemon.admin_address(), {.target = "/metrics"}).body,
                             absl::StrCat("evald_snapshot_info{generation=\"", generation, "\""));
  };
  EXPECT_TRUE(info(1));

  daemon.Configure(config("globalThis.v = 2;", "tenants { tenant: 'late' }"));
  EXPECT_TRUE(daemon.client().RegenerateSnapshot(false, {}, daemon.Admin()).ok());
  EXPECT_TRUE(info(2));
  v1::EvalRequest request = Script("v");
  request.set_tenant("late");
  EXPECT_EQ(Brief(Eval(daemon.client(), request)), "2");
  daemon.Configure(config("null.x;"));
  EXPECT_FALSE(daemon.client().RegenerateSnapshot(false, {}, daemon.Admin()).ok());
  EXPECT_TRUE(daemon.client().RollbackSnapshot(0, {}, daemon.Admin()).ok());
  EXPECT_TRUE(info(1));

  const auto changes = [&](const std::string& change, const std::string& result) {
    return SampleOf(daemon, absl::StrCat("evald_snapshot_changes_total{change=\"", change,
                                         "\",trigger=\"grpc\",result=\"", result, "\"}"));
  };
  EXPECT_EQ(changes("regenerate", "swapped"), "1");
  EXPECT_EQ(changes("regenerate", "failed"), "1");
  EXPECT_EQ(changes("rollback", "swapped"), "1");
  EXPECT_EQ(changes("rollback", "failed"), "0");
  EXPECT_EQ(
      SampleOf(daemon, R"(evald_snapshot_changes_total{change="boot",trigger="boot",result="swapped"})"),
      "1");
  // The boot's, and two more.
  EXPECT_EQ(SampleOf(daemon, "evald_snapshot_stage_seconds_count{stage=\"swap\"}"), "3");
  EXPECT_EQ(SampleOf(daemon, "evald_snapshots_stored"), "2");
  EXPECT_EQ(SampleOf(daemon, R"(evald_requests_total{method="Eval",tenant_class="late",outcome="OK"})"), "1")
      << "a tenant that the configuration names since it was read again";
  const v1::LiveStatus live = LiveStatusOf(daemon);
  EXPECT_THAT(live.change().outcome().trigger(), HasSubstr("rollback"));
  EXPECT_EQ(live.snapshot().generation(), 1u);
  EXPECT_EQ(live.stored_size(), 2);
}

TEST(RequestIds, LeadFromACallToItsLineInTheLog) {
  const std::string folder = NewFolder();
  const std::string address = "unix:" + folder + "/socket";
  std::vector<std::string> argv =
      CommandLine({.config = "pool { min_idle: 1 max_workers: 2 }"}, folder, address);
  argv.insert(argv.end(), {"--log_format=json", "--log_level=debug"});
  Process evald({.argv = argv, .folder = folder, .out_file = folder + "/log", .err_file = folder + "/log"});
  const auto stub =
      v1::ScriptService::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  const auto call = [&](const std::string& source, const std::string& trace_id) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    context.set_wait_for_ready(true);
    if (!trace_id.empty()) context.AddMetadata("traceparent", "00-" + trace_id + "-00f067aa0ba902b7-01");
    v1::EvalRequest request = Script(source);
    request.set_tenant("a \"tenant\"");
    v1::EvalResponse response;
    (void)stub->Eval(&context, request, &response);
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto id = trailers.find("evald-request-id");
    return id == trailers.end() ? "" : std::string(id->second.data(), id->second.size());
  };
  // While it boots, requests are refused, and named all the same.
  EXPECT_THAT(call("1", ""), SizeIs(32u));
  const std::unique_ptr<Client> client = *Client::Connect(address);
  ASSERT_TRUE(Eventually(
      [&] {
        const auto health = client->CheckHealth({.timeout = std::chrono::seconds(1)});
        return health.ok() && *health == Client::Health::kServing;
      },
      2 * kPatience))
      << ReadFile(folder + "/log");
  const std::string ours = "4bf92f3577b34da6a3ce929d0e0e4736";
  EXPECT_EQ(call("null.x", ours), ours);
  const std::string made = call("", "not a trace id");
  EXPECT_THAT(made, SizeIs(32u));
  evald.Signal(SIGTERM);
  EXPECT_EQ(evald.Wait(), 0);

  std::map<std::string, google::protobuf::Struct> requests;
  for (const std::string& line : Lines(ReadFile(folder + "/log"))) {
    google::protobuf::Struct fields;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(line, &fields).ok()) << line;
    const auto id = fields.fields().find("request_id");
    if (id != fields.fields().end()) requests[id->second.string_value()] = fields;
  }
  const auto word = [&](const std::string& id, const std::string& key) {
    const auto& fields = requests[id].fields();
    return fields.count(key) == 0 ? "none" : fields.at(key).string_value();
  };
  EXPECT_EQ(word(ours, "outcome"), "EXCEPTION");
  EXPECT_EQ(word(ours, "tenant"), "a \"tenant\"");
  EXPECT_EQ(word(ours, "method"), "Eval");
  EXPECT_EQ(word(ours, "level"), "debug");
  EXPECT_GT(requests[ours].fields().at("worker_id").number_value(), 0);
  EXPECT_EQ(word(made, "outcome"), "INVALID_REQUEST");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace evald::testing
