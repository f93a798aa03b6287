// evalctl: the command-line client of evald.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "client/client.h"
#include "client/commands.h"
#include "client/options.h"

namespace {

constexpr char kDefaultServer[] = "127.0.0.1:50051";

std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Where a daemon of this user keeps its admin token, if it was not told otherwise.
std::string LocalTokenFile() {
  if (const std::string state = Environment("XDG_STATE_HOME"); !state.empty())
    return state + "/evald/admin-token";
  return Environment("HOME") + "/.local/state/evald/admin-token";
}

int Fail(const absl::Status& status) {
  std::cerr << "evalctl: " << status.message() << "\n";
  return static_cast<int>(evald::ExitCode::kFailed);
}

}  // namespace

int main(int argc, char** argv) {
  evald::Defaults defaults{.server = Environment("EVALD_SERVER"),
                           .token_file = Environment("EVALD_TOKEN_FILE"),
                           .local_token_file = LocalTokenFile()};
  if (defaults.server.empty()) defaults.server = kDefaultServer;
  absl::StatusOr<evald::Command> command =
      evald::ParseCommandLine(std::vector<std::string>(argv + 1, argv + argc), defaults);
  if (!command.ok()) return Fail(command.status());
  if (command->verb == evald::Command::Verb::kPrintText) {
    std::cout << command->text;
    return static_cast<int>(evald::ExitCode::kDone);
  }
  absl::StatusOr<std::unique_ptr<evald::Client>> client = evald::Client::Connect(command->server);
  if (!client.ok()) return Fail(client.status());
  const evald::ExitCode code =
      evald::RunCommand(*std::move(command), **client, {std::cin, std::cout, std::cerr});
  std::cout.flush();
  return static_cast<int>(std::cout ? code : evald::ExitCode::kFailed);
}
