#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/loop/proto_time.h"
#include "daemon/telemetry/daemon_metrics.h"
#include "daemon/telemetry/metrics_page.h"
#include "daemon/telemetry/request_metrics.h"
#include "daemon/telemetry/snapshot_metrics.h"

namespace evald {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

v1::ExecutionStats Spent(Duration cold_start, v1::IsolateOrigin origin) {
  v1::ExecutionStats stats;
  FromDuration(cold_start, *stats.mutable_cold_start());
  FromDuration(milliseconds(3), *stats.mutable_wall_time());
  stats.set_isolate_origin(origin);
  return stats;
}

TEST(DurationHistogram, BucketsHoldWhatIsNotAboveThem) {
  static constexpr Duration kBounds[] = {microseconds(10), milliseconds(1)};
  DurationHistogram histogram(kBounds);
  for (const int us : {1, 10, 11, 1000, 1001}) histogram.Observe(microseconds(us));
  const prometheus::ClientMetric::Histogram read = histogram.Read();
  ASSERT_EQ(read.bucket.size(), 2u);
  EXPECT_EQ(read.bucket[0].upper_bound, 1e-5);
  EXPECT_EQ(read.bucket[0].cumulative_count, 2u);
  EXPECT_EQ(read.bucket[1].upper_bound, 1e-3);
  EXPECT_EQ(read.bucket[1].cumulative_count, 4u);
  EXPECT_EQ(read.sample_count, 5u);
  EXPECT_NEAR(read.sample_sum, 2023e-6, 1e-12);
}

TEST(RequestMetrics, CountByMethodTenantClassAndOutcome) {
  RequestMetrics metrics;
  metrics.NameTenants({"", "shop"});
  metrics.OnFinished({.tenant = "shop"});
  metrics.OnFinished({.tenant = "shop", .threw = true});
  metrics.OnFinished({.method = FinishedRequest::Method::kCallFunction,
                      .tenant = "nobody knows",
                      .reason = v1::ERROR_REASON_QUEUE_FULL});
  metrics.OnFinished({.tenant = ""});
  metrics.OnFinished({.unreadable = true, .reason = v1::ERROR_REASON_INVALID_REQUEST});
  const std::string page = MetricsPage({&metrics});
  EXPECT_THAT(page, HasSubstr("# TYPE evald_requests_total counter\n"));
  EXPECT_THAT(page,
              HasSubstr("evald_requests_total{method=\"Eval\",tenant_class=\"shop\",outcome=\"OK\"} 1\n"));
  EXPECT_THAT(
      page,
      HasSubstr("evald_requests_total{method=\"Eval\",tenant_class=\"shop\",outcome=\"EXCEPTION\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("evald_requests_total{method=\"CallFunction\",tenant_class=\"(other)\","
                              "outcome=\"QUEUE_FULL\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("evald_requests_total{method=\"Eval\",tenant_class=\"(unknown)\","
                              "outcome=\"INVALID_REQUEST\"} 1\n"));
  EXPECT_THAT(page,
              HasSubstr("evald_requests_total{method=\"Eval\",tenant_class=\"(none)\",outcome=\"OK\"} 1\n"));
  EXPECT_THAT(page, Not(HasSubstr("nobody knows")));
  EXPECT_THAT(page, HasSubstr("evald_requests_total{method=\"Eval\",tenant_class=\"shop\","
                              "outcome=\"WORKER_CRASHED\"} 0\n"))
      << "a first crash is to be seen as one more";
}

TEST(RequestMetrics, AreBoundedWhateverIsConfigured) {
  RequestMetrics metrics;
  std::vector<std::string> tenants;
  for (int i = 0; i < 1000; ++i) tenants.push_back("tenant " + std::to_string(i));
  metrics.NameTenants(tenants);
  for (const std::string& tenant : tenants) metrics.OnFinished({.tenant = tenant});
  const std::string page = MetricsPage({&metrics});
  EXPECT_THAT(page, HasSubstr("tenant 199"));
  EXPECT_THAT(page, Not(HasSubstr("tenant 200")));
  EXPECT_THAT(
      page, HasSubstr("evald_requests_total{method=\"Eval\",tenant_class=\"(other)\",outcome=\"OK\"} 800\n"));
}

TEST(RequestMetrics, ATenantThatIsNamedLaterKeepsWhatWasCounted) {
  RequestMetrics metrics;
  metrics.NameTenants({"a"});
  metrics.OnFinished({.tenant = "a"});
  metrics.NameTenants({"a", "b"});
  metrics.OnFinished({.tenant = "a"});
  metrics.OnFinished({.tenant = "b"});
  const std::string page = MetricsPage({&metrics});
  EXPECT_THAT(page, HasSubstr("{method=\"Eval\",tenant_class=\"a\",outcome=\"OK\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("{method=\"Eval\",tenant_class=\"b\",outcome=\"OK\"} 1\n"));
}

TEST(RequestMetrics, NoTenantsNameIsThatOfAnotherClass) {
  RequestMetrics metrics;
  metrics.NameTenants({"", "(other)", "(none)", "other"});
  metrics.OnFinished({.tenant = "(other)"});
  metrics.OnFinished({.tenant = "other"});
  const std::string page = MetricsPage({&metrics});
  EXPECT_THAT(page, HasSubstr("{method=\"Eval\",tenant_class=\"((other)\",outcome=\"OK\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("{method=\"Eval\",tenant_class=\"other\",outcome=\"OK\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("{method=\"Eval\",tenant_class=\"(other)\",outcome=\"OK\"} 0\n"));
}

TEST(RequestMetrics, MeasureWhatRan) {
  RequestMetrics metrics;
  const v1::ExecutionStats rewound = Spent(microseconds(40), v1::ISOLATE_ORIGIN_REWOUND);
  const v1::ExecutionStats made_up = Spent(microseconds(40), static_cast<v1::IsolateOrigin>(4711));
  metrics.OnFinished({.end_to_end = milliseconds(5), .stats = &rewound});
  metrics.OnFinished({.end_to_end = milliseconds(5), .stats = &made_up});
  metrics.OnFinished({.reason = v1::ERROR_REASON_WALL_TIME_LIMIT, .end_to_end = std::chrono::seconds(70)});
  metrics.OnFinished({.reason = v1::ERROR_REASON_INVALID_REQUEST, .end_to_end = microseconds(1)});
  const std::string page = MetricsPage({&metrics});
  EXPECT_THAT(page, HasSubstr("evald_request_duration_seconds_count 3\n"));
  EXPECT_THAT(page, HasSubstr("evald_request_duration_seconds_bucket{le=\"0.0025\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("evald_request_duration_seconds_bucket{le=\"0.005\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("evald_request_duration_seconds_bucket{le=\"60\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("evald_request_duration_seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(page, HasSubstr("evald_request_run_seconds_count 2\n"));
  EXPECT_THAT(
      page,
      HasSubstr("evald_request_cold_start_seconds_bucket{isolate_origin=\"rewound\",le=\"2.5e-05\"} 0\n"));
  EXPECT_THAT(
      page,
      HasSubstr("evald_request_cold_start_seconds_bucket{isolate_origin=\"rewound\",le=\"5e-05\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("evald_request_cold_start_seconds_count{isolate_origin=\"forked\"} 0\n"));
}

TEST(SnapshotMetrics, CountChangesByWhoAskedAndHowTheyEnded) {
  SnapshotMetrics metrics;
  v1::SnapshotProgress progress;
  progress.mutable_ended()->set_stage(v1::SNAPSHOT_STAGE_BUILD);
  FromDuration(milliseconds(700), *progress.mutable_ended()->mutable_took());
  metrics.OnProgress(progress);
  progress.mutable_outcome()->set_result(v1::SnapshotOutcome::SWAPPED);
  progress.mutable_outcome()->set_trigger("regenerate (SIGHUP)");
  metrics.OnProgress(progress);
  progress.mutable_outcome()->set_result(v1::SnapshotOutcome::FAILED);
  progress.mutable_outcome()->set_trigger("rollback to 4 (gRPC)");
  metrics.OnProgress(progress);
  progress.mutable_outcome()->set_trigger("what nobody has heard of");
  metrics.OnProgress(progress);
  progress.mutable_outcome()->set_trigger("boot");
  metrics.OnProgress(progress);
  const std::string page = MetricsPage({&metrics});
  const std::string name = "evald_snapshot_changes_total";
  EXPECT_THAT(page, HasSubstr(name + "{change=\"regenerate\",trigger=\"sighup\",result=\"swapped\"} 1\n"));
  EXPECT_THAT(page, HasSubstr(name + "{change=\"rollback\",trigger=\"grpc\",result=\"failed\"} 1\n"));
  EXPECT_THAT(page, HasSubstr(name + "{change=\"other\",trigger=\"other\",result=\"failed\"} 1\n"));
  EXPECT_THAT(page, HasSubstr(name + "{change=\"boot\",trigger=\"boot\",result=\"failed\"} 1\n"));
  EXPECT_THAT(page, HasSubstr(name + "{change=\"regenerate\",trigger=\"http\",result=\"failed\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("evald_snapshot_stage_seconds_bucket{stage=\"build\",le=\"0.5\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("evald_snapshot_stage_seconds_bucket{stage=\"build\",le=\"1\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("evald_snapshot_stage_seconds_count{stage=\"drain\"} 0\n"));
}

// Tells one observer what it is made to tell.
class FakeChanges final : public SnapshotChanges {
 public:
  std::unique_ptr<Subscription> Regenerate(bool, const std::string&, Sink) override { return nullptr; }
  std::unique_ptr<Subscription> Rollback(uint64_t, const std::string&, Sink) override { return nullptr; }
  std::unique_ptr<Subscription> Observe(Sink observer) override {
    sink = std::move(observer);
    return std::make_unique<Subscription>();
  }
  void FillChange(v1::SnapshotChange&) const override {}

  Sink sink;
};

TEST(SnapshotMetrics, HearOfAllChanges) {
  FakeChanges changes;
  SnapshotMetrics metrics;
  metrics.Watch(&changes);
  v1::SnapshotProgress progress;
  progress.mutable_outcome()->set_result(v1::SnapshotOutcome::UNCHANGED);
  progress.mutable_outcome()->set_trigger("regenerate (HTTP)");
  changes.sink(progress);
  EXPECT_THAT(MetricsPage({&metrics}),
              HasSubstr("{change=\"regenerate\",trigger=\"http\",result=\"unchanged\"} 1\n"));
}

class FakeSource final : public StatusSource {
 public:
  Phase phase() const override { return current_phase; }
  void FillStatus(v1::GetSnapshotResponse& response) const override { response = status; }
  void FillSnapshots(v1::ListSnapshotsResponse& response) const override {
    if (status.has_snapshot()) *response.add_snapshots() = status.snapshot();
  }
  void FillWorkers(size_t, google::protobuf::RepeatedPtrField<v1::WorkerStatus>&) const override {}
  std::map<std::string, uint64_t> Kills() const override { return kills; }

  Phase current_phase = Phase::kBooting;
  std::map<std::string, uint64_t> kills;
  v1::GetSnapshotResponse status;
};

TEST(DaemonMetrics, ShowTheDaemonAsItIsNow) {
  FakeSource source;
  const DaemonMetrics metrics(&source);
  source.status.set_evald_version("1.2.3");
  v1::PoolStatus& pool = *source.status.mutable_pool();
  pool.set_idle(3);
  pool.set_forks(17);
  pool.set_queued(2);
  (*pool.mutable_retired())["wall_time_limit"] = 4;
  (*pool.mutable_retired())["signal_11"] = 5;
  (*pool.mutable_retired())["exit_77"] = 2;
  (*pool.mutable_retired())["exit_99"] = 1;
  source.kills = {{"wall_time_limit", 4}, {"stuck", 1}};
  EXPECT_THAT(MetricsPage({&metrics}), HasSubstr("\nevald_ready 0\n"));

  source.current_phase = Phase::kReady;
  v1::Snapshot& snapshot = *source.status.mutable_snapshot();
  snapshot.set_generation(7);
  snapshot.set_fingerprint("abc");
  snapshot.set_v8_version("10.2");
  snapshot.set_blob_bytes(1000);
  snapshot.mutable_built_at()->set_seconds(1706702400);
  const std::string page = MetricsPage({&metrics});
  EXPECT_THAT(page, HasSubstr("\nevald_ready 1\n"));
  EXPECT_THAT(page, HasSubstr("evald_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("evald_pool_workers{state=\"idle\"} 3\n"));
  EXPECT_THAT(page, HasSubstr("evald_forks_total 17\n"));
  EXPECT_THAT(page, HasSubstr("evald_queued_requests 2\n"));
  EXPECT_THAT(page, HasSubstr("evald_workers_retired_total{reason=\"signal_11\"} 5\n"));
  EXPECT_THAT(page, HasSubstr("evald_workers_retired_total{reason=\"verify_mismatch\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("evald_kills_total{reason=\"wall_time_limit\"} 4\n"));
  EXPECT_THAT(page, HasSubstr("evald_kills_total{reason=\"stuck\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("evald_kills_total{reason=\"abandoned\"} 0\n"));
  EXPECT_THAT(page, Not(HasSubstr("evald_kills_total{reason=\"signal_11\"}")));
  for (const char* crash : {"aborted", "signal_4", "signal_5", "signal_7", "signal_8"})
    EXPECT_THAT(page, HasSubstr(std::string("evald_workers_retired_total{reason=\"") + crash + "\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("evald_workers_retired_total{reason=\"exit_unknown\"} 3\n"));
  EXPECT_THAT(page, Not(HasSubstr("exit_77")));
  EXPECT_THAT(page,
              HasSubstr("evald_snapshot_info{generation=\"7\",fingerprint=\"abc\",v8_version=\"10.2\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("evald_snapshot_blob_bytes 1000\n"));
  EXPECT_THAT(page, HasSubstr("evald_snapshot_built_timestamp_seconds 1706702400\n"));
  EXPECT_THAT(page, HasSubstr("evald_snapshots_stored 1\n"));
  EXPECT_THAT(page, Not(HasSubstr("evald_process_resident_memory_bytes 0\n")));
  EXPECT_THAT(page, Not(HasSubstr("evald_process_open_fds 0\n")));
}

TEST(MetricsPage, IsWhatPrometheusCallsTextFormat) {
  FakeSource source;
  const DaemonMetrics metrics(&source);
  EXPECT_THAT(MetricsPage({&metrics}), HasSubstr("# HELP evald_ready "));
  EXPECT_THAT(std::string(kMetricsContentType), HasSubstr("version=0.0.4"));
}

}  // namespace
}  // namespace evald
