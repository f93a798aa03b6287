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

int Fail(const absl::Status& status) {
  std::cerr << "evalctl: " << status.message() << "\n";
  return static_cast<int>(evald::ExitCode::kFailed);
}

}  // namespace

int main(int argc, char** argv) {
  const char* server = std::getenv("EVALD_SERVER");
  absl::StatusOr<evald::Command> command =
      evald::ParseCommandLine(std::vector<std::string>(argv + 1, argv + argc),
                              server != nullptr && *server != '\0' ? server : kDefaultServer);
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
