// evald-snapshot by hand: build and list.
#pragma once

#include <string>

namespace evald::snapshot {

struct BuildCommand {
  std::string config_file;  // empty: the built-in default configuration
  std::string store_folder;
  bool force = false;
};

// Each returns the process's exit code: 0, or 1 with the reason on standard error. Results go to standard
// output, a line each.
int RunBuild(const BuildCommand& command);
int RunList(const std::string& store_folder);

}  // namespace evald::snapshot
