#include "snapshot/prepare.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "runtime/identity.h"
#include "runtime/platform.h"
#include "runtime/snapshot_builder.h"
#include "snapshot/build_log.h"
#include "snapshot/inputs.h"
#include "snapshot/store.h"
#include "snapshot/transpile.h"

namespace evald::snapshot {
namespace {

using internal::SnapshotFailed;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using Prepared = std::variant<PreparedSnapshot, SnapshotFailed>;

SnapshotFailed Failed(std::string stage, const absl::Status& why) {
  SnapshotFailed failed;
  failed.set_stage(std::move(stage));
  failed.set_message(std::string(why.message()));
  return failed;
}

internal::RuntimeIdentity IdentityOf(const EnvelopeHeader& header) {
  internal::RuntimeIdentity identity;
  identity.set_v8_version(header.v8_version());
  identity.set_v8_flags(header.v8_flags());
  identity.set_ops_digest(header.ops_digest());
  return identity;
}

// The failure of the extension or module `name`, which the stage names already. In what it threw it is called
// by its name; here its file is told too.
SnapshotFailed ScriptFailed(const std::string& kind, const std::string& name,
                            const std::map<std::string, std::string>& files, const absl::Status& why) {
  SnapshotFailed failed = Failed(absl::StrCat(kind, " ", name), why);
  failed.set_message(std::string(absl::StripPrefix(failed.message(), absl::StrCat(kind, " '", name, "': "))));
  if (const auto file = files.find(name); file != files.end())
    absl::StrAppend(failed.mutable_message(), "\n(", name, " is the file ", file->second, ")");
  return failed;
}

// What SnapshotBuilder::Create complains of names the extension.
SnapshotFailed ExtensionFailed(const BuildInputs& inputs, const absl::Status& why) {
  for (const Extension& extension : inputs.extensions) {
    if (absl::StartsWith(why.message(), absl::StrCat("extension '", extension.name, "'")))
      return ScriptFailed("extension", extension.name, inputs.extension_files, why);
  }
  return Failed("extension", why);
}

// The same for what SnapshotBuilder::WithModules complains of.
SnapshotFailed ModuleFailed(const BuildInputs& inputs, const absl::Status& why) {
  for (const Module& module : inputs.modules) {
    if (absl::StartsWith(why.message(), absl::StrCat("module '", module.specifier, "': ")))
      return ScriptFailed("module", module.specifier, inputs.module_files, why);
  }
  return Failed("module", why);
}

// What startup data cannot hold goes into the recipe.
absl::Status Defer(std::vector<Module>& deferred, Recipe& recipe) {
  for (Module& module : deferred) {
    DeferredModule& kept = *recipe.add_modules();
    kept.set_specifier(std::move(module.specifier));
    kept.set_type(module.type);
    kept.set_source(std::move(module.source));
  }
  if (recipe.ByteSizeLong() <= kMaxRecipeBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("warm-up, canaries, and the modules that are WebAssembly or import it together take ",
                   recipe.ByteSizeLong(), " bytes, more than the limit of ", kMaxRecipeBytes));
}

using Built = std::variant<std::string, SnapshotFailed>;

// Runs every extension and module. The startup data, or what was at fault.
Built Build(const BuildInputs& inputs, const std::vector<Extension>& available, Recipe& recipe,
            const LogSink& log) {
  SnapshotBuilder::Options options;
  options.extensions = inputs.extensions;
  options.ops = OpsOf(available);
  options.on_console = log;
  const absl::StatusOr<std::unique_ptr<SnapshotBuilder>> builder =
      SnapshotBuilder::Create(std::move(options));
  if (!builder.ok()) return ExtensionFailed(inputs, builder.status());
  if (!inputs.import_map.empty()) {
    const absl::Status set = (*builder)->WithImportMap(inputs.import_map);
    if (!set.ok())
      return Failed("config",
                    absl::InvalidArgumentError(absl::StrCat("import_map: ", std::string(set.message()))));
  }
  std::vector<Module> deferred;
  if (const absl::Status added = (*builder)->WithModules(inputs.modules, deferred); !added.ok())
    return ModuleFailed(inputs, added);
  if (const absl::Status kept = Defer(deferred, recipe); !kept.ok()) return Failed("config", kept);
  absl::StatusOr<std::string> blob = (*builder)->Finish();
  if (!blob.ok()) return Failed("serialize", blob.status());
  if (blob->size() > kMaxBlobBytes) {
    return Failed("serialize",
                  absl::OutOfRangeError(absl::StrCat("the snapshot has ", blob->size(),
                                                     " bytes, more than the limit of ", kMaxBlobBytes)));
  }
  return *std::move(blob);
}

class Preparation {
 public:
  Preparation(const internal::SnapshotRequest& request, const std::vector<Extension>& available,
              const std::string& transpiler, const LogSink& log)
      : request_(request),
        available_(available),
        transpiler_(transpiler),
        log_([this, &log](std::string_view line) {
          build_log_.Add(line);
          log(line);
        }) {}

