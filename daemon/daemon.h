// Daemon: wires everything together, boots it, and takes it down.
//
// The ports come first: a port in use is found out before anything is built, and health checks are answered
// from the start. What is served, from the boot on, is SnapshotLife's business.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/admin/admin_router.h"
#include "daemon/admin/admin_server.h"
#include "daemon/admin/admin_token.h"
#include "daemon/admin/drainable.h"
#include "daemon/admin/script_load.h"
#include "daemon/config.h"
#include "daemon/loop/loop.h"
#include "daemon/options.h"
#include "daemon/requests/request_id.h"
#include "daemon/requests/scheduler.h"
#include "daemon/requests/tenants_in_force.h"
#include "daemon/rpc/grpc_server.h"
#include "daemon/rpc/script_service.h"
#include "daemon/rpc/snapshot_service.h"
#include "daemon/rpc/status_service.h"
#include "daemon/shutdown.h"
#include "daemon/snapshots/serving.h"
#include "daemon/snapshots/snapshot_life.h"
#include "daemon/telemetry/status_source.h"
#include "daemon/telemetry/telemetry.h"
#include "daemon/typescript/intake.h"
#include "daemon/typescript/transpiler.h"
#include "daemon/workers/images.h"
#include "daemon/workers/pool.h"

namespace evald {

// Made, run and destroyed on the main thread, which is the loop's thread.
class Daemon final : public StatusSource, private Drainable, private ShutdownSteps {
 public:
  // UNAVAILABLE: an address cannot be listened on. Another error: the admin token's file is not as it has to
  // be.
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
  std::map<std::string, uint64_t> Kills() const override { return pool_->kills(); }

 private:
  Daemon(Options options, ResolvedConfig config, std::optional<AdminToken> admin_token);

  const AdminToken* AdminTokenOrNull() const { return admin_token_.has_value() ? &*admin_token_ : nullptr; }
  absl::Status Listen();
  void AwaitSignal();

  void OnBooted(const absl::Status& booted);

  void StartLameDuck() override;
  void DrainRequests(Done done);

  void StopAdmitting() override;
  void Drain(Done done) override;
  void FailTheRest() override;
  void StopServers(Done done) override;
  void StopWorkers(Done done) override;
  void StopZygote(Done done) override;
  void Leave() override;

  const Options options_;
  // None: it could not be had, and nobody can change what is served.
  const std::optional<AdminToken> admin_token_;
  Loop loop_;
  const MonotonicTime started_;
  Phase phase_ = Phase::kBooting;
  bool lame_duck_ = false;
  absl::Status boot_failure_;

  // Each of these uses the ones before it.
  TenantsInForce tenants_;
  std::unique_ptr<Images> images_;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<Transpiler> transpiler_;
  std::unique_ptr<Intake> intake_;
  std::unique_ptr<Serving> serving_;
  std::unique_ptr<SnapshotLife> life_;
  RequestIds request_ids_;
  const std::shared_ptr<ScriptLoad> script_load_ = std::make_shared<ScriptLoad>();
  std::unique_ptr<Telemetry> telemetry_;
  AdminRouter admin_router_;
  std::unique_ptr<AdminServer> admin_server_;
  std::unique_ptr<ScriptService> script_service_;
  std::unique_ptr<SnapshotService> snapshot_service_;
  std::unique_ptr<StatusService> status_service_;
  std::unique_ptr<GrpcServer> grpc_server_;
  boost::asio::signal_set signals_;
  Shutdown shutdown_;
};

}  // namespace evald
