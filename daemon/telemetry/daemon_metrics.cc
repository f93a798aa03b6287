#include "daemon/telemetry/daemon_metrics.h"

#include <prometheus/metric_family.h>

#include <map>
#include <string>

#include "daemon/loop/proto_time.h"
#include "daemon/telemetry/metric_families.h"
#include "daemon/telemetry/process_stats.h"

namespace evald {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

// Reasons for which a worker is sent SIGKILL while the daemon runs.
constexpr const char* kKills[] = {"wall_time_limit", "cancelled", "stuck", "garbage", "abandoned"};
// A worker may exit with any code: they are one reason.
constexpr char kExitUnknown[] = "exit_unknown";
// Those that alerts are about, besides: they are there from the start, so that a first one is seen to be one
// more.
constexpr const char* kEnds[] = {"out_of_memory", "memory_limit",      "v8_fatal",        "protocol",
                                 "setup",         "sandbox_violation", "verify_mismatch", "killed",
                                 "aborted",       "signal_4",          "signal_5",        "signal_7",
                                 "signal_8",      "signal_11",         kExitUnknown};

double SecondsOf(const google::protobuf::Duration& duration) {
  return std::chrono::duration<double>(ToDuration(duration)).count();
}

double SecondsSinceEpoch(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void AddCounter(Families& families, const char* name, const char* help, uint64_t value) {
  families.push_back(CounterFamily(name, help).Add({}, static_cast<double>(value)).Build());
}
void AddGauge(Families& families, const char* name, const char* help, double value) {
  families.push_back(GaugeFamily(name, help).Add({}, value).Build());
}

std::string ReasonLabel(const std::string& reason) {
  return reason.compare(0, 5, "exit_") == 0 ? kExitUnknown : reason;
}

void AddPool(const v1::PoolStatus& pool, std::map<std::string, uint64_t> killed, Families& families) {
  families.push_back(GaugeFamily("evald_pool_workers", "Workers, by what they are doing.")
                         .Add({{"state", "idle"}}, static_cast<double>(pool.idle()))
                         .Add({{"state", "busy"}}, static_cast<double>(pool.busy()))
                         .Add({{"state", "starting"}}, static_cast<double>(pool.starting()))
                         .Build());
  AddGauge(families, "evald_pool_max_workers", "The most workers that there may be (pool.max_workers).",
           static_cast<double>(pool.max_workers()));
  AddGauge(families, "evald_queued_requests", "Requests that wait for a worker.",
           static_cast<double>(pool.queued()));
  AddCounter(families, "evald_forks_total", "Workers that were forked.", pool.forks());
  AddCounter(families, "evald_rewinds_total", "Times that a worker was put back to the sealed image.",
             pool.rewinds());
  AddGauge(families, "evald_rewind_enabled",
           "1 if used workers are rewound, 0 if every request takes a fork.", pool.rewind() ? 1 : 0);

  std::map<std::string, uint64_t> retired;
  for (const auto& [reason, count] : pool.retired()) retired[ReasonLabel(reason)] += count;
  for (const char* reason : kKills) retired.try_emplace(reason, 0);
  for (const char* reason : kEnds) retired.try_emplace(reason, 0);
  MetricFamilyBuilder retirements =
      CounterFamily("evald_workers_retired_total", "Workers that have left the pool, by why.");
  for (const auto& [reason, count] : retired) {
    retirements.Add({{"reason", reason}}, static_cast<double>(count));
  }
  families.push_back(retirements.Build());
  MetricFamilyBuilder kills = CounterFamily(
      "evald_kills_total",
      "Workers that evald killed with SIGKILL, by why. All of them are in evald_workers_retired_total too.");
  for (const char* reason : kKills) killed.try_emplace(reason, 0);
  for (const auto& [reason, count] : killed) kills.Add({{"reason", reason}}, static_cast<double>(count));
  families.push_back(kills.Build());

  AddCounter(families, "evald_zygote_restarts_total", "Zygotes that were started because one had died.",
             pool.zygote_restarts());
  AddGauge(families, "evald_sandbox_missing_parts",
           "Parts of the sandbox that this kernel or container does not allow.", pool.sandbox_missing_size());
}

void AddSnapshot(const v1::Snapshot& snapshot, Families& families) {
  const bool there = snapshot.generation() != 0;
  MetricFamilyBuilder info = GaugeFamily("evald_snapshot_info", "The snapshot that serves. Always 1.");
  if (there) {
    info.Add({{"generation", std::to_string(snapshot.generation())},
              {"fingerprint", snapshot.fingerprint()},
              {"v8_version", snapshot.v8_version()}},
             1);
  }
  families.push_back(info.Build());
  AddGauge(families, "evald_snapshot_blob_bytes", "Size of the V8 startup data that serves.",
           static_cast<double>(snapshot.blob_bytes()));
  AddGauge(families, "evald_snapshot_build_seconds", "What it took to build the snapshot that serves.",
           SecondsOf(snapshot.build_time()));
  AddGauge(families, "evald_snapshot_built_timestamp_seconds",
           "When the snapshot that serves was built, in seconds since 1970.",
           static_cast<double>(snapshot.built_at().seconds()));
}

void AddProcess(Families& families) {
  const ProcessStats process = ReadProcessStats();
  AddGauge(families, "evald_process_resident_memory_bytes", "Resident memory of the daemon itself.",
           static_cast<double>(process.resident_bytes));
  AddGauge(families, "evald_process_virtual_memory_bytes", "Virtual memory of the daemon itself.",
           static_cast<double>(process.virtual_bytes));
  families.push_back(CounterFamily("evald_process_cpu_seconds_total", "CPU time of the daemon itself.")
                         .Add({}, process.cpu_seconds)
                         .Build());
  AddGauge(families, "evald_process_open_fds", "Descriptors that the daemon has open.",
           static_cast<double>(process.open_descriptors));
  AddGauge(families, "evald_process_max_fds", "The most descriptors that it may have open.",
           static_cast<double>(process.max_descriptors));
}

}  // namespace

DaemonMetrics::DaemonMetrics(const StatusSource* source)
    : source_(source), started_(std::chrono::system_clock::now()) {}

Families DaemonMetrics::Collect() const {
  v1::GetSnapshotResponse status;
  source_->FillStatus(status);
  v1::ListSnapshotsResponse stored;
  source_->FillSnapshots(stored);
  Families families;
  families.push_back(GaugeFamily("evald_build_info", "The daemon's version. Always 1.")
                         .Add({{"version", status.evald_version()}}, 1)
                         .Build());
  AddGauge(families, "evald_ready", "1 if requests are admitted, 0 while evald boots or drains.",
           source_->phase() == Phase::kReady ? 1 : 0);
  AddPool(status.pool(), source_->Kills(), families);
  AddSnapshot(status.snapshot(), families);
  AddGauge(families, "evald_snapshots_stored", "Snapshots that the store keeps.", stored.snapshots_size());
  AddProcess(families);
  AddGauge(families, "evald_process_start_time_seconds", "When the daemon started, in seconds since 1970.",
           SecondsSinceEpoch(started_));
  return families;
}

}  // namespace evald
