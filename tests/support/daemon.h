// Daemon: a real evald, with its zygote and workers, run by a test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/client.h"
#include "evald/v1/config.pb.h"
#include "tests/support/process.h"

namespace evald::testing {

struct DaemonOptions {
  // In protobuf text format. Every rewind is verified, whatever is written here.
  std::string config;
  // Where it serves; a Unix socket of its own if empty.
  std::string listen;
  // Where its admin endpoint is; a Unix socket of its own if empty.
  std::string admin;
  // Kept from one daemon to the next if given; else a new folder.
  std::string data_dir;
  // Instead of the real ones.
  std::string zygote;
  std::string transpiler;
  // Instead of the file made from `config`.
  std::optional<std::string> config_file;
};

// The command line that Daemon::Start runs, for tests of what a daemon says when it cannot start. `folder`
// holds the files that it needs.
std::vector<std::string> CommandLine(const DaemonOptions& options, const std::string& folder,
                                     const std::string& address);

// Owned by one test or one suite; used on the thread that made it, its clients on any. When it goes, the
// daemon and all its descendants are killed if they are still there.
class Daemon {
 public:
  // Serving, or an error that has the daemon's log in it.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(DaemonOptions options);
  ~Daemon();

  const std::string& address() const { return address_; }
  const std::string& admin_address() const { return admin_address_; }
  const std::string& data_dir() const { return data_dir_; }
  // Puts another configuration into the file that it was started with, all at once. It is read when a
  // regeneration is asked for. REQUIRES: started with a `config`.
  void Configure(const std::string& config) const;
  // For calls that change what is served.
  CallOptions Admin() const;
  Client& client() { return *client_; }
  // A connection of its own.
  std::unique_ptr<Client> NewClient() const;

  pid_t pid() const { return process_->pid(); }
  bool running() { return process_->running(); }
  // The process forked from; 0 while there is none.
  pid_t ZygotePid() const;
  // That one, and then the transpiler's, where there is one.
  std::vector<pid_t> ZygotePids() const;
  // Idle and busy ones.
  std::vector<pid_t> WorkerPids() const;
  // Whether a builder runs, or is about to. One does for a moment after the daemon is ready, as what serves
  // is noted in the store after it serves.
  bool BuilderRuns() const;

  // All that the daemon has written so far.
  std::string Log() const;

  // SIGTERM, then the exit code; nothing if it did not end.
  std::optional<int> Stop();
  void Signal(int signal) const { process_->Signal(signal); }
  std::optional<int> Wait() { return process_->Wait(); }

 private:
  explicit Daemon(DaemonOptions options);
  absl::Status AwaitServing();

  const std::string folder_;
  const std::string address_;
  const std::string admin_address_;
  const std::string data_dir_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<Client> client_;
};

}  // namespace evald::testing
