#include "tests/support/daemon.h"

#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "google/protobuf/text_format.h"

namespace evald::testing {
namespace {

// By its name, as long as the kernel keeps it; sanitizer builds have another one.
bool IsZygote(pid_t pid) {
  constexpr size_t kLongest = 15;
  const std::string program = std::filesystem::path(PathFromEnvironment("EVALD_ZYGOTE")).filename();
  const std::string name = proc::Name(pid);
  return name == program.substr(0, kLongest) || name == "evald-zygote";
}

std::string WithVerifiedRewinds(const std::string& text) {
  v1::EvaldConfig config;
  EVALD_CHECK(google::protobuf::TextFormat::ParseFromString(text, &config),
              "a test's configuration is valid");
  config.mutable_pool()->set_verify_rewind(true);
  std::string result;
  google::protobuf::TextFormat::PrintToString(config, &result);
  return result;
}

std::string AdminAddress(const DaemonOptions& options, const std::string& folder) {
  return options.admin.empty() ? "unix:" + folder + "/admin" : options.admin;
}

}  // namespace

std::vector<std::string> CommandLine(const DaemonOptions& options, const std::string& folder,
                                     const std::string& address) {
  const std::string zygote = options.zygote.empty() ? PathFromEnvironment("EVALD_ZYGOTE") : options.zygote;
  const std::string data_dir = options.data_dir.empty() ? folder + "/data" : options.data_dir;
  if (!options.config_file) WriteFile(folder + "/evald.textproto", WithVerifiedRewinds(options.config));
  std::vector<std::string> line = {
      PathFromEnvironment("EVALD_DAEMON"),
      "--config=" + options.config_file.value_or(folder + "/evald.textproto"),
      "--listen=" + address,
      "--admin=" + AdminAddress(options, folder),
      "--data_dir=" + data_dir,
      "--zygote=" + zygote,
      "--snapshot_tool=" + PathFromEnvironment("EVALD_SNAPSHOT_TOOL"),
  };
  if (!options.transpiler.empty()) {
    line.push_back("--transpiler=" + options.transpiler);
  } else if (getenv("EVALD_TRANSPILER") != nullptr) {
    line.push_back("--transpiler=" + PathFromEnvironment("EVALD_TRANSPILER"));
  }
  return line;
}

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(DaemonOptions options) {
  std::unique_ptr<Daemon> daemon(new Daemon(std::move(options)));
  if (absl::Status status = daemon->AwaitServing(); !status.ok()) return status;
  return daemon;
}

Daemon::Daemon(DaemonOptions options)
    : folder_(NewFolder()),
      address_(options.listen.empty() ? absl::StrCat("unix:", folder_, "/socket") : options.listen),
      admin_address_(AdminAddress(options, folder_)),
      data_dir_(options.data_dir.empty() ? folder_ + "/data" : options.data_dir) {
  client_ = NewClient();
  process_ = std::make_unique<Process>(ProcessOptions{
      .argv = CommandLine(options, folder_, address_),
      .folder = folder_,
      .out_file = folder_ + "/log",
      .err_file = folder_ + "/log",
  });
}

Daemon::~Daemon() {
  if (process_->running()) {
    // Stopped first, so that none of them starts another meanwhile.
    process_->Signal(SIGSTOP);
    const std::vector<pid_t> descendants = proc::Descendants(pid());
    process_.reset();
    for (const pid_t descendant : descendants) kill(descendant, SIGKILL);
  }
  std::filesystem::remove_all(folder_);
}

void Daemon::Configure(const std::string& config) const {
  WriteFile(folder_ + "/evald.textproto.new", WithVerifiedRewinds(config));
  std::filesystem::rename(folder_ + "/evald.textproto.new", folder_ + "/evald.textproto");
}

CallOptions Daemon::Admin() const {
  std::string token = ReadFile(data_dir_ + "/admin-token");
  while (!token.empty() && token.back() == '\n') token.pop_back();
  return {.timeout = 2 * kPatience, .token = token};
}

std::unique_ptr<Client> Daemon::NewClient() const { return *Client::Connect(address_); }

absl::Status Daemon::AwaitServing() {
  // Building a snapshot is part of it.
  const bool serving = Eventually(
      [this] {
        if (!process_->running()) return true;
        const auto health = client_->CheckHealth({.timeout = std::chrono::seconds(1)});
        return health.ok() && *health == Client::Health::kServing;
      },
      2 * kPatience);
  if (serving && process_->running()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(process_->running() ? "evald does not serve" : "evald ended before it served",
                   "; it logged:\n", Log()));
}

pid_t Daemon::ZygotePid() const {
  const std::vector<pid_t> zygotes = ZygotePids();
  return zygotes.empty() ? 0 : zygotes.front();
}

std::vector<pid_t> Daemon::ZygotePids() const {
  std::vector<pid_t> zygotes;
  for (const pid_t child : proc::Children(pid())) {
    if (!IsZygote(child)) continue;
    zygotes.push_back(child);
    // With a PID namespace of its own the zygote is that one's first process, and its parent only waits for
    // it.
    for (const pid_t inner : proc::Children(child)) {
      if (proc::IsNamespaceInit(inner)) zygotes.back() = inner;
    }
  }
  return zygotes;
}

std::vector<pid_t> Daemon::WorkerPids() const {
  const pid_t zygote = ZygotePid();
  return zygote == 0 ? std::vector<pid_t>() : proc::Children(zygote);
}

bool Daemon::BuilderRuns() const {
  // Until it is one, it is still called evald.
  const std::vector<pid_t> children = proc::Children(pid());
  return std::any_of(children.begin(), children.end(), [](pid_t child) { return !IsZygote(child); });
}

std::string Daemon::Log() const { return ReadFile(folder_ + "/log"); }

std::optional<int> Daemon::Stop() {
  Signal(SIGTERM);
  return Wait();
}

}  // namespace evald::testing
