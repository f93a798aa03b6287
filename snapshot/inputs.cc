#include "snapshot/inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/unique_fd.h"
#include "runtime/specifier.h"
#include "snapshot/fingerprint.h"
#include "snapshot/sha256.h"
#include "snapshot/text.h"

namespace evald::snapshot {
namespace {

#if defined(__x86_64__)
constexpr char kArchitecture[] = "x86_64";
#elif defined(__aarch64__)
constexpr char kArchitecture[] = "aarch64";
#else
#error "name this architecture here"
#endif

absl::Status Fault(const std::string& entry, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(entry, ": ", what));
}

// `refuse`: why a file like this is not read; "" if it is.
template <typename Refuse>
absl::StatusOr<std::string> ReadFile(const std::string& entry, const std::string& path, size_t max_bytes,
                                     const Refuse& refuse) {
  const auto failed = [&](const std::string& why) {
    return Fault(entry, absl::StrCat("cannot read ", path, ": ", why));
  };
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return failed(std::strerror(errno));
  struct stat found;
  if (fstat(file.get(), &found) != 0) return failed(std::strerror(errno));
  if (!S_ISREG(found.st_mode)) return failed("not a regular file");
  if (const std::string why = refuse(found); !why.empty()) return failed(why);
  std::string text;
  char buffer[64 * 1024];
  while (true) {
    const ssize_t n = read(file.get(), buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(std::strerror(errno));
    if (n == 0) return text;
    text.append(buffer, static_cast<size_t>(n));
    if (text.size() > max_bytes) return failed(absl::StrCat("longer than ", max_bytes, " bytes"));
  }
}

absl::StatusOr<std::string> ReadSource(const std::string& entry, const std::string& path) {
  return ReadFile(entry, path, kMaxSourceBytes, [](const struct stat&) { return ""; });
}

// Snapshots are executable input: whoever can write the file decides what runs.
absl::StatusOr<std::shared_ptr<const StoredSnapshot>> ReadSnapshotFile(const std::string& path) {
  absl::StatusOr<std::string> bytes =
      ReadFile("snapshot_file", path, kMaxEnvelopeBytes, [](const struct stat& found) {
        return (found.st_mode & (S_IWGRP | S_IWOTH)) == 0
                   ? ""
                   : "others than its owner can write it, and what it holds is run: chmod go-w";
      });
  if (!bytes.ok()) return bytes.status();
  const absl::StatusOr<Envelope> envelope = DecodeEnvelope(*bytes);
  if (!envelope.ok())
    return Fault("snapshot_file", absl::StrCat(path, ": ", std::string(envelope.status().message())));
  if (Fingerprint(envelope->header) != envelope->header.fingerprint())
    return Fault("snapshot_file",
                 absl::StrCat(path, ": it was built by another version of evald: build it anew"));
  return std::make_shared<const StoredSnapshot>(
      StoredSnapshot{envelope->header, envelope->recipe, std::string(envelope->blob), {}});
}

std::string PathOf(const std::string& file, const std::string& folder) {
  return file.front() == '/' || folder.empty() ? file : absl::StrCat(folder, "/", file);
}

// The text of an entry that gives either a file or the text itself.
absl::StatusOr<std::string> SourceOf(const std::string& entry, const std::string& file,
                                     const std::string& source, const std::string& folder) {
  if (!file.empty() && !source.empty()) return Fault(entry, "has both `file` and `source`: give one of them");
  if (!source.empty()) return source;
  if (file.empty()) return Fault(entry, "has neither `file` nor `source`");
  return ReadSource(entry, PathOf(file, folder));
}

// The same for a script of the recipe, which travels in messages: V8 would take any bytes, they do not.
absl::StatusOr<std::string> RecipeSourceOf(const std::string& entry, const std::string& file,
                                           const std::string& source, const std::string& folder) {
  absl::StatusOr<std::string> text = SourceOf(entry, file, source, folder);
  if (!text.ok()) return text;
  if (const size_t utf8 = Utf8Prefix(*text); utf8 < text->size()) {
    return Fault(entry, absl::StrCat("is not UTF-8 text: see byte ", utf8 + 1, file.empty() ? "" : " of ",
                                     file.empty() ? "" : PathOf(file, folder)));
  }
  return text;
}

constexpr char kTypeScript[] = "is TypeScript, which this evald cannot make JavaScript";

bool HasEnding(const std::string& file, std::string_view ending) {
  return file.size() > ending.size() && file.ends_with(ending);
}

v1::ModuleSource::Type TypeOf(const v1::ModuleConfig& module) {
  if (module.type() != v1::ModuleSource::TYPE_UNSPECIFIED) return module.type();
  if (HasEnding(module.file(), ".json")) return v1::ModuleSource::JSON;
  if (HasEnding(module.file(), ".wasm")) return v1::ModuleSource::WASM;
  if (HasEnding(module.file(), ".ts") || HasEnding(module.file(), ".mts"))
    return v1::ModuleSource::TYPESCRIPT;
  return v1::ModuleSource::JAVASCRIPT;
}

std::string EntryName(const std::string& list, int index, const std::string& name) {
  return name.empty() ? absl::StrCat(list, "[", index, "]")
                      : absl::StrCat(list, "[", index, "] '", name, "'");
}

absl::StatusOr<Extension> FindBuiltin(const std::string& entry, const std::string& name,
                                      const std::vector<Extension>& known) {
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const Extension& e) { return e.name == name; });
  if (found != known.end()) return *found;
  const std::string names =
      absl::StrJoin(known, ", ", [](std::string* out, const Extension& e) { out->append(e.name); });
  return Fault(entry, absl::StrCat("there is no built-in extension of that name; there are ", names));
}

