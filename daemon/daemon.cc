#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daemon/admin_dashboard.h"
#include "daemon/admin_events.h"
#include "daemon/admin_routes.h"
#include "daemon/admin_scripts.h"
#include "daemon/output_joiner.h"
#include "daemon/proto_time.h"
#include "daemon/version.h"

namespace evald {
namespace {

// How often the boot looks whether the first workers are there.
constexpr Duration kLookInterval = std::chrono::milliseconds(2);
// What a request frame may have beyond the client's own message.
constexpr uint64_t kFrameSlack = 64 << 10;

PoolOptions MakePoolOptions(const ResolvedConfig& config) {
  PoolOptions options;
  options.min_idle = config.proto.pool().min_idle();
  options.max_workers = config.proto.pool().max_workers();
  options.max_uses = config.proto.pool().max_uses();
  options.max_age = config.max_age;
  return options;
}

internal::ZygoteBoot MakeBoot(const ResolvedConfig& config, const internal::SnapshotReady& snapshot) {
  internal::ZygoteBoot boot;
  *boot.mutable_expected() = snapshot.identity();
  *boot.mutable_warmup() = snapshot.warmup();
  const v1::Limits largest = config.tenants.LargestCeilings();
  boot.set_heap_bytes(largest.heap_bytes());
  boot.set_max_memory_bytes(largest.memory_bytes());
  boot.set_rewind(config.rewind);
  boot.set_verify_rewind(config.proto.pool().verify_rewind());
  boot.set_max_rewind_pages(config.proto.pool().max_rewind_pages());
  boot.set_sandbox(config.proto.sandbox().level());
  boot.set_cgroup(config.proto.sandbox().cgroup());
  boot.set_cgroup_memory_bytes(config.proto.sandbox().cgroup_memory_bytes());
  *boot.mutable_engine() = config.proto.engine();
  boot.set_max_frame_bytes(config.proto.max_request_bytes() + kFrameSlack);
  return boot;
}

// A result is bounded before it is carried; carrying may make it longer (escapes, the structure's own bytes).
size_t MaxWorkerFrame(const ResolvedConfig& config) {
  const v1::Limits largest = config.tenants.LargestCeilings();
  return 2 * largest.output_bytes() + 2 * largest.console_bytes() + (1 << 20);
}

Images::Launcher MakeLauncher(boost::asio::io_context& io, TimerQueue& timers, std::string program,
                              const UniqueFd* image) {
  return [&io, &timers, program = std::move(program),
          image](absl::AnyInvocable<void(int)> on_exit) -> absl::StatusOr<ZygoteHandle::Process> {
    absl::StatusOr<SocketPair> pair = MakeSocketPair();
    if (!pair.ok()) return pair.status();
    lseek(image->get(), 0, SEEK_SET);
    UniqueFd copy(fcntl(image->get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return absl::ErrnoToStatus(errno, "duplicating the snapshot's memfd");
    ChildProcess::Options options;
    options.program = program;
    options.descriptors.push_back(std::move(pair->theirs));
    options.descriptors.push_back(std::move(copy));
    auto joiner = std::make_unique<OutputJoiner>(
        &timers, [](std::string_view line) { spdlog::warn("evald-zygote: {}", line); });
    options.on_line = [joiner = std::move(joiner)](std::string_view line) { joiner->Take(line); };
    options.on_exit = std::move(on_exit);
    absl::StatusOr<std::unique_ptr<ChildProcess>> child = ChildProcess::Start(io, std::move(options));
    if (!child.ok()) return child.status();
    return ZygoteHandle::Process{std::move(pair->ours), *std::move(child)};
  };
}

std::string Text(Duration duration) { return absl::FormatDuration(absl::FromChrono(duration)); }

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Create(Options options, ResolvedConfig config) {
  auto daemon = std::unique_ptr<Daemon>(new Daemon(std::move(options), std::move(config)));
  absl::Status listening = daemon->Listen();
  if (!listening.ok()) return listening;
  return daemon;
}

Daemon::Daemon(Options options, ResolvedConfig config)
    : options_(std::move(options)),
      config_(std::move(config)),
      started_(loop_.clock().Now()),
      signals_(loop_.io()),
      shutdown_(this, &loop_.timers(), config_.drain_timeout) {
  images_ = std::make_unique<Images>(
      loop_.io(), loop_.timers(), MakeLauncher(loop_.io(), loop_.timers(), options_.zygote, &image_),
      Images::Handlers{.on_up = [this](const internal::ZygoteBooted& booted) { OnZygoteUp(booted); },
                       .on_first_boot_failed =
                           [this](const absl::Status& why) {
                             FailBoot(absl::UnavailableError(absl::StrCat("zygote: ", why.message())));
                           }});
  pool_ = std::make_unique<Pool>(MakePoolOptions(config_), images_.get(), &loop_.timers());
  images_->SetEvents(pool_.get());
  const v1::AdmissionConfig& admission = config_.proto.admission();
  scheduler_ = std::make_unique<Scheduler>(
      SchedulerOptions{admission.max_queue(), admission.max_queue_bytes(), config_.kill_grace},
      &config_.tenants, pool_.get(), &loop_.timers());
  AddStatusRoutes(this, admin_router_);
  AddDrainRoute(this, admin_router_);
  AddDashboardRoute(admin_router_);
  telemetry_ = std::make_unique<Telemetry>(&loop_.clock(), this);
  telemetry_->NameTenants(config_.tenants.Names());
  telemetry_->AddMetricsRoute(admin_router_);
  AddEventsRoute(telemetry_.get(), &loop_.timers(), admin_router_);
  script_service_ = std::make_unique<ScriptService>(ScriptService::Parts{.tenants = &config_.tenants,
                                                                         .loop = &loop_,
                                                                         .scheduler = scheduler_.get(),
                                                                         .request_ids = &request_ids_,
                                                                         .observer = telemetry_.get()});
  AddScriptRoutes({.tenants = &config_.tenants,
                   .loop = &loop_,
                   .scheduler = scheduler_.get(),
                   .request_ids = &request_ids_,
                   .observer = telemetry_.get(),
                   .max_request_bytes = config_.proto.max_request_bytes()},
                  admin_router_);
  snapshot_service_ = std::make_unique<SnapshotService>(&loop_, this);
  status_service_ = std::make_unique<StatusService>(&loop_, telemetry_.get());
}

Daemon::~Daemon() = default;

absl::Status Daemon::Listen() {
  absl::StatusOr<std::unique_ptr<AdminServer>> admin =
      AdminServer::Create({.address = options_.admin}, &admin_router_, &loop_);
  if (!admin.ok()) return admin.status();
  admin_server_ = *std::move(admin);
  absl::StatusOr<std::unique_ptr<GrpcServer>> grpc =
      GrpcServer::Create({options_.listen, config_.proto.max_request_bytes()},
                         {script_service_.get(), snapshot_service_.get(), status_service_.get()}, &loop_);
  if (!grpc.ok()) return grpc.status();
  grpc_server_ = *std::move(grpc);
  spdlog::info("evald {} listening: gRPC on {}, admin on {}", EVALD_VERSION,
               grpc_server_->address().ToString(), admin_server_->address().ToString());
  return absl::OkStatus();
}

absl::Status Daemon::Run() {
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  AwaitSignal();
  loop_.Post([this] { BuildSnapshot(); });
  loop_.Run();
  return boot_failure_;
}

void Daemon::AwaitSignal() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    spdlog::info("got SIG{}", sigabbrev_np(number));
    shutdown_.Request();
    AwaitSignal();
  });
}

void Daemon::BuildSnapshot() {
  SnapshotTool::Options options;
  options.program = options_.snapshot_tool;
  *options.request.mutable_config() = config_.proto;
  options.request.set_config_folder(config_.folder);
  options.request.set_store_folder(options_.data_dir + "/snapshots");
  options.timeout = config_.snapshot_build_timeout;
  absl::StatusOr<std::unique_ptr<SnapshotTool>> tool = SnapshotTool::Start(
      loop_.io(), loop_.timers(), std::move(options), [this](absl::StatusOr<BuiltSnapshot> built) {
        snapshot_tool_.reset();
        if (shutdown_.begun()) return;
        if (!built.ok())
          return FailBoot(absl::UnavailableError(absl::StrCat("snapshot: ", built.status().message())));
        StartZygote(*std::move(built));
      });
  if (!tool.ok()) return FailBoot(tool.status());
  snapshot_tool_ = *std::move(tool);
}

void Daemon::StartZygote(BuiltSnapshot built) {
  image_ = std::move(built.image);
  snapshot_ = std::move(built.ready);
  snapshot_->mutable_snapshot()->set_serving(true);
  const v1::Snapshot& snapshot = snapshot_->snapshot();
  spdlog::info("snapshot generation {} {}: {} bytes, V8 {}", snapshot.generation(),
               snapshot_->build_reason().empty()
                   ? "loaded"
                   : absl::StrCat("built in ", Text(ToDuration(snapshot.build_time())), " (",
                                  snapshot_->build_reason(), ")"),
               snapshot.blob_bytes(), snapshot.v8_version());
  images_->Start({.zygote = {.boot = MakeBoot(config_, *snapshot_),
                             .generation = snapshot.generation(),
                             .boot_timeout = config_.zygote_boot_timeout,
                             .max_worker_frame = MaxWorkerFrame(config_)},
                  .max_age = config_.zygote_max_age});
}

void Daemon::OnZygoteUp(const internal::ZygoteBooted& booted) {
  if (shutdown_.begun()) return;
  zygote_facts_ = booted;
  if (config_.rewind && !booted.rewind()) {
    spdlog::warn("rewinding is off, each request takes a fork: {}", booted.rewind_off_reason());
  }
  for (const std::string& part : booted.sandbox_in_force()) spdlog::info("sandbox in force: {}", part);
  for (const std::string& part : booted.sandbox_missing()) spdlog::warn("sandbox missing: {}", part);
  pool_->Open(booted.rewind());
  if (phase_ == Phase::kBooting) AwaitFirstWorkers(loop_.clock().Now() + config_.zygote_boot_timeout);
}

void Daemon::AwaitFirstWorkers(MonotonicTime deadline) {
  const bool late = loop_.clock().Now() >= deadline;
  if (pool_->idle() >= config_.proto.pool().min_idle() || (late && pool_->idle() > 0)) return OnReady();
  if (late) return FailBoot(absl::UnavailableError("no worker came up within zygote_boot_timeout"));
  first_workers_timer_ =
      loop_.timers().After(kLookInterval, [this, deadline] { AwaitFirstWorkers(deadline); });
}

void Daemon::OnReady() {
  phase_ = Phase::kReady;
  scheduler_->SetAdmission(Scheduler::Admission::kOpen);
  if (!lame_duck_) grpc_server_->SetHealth(GrpcServer::Health::kServing);
  spdlog::info("ready after {}: {} workers, snapshot generation {}", Text(loop_.clock().Now() - started_),
               pool_->idle(), snapshot_->snapshot().generation());
}

void Daemon::FailBoot(const absl::Status& why) {
  if (shutdown_.begun()) return;
  boot_failure_ = why;
  shutdown_.Request();
}

void Daemon::FillStatus(v1::GetSnapshotResponse& response) const {
  if (snapshot_.has_value()) *response.mutable_snapshot() = snapshot_->snapshot();
  v1::PoolStatus& pool = *response.mutable_pool();
  pool_->FillStatus(pool);
  pool.set_queued(scheduler_->waiting());
  pool.set_zygote_restarts(images_->restarts());
  if (zygote_facts_.has_value()) {
    if (config_.rewind) pool.set_rewind_off_reason(zygote_facts_->rewind_off_reason());
    *pool.mutable_sandbox_in_force() = zygote_facts_->sandbox_in_force();
    *pool.mutable_sandbox_missing() = zygote_facts_->sandbox_missing();
  }
  response.set_evald_version(EVALD_VERSION);
  FromDuration(loop_.clock().Now() - started_, *response.mutable_uptime());
}

void Daemon::FillSnapshots(v1::ListSnapshotsResponse& response) const {
  if (!snapshot_.has_value()) return;
  *response.mutable_snapshots() = snapshot_->stored();
  for (v1::Snapshot& stored : *response.mutable_snapshots()) {
    stored.set_serving(stored.generation() == snapshot_->snapshot().generation());
  }
}

void Daemon::StartLameDuck() {
  if (std::exchange(lame_duck_, true)) return;
  spdlog::info("draining as was asked for: health says so, requests are served until a signal comes");
  grpc_server_->SetHealth(GrpcServer::Health::kNotServing);
}

void Daemon::StopAdmitting() {
  spdlog::info("shutting down: {} requests running, {} waiting", scheduler_->running(),
               scheduler_->waiting());
  phase_ = Phase::kDraining;
  first_workers_timer_.Cancel();
  scheduler_->SetAdmission(Scheduler::Admission::kDraining);
  grpc_server_->SetHealth(GrpcServer::Health::kNotServing);
}

void Daemon::Drain(Done done) {
  if (scheduler_->running() + scheduler_->waiting() == 0) return done();
  scheduler_->SetIdleHook(std::move(done));
}

void Daemon::FailTheRest() {
  scheduler_->SetIdleHook(nullptr);
  scheduler_->FailAll(
      {v1::ERROR_REASON_DRAINING, "evald is shutting down and could not wait for this request"});
}

void Daemon::StopServers(Done done) {
  admin_server_->Stop();
  status_service_->Stop();
  grpc_server_->Stop(std::move(done));
}

void Daemon::StopWorkers(Done done) {
  snapshot_tool_.reset();
  pool_->Close(std::move(done));
}

void Daemon::StopZygote(Done done) { images_->Stop(std::move(done)); }

void Daemon::Leave() {
  if (boot_failure_.ok()) spdlog::info("bye after {}", Text(loop_.clock().Now() - started_));
  loop_.Stop();
}

}  // namespace evald
