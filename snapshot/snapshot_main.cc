#include "snapshot/snapshot_main.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "runtime/extensions/builtin.h"
#include "snapshot/command_line.h"
#include "snapshot/serve.h"

namespace evald {
namespace {

// The daemon's end: descriptor `fd` is the socket, the one after it takes the startup data.
int Serve(int fd, const std::vector<Extension>& available, const std::string& transpiler) {
  absl::Status status = snapshot::DieWithParent();
  if (status.ok()) status = snapshot::ServeRequest(fd, fd + 1, available, transpiler);
  if (status.ok()) return 0;
  std::fprintf(stderr, "evald-snapshot: %s\n", std::string(status.message()).c_str());
  return 1;
}

// Beside the running program, or in the folder beside its own, as in a build tree.
std::string DefaultTranspiler() {
  namespace fs = std::filesystem;
  constexpr char kName[] = "transpiler.snapshot";
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return kName;
  const fs::path beside = self.parent_path() / kName;
  const fs::path in_tree = self.parent_path().parent_path() / "typescript" / kName;
  return fs::exists(in_tree, error) && !fs::exists(beside, error) ? in_tree : beside;
}

}  // namespace

int SnapshotMain(int argc, char** argv, std::vector<Extension> own) {
  const std::vector<Extension> available = BuiltinAnd(std::move(own));
  CLI::App app("Builds the V8 startup snapshots that evald serves from.");
  app.require_subcommand(0, 1);
  int serve_fd = -1;
  app.add_option(
      "--serve_fd", serve_fd,
      "For the daemon: answer the request on this socket; the next descriptor takes the snapshot.");

  snapshot::BuildCommand build;
  build.transpiler = DefaultTranspiler();
  app.add_option("--transpiler", build.transpiler, "The snapshot of the TypeScript transpiler")
      ->capture_default_str();
  CLI::App* build_command = app.add_subcommand(
      "build", "Build a snapshot and store it, unless a matching one is stored, or write it to a file.");
  build_command->add_option("--config", build.config_file,
                            "Configuration file (EvaldConfig, protobuf text format).");
  CLI::Option* const store =
      build_command->add_option("--store", build.store_folder, "Folder of the snapshot store.");
  build_command->add_flag("--force", build.force, "Build even if a matching snapshot is stored.")
      ->needs(store);
  build_command
      ->add_option("--output", build.output_file,
                   "Write it to this file instead: for EvaldConfig.snapshot_file, or to embed.")
      ->excludes(store);

  std::string list_folder;
  CLI::App* list_command = app.add_subcommand("list", "List the stored snapshots, newest first.");
  list_command->add_option("--store", list_folder, "Folder of the snapshot store.")->required();

  CLI11_PARSE(app, argc, argv);
  if (serve_fd >= 0) return Serve(serve_fd, available, build.transpiler);
  if (build_command->parsed()) return snapshot::RunBuild(build, available);
  if (list_command->parsed()) return snapshot::RunList(list_folder);
  std::fputs(app.help().c_str(), stderr);
  return 1;
}

}  // namespace evald
