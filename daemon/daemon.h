// Daemon: wires everything together, boots it, and takes it down.
//
//   boot: ports -> evald-snapshot -> zygote -> first workers -> ready
//
// The ports come first: a port in use is found out before anything is built, and health checks are answered
// from the start.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/admin_router.h"
#include "daemon/admin_server.h"
#include "daemon/config.h"
#include "daemon/drainable.h"
#include "daemon/grpc_server.h"
#include "daemon/images.h"
#include "daemon/loop.h"
#include "daemon/options.h"
#include "daemon/pool.h"
#include "daemon/request_id.h"
#include "daemon/scheduler.h"
#include "daemon/script_service.h"
#include "daemon/shutdown.h"
#include "daemon/snapshot_service.h"
#include "daemon/snapshot_tool.h"
#include "daemon/status_service.h"
#include "daemon/status_source.h"
#include "daemon/telemetry.h"

namespace evald {

// Made, run and destroyed on the main thread, which is the loop's thread.
class Daemon final : public StatusSource, private Drainable, private ShutdownSteps {
 public:
  // UNAVAILABLE: an address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<Daemon>> Create(Options options, ResolvedConfig config);
  ~Daemon() override;

  // Until a signal ends it, or the boot fails: then the status says why.
  absl::Status Run();

  Phase phase() const override { return lame_duck_ ? Phase::kDraining : phase_; }
  void FillStatus(v1::GetSnapshotResponse& response) const override;
  void FillSnapshots(v1::ListSnapshotsResponse& response) const override;
  void FillWorkers(size_t most,
                   google::protobuf::RepeatedPtrField<v1::WorkerStatus>& workers) const override {
    pool_->FillWorkers(most, workers);
  }

 private:
  Daemon(Options options, ResolvedConfig config);

  absl::Status Listen();
  void AwaitSignal();

  // The boot, step by step.
  void BuildSnapshot();
  void StartZygote(BuiltSnapshot snapshot);
  void OnZygoteUp(const internal::ZygoteBooted& booted);
  void AwaitFirstWorkers(MonotonicTime deadline);
  void OnReady();
  void FailBoot(const absl::Status& why);

  void StartLameDuck() override;

  void StopAdmitting() override;
  void Drain(Done done) override;
  void FailTheRest() override;
  void StopServers(Done done) override;
  void StopWorkers(Done done) override;
  void StopZygote(Done done) override;
  void Leave() override;

  const Options options_;
  const ResolvedConfig config_;
  Loop loop_;
  const MonotonicTime started_;
  Phase phase_ = Phase::kBooting;
  bool lame_duck_ = false;
  absl::Status boot_failure_;

  // Each of these uses the ones before it.
  UniqueFd image_;  // the sealed snapshot, for every zygote to come
  std::optional<internal::SnapshotReady> snapshot_;
  std::optional<internal::ZygoteBooted> zygote_facts_;
  std::unique_ptr<SnapshotTool> snapshot_tool_;
  std::unique_ptr<Images> images_;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<Scheduler> scheduler_;
  RequestIds request_ids_;
  std::unique_ptr<Telemetry> telemetry_;
  AdminRouter admin_router_;
  std::unique_ptr<AdminServer> admin_server_;
  std::unique_ptr<ScriptService> script_service_;
  std::unique_ptr<SnapshotService> snapshot_service_;
  std::unique_ptr<StatusService> status_service_;
  std::unique_ptr<GrpcServer> grpc_server_;
  boost::asio::signal_set signals_;
  Shutdown shutdown_;
  Timer first_workers_timer_;
};

}  // namespace evald
