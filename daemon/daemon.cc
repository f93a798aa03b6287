#include "daemon/daemon.h"

#include <signal.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "absl/time/time.h"
#include "daemon/admin/admin_dashboard.h"
#include "daemon/admin/admin_events.h"
#include "daemon/admin/admin_routes.h"
#include "daemon/admin/admin_scripts.h"
#include "daemon/loop/proto_time.h"
#include "daemon/version.h"

namespace evald {
namespace {

std::string Text(Duration duration) { return absl::FormatDuration(absl::FromChrono(duration)); }

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Create(Options options, ResolvedConfig config) {
  absl::StatusOr<AdminToken> token = AdminToken::LoadOrCreate(options.admin_token_file);
  std::optional<AdminToken> admin_token;
  if (token.ok()) {
    admin_token = *std::move(token);
    spdlog::info("the admin token is in {}", options.admin_token_file);
  } else if (absl::IsUnavailable(token.status())) {
    spdlog::warn("nobody can change what is served: {}", std::string(token.status().message()));
  } else {
    return token.status();
  }
  auto daemon =
      std::unique_ptr<Daemon>(new Daemon(std::move(options), std::move(config), std::move(admin_token)));
  absl::Status listening = daemon->Listen();
  if (!listening.ok()) return listening;
  return daemon;
}

Daemon::Daemon(Options options, ResolvedConfig config, std::optional<AdminToken> admin_token)
    : options_(std::move(options)),
      admin_token_(std::move(admin_token)),
      started_(loop_.clock().Now()),
      tenants_(std::make_shared<const Tenants>(config.tenants)),
      signals_(loop_.io()),
      shutdown_(this, &loop_.timers(), config.drain_timeout) {
  const auto worker_ids = std::make_shared<WorkerId>(0);
  images_ = std::make_unique<Images>(
      loop_.io(), loop_.timers(),
      [this](const internal::ZygoteBooted& booted) {
        if (!shutdown_.begun()) serving_->OnZygoteUp(booted);
      },
      worker_ids);
  pool_ = std::make_unique<Pool>(Serving::PoolOptionsOf(config), images_.get(), &loop_.timers());
  images_->SetEvents(pool_.get());
  scheduler_ = std::make_unique<Scheduler>(Serving::SchedulerOptionsOf(config), tenants_.Get(), pool_.get(),
                                           &loop_.timers());
  transpiler_ = std::make_unique<Transpiler>(
      Transpiler::Parts{.io = &loop_.io(), .timers = &loop_.timers(), .options = &options_}, config,
      worker_ids);
  intake_ = std::make_unique<Intake>(scheduler_.get(), transpiler_.get(), config.proto.max_request_bytes());
  serving_ = std::make_unique<Serving>(Serving::Parts{.io = &loop_.io(),
                                                      .timers = &loop_.timers(),
                                                      .options = &options_,
                                                      .images = images_.get(),
                                                      .pool = pool_.get(),
                                                      .scheduler = scheduler_.get(),
                                                      .tenants = &tenants_},
                                       std::move(config), [this](const ResolvedConfig& now) {
                                         shutdown_.SetDrainTimeout(now.drain_timeout);
                                         transpiler_->SetConfig(now);
                                         telemetry_->NameTenants(now.tenants.Names());
                                       });
  life_ = std::make_unique<SnapshotLife>(serving_.get(), &loop_.timers());
  AddStatusRoutes(this, admin_router_);
  AddDrainRoute(this, admin_router_);
  AddSnapshotRoutes(life_.get(), admin_router_);
  AddDashboardRoute(admin_router_);
  telemetry_ = std::make_unique<Telemetry>(&loop_.clock(), this);
  telemetry_->Watch(life_.get());
  telemetry_->NameTenants(tenants_.Get()->Names());
  telemetry_->AddMetricsRoute(admin_router_);
  AddEventsRoute(telemetry_.get(), &loop_.timers(), admin_router_);
  script_service_ = std::make_unique<ScriptService>(ScriptService::Parts{.tenants = &tenants_,
                                                                         .loop = &loop_,
                                                                         .intake = intake_.get(),
                                                                         .request_ids = &request_ids_,
                                                                         .observer = telemetry_.get()});
  AddScriptRoutes({.tenants = &tenants_,
                   .loop = &loop_,
                   .intake = intake_.get(),
                   .request_ids = &request_ids_,
                   .observer = telemetry_.get(),
                   .load = script_load_,
                   .max_request_bytes = serving_->config().proto.max_request_bytes(),
                   .max_queue_bytes = serving_->config().proto.admission().max_queue_bytes()},
                  admin_router_);
  snapshot_service_ = std::make_unique<SnapshotService>(
      SnapshotService::Parts{.loop = &loop_,
                             .source = this,
                             .changes = life_.get(),
                             .admin_token = AdminTokenOrNull(),
                             .admin_token_file = options_.admin_token_file});
  status_service_ = std::make_unique<StatusService>(&loop_, telemetry_.get());
}

Daemon::~Daemon() = default;

absl::Status Daemon::Listen() {
  absl::StatusOr<std::unique_ptr<AdminServer>> admin = AdminServer::Create(
      {.address = options_.admin, .token = AdminTokenOrNull(), .token_file = options_.admin_token_file},
      &admin_router_, &loop_);
  if (!admin.ok()) return admin.status();
  admin_server_ = *std::move(admin);
  absl::StatusOr<std::unique_ptr<GrpcServer>> grpc =
      GrpcServer::Create({options_.listen, serving_->config().proto.max_request_bytes()},
                         {script_service_.get(), snapshot_service_.get(), status_service_.get()}, &loop_);
  if (!grpc.ok()) return grpc.status();
  grpc_server_ = *std::move(grpc);
  spdlog::info("evald {} listening: gRPC on {}, admin on {}", EVALD_VERSION,
               grpc_server_->address().ToString(), admin_server_->address().ToString());
  return absl::OkStatus();
}

absl::Status Daemon::Run() {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) signals_.add(number);
  AwaitSignal();
  loop_.Post([this] { life_->Boot([this](const absl::Status& booted) { OnBooted(booted); }); });
  loop_.Run();
  return boot_failure_;
}

void Daemon::AwaitSignal() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    spdlog::info("got SIG{}", sigabbrev_np(number));
    if (number == SIGHUP) {
      life_->Reload();
    } else {
      shutdown_.Request();
    }
    AwaitSignal();
  });
}

