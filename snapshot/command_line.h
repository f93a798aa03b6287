// evald-snapshot by hand: build and list.
#pragma once

#include <string>
#include <vector>

#include "runtime/extension.h"

namespace evald::snapshot {

struct BuildCommand {
  std::string config_file;  // empty: the built-in default configuration
  std::string store_folder;
  bool force = false;
  // Not empty: it is written to this file, and no store is looked at.
  std::string output_file;
  // The snapshot that transpiles what of the configuration is TypeScript.
  std::string transpiler;
};

// Each returns the process's exit code: 0, or 1 with the reason on standard error. Results go to standard
// output, a line each.
// `available`: the extensions that this program is linked with.
int RunBuild(const BuildCommand& command, const std::vector<Extension>& available);
int RunList(const std::string& store_folder);

}  // namespace evald::snapshot
