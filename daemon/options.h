// The command line of evald: every flag, in one file, becoming one validated struct.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "daemon/listen_address.h"
#include "daemon/log/log.h"

namespace evald {

struct Options {
  // Empty: the built-in defaults.
  std::string config_file;
  ListenAddress listen;
  ListenAddress admin;
  // Where snapshots are stored.
  std::string data_dir;
  // Holds the secret of those who may change what is served.
  std::string admin_token_file;
  std::string snapshot_tool;
  std::string zygote;
  // The TypeScript transpiler's snapshot.
  std::string transpiler;
  bool check_config = false;
  LogOptions log;
};

// What the program is to do.
struct ParsedOptions {
  // Set: print `text` and exit with `exit_code` (--help, --version, usage errors).
  bool exit = false;
  int exit_code = 0;
  std::string text;
  Options options;
};

// Reads the environment ($XDG_STATE_HOME, $HOME, $PATH) and looks beside the running program for evald's
// other programs.
ParsedOptions ParseOptions(int argc, const char* const* argv);

}  // namespace evald
