#include "snapshot/prepare.h"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/extensions/builtin.h"
#include "runtime/identity.h"
#include "runtime/platform.h"
#include "runtime/snapshot_builder.h"
#include "snapshot/inputs.h"
#include "snapshot/store.h"

namespace evald::snapshot {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

internal::SnapshotFailed Failed(std::string stage, const absl::Status& why) {
  internal::SnapshotFailed failed;
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

// What SnapshotBuilder::Create complains of names the extension's script; the stage should too.
std::string ExtensionStage(const std::vector<Extension>& extensions, const absl::Status& why) {
  for (const Extension& extension : extensions) {
    if (absl::StrContains(why.message(), absl::StrCat("extension '", extension.name, "'"))) {
      return absl::StrCat("extension ", extension.name);
    }
  }
  return "extension";
}

using Built = std::variant<std::string, internal::SnapshotFailed>;

// Runs every extension and module. The startup data, or what was at fault.
Built Build(const BuildInputs& inputs, const LogSink& log) {
  SnapshotBuilder::Options options;
  options.extensions = inputs.extensions;
  options.ops = BuiltinOps();
  const absl::StatusOr<std::unique_ptr<SnapshotBuilder>> builder =
      SnapshotBuilder::Create(std::move(options));
  if (!builder.ok()) return Failed(ExtensionStage(inputs.extensions, builder.status()), builder.status());
  const auto tell_console = [&] {
    for (const std::string& line : (*builder)->TakeConsole()) log(line);
  };
  tell_console();
  for (const Module& module : inputs.modules) {
    const absl::Status added = (*builder)->WithModule(module);
    tell_console();
    if (!added.ok()) return Failed(absl::StrCat("module ", module.specifier), added);
  }
  absl::StatusOr<std::string> blob = (*builder)->Finish();
  if (!blob.ok()) return Failed("serialize", blob.status());
  if (blob->size() > kMaxBlobBytes) {
    return Failed("serialize",
                  absl::OutOfRangeError(absl::StrCat("the snapshot has ", blob->size(),
                                                     " bytes, more than the limit of ", kMaxBlobBytes)));
  }
  return *std::move(blob);
}

// Stores what was built and returns its header with its generation. Not being able to is worth a line in the
// log, no more.
EnvelopeHeader Keep(Store* store, EnvelopeHeader header, std::string_view blob, const LogSink& log) {
  header.set_generation(1);
  if (store == nullptr) return header;
  if (const absl::StatusOr<StoreListing> listing = store->List();
      listing.ok() && !listing->snapshots.empty()) {
    header.set_generation(listing->snapshots.front().header.generation() + 1);
  }
  absl::StatusOr<EnvelopeHeader> saved = store->Save(header, blob);
  if (saved.ok()) return *std::move(saved);
  log(absl::StrCat("the snapshot was built but not stored, the next start will build it again: ",
                   saved.status().message()));
  return header;
}

class Preparation {
 public:
  Preparation(const internal::SnapshotRequest& request, const LogSink& log) : request_(request), log_(log) {}

  std::variant<PreparedSnapshot, internal::SnapshotFailed> Run() {
    absl::StatusOr<BuildInputs> inputs = ResolveInputs(request_.config(), request_.config_folder());
    if (!inputs.ok()) return Failed("config", inputs.status());
    if (const absl::Status opened = OpenStore(); !opened.ok()) return Failed("store", opened);
    StartV8(request_.config().engine());
    const EnvelopeHeader expected = DescribeInputs(*inputs, ThisRuntimeIdentity(BuiltinOps()));

    PreparedSnapshot prepared;
    absl::StatusOr<StoredSnapshot> stored = LoadStored(expected, *prepared.ready.mutable_build_reason());
    EnvelopeHeader header;
    if (stored.ok()) {
      header = std::move(stored->header);
      prepared.blob = std::move(stored->blob);
    } else {
      const auto started = std::chrono::steady_clock::now();
      Built built = Build(*inputs, log_);
      if (auto* failed = std::get_if<internal::SnapshotFailed>(&built)) return std::move(*failed);
      prepared.blob = std::get<std::string>(std::move(built));
      header = expected;
      header.set_build_micros(
          duration_cast<microseconds>(std::chrono::steady_clock::now() - started).count());
      header.set_built_at_unix_millis(
          duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
      header = Keep(store_.get(), std::move(header), prepared.blob, log_);
    }
    *prepared.ready.mutable_snapshot() = DescribeSnapshot(header, prepared.blob.size());
    *prepared.ready.mutable_identity() = IdentityOf(header);
    for (internal::WarmupSource& script : inputs->warmup) *prepared.ready.add_warmup() = std::move(script);
    ListStored(prepared.ready);
    return prepared;
  }

 private:
  // OK with no store where there cannot be one; that is said in the log.
  absl::Status OpenStore() {
    absl::StatusOr<std::unique_ptr<Store>> store = Store::Create({.folder = request_.store_folder()});
    if (store.ok()) {
      store_ = *std::move(store);
      return absl::OkStatus();
    }
    if (!absl::IsUnavailable(store.status())) return store.status();
    log_(std::string(store.status().message()));
    no_store_reason_ = std::string(store.status().message());
    return absl::OkStatus();
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
    absl::StatusOr<StoredSnapshot> stored = store_->Load(expected.fingerprint());
    if (!stored.ok()) reason = store_->Explain(expected, stored.status());
    return stored;
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
  const LogSink& log_;
  std::unique_ptr<Store> store_;
  std::string no_store_reason_;
};

}  // namespace

std::variant<PreparedSnapshot, internal::SnapshotFailed> PrepareSnapshot(
    const internal::SnapshotRequest& request, const LogSink& log) {
  return Preparation(request, log).Run();
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
  return snapshot;
}

}  // namespace evald::snapshot