  std::variant<std::string, SnapshotFailed> RunForEnvelope() {
    const absl::StatusOr<BuildInputs> inputs = Inputs();
    if (!inputs.ok()) return Failed("config", inputs.status());
    StartV8(request_.config().engine());
    const EnvelopeHeader expected = DescribeInputs(*inputs, ThisRuntimeIdentity(OpsOf(available_)));
    std::variant<StoredSnapshot, SnapshotFailed> result = Make(*inputs, expected, "for a file");
    if (auto* failed = std::get_if<SnapshotFailed>(&result)) return std::move(*failed);
    const StoredSnapshot& made = std::get<StoredSnapshot>(result);
    absl::StatusOr<std::string> envelope = EncodeEnvelope(made.header, made.recipe, made.blob);
    if (!envelope.ok()) return Failed("serialize", envelope.status());
    return *std::move(envelope);
  }

  Prepared Run() {
    if (request_.has_serving()) return NoteServing();
    const absl::StatusOr<BuildInputs> inputs = Inputs();
    if (!inputs.ok() && request_.load_generation() == 0) return Failed("config", inputs.status());
    if (const absl::Status opened = OpenStore(); !opened.ok()) return Failed("store", opened);
    StartV8(request_.config().engine());
    const internal::RuntimeIdentity identity = ThisRuntimeIdentity(OpsOf(available_));
    EnvelopeHeader expected = DescribeInputs(inputs.ok() ? *inputs : BuildInputs(), identity);
    if (inputs.ok() && inputs->built != nullptr) {
      const std::string foreign = DescribeForeignness(expected, inputs->built->header);
      if (!foreign.empty()) return ForeignFile(foreign);
      expected = inputs->built->header;
    }
    if (request_.load_generation() == 0) return LoadOrBuild(*inputs, std::move(expected));
    if (!inputs.ok()) {
      log_(absl::StrCat("the configuration cannot be read, so a restart will not go on with generation ",
                        request_.load_generation(), ": ", inputs.status().message()));
      // What is left of it is this process's identity.
      expected.clear_fingerprint();
    }
    return LoadRequested(expected);
  }

 private:
  Prepared ForeignFile(const std::string& foreign) {
    return Failed("load", absl::FailedPreconditionError(absl::StrCat(
                              "snapshot_file ", request_.config().snapshot_file(),
                              " cannot run in this evald: ", foreign,
                              ". Build it anew, with the evald-snapshot that belongs to this evald")));
  }