absl::StatusOr<Extension> ResolveExtension(int index, const v1::ExtensionConfig& config,
                                           const std::string& folder,
                                           const std::vector<Extension>& available) {
  const bool own = !config.name().empty() || !config.file().empty() || !config.source().empty() ||
                   !config.needs().empty() || !config.provides().empty() || !config.ops().empty() ||
                   !config.version().empty();
  if (!config.builtin().empty()) {
    const std::string entry = EntryName("extensions", index, config.builtin());
    if (own) return Fault(entry, "`builtin` stands alone, without any other field");
    return FindBuiltin(entry, config.builtin(), available);
  }
  const std::string entry = EntryName("extensions", index, config.name());
  if (!own) return Fault(entry, "is empty: give `builtin`, or `name` and `file`");
  if (config.name().empty()) return Fault(entry, "has no `name`");
  absl::StatusOr<std::string> source = SourceOf(entry, config.file(), config.source(), folder);
  if (!source.ok()) return source.status();
  if (HasEnding(config.file(), ".ts")) return Fault(entry, kTypeScript);
  Extension extension;
  extension.name = config.name();
  extension.version = config.version();
  extension.needs = {config.needs().begin(), config.needs().end()};
  extension.provides = {config.provides().begin(), config.provides().end()};
  extension.op_names = {config.ops().begin(), config.ops().end()};
  extension.form = config.ops().empty() ? Extension::Form::kScript : Extension::Form::kBody;
  extension.source = *std::move(source);
  // Those that are not there are for CheckExtensions to find.
  for (const NativeOp& op : OpsOf(available)) {
    if (std::find(config.ops().begin(), config.ops().end(), op.name) != config.ops().end())
      extension.ops.push_back(op);
  }
  return extension;
}

absl::StatusOr<std::vector<Extension>> ResolveExtensions(const v1::EvaldConfig& config,
                                                         const std::string& folder,
                                                         const std::vector<Extension>& available) {
  if (config.extensions().empty()) return available;
  std::vector<Extension> extensions;
  // Forks and rewinds clone V8's own generator, so the one that is seeded anew is there whether it is listed
  // or not.
  const auto is_random = [](const v1::ExtensionConfig& extension) { return extension.builtin() == "random"; };
  if (std::none_of(config.extensions().begin(), config.extensions().end(), is_random)) {
    extensions.push_back(*FindBuiltin("extensions", "random", available));
  }
  for (int i = 0; i < config.extensions_size(); ++i) {
    absl::StatusOr<Extension> extension = ResolveExtension(i, config.extensions(i), folder, available);
    if (!extension.ok()) return extension.status();
    extensions.push_back(*std::move(extension));
  }
  return extensions;
}

