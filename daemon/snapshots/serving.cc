#include "daemon/snapshots/serving.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "daemon/loop/proto_time.h"
#include "daemon/workers/launch_zygote.h"

namespace evald {
namespace {

// What a request frame may have beyond the client's own message.
constexpr uint64_t kFrameSlack = 64 << 10;
// For the store to write a few bytes.
constexpr Duration kNoteTimeout = std::chrono::seconds(10);

// A result is bounded before it is carried; carrying may make it longer (escapes, the structure's own bytes).
size_t MaxWorkerFrame(const ResolvedConfig& config) {
  const v1::Limits largest = config.tenants.LargestCeilings();
  return 2 * largest.output_bytes() + 2 * largest.console_bytes() + (1 << 20);
}

void LogBuilt(const internal::SnapshotReady& ready) {
  const v1::Snapshot& snapshot = ready.snapshot();
  const std::string build_time = absl::FormatDuration(absl::FromChrono(ToDuration(snapshot.build_time())));
  spdlog::info("snapshot generation {} {}: {} bytes, V8 {}", snapshot.generation(),
               ready.build_reason().empty()
                   ? "loaded"
                   : absl::StrCat("built in ", build_time, " (", ready.build_reason(), ")"),
               snapshot.blob_bytes(), snapshot.v8_version());
}

bool SameCanaries(const internal::SnapshotReady& a, const internal::SnapshotReady& b) {
  return std::equal(a.canaries().begin(), a.canaries().end(), b.canaries().begin(), b.canaries().end(),
                    [](const internal::CanarySource& one, const internal::CanarySource& other) {
                      return one.SerializeAsString() == other.SerializeAsString();
                    });
}

}  // namespace

PoolOptions Serving::PoolOptionsOf(const ResolvedConfig& config) {
  PoolOptions options;
  options.min_idle = config.proto.pool().min_idle();
  options.max_workers = config.proto.pool().max_workers();
  options.max_uses = config.proto.pool().max_uses();
  options.max_age = config.max_age;
  return options;
}

SchedulerOptions Serving::SchedulerOptionsOf(const ResolvedConfig& config) {
  const v1::AdmissionConfig& admission = config.proto.admission();
  return {admission.max_queue(), admission.max_queue_bytes(), config.kill_grace};
}

Serving::Serving(Parts parts, ResolvedConfig config,
                 absl::AnyInvocable<void(const ResolvedConfig&)> on_config)
    : parts_(parts),
      max_request_bytes_(config.proto.max_request_bytes()),
      config_(std::move(config)),
      on_config_(std::move(on_config)) {}

Serving::~Serving() = default;

void Serving::OnZygoteUp(const internal::ZygoteBooted& booted) {
  SetZygoteFacts(booted);
  parts_.pool->Open(booted.rewind());
}

void Serving::SetZygoteFacts(const internal::ZygoteBooted& booted) {
  const bool news =
      !zygote_facts_.has_value() || zygote_facts_->SerializeAsString() != booted.SerializeAsString();
  zygote_facts_ = booted;
  if (!news) return;
  if (config_.rewind && !zygote_facts_->rewind()) {
    spdlog::warn("rewinding is off, each request takes a fork: {}", zygote_facts_->rewind_off_reason());
  }
  for (const std::string& part : zygote_facts_->sandbox_in_force())
    spdlog::info("sandbox in force: {}", part);
  for (const std::string& part : zygote_facts_->sandbox_missing()) spdlog::warn("sandbox missing: {}", part);
}

void Serving::FillStatus(v1::GetSnapshotResponse& response) const {
  if (!snapshot_.has_value()) return;
  *response.mutable_snapshot() = snapshot_->snapshot();
  response.mutable_snapshot()->set_serving(true);
  v1::PoolStatus& pool = *response.mutable_pool();
  if (config_.rewind) pool.set_rewind_off_reason(zygote_facts_->rewind_off_reason());
  *pool.mutable_sandbox_in_force() = zygote_facts_->sandbox_in_force();
  *pool.mutable_sandbox_missing() = zygote_facts_->sandbox_missing();
}

void Serving::FillSnapshots(v1::ListSnapshotsResponse& response) const {
  *response.mutable_snapshots() = stored_;
  for (v1::Snapshot& stored : *response.mutable_snapshots())
    stored.set_serving(stored.generation() == generation());
}

uint64_t Serving::OlderGeneration() const {
  uint64_t older = 0;
  for (const v1::Snapshot& stored : stored_) {
    if (stored.generation() < generation() && !never_served_.contains(stored.generation()))
      older = std::max(older, stored.generation());
  }
  return older;
}

bool Serving::Keeps(uint64_t generation) const {
  return std::any_of(stored_.begin(), stored_.end(),
                     [generation](const v1::Snapshot& stored) { return stored.generation() == generation; });
}

absl::StatusOr<ResolvedConfig> Serving::ReadConfig() {
  const std::string& file = parts_.options->config_file;
  std::error_code error;
  // A pipe, say, has been read already, and would be waited for.
  if (!file.empty() && std::filesystem::exists(file, error) &&
      !std::filesystem::is_regular_file(file, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, " is not a regular file: it cannot be read a second time"));
  }
  return LoadConfig(file);
}