  // What is asked for, built now.
  std::variant<StoredSnapshot, SnapshotFailed> Make(const BuildInputs& inputs, const EnvelopeHeader& expected,
                                                    const std::string& reason) {
    if (inputs.built != nullptr) {
      StoredSnapshot made{*inputs.built};
      made.header.set_build_reason(reason);
      return made;
    }
    const auto started = std::chrono::steady_clock::now();
    Recipe recipe = inputs.recipe;
    Built built = Build(inputs, available_, recipe, log_);
    if (auto* failed = std::get_if<SnapshotFailed>(&built)) return std::move(*failed);
    StoredSnapshot made{expected, std::move(recipe), std::get<std::string>(std::move(built)), {}};
    made.header.set_build_micros(
        duration_cast<microseconds>(std::chrono::steady_clock::now() - started).count());
    made.header.set_built_at_unix_millis(
        duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
    made.header.set_build_reason(reason);
    for (std::string& line : build_log_.Lines()) *made.header.add_build_log() = std::move(line);
    return made;
  }

  // Before V8 is started.
  absl::StatusOr<BuildInputs> Inputs() {
    const absl::StatusOr<v1::EvaldConfig> config =
        TranspileConfig(request_.config(), request_.config_folder(), transpiler_, available_);
    if (!config.ok()) return config.status();
    return ResolveInputs(*config, request_.config_folder(), available_);
  }

  // OK with no store where there cannot be one; that is said in the log.
  absl::Status OpenStore() {
    if (request_.store_folder().empty()) {
      no_store_reason_ = "there is no store";
      return absl::OkStatus();
    }
    const uint32_t kept = std::min(request_.config().kept_generations(), kMaxKeptGenerations);
    absl::StatusOr<std::unique_ptr<Store>> store =
        Store::Create({.folder = request_.store_folder(),
                       .kept_generations = kept == 0 ? Store::kDefaultKeptGenerations : kept,
                       .newest_served = request_.above_generation()});
    if (store.ok()) {
      store_ = *std::move(store);
      return absl::OkStatus();
    }
    if (!absl::IsUnavailable(store.status())) return store.status();
    no_store_reason_ = std::string(store.status().message());
    log_(no_store_reason_);
    return absl::OkStatus();
  }

  Prepared NoteServing() {
    if (const absl::Status opened = OpenStore(); !opened.ok()) return Failed("store", opened);
    if (store_ == nullptr) return Failed("store", absl::UnavailableError(no_store_reason_));
    const absl::Status noted =
        store_->NoteServing({request_.serving().generation(), request_.serving().config_fingerprint()});
    if (!noted.ok()) return Failed("store", noted);
    PreparedSnapshot prepared;
    ListStored(prepared.ready);
    return prepared;
  }

  // `expected` has this process's identity, and the configuration's fingerprint if there is one.
  Prepared LoadRequested(const EnvelopeHeader& expected) {
    const uint64_t generation = request_.load_generation();
    if (store_ == nullptr) return Failed("store", absl::UnavailableError(no_store_reason_));
    absl::StatusOr<StoredSnapshot> stored = LoadFitting(generation, expected);
    if (stored.ok()) return Ready(expected, *std::move(stored));
    SnapshotFailed failed = Failed("load", stored.status());
    if (absl::IsNotFound(stored.status())) {
      failed.set_not_found(true);
      failed.set_message(absl::StrCat("generation ", generation, " is not kept: ", DescribeKept()));
    }
    return failed;
  }

  std::string DescribeKept() {
    const absl::StatusOr<StoreListing> listing = store_->List();
    if (!listing.ok()) return std::string(listing.status().message());
    if (listing->snapshots.empty()) return "the store is empty";
    return absl::StrCat("the store has ",
                        absl::StrJoin(listing->snapshots, ", ", [](std::string* out, const auto& summary) {
                          absl::StrAppend(out, summary.header.generation());
                        }));
  }

  // That generation, if a process like this one can load it. NOT_FOUND: it is not kept.
  absl::StatusOr<StoredSnapshot> LoadFitting(uint64_t generation, const EnvelopeHeader& expected) {
    absl::StatusOr<StoredSnapshot> stored = store_->LoadGeneration(generation);
    if (absl::IsNotFound(stored.status())) return stored;
    if (!stored.ok()) {
      return absl::Status(
          stored.status().code(),
          absl::StrCat("generation ", generation, " cannot be loaded: ", stored.status().message()));
    }
    const std::string foreign = DescribeForeignness(expected, stored->header);
    if (foreign.empty()) return stored;
    const bool other_engine = expected.v8_version() == stored->header.v8_version() &&
                              expected.v8_flags() != stored->header.v8_flags();
    return absl::FailedPreconditionError(absl::StrCat(
        "generation ", generation, " cannot run in this evald: ", foreign,
        other_engine ? ". It was built with another `engine`: restore that in the configuration file, and "
                       "regenerate"
                     : ""));
  }

  Prepared LoadOrBuild(const BuildInputs& inputs, EnvelopeHeader expected) {
    std::string reason;
    absl::StatusOr<StoredSnapshot> stored = LoadStored(expected, reason);
    if (stored.ok()) {
      for (const std::string& line : stored->passed_over)
        log_(absl::StrCat("a stored snapshot is skipped: ", line));
      return Ready(expected, *std::move(stored));
    }
    std::variant<StoredSnapshot, SnapshotFailed> result = Make(inputs, expected, reason);
    if (auto* failed = std::get_if<SnapshotFailed>(&result)) return std::move(*failed);
    StoredSnapshot& made = std::get<StoredSnapshot>(result);
    Keep(made);
    Prepared prepared = Ready(expected, std::move(made));
    std::get<PreparedSnapshot>(prepared).ready.set_build_reason(reason);
    return prepared;
  }

  // `reason`: why there is none to load.
  absl::StatusOr<StoredSnapshot> LoadStored(const EnvelopeHeader& expected, std::string& reason) {
    if (store_ == nullptr) {
      reason = no_store_reason_;
      return absl::NotFoundError(reason);
    }
    if (request_.force()) {
      reason = "forced";
      return absl::NotFoundError(reason);
    }
    if (request_.resume()) {
      absl::StatusOr<StoredSnapshot> serving = LoadServing(expected);
      if (serving.ok()) return serving;
    }
    absl::StatusOr<StoredSnapshot> stored = store_->Load(expected.fingerprint());
    if (!stored.ok()) reason = store_->Explain(expected, stored.status());
    return stored;
  }

  // What a restart goes on with, if that was decided under the configuration that there is now.
  absl::StatusOr<StoredSnapshot> LoadServing(const EnvelopeHeader& expected) {
    const absl::StatusOr<ServingNote> note = store_->Serving();
    if (!note.ok()) {
      if (!absl::IsNotFound(note.status()))
        log_(absl::StrCat("what served last is not known: ", note.status().message()));
      return note.status();
    }
    if (note->config_fingerprint != expected.fingerprint())
      return absl::NotFoundError("the configuration asks for something else now");
    absl::StatusOr<StoredSnapshot> stored = LoadFitting(note->generation, expected);
    if (absl::IsNotFound(stored.status())) {
      log_(absl::StrCat("generation ", note->generation, ", which served last, is not kept"));
    } else if (!stored.ok()) {
      log_(absl::StrCat("what served last cannot serve again: ", stored.status().message()));
    }
    return stored;
  }

  // Stores what was built and gives it its generation. Not being able to is worth a line in the log, no more.
  void Keep(StoredSnapshot& made) {
    made.header.set_generation(request_.above_generation());
    absl::Status why = absl::OkStatus();
    if (store_ != nullptr) {
      absl::StatusOr<EnvelopeHeader> saved = store_->Save(made.header, made.recipe, made.blob);
      if (saved.ok()) {
        made.header = *std::move(saved);
        return;
      }
      made.header.set_generation(std::max(request_.above_generation(), store_->LargestGeneration()));
      log_(absl::StrCat("the snapshot was built but not stored, the next start will build it again: ",
                        saved.status().message()));
    }
    made.header.set_generation(made.header.generation() + 1);
  }

  Prepared Ready(const EnvelopeHeader& expected, StoredSnapshot snapshot) {
    PreparedSnapshot prepared;
    internal::SnapshotReady& ready = prepared.ready;
    *ready.mutable_snapshot() = DescribeSnapshot(snapshot.header, snapshot.blob.size());
    *ready.mutable_identity() = IdentityOf(snapshot.header);
    ready.set_config_fingerprint(expected.fingerprint());
    for (WarmupScript& script : *snapshot.recipe.mutable_warmup()) {
      internal::WarmupSource& source = *ready.add_warmup();
      source.set_name(std::move(*script.mutable_name()));
      source.set_source(std::move(*script.mutable_source()));
    }
    for (DeferredModule& module : *snapshot.recipe.mutable_modules()) {
      internal::PreloadedModule& preloaded = *ready.add_modules();
      preloaded.set_specifier(std::move(*module.mutable_specifier()));
      v1::ModuleSource& source = *preloaded.mutable_module();
      source.set_type(static_cast<v1::ModuleSource::Type>(module.type()));
      source.set_binary(std::move(*module.mutable_source()));
    }
    for (CanaryScript& canary : *snapshot.recipe.mutable_canaries()) {
      internal::CanarySource& source = *ready.add_canaries();
      source.set_name(std::move(*canary.mutable_name()));
      source.set_source(std::move(*canary.mutable_source()));
      source.set_expect(std::move(*canary.mutable_expect()));
    }
    ListStored(ready);
    prepared.blob = std::move(snapshot.blob);
    return prepared;
  }

  void ListStored(internal::SnapshotReady& ready) {
    if (store_ == nullptr) return;
    const absl::StatusOr<StoreListing> listing = store_->List();
    if (!listing.ok()) {
      log_(std::string(listing.status().message()));
      return;
    }
    for (const EnvelopeSummary& summary : listing->snapshots) {
      *ready.add_stored() = DescribeSnapshot(summary.header, summary.blob_bytes);
    }
    for (const std::string& broken : listing->broken)
      log_(absl::StrCat("a stored snapshot is skipped: ", broken));
  }

  const internal::SnapshotRequest& request_;
  const std::vector<Extension>& available_;
  const std::string& transpiler_;
  BuildLog build_log_;
  const LogSink log_;  // to whoever asked, and into the build log
  std::unique_ptr<Store> store_;
  std::string no_store_reason_;
};

using Parts = google::protobuf::RepeatedPtrField<SnapshotPart>;

void DescribeParts(const Parts& parts, v1::SnapshotInput::Kind kind, v1::Snapshot& snapshot) {
  for (const SnapshotPart& part : parts) {
    v1::SnapshotInput& input = *snapshot.add_inputs();
    input.set_kind(kind);
    input.set_name(part.name());
    input.set_sha256(part.sha256());
  }
}

}  // namespace

std::variant<PreparedSnapshot, internal::SnapshotFailed> PrepareSnapshot(
    const internal::SnapshotRequest& request, const std::vector<Extension>& available,
    const std::string& transpiler, const LogSink& log) {
  return Preparation(request, available, transpiler, log).Run();
}

std::variant<std::string, internal::SnapshotFailed> BuildEnvelope(const internal::SnapshotRequest& request,
                                                                  const std::vector<Extension>& available,
                                                                  const std::string& transpiler,
                                                                  const LogSink& log) {
  return Preparation(request, available, transpiler, log).RunForEnvelope();
}

v1::Snapshot DescribeSnapshot(const EnvelopeHeader& header, uint64_t blob_bytes) {
  v1::Snapshot snapshot;
  snapshot.set_generation(header.generation());
  snapshot.set_fingerprint(header.fingerprint());
  snapshot.set_blob_bytes(blob_bytes);
  snapshot.mutable_built_at()->set_seconds(header.built_at_unix_millis() / 1000);
  snapshot.mutable_built_at()->set_nanos(
      static_cast<int32_t>(header.built_at_unix_millis() % 1000 * 1'000'000));
  snapshot.mutable_build_time()->set_seconds(header.build_micros() / 1'000'000);
  snapshot.mutable_build_time()->set_nanos(static_cast<int32_t>(header.build_micros() % 1'000'000 * 1000));
  snapshot.set_v8_version(header.v8_version());
  for (const SnapshotPart& part : header.extensions()) snapshot.add_extensions(part.name());
  for (const SnapshotPart& part : header.modules()) snapshot.add_modules(part.name());
  DescribeParts(header.extensions(), v1::SnapshotInput::EXTENSION, snapshot);
  DescribeParts(header.modules(), v1::SnapshotInput::MODULE, snapshot);
  DescribeParts(header.warmup(), v1::SnapshotInput::WARMUP, snapshot);
  DescribeParts(header.canaries(), v1::SnapshotInput::CANARY, snapshot);
  *snapshot.mutable_build_log() = header.build_log();
  snapshot.set_build_reason(header.build_reason());
  return snapshot;
}

}  // namespace evald::snapshot
