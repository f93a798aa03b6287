#include "daemon/typescript/transpiler.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/snapshots/serving.h"
#include "daemon/workers/launch_zygote.h"
#include "typescript/protocol.h"

namespace evald {
namespace {

constexpr Duration kLoadTimeout = std::chrono::seconds(30);
// After a boot that failed.
constexpr Duration kPause = std::chrono::seconds(5);
// What a request's frame has beyond the texts in it, and an answer's.
constexpr uint64_t kFrameSlack = 1 << 20;

PoolOptions PoolOptionsOf(const ResolvedConfig& config) {
  PoolOptions options = Serving::PoolOptionsOf(config);
  options.min_idle = config.proto.typescript().min_idle();
  options.max_workers = config.proto.typescript().max_workers();
  return options;
}

// Each tenant's time and place in the queue are its own; the compiler's memory is the same for all.
std::shared_ptr<const Tenants> RulesOf(const ResolvedConfig& config) {
  const size_t max_running = std::max<size_t>(1, config.proto.typescript().max_workers() * 3 / 4);
  const v1::Limits bounds = typescript::CallFor({}).limits();
  return std::make_shared<const Tenants>(config.tenants.Changed([&](TenantRules& rules) {
    v1::Limits ceilings = bounds;
    FillUnset(rules.limits.ceilings, ceilings);
    rules.limits.ceilings = std::move(ceilings);
    rules.max_running = max_running;
  }));
}

internal::ZygoteBoot BootOf(const ResolvedConfig& config, const internal::SnapshotReady& ready,
                            uint64_t max_request_bytes) {
  internal::ZygoteBoot boot;
  *boot.mutable_expected() = ready.identity();
  *boot.mutable_warmup() = ready.warmup();
  *boot.mutable_modules() = ready.modules();
  boot.set_heap_bytes(typescript::kHeapBytes);
  boot.set_max_memory_bytes(typescript::kMemoryBytes);
  boot.set_rewind(config.rewind);
  boot.set_verify_rewind(config.proto.pool().verify_rewind());
  boot.set_max_rewind_pages(config.proto.pool().max_rewind_pages());
  boot.set_sandbox(config.proto.sandbox().level());
  boot.set_cgroup(config.proto.sandbox().cgroup());
  boot.set_cgroup_memory_bytes(config.proto.sandbox().cgroup_memory_bytes());
  boot.set_max_frame_bytes(2 * max_request_bytes + kFrameSlack);
  return boot;
}

}  // namespace

Transpiler::Transpiler(const Parts& parts, const ResolvedConfig& config, Images::WorkerIds ids)
    : parts_(parts),
      max_request_bytes_(config.proto.max_request_bytes()),
      config_(config),
      mode_(config.proto.typescript().mode()),
      images_(
          *parts.io, *parts.timers,
          [this](const internal::ZygoteBooted& booted) { pool_.Open(booted.rewind()); }, std::move(ids)),
      pool_(PoolOptionsOf(config), &images_, parts.timers),
      scheduler_(Serving::SchedulerOptionsOf(config), RulesOf(config), &pool_, parts.timers) {
  images_.SetEvents(&pool_);
  scheduler_.SetAdmission(Scheduler::Admission::kOpen);
}

Transpiler::~Transpiler() = default;

void Transpiler::SetConfig(const ResolvedConfig& config) {
  config_ = config;
  mode_ = config.proto.typescript().mode();
  scheduler_.SetRules(Serving::SchedulerOptionsOf(config), RulesOf(config));
  images_.SetMaxAge(config.zygote_max_age);
  pool_.SetOptions(PoolOptionsOf(config));
  if (begun_) Begin();
}

void Transpiler::Begin() {
  begun_ = true;
  if (mode_ == v1::TypescriptConfig::ALWAYS) Boot();
}

Transpiler::CallId Transpiler::Submit(Call* call) {
  const CallId id = scheduler_.NewId();
  Boot();
  if (state_ == State::kDown) {
    call->Fail(failure_, nullptr);
  } else {
    scheduler_.Submit(id, call);
  }
  return id;
}

void Transpiler::Boot() {
  if (state_ != State::kDown || stopped_ || pause_.armed()) return;
  state_ = State::kBooting;
  spdlog::info("the TypeScript transpiler is started: {}", parts_.options->transpiler);
  SnapshotTool::Options tool;
  tool.program = parts_.options->snapshot_tool;
  tool.request.mutable_config()->set_snapshot_file(parts_.options->transpiler);
  tool.in_background = true;
  tool.doing = "loading the TypeScript transpiler";
  tool.timeout = kLoadTimeout;
  tool.on_log = [](const std::string& line) { spdlog::info("the TypeScript transpiler: {}", line); };
  absl::StatusOr<std::unique_ptr<SnapshotTool>> started =
      SnapshotTool::Start(*parts_.io, *parts_.timers, std::move(tool),
                          [this](absl::StatusOr<BuiltSnapshot> loaded) { OnLoaded(std::move(loaded)); });
  if (!started.ok()) return OnFailed(started.status());
  tool_ = *std::move(started);
}

void Transpiler::OnLoaded(absl::StatusOr<BuiltSnapshot> loaded) {
  tool_.reset();
  if (stopped_) return;
  if (!loaded.ok()) return OnFailed(loaded.status());
  auto source = std::make_unique<Images::Source>();
  source->launcher = LaunchZygote(parts_.io, parts_.timers, parts_.options->zygote, std::move(loaded->image),
                                  /*beside_another=*/true);
  source->zygote = {.boot = BootOf(config_, loaded->ready, max_request_bytes_),
                    .generation = 0,
                    .boot_timeout = config_.zygote_boot_timeout,
                    .max_worker_frame = 2 * typescript::kOutputBytes + kFrameSlack};
  source->max_age = config_.zygote_max_age;
  const absl::Status staged =
      images_.Stage(std::move(source), &pool_,
                    {.on_up = [this](const internal::ZygoteBooted& booted) { OnUp(booted); },
                     .on_failed = [this](const absl::Status& why) { OnFailed(why); }});
  if (!staged.ok()) OnFailed(staged);
}

void Transpiler::OnUp(const internal::ZygoteBooted& booted) {
  state_ = State::kUp;
  images_.Promote(nullptr);
  pool_.Open(booted.rewind());
  spdlog::info("the TypeScript transpiler is up");
}

void Transpiler::OnFailed(const absl::Status& why) {
  state_ = State::kDown;
  failure_ = {v1::ERROR_REASON_NOT_READY,
              absl::StrCat("the TypeScript transpiler could not be started: ", why.message())};
  spdlog::error("{}", failure_.message);
  pause_ = parts_.timers->After(kPause, [this] { Begin(); });
  scheduler_.FailAll(failure_);
}

void Transpiler::Stop(absl::AnyInvocable<void()> done) {
  stopped_ = true;
  pause_.Cancel();
  tool_.reset();
  pool_.Close([this, done = std::move(done)]() mutable { images_.Stop(std::move(done)); });
}

}  // namespace evald