absl::StatusOr<std::vector<Module>> ResolveModules(const v1::EvaldConfig& config, const std::string& folder) {
  std::vector<Module> modules;
  std::set<std::string> seen;
  for (int i = 0; i < config.modules_size(); ++i) {
    const v1::ModuleConfig& module = config.modules(i);
    const std::string entry = EntryName("modules", i, module.specifier());
    if (module.specifier().empty()) return Fault(entry, "has no `specifier`");
    if (!seen.insert(module.specifier()).second)
      return Fault(entry, "another module has that specifier already");
    if (module.specifier().size() > kMaxSpecifierBytes)
      return Fault(entry, absl::StrCat("has a specifier of more than ", kMaxSpecifierBytes, " bytes"));
    const v1::ModuleSource::Type type = TypeOf(module);
    if (!v1::ModuleSource::Type_IsValid(type)) return Fault(entry, absl::StrCat("has no such type: ", type));
    if (type == v1::ModuleSource::TYPESCRIPT) return Fault(entry, kTypeScript);
    const bool wasm = type == v1::ModuleSource::WASM;
    if (wasm && module.file().empty()) return Fault(entry, "is WebAssembly: give it as a `file`");
    absl::StatusOr<std::string> source = wasm ? ReadSource(entry, PathOf(module.file(), folder))
                                              : RecipeSourceOf(entry, module.file(), module.source(), folder);
    if (!source.ok()) return source.status();
    modules.push_back({module.specifier(), *std::move(source), type});
  }
  return modules;
}

absl::Status ResolveWarmup(const v1::EvaldConfig& config, const std::string& folder, Recipe& recipe) {
  for (int i = 0; i < config.warmup_size(); ++i) {
    const v1::WarmupConfig& script = config.warmup(i);
    const std::string entry = EntryName("warmup", i, script.file());
    absl::StatusOr<std::string> source = RecipeSourceOf(entry, script.file(), script.source(), folder);
    if (!source.ok()) return source.status();
    WarmupScript& resolved = *recipe.add_warmup();
    resolved.set_name(script.file().empty() ? entry : script.file());
    resolved.set_source(*std::move(source));
  }
  return absl::OkStatus();
}

// Says nothing of what users have configured, only that an isolate runs JavaScript and gives its result.
CanaryScript BuiltinCanary() {
  CanaryScript canary;
  canary.set_name("builtin");
  canary.set_source("[1, 2, 3].map((x) => x * x)");
  canary.set_expect("[1,4,9]");
  return canary;
}

absl::Status ResolveCanaries(const v1::EvaldConfig& config, const std::string& folder, Recipe& recipe) {
  for (int i = 0; i < config.canaries_size(); ++i) {
    const v1::CanaryConfig& canary = config.canaries(i);
    const std::string name = !canary.name().empty()   ? canary.name()
                             : !canary.file().empty() ? canary.file()
                                                      : absl::StrCat("canary ", i + 1);
    const std::string entry = EntryName("canaries", i, canary.name().empty() ? canary.file() : canary.name());
    absl::StatusOr<std::string> source = RecipeSourceOf(entry, canary.file(), canary.source(), folder);
    if (!source.ok()) return source.status();
    if (!canary.expect().empty()) {
      if (const absl::Status json = CheckJson(canary.expect()); !json.ok()) {
        return Fault(
            absl::StrCat("canaries[", i, "].expect"),
            absl::StrCat("is not JSON text, such as [1,4,9] or \"ok\" with its quotes: ", json.message()));
      }
    }
    CanaryScript& resolved = *recipe.add_canaries();
    resolved.set_name(name);
    resolved.set_source(*std::move(source));
    resolved.set_expect(canary.expect());
  }
  if (recipe.canaries().empty()) *recipe.add_canaries() = BuiltinCanary();
  return absl::OkStatus();
}

absl::StatusOr<Recipe> ResolveRecipe(const v1::EvaldConfig& config, const std::string& folder) {
  Recipe recipe;
  if (absl::Status resolved = ResolveWarmup(config, folder, recipe); !resolved.ok()) return resolved;
  if (absl::Status resolved = ResolveCanaries(config, folder, recipe); !resolved.ok()) return resolved;
  if (recipe.ByteSizeLong() > kMaxRecipeBytes) {
    return Fault("warmup, canaries", absl::StrCat("together they take ", recipe.ByteSizeLong(),
                                                  " bytes, more than the limit of ", kMaxRecipeBytes));
  }
  return recipe;
}

absl::StatusOr<BuildInputs> ResolveSnapshotFile(const v1::EvaldConfig& config, const std::string& folder) {
  const std::pair<const char*, bool> others[] = {{"extensions", !config.extensions().empty()},
                                                 {"modules", !config.modules().empty()},
                                                 {"warmup", !config.warmup().empty()},
                                                 {"canaries", !config.canaries().empty()},
                                                 {"import_map", !config.import_map().empty()}};
  for (const auto& [field, set] : others) {
    if (set)
      return Fault("snapshot_file",
                   absl::StrCat("has its own ", field, ": `", field, "` cannot be set besides"));
  }
  absl::StatusOr<std::shared_ptr<const StoredSnapshot>> built =
      ReadSnapshotFile(PathOf(config.snapshot_file(), folder));
  if (!built.ok()) return built.status();
  BuildInputs inputs;
  inputs.built = *std::move(built);
  return inputs;
}