void Daemon::OnBooted(const absl::Status& booted) {
  if (shutdown_.begun()) return;
  if (!booted.ok()) {
    boot_failure_ = booted;
    return shutdown_.Request();
  }
  phase_ = Phase::kReady;
  scheduler_->SetAdmission(Scheduler::Admission::kOpen);
  transpiler_->Begin();
  if (!lame_duck_) grpc_server_->SetHealth(GrpcServer::Health::kServing);
  spdlog::info("ready after {}: {} workers, snapshot generation {}", Text(loop_.clock().Now() - started_),
               pool_->idle(), serving_->generation());
}

void Daemon::FillStatus(v1::GetSnapshotResponse& response) const {
  serving_->FillStatus(response);
  v1::PoolStatus& pool = *response.mutable_pool();
  pool_->FillStatus(pool);
  pool.set_queued(scheduler_->waiting() + intake_->transpiling());
  pool.set_zygote_restarts(images_->restarts());
  response.set_evald_version(EVALD_VERSION);
  FromDuration(loop_.clock().Now() - started_, *response.mutable_uptime());
}

void Daemon::FillSnapshots(v1::ListSnapshotsResponse& response) const { serving_->FillSnapshots(response); }

void Daemon::StartLameDuck() {
  if (std::exchange(lame_duck_, true)) return;
  spdlog::info("draining as was asked for: health says so, requests are served until a signal comes");
  grpc_server_->SetHealth(GrpcServer::Health::kNotServing);
}

void Daemon::StopAdmitting() {
  spdlog::info("shutting down: {} requests running, {} waiting", scheduler_->running(),
               scheduler_->waiting() + intake_->transpiling());
  phase_ = Phase::kDraining;
  life_->Stop();
  scheduler_->SetAdmission(Scheduler::Admission::kDraining);
  grpc_server_->SetHealth(GrpcServer::Health::kNotServing);
}

void Daemon::Drain(Done done) {
  // Their answers take time to be written and to leave.
  script_load_->Drain([this, done = std::move(done)]() mutable {
    // Later: it is one of them that has called.
    loop_.Post([this, done = std::move(done)]() mutable { DrainRequests(std::move(done)); });
  });
}

void Daemon::DrainRequests(Done done) {
  if (intake_->idle()) return done();
  intake_->SetIdleHook(std::move(done));
}

void Daemon::FailTheRest() {
  script_load_->EndDrain();
  intake_->SetIdleHook(nullptr);
  intake_->FailAll({v1::ERROR_REASON_DRAINING, "evald is shutting down and could not wait for this request"});
}

void Daemon::StopServers(Done done) {
  admin_server_->Stop();
  status_service_->Stop();
  grpc_server_->Stop(
      [this, done = std::move(done)]() mutable { admin_server_->AwaitAnswers(std::move(done)); });
}

void Daemon::StopWorkers(Done done) {
  serving_->Stop();
  pool_->Close([this, done = std::move(done)]() mutable { transpiler_->Stop(std::move(done)); });
}

void Daemon::StopZygote(Done done) { images_->Stop(std::move(done)); }

void Daemon::Leave() {
  if (boot_failure_.ok()) spdlog::info("bye after {}", Text(loop_.clock().Now() - started_));
  loop_.Stop();
}

}  // namespace evald
