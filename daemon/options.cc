#include "daemon/options.h"

#include <stdlib.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <vector>

#include "absl/strings/str_split.h"
#include "daemon/version.h"

namespace evald {
namespace {

namespace fs = std::filesystem;

constexpr int kUsageError = 2;

std::string Environment(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

std::string DefaultDataDir() {
  if (const std::string state = Environment("XDG_STATE_HOME"); !state.empty()) return state + "/evald";
  if (const std::string home = Environment("HOME"); !home.empty()) return home + "/.local/state/evald";
  return "";
}

bool IsFile(const fs::path& path, int access_mode) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && access(path.c_str(), access_mode) == 0;
}

// Beside the running program, in `sibling` next to its folder (as in a build tree), or, of programs, in PATH;
// else the name itself.
std::string FindFile(const std::string& name, const std::string& sibling, int access_mode) {
  std::vector<fs::path> places;
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    places.push_back(self.parent_path() / name);
    places.push_back(self.parent_path().parent_path() / sibling / name);
  }
  for (const auto folder : absl::StrSplit(Environment("PATH"), ':', absl::SkipEmpty())) {
    if (access_mode == X_OK) places.push_back(fs::path(std::string(folder)) / name);
  }
  for (const fs::path& place : places) {
    if (IsFile(place, access_mode)) return place.lexically_normal().string();
  }
  return name;
}

ParsedOptions Exit(int code, std::string text) {
  ParsedOptions parsed;
  parsed.exit = true;
  parsed.exit_code = code;
  parsed.text = std::move(text);
  return parsed;
}

}  // namespace

ParsedOptions ParseOptions(int argc, const char* const* argv) {
  ParsedOptions parsed;
  Options& options = parsed.options;
  std::string listen = "127.0.0.1:50051";
  std::string admin = "127.0.0.1:9080";
  options.data_dir = DefaultDataDir();
  options.snapshot_tool = FindFile("evald-snapshot", "snapshot", X_OK);
  options.zygote = FindFile("evald-zygote", "runtime", X_OK);
  options.transpiler = FindFile("transpiler.snapshot", "typescript", R_OK);

  CLI::App app("evald runs JavaScript for other programs over gRPC.", "evald");
  app.set_version_flag("--version", "evald " EVALD_VERSION);
  app.add_option("--config", options.config_file,
                 "Configuration file (protobuf text format, evald.v1.EvaldConfig)");
  app.add_option("--listen", listen, "Where gRPC is served: HOST:PORT or unix:/PATH")->capture_default_str();
  app.add_option("--admin", admin, "Where the admin endpoint is served: HOST:PORT or unix:/PATH")
      ->capture_default_str();
  app.add_option("--data_dir", options.data_dir, "Where snapshots are stored")->capture_default_str();
  app.add_option("--admin_token_file", options.admin_token_file,
                 "The secret that those who change what is served have to know; made if it is not there "
                 "[DATA_DIR/admin-token]");
  app.add_option("--snapshot_tool", options.snapshot_tool, "The evald-snapshot program")
      ->capture_default_str();
  app.add_option("--zygote", options.zygote, "The evald-zygote program")->capture_default_str();
  app.add_option("--transpiler", options.transpiler, "The snapshot of the TypeScript transpiler")
      ->capture_default_str();
  app.add_flag("--check_config", options.check_config,
               "Check the configuration, print it with all defaults, and exit");
  app.add_option("--log_format", options.log.format, "text or json")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, LogFormat>{{"text", LogFormat::kText}, {"json", LogFormat::kJson}},
          CLI::ignore_case));
  app.add_option("--log_level", options.log.level, "trace, debug, info, warning, error or off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream text;
    const bool asked_for = app.exit(error, text, text) == 0;
    return Exit(asked_for ? 0 : kUsageError, text.str());
  }

  for (const auto& [flag, text, address] :
       {std::tuple("--listen", &listen, &options.listen), std::tuple("--admin", &admin, &options.admin)}) {
    absl::StatusOr<ListenAddress> parsed_address = ParseListenAddress(*text);
    if (!parsed_address.ok()) {
      return Exit(kUsageError,
                  std::string(flag) + ": " + std::string(parsed_address.status().message()) + "\n");
    }
    *address = *std::move(parsed_address);
  }
  if (options.data_dir.empty()) {
    return Exit(kUsageError, "--data_dir: must be given where neither XDG_STATE_HOME nor HOME is set\n");
  }
  if (options.admin_token_file.empty()) options.admin_token_file = options.data_dir + "/admin-token";
  return parsed;
}

}  // namespace evald