// Two extensions with the same text differ if it is put into the isolate differently.
std::string ContentHash(const Extension& extension) {
  const char* const form = extension.form == Extension::Form::kBundle ? "bundle\n"
                           : extension.form == Extension::Form::kBody ? "body\n"
                                                                      : "script\n";
  return Sha256Hex(
      {form, Sha256Hex({extension.source}), extension.version, "\n", absl::StrJoin(extension.op_names, " ")});
}

// The same text is another module if it is understood differently.
std::string ContentHash(const Module& module) {
  if (module.type == v1::ModuleSource::JAVASCRIPT) return Sha256Hex({module.source});
  return Sha256Hex({v1::ModuleSource::Type_Name(module.type), "\n", module.source});
}

// A digest has one length, so it is plain where the source ends and what it is to come to begins.
std::string ContentHash(const CanaryScript& canary) {
  return Sha256Hex({Sha256Hex({canary.source()}), "\n", canary.expect()});
}

}  // namespace

absl::StatusOr<BuildInputs> ResolveInputs(const v1::EvaldConfig& config, const std::string& config_folder,
                                          const std::vector<Extension>& available) {
  if (!config.snapshot_file().empty()) return ResolveSnapshotFile(config, config_folder);
  absl::StatusOr<std::vector<Extension>> extensions = ResolveExtensions(config, config_folder, available);
  if (!extensions.ok()) return extensions.status();
  if (absl::Status checked = CheckExtensions(*extensions); !checked.ok()) return checked;
  absl::StatusOr<std::vector<Module>> modules = ResolveModules(config, config_folder);
  if (!modules.ok()) return modules.status();
  absl::StatusOr<Recipe> recipe = ResolveRecipe(config, config_folder);
  if (!recipe.ok()) return recipe.status();
  if (config.kept_generations() > kMaxKeptGenerations) {
    return Fault("kept_generations",
                 absl::StrCat(config.kept_generations(), " is more than ", kMaxKeptGenerations));
  }
  BuildInputs inputs;
  inputs.extensions = *std::move(extensions);
  inputs.modules = *std::move(modules);
  inputs.import_map = config.import_map();
  inputs.recipe = *std::move(recipe);
  for (const v1::ExtensionConfig& extension : config.extensions()) {
    if (!extension.file().empty())
      inputs.extension_files[extension.name()] = PathOf(extension.file(), config_folder);
  }
  for (const v1::ModuleConfig& module : config.modules()) {
    if (!module.file().empty())
      inputs.module_files[module.specifier()] = PathOf(module.file(), config_folder);
  }
  return inputs;
}

absl::StatusOr<std::string> ReadSourceFile(const std::string& entry, const std::string& file,
                                           const std::string& config_folder) {
  return ReadSource(entry, PathOf(file, config_folder));
}

EnvelopeHeader DescribeInputs(const BuildInputs& inputs, const internal::RuntimeIdentity& identity) {
  EnvelopeHeader header;
  header.set_v8_version(identity.v8_version());
  header.set_v8_flags(identity.v8_flags());
  header.set_ops_digest(identity.ops_digest());
  header.set_architecture(kArchitecture);
  for (const Extension& extension : inputs.extensions) {
    SnapshotPart& part = *header.add_extensions();
    part.set_name(extension.name);
    part.set_sha256(ContentHash(extension));
  }
  for (const Module& module : inputs.modules) {
    SnapshotPart& part = *header.add_modules();
    part.set_name(module.specifier);
    part.set_sha256(ContentHash(module));
  }
  for (const WarmupScript& script : inputs.recipe.warmup()) {
    SnapshotPart& part = *header.add_warmup();
    part.set_name(script.name());
    part.set_sha256(Sha256Hex({script.source()}));
  }
  for (const CanaryScript& canary : inputs.recipe.canaries()) {
    SnapshotPart& part = *header.add_canaries();
    part.set_name(canary.name());
    part.set_sha256(ContentHash(canary));
  }
  if (!inputs.import_map.empty()) header.set_import_map_sha256(Sha256Hex({inputs.import_map}));
  header.set_fingerprint(Fingerprint(header));
  return header;
}

}  // namespace evald::snapshot
