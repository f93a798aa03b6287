// evald: parses, constructs, runs, returns.
//
// Exit codes: 0 ended by a signal (or nothing to run), 1 could not run, 2 wrong usage or configuration.
#include <google/protobuf/text_format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <cstdio>

#include "daemon/config.h"
#include "daemon/daemon.h"
#include "daemon/log/log.h"
#include "daemon/options.h"

namespace evald {
namespace {

constexpr int kCannotRun = 1;
constexpr int kWrongUsage = 2;

void PrintConfig(const ResolvedConfig& config) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(config.proto, &text);
  std::printf("OK\n%s", text.c_str());
}

// Every worker takes two descriptors, and every connection one.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Lets zygotes that boot in the background come back to the ordinary priority (20 stands for nice 0), unless
// evald itself was given another one. Not everybody may do this; see CanComeBackFromBackground().
void AllowOrdinaryPriority() {
  if (getpriority(PRIO_PROCESS, 0) != 0) return;
  constexpr rlimit kUpToOrdinary{20, 20};
  setrlimit(RLIMIT_NICE, &kUpToOrdinary);
}

int Main(int argc, char** argv) {
  ParsedOptions parsed = ParseOptions(argc, argv);
  if (parsed.exit) {
    std::fputs(parsed.text.c_str(), parsed.exit_code == 0 ? stdout : stderr);
    return parsed.exit_code;
  }
  const bool check_only = parsed.options.check_config;
  absl::StatusOr<ResolvedConfig> config = LoadConfig(parsed.options.config_file);
  if (!config.ok()) {
    std::fprintf(stderr, "evald: %s\n", std::string(config.status().message()).c_str());
    return kWrongUsage;
  }
  if (check_only) {
    PrintConfig(*config);
    return 0;
  }

  InitLog(parsed.options.log);
  signal(SIGPIPE, SIG_IGN);
  RaiseDescriptorLimit();
  AllowOrdinaryPriority();
  absl::StatusOr<std::unique_ptr<Daemon>> daemon =
      Daemon::Create(std::move(parsed.options), *std::move(config));
  const absl::Status ended = daemon.ok() ? (*daemon)->Run() : daemon.status();
  if (ended.ok()) return 0;
  spdlog::critical("{}", std::string(ended.message()));
  return kCannotRun;
}

}  // namespace
}  // namespace evald

int main(int argc, char** argv) { return evald::Main(argc, argv); }