std::string Serving::StoreFolder() const { return parts_.options->data_dir + "/snapshots"; }

internal::SnapshotRequest Serving::RequestFor(const ResolvedConfig& config) const {
  internal::SnapshotRequest request;
  *request.mutable_config() = config.proto;
  request.set_config_folder(config.folder);
  request.set_store_folder(StoreFolder());
  return request;
}

void Serving::Build(const ResolvedConfig& config, const BuildOptions& options,
                    absl::AnyInvocable<void(const std::string& line)> on_log,
                    absl::AnyInvocable<void(absl::StatusOr<BuiltSnapshot>)> done) {
  SnapshotTool::Options tool;
  tool.program = parts_.options->snapshot_tool;
  // For what the configuration has of TypeScript.
  tool.arguments.push_back("--transpiler=" + parts_.options->transpiler);
  tool.request = RequestFor(config);
  if (options.generation != 0) {
    // Stored snapshots are loaded by a process like the zygote that is to have them.
    const absl::StatusOr<ResolvedConfig> now = ReadConfig();
    const std::string engine = config.proto.engine().SerializeAsString();
    if (now.ok() && now->proto.engine().SerializeAsString() == engine) tool.request = RequestFor(*now);
  }
  tool.request.set_force(options.force);
  tool.request.set_resume(options.resume);
  tool.request.set_load_generation(options.generation);
  tool.request.set_above_generation(largest_generation_);
  tool.in_background = !options.resume;
  tool.doing = options.generation == 0 ? "loading or building the snapshot"
                                       : absl::StrCat("loading generation ", options.generation);
  tool.timeout = config.snapshot_build_timeout;
  if (options.generation == 0) tool.timeout_setting = "snapshot_build_timeout";
  tool.on_log = std::move(on_log);
  built_ = std::move(done);
  absl::StatusOr<std::unique_ptr<SnapshotTool>> started = SnapshotTool::Start(
      *parts_.io, *parts_.timers, std::move(tool), [this](absl::StatusOr<BuiltSnapshot> built) {
        tool_.reset();
        if (!built_) return;
        if (built.ok()) {
          const uint64_t built_generation = built->ready.snapshot().generation();
          stored_ = built->ready.stored();
          if (!built->ready.build_reason().empty()) never_served_.insert(built_generation);
          LogBuilt(built->ready);
        }
        std::exchange(built_, nullptr)(std::move(built));
      });
  if (!started.ok()) return TellLater(started.status());
  tool_ = *std::move(started);
}

void Serving::TellLater(const absl::Status& why) {
  later_ = parts_.timers->After(Duration(0), [this, why] {
    if (built_) std::exchange(built_, nullptr)(why);
  });
}

internal::ZygoteBoot Serving::BootOf(const ResolvedConfig& config,
                                     const internal::SnapshotReady& ready) const {
  internal::ZygoteBoot boot;
  *boot.mutable_expected() = ready.identity();
  *boot.mutable_modules() = ready.modules();
  *boot.mutable_warmup() = ready.warmup();
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
  boot.set_max_frame_bytes(max_request_bytes_ + kFrameSlack);
  return boot;
}

Serving::Difference Serving::Compare(const ResolvedConfig& config,
                                     const internal::SnapshotReady& ready) const {
  if (!snapshot_.has_value()) return Difference::kImage;
  const v1::Snapshot& now = snapshot_->snapshot();
  const v1::Snapshot& next = ready.snapshot();
  const bool same_image = now.generation() == next.generation() && now.fingerprint() == next.fingerprint() &&
                          BootOf(config, ready).SerializeAsString() == zygote_boot_ &&
                          MaxWorkerFrame(config) == MaxWorkerFrame(config_) &&
                          SameCanaries(*snapshot_, ready);
  if (!same_image) return Difference::kImage;
  const bool same_settings = config.proto.SerializeAsString() == config_.proto.SerializeAsString();
  return same_settings ? Difference::kNone : Difference::kSettings;
}

