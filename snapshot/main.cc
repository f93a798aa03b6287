// evald-snapshot: builds V8 startup snapshots and keeps them in the store. The daemon starts it with
// --serve_fd.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "snapshot/command_line.h"
#include "snapshot/serve.h"

namespace {

// The daemon's end: descriptor `fd` is the socket, the one after it takes the startup data.
int Serve(int fd) {
  absl::Status status = evald::snapshot::DieWithParent();
  if (status.ok()) status = evald::snapshot::ServeRequest(fd, fd + 1);
  if (status.ok()) return 0;
  std::fprintf(stderr, "evald-snapshot: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Builds the V8 startup snapshots that evald serves from.");
  app.require_subcommand(0, 1);
  int serve_fd = -1;
  app.add_option(
      "--serve_fd", serve_fd,
      "For the daemon: answer the request on this socket; the next descriptor takes the snapshot.");

  evald::snapshot::BuildCommand build;
  CLI::App* build_command =
      app.add_subcommand("build", "Build a snapshot and store it, unless a matching one is stored.");
  build_command->add_option("--config", build.config_file,
                            "Configuration file (EvaldConfig, protobuf text format).");
  build_command->add_option("--store", build.store_folder, "Folder of the snapshot store.")->required();
  build_command->add_flag("--force", build.force, "Build even if a matching snapshot is stored.");

  std::string list_folder;
  CLI::App* list_command = app.add_subcommand("list", "List the stored snapshots, newest first.");
  list_command->add_option("--store", list_folder, "Folder of the snapshot store.")->required();

  CLI11_PARSE(app, argc, argv);
  if (serve_fd >= 0) return Serve(serve_fd);
  if (build_command->parsed()) return evald::snapshot::RunBuild(build);
  if (list_command->parsed()) return evald::snapshot::RunList(list_folder);
  std::fputs(app.help().c_str(), stderr);
  return 1;
}
