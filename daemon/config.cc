#include "daemon/config.h"

#include <errno.h>
#include <fcntl.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/unique_fd.h"
#include "daemon/loop/proto_time.h"
#include "daemon/snapshots/json_equal.h"

namespace evald {
namespace {

constexpr uint64_t kMiB = 1 << 20;
// A frame's length has 32 bits (base/frame.h), and gRPC counts in int.
constexpr uint64_t kMaxMessageBytes = 1 << 30;
constexpr size_t kMaxFileBytes = 64 * kMiB;
// As snapshot/inputs.h has it.
constexpr uint32_t kMostGenerations = 100;

// Gathers the parser's complaints, with places that count from 1.
class ErrorGatherer final : public google::protobuf::io::ErrorCollector {
 public:
  explicit ErrorGatherer(absl::string_view origin) : origin_(origin) {}

  void AddError(int line, int column, const std::string& message) override {
    absl::StrAppend(&errors_, errors_.empty() ? "" : "\n", origin_, ":", line + 1, ":", column + 1, ": ",
                    message);
  }

  const std::string& errors() const { return errors_; }

 private:
  const std::string origin_;
  std::string errors_;
};

absl::Status Invalid(absl::string_view path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

absl::Status ResolveTime(absl::string_view path, const google::protobuf::Duration& proto, Duration at_least,
                         Duration& into) {
  into = ToDuration(proto);
  if (into < at_least)
    return Invalid(path, at_least == Duration(0) ? "must not be negative" : "must be more than 0");
  if (into > std::chrono::hours(24 * 365)) return Invalid(path, "must be less than a year");
  return absl::OkStatus();
}

absl::Status ResolvePool(v1::PoolConfig& pool, ResolvedConfig& resolved) {
  if (!v1::PoolConfig_Mode_IsValid(pool.mode()))
    return Invalid("pool.mode", absl::StrCat("no such value: ", pool.mode()));
  if (pool.mode() == v1::PoolConfig::MODE_UNSPECIFIED) pool.set_mode(v1::PoolConfig::REWIND);
  if (pool.max_workers() == 0) pool.set_max_workers(std::max(64u, pool.min_idle()));
  if (pool.min_idle() == 0) pool.set_min_idle(std::min(8u, pool.max_workers()));
  if (pool.max_workers() > 100'000)
    return Invalid("pool.max_workers", "more than 100000 processes are refused");
  if (pool.min_idle() > pool.max_workers()) {
    return Invalid("pool.min_idle", absl::StrCat(pool.min_idle(), " is more than pool.max_workers (",
                                                 pool.max_workers(), ")"));
  }
  if (pool.max_uses() == 0) pool.set_max_uses(10000);
  if (!pool.has_max_age()) FromDuration(std::chrono::minutes(10), *pool.mutable_max_age());
  if (!pool.has_zygote_max_age()) FromDuration(std::chrono::hours(1), *pool.mutable_zygote_max_age());
  if (pool.max_rewind_pages() == 0) pool.set_max_rewind_pages(16384);
  resolved.rewind = pool.mode() == v1::PoolConfig::REWIND;
  absl::Status ok = ResolveTime("pool.max_age", pool.max_age(), Duration(1), resolved.max_age);
  if (!ok.ok()) return ok;
  return ResolveTime("pool.zygote_max_age", pool.zygote_max_age(), Duration(1), resolved.zygote_max_age);
}

absl::Status ResolveSandbox(v1::SandboxConfig& sandbox) {
  if (!v1::SandboxConfig_Level_IsValid(sandbox.level())) {
    return Invalid("sandbox.level", absl::StrCat("no such value: ", sandbox.level()));
  }
  if (sandbox.level() == v1::SandboxConfig::LEVEL_UNSPECIFIED)
    sandbox.set_level(v1::SandboxConfig::BEST_EFFORT);
  return absl::OkStatus();
}

absl::Status ResolveTypescript(v1::TypescriptConfig& typescript) {
  if (!v1::TypescriptConfig_Mode_IsValid(typescript.mode()))
    return Invalid("typescript.mode", absl::StrCat("no such value: ", typescript.mode()));
  if (typescript.mode() == v1::TypescriptConfig::MODE_UNSPECIFIED)
    typescript.set_mode(v1::TypescriptConfig::ON_DEMAND);
  if (typescript.max_workers() == 0) typescript.set_max_workers(std::max(4u, typescript.min_idle()));
  if (typescript.min_idle() == 0) typescript.set_min_idle(1);
  if (typescript.max_workers() > 10'000)
    return Invalid("typescript.max_workers", "more than 10000 processes are refused");
  if (typescript.min_idle() > typescript.max_workers()) {
    return Invalid("typescript.min_idle",
                   absl::StrCat(typescript.min_idle(), " is more than typescript.max_workers (",
                                typescript.max_workers(), ")"));
  }
  return absl::OkStatus();
}

absl::Status ResolveSizesAndTimes(v1::EvaldConfig& config, ResolvedConfig& resolved) {
  if (config.max_request_bytes() == 0) config.set_max_request_bytes(64 * kMiB);
  if (config.max_request_bytes() > kMaxMessageBytes)
    return Invalid("max_request_bytes", "must be at most 1 GiB");
  if (config.kept_generations() == 0) config.set_kept_generations(8);
  if (config.kept_generations() > kMostGenerations)
    return Invalid("kept_generations", absl::StrCat("must be at most ", kMostGenerations));

  using std::chrono::milliseconds;
  using std::chrono::seconds;
  if (!config.has_kill_grace()) FromDuration(milliseconds(250), *config.mutable_kill_grace());
  if (!config.has_snapshot_build_timeout())
    FromDuration(seconds(60), *config.mutable_snapshot_build_timeout());
  if (!config.has_zygote_boot_timeout()) FromDuration(seconds(30), *config.mutable_zygote_boot_timeout());
  if (!config.has_drain_timeout()) FromDuration(seconds(10), *config.mutable_drain_timeout());
  absl::Status ok = ResolveTime("kill_grace", config.kill_grace(), Duration(0), resolved.kill_grace);
  if (ok.ok()) {
    ok = ResolveTime("snapshot_build_timeout", config.snapshot_build_timeout(), Duration(1),
                     resolved.snapshot_build_timeout);
  }
  if (ok.ok())
    ok = ResolveTime("zygote_boot_timeout", config.zygote_boot_timeout(), Duration(1),
                     resolved.zygote_boot_timeout);
  if (ok.ok()) ok = ResolveTime("drain_timeout", config.drain_timeout(), Duration(0), resolved.drain_timeout);
  return ok;
}

// Exactly one of a file and the text itself.
absl::Status ValidateText(const std::string& path, const std::string& file, const std::string& source) {
  if (file.empty() && source.empty()) return Invalid(path, "has neither file nor source");
  if (!file.empty() && !source.empty()) return Invalid(path, "has both file and source");
  return absl::OkStatus();
}

absl::Status ValidateSources(const v1::EvaldConfig& config) {
  std::set<std::string> names;
  for (int i = 0; i < config.extensions_size(); ++i) {
    const v1::ExtensionConfig& extension = config.extensions(i);
    const std::string path = absl::StrCat("extensions[", i, "]");
    const bool builtin = !extension.builtin().empty();
    if (builtin && !(extension.name().empty() && extension.file().empty() && extension.source().empty() &&
                     extension.needs().empty() && extension.provides().empty() && extension.ops().empty() &&
                     extension.version().empty())) {
      return Invalid(path, "a built-in extension has no name, file, source or other field of its own");
    }
    if (!builtin && extension.name().empty()) return Invalid(path, "has neither builtin nor name");
    if (!builtin) {
      absl::Status ok = ValidateText(path, extension.file(), extension.source());
      if (!ok.ok()) return ok;
    }
    const std::string& name = builtin ? extension.builtin() : extension.name();
    if (!names.insert(name).second)
      return Invalid(path, absl::StrCat("a second extension named \"", name, "\""));
  }
  std::set<std::string> specifiers;
  for (int i = 0; i < config.modules_size(); ++i) {
    const v1::ModuleConfig& module = config.modules(i);
    const std::string path = absl::StrCat("modules[", i, "]");
    if (!v1::ModuleSource::Type_IsValid(module.type()))
      return Invalid(absl::StrCat(path, ".type"), absl::StrCat("no such value: ", module.type()));
    if (module.specifier().empty()) return Invalid(absl::StrCat(path, ".specifier"), "must not be empty");
    if (!specifiers.insert(module.specifier()).second) {
      return Invalid(path, absl::StrCat("a second module \"", module.specifier(), "\""));
    }
    absl::Status ok = ValidateText(path, module.file(), module.source());
    if (!ok.ok()) return ok;
  }
  if (!config.import_map().empty() && !IsJson(config.import_map()))
    return Invalid("import_map", "is not JSON");
  for (int i = 0; i < config.warmup_size(); ++i) {
    absl::Status ok =
        ValidateText(absl::StrCat("warmup[", i, "]"), config.warmup(i).file(), config.warmup(i).source());
    if (!ok.ok()) return ok;
  }
  for (int i = 0; i < config.canaries_size(); ++i) {
    const v1::CanaryConfig& canary = config.canaries(i);
    const std::string path = absl::StrCat("canaries[", i, "]");
    absl::Status ok = ValidateText(path, canary.file(), canary.source());
    if (!ok.ok()) return ok;
    if (!canary.expect().empty() && !IsJson(canary.expect()))
      return Invalid(absl::StrCat(path, ".expect"), "is not JSON");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::EvaldConfig> ParseConfig(absl::string_view text, absl::string_view origin) {
  v1::EvaldConfig config;
  ErrorGatherer errors(origin);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  if (!parser.ParseFromString(std::string(text), &config)) return absl::InvalidArgumentError(errors.errors());
  return config;
}

absl::StatusOr<v1::EvaldConfig> ReadConfigFile(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[8192];
  ssize_t size = file ? 1 : -1;
  while (size > 0) {
    size = read(file.get(), buffer, sizeof(buffer));
    if (size > 0) text.append(buffer, static_cast<size_t>(size));
    if (text.size() > kMaxFileBytes)
      return absl::OutOfRangeError(absl::StrCat("the configuration file ", path, " is longer than 64 MiB"));
  }
  if (size < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read the configuration file ", path));
  return ParseConfig(text, path);
}

absl::StatusOr<ResolvedConfig> ResolveConfig(v1::EvaldConfig config, std::string folder) {
  ResolvedConfig resolved;
  resolved.folder = std::move(folder);
  absl::Status ok = ValidateSources(config);
  if (ok.ok()) ok = ResolvePool(*config.mutable_pool(), resolved);
  if (ok.ok()) ok = ResolveSandbox(*config.mutable_sandbox());
  if (ok.ok()) ok = ResolveTypescript(*config.mutable_typescript());
  if (ok.ok()) ok = ResolveSizesAndTimes(config, resolved);
  if (!ok.ok()) return ok;
  absl::StatusOr<Tenants> tenants = ResolveTenants(config);
  if (!tenants.ok()) return tenants.status();
  resolved.tenants = *std::move(tenants);
  resolved.proto = std::move(config);
  return resolved;
}

absl::StatusOr<ResolvedConfig> LoadConfig(const std::string& file) {
  if (file.empty()) return ResolveConfig(v1::EvaldConfig(), std::filesystem::current_path().string());
  absl::StatusOr<v1::EvaldConfig> config = ReadConfigFile(file);
  if (!config.ok()) return config.status();
  return ResolveConfig(*std::move(config), std::filesystem::absolute(file).parent_path().string());
}

}  // namespace evald