absl::Status Serving::Prove(const ResolvedConfig& config, BuiltSnapshot built, ProofHandlers handlers) {
  auto source = std::make_unique<Images::Source>();
  source->launcher = LaunchZygote(parts_.io, parts_.timers, parts_.options->zygote, std::move(built.image),
                                  /*beside_another=*/snapshot_.has_value());
  source->zygote = {.boot = BootOf(config, built.ready),
                    .generation = built.ready.snapshot().generation(),
                    .boot_timeout = config.zygote_boot_timeout,
                    .max_worker_frame = MaxWorkerFrame(config)};
  source->max_age = config.zygote_max_age;
  absl::StatusOr<std::unique_ptr<Staging>> staging = Staging::Start(
      parts_.images, parts_.timers,
      {.source = std::move(source),
       .canaries = {built.ready.canaries().begin(), built.ready.canaries().end()},
       .bounds = {config.proto.default_limits(), config.proto.max_limits()},
       .kill_grace = config.kill_grace,
       .workers = config.proto.pool().min_idle(),
       // While requests go on, one after the other: forks cost them time.
       .max_starting = snapshot_.has_value() ? size_t{1} : size_t{8},
       .fill_timeout = config.zygote_boot_timeout,
       .some_will_do = !snapshot_.has_value()},
      {.on_passed = std::move(handlers.on_passed), .on_failed = std::move(handlers.on_failed)});
  if (!staging.ok()) return staging.status();
  staging_ = *std::move(staging);
  return absl::OkStatus();
}

void Serving::Abandon() {
  built_ = nullptr;
  later_.Cancel();
  tool_.reset();
  staging_.reset();
}

void Serving::SetRules(const ResolvedConfig& config) {
  config_ = config;
  auto tenants = std::make_shared<const Tenants>(config.tenants);
  parts_.tenants->Replace(tenants);
  parts_.scheduler->SetRules(SchedulerOptionsOf(config), std::move(tenants));
  on_config_(config_);
}

std::vector<std::string> Serving::Swap(const ResolvedConfig& config, const internal::SnapshotReady& ready,
                                       absl::AnyInvocable<void()> on_drained) {
  EVALD_CHECK(staging_ != nullptr, "what takes over was proved");
  const std::vector<AdoptedWorker> workers = staging_->TakeWorkers();
  const internal::ZygoteBooted booted = staging_->booted();
  staging_.reset();
  snapshot_ = ready;
  largest_generation_ = std::max(largest_generation_, generation());
  never_served_.erase(generation());
  zygote_boot_ = BootOf(config, ready).SerializeAsString();
  SetRules(config);
  parts_.images->Promote(std::move(on_drained));
  parts_.pool->Adopt(workers, PoolOptionsOf(config), booted.rewind());
  SetZygoteFacts(booted);
  return Warnings();
}

std::vector<std::string> Serving::Apply(const ResolvedConfig& config) {
  SetRules(config);
  parts_.images->SetMaxAge(config.zygote_max_age);
  parts_.pool->SetOptions(PoolOptionsOf(config));
  return Warnings();
}

std::vector<std::string> Serving::Warnings() const {
  std::vector<std::string> warnings;
  if (const uint64_t wanted = config_.proto.max_request_bytes(); wanted != max_request_bytes_) {
    warnings.push_back(absl::StrCat("max_request_bytes: ", wanted,
                                    " is in force only after a restart; until then it is ",
                                    max_request_bytes_));
  }
  return warnings;
}

void Serving::Note(const internal::ServingRecord& record,
                   absl::AnyInvocable<void(const absl::Status&)> done) {
  notes_.push_back({record, std::move(done)});
  if (notes_.size() == 1) NextNote();
}

void Serving::NextNote() {
  SnapshotTool::Options tool;
  tool.program = parts_.options->snapshot_tool;
  // Of the configuration a note takes the store's bound, and none of the sources.
  tool.request.set_store_folder(StoreFolder());
  tool.request.mutable_config()->set_kept_generations(config_.proto.kept_generations());
  *tool.request.mutable_serving() = notes_.front().record;
  tool.in_background = true;
  tool.doing =
      absl::StrCat("noting in the store that generation ", notes_.front().record.generation(), " serves");
  tool.timeout = kNoteTimeout;
  absl::StatusOr<std::unique_ptr<SnapshotTool>> started =
      SnapshotTool::Start(*parts_.io, *parts_.timers, std::move(tool),
                          [this](const absl::StatusOr<BuiltSnapshot>& noted) { OnNoted(noted); });
  if (!started.ok()) {
    note_later_ = parts_.timers->After(Duration(0), [this, why = started.status()] { OnNoted(why); });
    return;
  }
  note_tool_ = *std::move(started);
}

void Serving::OnNoted(const absl::StatusOr<BuiltSnapshot>& noted) {
  note_tool_.reset();
  if (notes_.empty()) return;
  if (noted.ok() && noted->ready.stored_size() > 0) stored_ = noted->ready.stored();
  PendingNote note = std::move(notes_.front());
  notes_.pop_front();
  if (!notes_.empty()) NextNote();
  note.done(noted.status());
}

void Serving::Stop() {
  Abandon();
  notes_.clear();
  note_tool_.reset();
  note_later_.Cancel();
}

}  // namespace evald
