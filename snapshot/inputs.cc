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
#include "runtime/extensions/builtin.h"
#include "snapshot/fingerprint.h"
#include "snapshot/sha256.h"

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

absl::StatusOr<std::string> ReadSource(const std::string& entry, const std::string& path) {
  const auto failed = [&](const std::string& why) {
    return Fault(entry, absl::StrCat("cannot read ", path, ": ", why));
  };
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return failed(std::strerror(errno));
  struct stat found;
  if (fstat(file.get(), &found) != 0) return failed(std::strerror(errno));
  if (!S_ISREG(found.st_mode)) return failed("not a regular file");
  std::string text;
  char buffer[64 * 1024];
  while (true) {
    const ssize_t n = read(file.get(), buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(std::strerror(errno));
    if (n == 0) return text;
    text.append(buffer, static_cast<size_t>(n));
    if (text.size() > kMaxSourceBytes) return failed(absl::StrCat("longer than ", kMaxSourceBytes, " bytes"));
  }
}

// The text of an entry that gives either a file or the text itself.
absl::StatusOr<std::string> SourceOf(const std::string& entry, const std::string& file,
                                     const std::string& source, const std::string& folder) {
  if (!file.empty() && !source.empty()) return Fault(entry, "has both `file` and `source`: give one of them");
  if (!source.empty()) return source;
  if (file.empty()) return Fault(entry, "has neither `file` nor `source`");
  return ReadSource(entry, file.front() == '/' || folder.empty() ? file : absl::StrCat(folder, "/", file));
}

std::string EntryName(const std::string& list, int index, const std::string& name) {
  return name.empty() ? absl::StrCat(list, "[", index, "]")
                      : absl::StrCat(list, "[", index, "] '", name, "'");
}

absl::StatusOr<Extension> FindBuiltin(const std::string& entry, const std::string& name) {
  const std::vector<Extension>& known = BuiltinExtensions();
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const Extension& e) { return e.name == name; });
  if (found != known.end()) return *found;
  const std::string names =
      absl::StrJoin(known, ", ", [](std::string* out, const Extension& e) { out->append(e.name); });
  return Fault(entry, absl::StrCat("there is no built-in extension of that name; there are ", names));
}

absl::StatusOr<Extension> ResolveExtension(int index, const v1::ExtensionConfig& config,
                                           const std::string& folder) {
  const bool own = !config.name().empty() || !config.file().empty() || !config.source().empty();
  if (!config.builtin().empty()) {
    const std::string entry = EntryName("extensions", index, config.builtin());
    if (own) return Fault(entry, "`builtin` stands alone, without `name`, `file` and `source`");
    return FindBuiltin(entry, config.builtin());
  }
  const std::string entry = EntryName("extensions", index, config.name());
  if (!own) return Fault(entry, "is empty: give `builtin`, or `name` and `file`");
  if (config.name().empty()) return Fault(entry, "has no `name`");
  absl::StatusOr<std::string> source = SourceOf(entry, config.file(), config.source(), folder);
  if (!source.ok()) return source.status();
  Extension extension;
  extension.name = config.name();
  extension.source = *std::move(source);
  return extension;
}

absl::StatusOr<std::vector<Extension>> ResolveExtensions(const v1::EvaldConfig& config,
                                                         const std::string& folder) {
  if (config.extensions().empty()) return BuiltinExtensions();
  std::vector<Extension> extensions;
  // Forks and rewinds clone V8's own generator, so the one that is seeded anew is there whether it is listed
  // or not.
  const auto is_random = [](const v1::ExtensionConfig& extension) { return extension.builtin() == "random"; };
  if (std::none_of(config.extensions().begin(), config.extensions().end(), is_random)) {
    extensions.push_back(*FindBuiltin("extensions", "random"));
  }
  for (int i = 0; i < config.extensions_size(); ++i) {
    absl::StatusOr<Extension> extension = ResolveExtension(i, config.extensions(i), folder);
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
    absl::StatusOr<std::string> source = SourceOf(entry, module.file(), module.source(), folder);
    if (!source.ok()) return source.status();
    modules.push_back({module.specifier(), *std::move(source)});
  }
  return modules;
}

absl::StatusOr<std::vector<internal::WarmupSource>> ResolveWarmup(const v1::EvaldConfig& config,
                                                                  const std::string& folder) {
  std::vector<internal::WarmupSource> warmup;
  for (int i = 0; i < config.warmup_size(); ++i) {
    const v1::WarmupConfig& script = config.warmup(i);
    const std::string entry = EntryName("warmup", i, script.file());
    absl::StatusOr<std::string> source = SourceOf(entry, script.file(), script.source(), folder);
    if (!source.ok()) return source.status();
    internal::WarmupSource& resolved = warmup.emplace_back();
    resolved.set_name(script.file().empty() ? entry : script.file());
    resolved.set_source(*std::move(source));
  }
  return warmup;
}

// Two extensions with the same text differ if it is put into the isolate differently.
std::string ContentHash(const Extension& extension) {
  switch (extension.form) {
    case Extension::Form::kScript:
      return Sha256Hex({"script\n", extension.source});
    case Extension::Form::kFunctionBody:
      return Sha256Hex({"function\n", extension.source});
  }
  return "";
}

}  // namespace

absl::StatusOr<BuildInputs> ResolveInputs(const v1::EvaldConfig& config, const std::string& config_folder) {
  absl::StatusOr<std::vector<Extension>> extensions = ResolveExtensions(config, config_folder);
  if (!extensions.ok()) return extensions.status();
  if (absl::Status checked = CheckExtensions(*extensions); !checked.ok()) return checked;
  absl::StatusOr<std::vector<Module>> modules = ResolveModules(config, config_folder);
  if (!modules.ok()) return modules.status();
  absl::StatusOr<std::vector<internal::WarmupSource>> warmup = ResolveWarmup(config, config_folder);
  if (!warmup.ok()) return warmup.status();
  return BuildInputs{*std::move(extensions), *std::move(modules), *std::move(warmup)};
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
    part.set_sha256(Sha256Hex({module.source}));
  }
  header.set_fingerprint(Fingerprint(header));
  return header;
}

}  // namespace evald::snapshot
