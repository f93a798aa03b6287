#include "snapshot/transpile.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/frame.h"
#include "base/unique_fd.h"
#include "evald/v1/script.pb.h"
#include "runtime/extension.h"
#include "runtime/runtime.h"
#include "snapshot/inputs.h"
#include "snapshot/open.h"

namespace evald::snapshot {
namespace {

// One entry with TypeScript.
struct Entry {
  std::string what;  // "modules[1] 'rules'"
  std::string name;  // of its text
  std::string source;
  // Puts JavaScript in its place.
  std::function<void(std::string code)> replace;
  bool may_be_module = false;
};

// Of all lists the entries that are TypeScript, read.
class Entries {
 public:
  explicit Entries(const std::string& folder) : folder_(folder) {}

  template <typename Config>
  void Add(const char* list, int index, const std::string& name, Config& config, bool is_module = false,
           bool typed = false) {
    if (!status_.ok() || !(typed || typescript::IsTypescriptFile(config.file()))) return;
    Entry entry;
    entry.what =
        name.empty() ? absl::StrCat(list, "[", index, "]") : absl::StrCat(list, "[", index, "] '", name, "'");
    entry.name = config.file().empty() ? (is_module ? name : entry.what) : config.file();
    entry.may_be_module = is_module;
    if (config.file().empty() == config.source().empty()) return;  // somebody else complains of that
    absl::StatusOr<std::string> source =
        config.file().empty() ? config.source() : ReadSourceFile(entry.what, config.file(), folder_);
    if (!source.ok()) {
      status_ = source.status();
      return;
    }
    entry.source = *std::move(source);
    entry.replace = [&config](std::string code) {
      config.clear_file();
      config.set_source(std::move(code));
    };
    entries_.push_back(std::move(entry));
  }

  const absl::Status& status() const { return status_; }
  std::vector<Entry>& all() { return entries_; }

 private:
  const std::string& folder_;
  absl::Status status_;
  std::vector<Entry> entries_;
};

absl::Status Unavailable(const std::string& image, const std::string& why) {
  return absl::FailedPreconditionError(
      absl::StrCat("TypeScript cannot be transpiled with ", image, ": ", why));
}

absl::StatusOr<v1::Value> RunTranspiler(const std::string& image, absl::Span<const typescript::Text> texts,
                                        const std::vector<Extension>& extensions) {
  std::ifstream file(image, std::ios::binary);
  if (!file) return absl::NotFoundError(std::strerror(errno));
  const std::string envelope{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const absl::StatusOr<OpenedSnapshot> opened = OpenSnapshot(envelope, extensions);
  if (!opened.ok()) return opened.status();
  auto runtime = Runtime::Create({.startup_snapshot = opened->startup_data,
                                  .ops = OpsOf(extensions),
                                  .heap_bytes = typescript::kHeapBytes});
  if (!runtime.ok()) return runtime.status();
  Execution execution = (*runtime)->CallFunction(typescript::CallFor(texts));
  if (auto* value = std::get_if<v1::Value>(&execution.outcome)) return std::move(*value);
  const auto* exception = std::get_if<v1::ScriptException>(&execution.outcome);
  return absl::InternalError(exception != nullptr ? exception->message()
                                                  : std::get<Fault>(execution.outcome).message);
}

// The child's whole life. It tells a value, or in its place the text of what went wrong.
[[noreturn]] void RunChild(int out, const std::string& image, absl::Span<const typescript::Text> texts,
                           const std::vector<Extension>& extensions) {
  v1::Value answer;
  absl::StatusOr<v1::Value> value = RunTranspiler(image, texts, extensions);
  if (value.ok()) {
    answer = *std::move(value);
  } else {
    answer.set_json(std::string(value.status().message()));
  }
  _exit(WriteFrame(out, answer).ok() ? 0 : 1);
}

}  // namespace

absl::StatusOr<std::vector<typescript::Script>> Transpile(const std::string& image,
                                                          absl::Span<const typescript::Text> texts,
                                                          const std::vector<Extension>& extensions) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return Unavailable(image, std::strerror(errno));
  const UniqueFd in(ends[0]);
  UniqueFd out(ends[1]);
  const pid_t child = fork();
  if (child < 0) return Unavailable(image, std::strerror(errno));
  if (child == 0) RunChild(out.get(), image, texts, extensions);
  out.reset();
  v1::Value answer;
  const absl::Status read = ReadFrame(in.get(), 2 * typescript::kOutputBytes, answer);
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!read.ok()) return Unavailable(image, "the transpiler's process ended");
  if (answer.has_json()) return Unavailable(image, answer.json());
  absl::StatusOr<typescript::Transpiled> done = typescript::ReadAnswer(texts, answer);
  if (!done.ok()) return Unavailable(image, std::string(done.status().message()));
  if (done->has_exception) {
    const v1::ScriptException& exception = done->exception;
    return absl::InvalidArgumentError(absl::StrCat(exception.resource_name(), ":", exception.line(), ":",
                                                   exception.column(), ": ", exception.name(), ": ",
                                                   exception.message()));
  }
  for (typescript::Script& script : done->scripts) {
    absl::StrAppend(&script.code, "\n//# sourceMappingURL=data:application/json;base64,",
                    absl::Base64Escape(script.map), "\n");
  }
  return std::move(done->scripts);
}

absl::StatusOr<v1::EvaldConfig> TranspileConfig(v1::EvaldConfig config, const std::string& config_folder,
                                                const std::string& image,
                                                const std::vector<Extension>& extensions) {
  Entries entries(config_folder);
  for (int i = 0; i < config.extensions_size(); ++i)
    entries.Add("extensions", i, config.extensions(i).name(), *config.mutable_extensions(i));
  for (int i = 0; i < config.modules_size(); ++i) {
    v1::ModuleConfig& module = *config.mutable_modules(i);
    const bool typed = module.type() == v1::ModuleSource::TYPESCRIPT;
    if (typed || module.type() == v1::ModuleSource::TYPE_UNSPECIFIED)
      entries.Add("modules", i, module.specifier(), module, /*is_module=*/true, typed);
  }
  for (int i = 0; i < config.warmup_size(); ++i)
    entries.Add("warmup", i, config.warmup(i).file(), *config.mutable_warmup(i));
  for (int i = 0; i < config.canaries_size(); ++i) {
    v1::CanaryConfig& canary = *config.mutable_canaries(i);
    if (canary.name().empty()) canary.set_name(canary.file());
    entries.Add("canaries", i, canary.name(), canary);
  }
  if (!entries.status().ok()) return entries.status();
  if (entries.all().empty()) return config;

  std::vector<typescript::Text> texts;
  for (const Entry& entry : entries.all()) texts.push_back({entry.name, entry.source});
  absl::StatusOr<std::vector<typescript::Script>> scripts = Transpile(image, texts, extensions);
  if (!scripts.ok()) return scripts.status();
  for (size_t i = 0; i < texts.size(); ++i) {
    Entry& entry = entries.all()[i];
    if ((*scripts)[i].is_module && !entry.may_be_module) {
      return absl::InvalidArgumentError(
          absl::StrCat(entry.what, ": imports or exports something, which only modules can"));
    }
    entry.replace(std::move((*scripts)[i].code));
  }
  for (v1::ModuleConfig& module : *config.mutable_modules()) {
    if (module.type() == v1::ModuleSource::TYPESCRIPT) module.set_type(v1::ModuleSource::JAVASCRIPT);
  }
  return config;
}

}  // namespace evald::snapshot
