// ChildProcess: a program of evald's own, started beside the daemon, never outliving it.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace evald {

// A running child. It gets /dev/null as its standard input, its output and errors line by line into
// `on_line`, the descriptors that it was promised, and nothing else of the daemon's. It is killed when the
// thread that started it ends, and when this is destroyed; the loop reaps it, be it long after that. Loop
// thread only.
class ChildProcess {
 public:
  struct Options {
    std::string program;  // a path
    std::vector<std::string> arguments;
    // What the child finds as descriptors 3, 4, ...
    std::vector<UniqueFd> descriptors;
    // Makes way for everything else: the lowest priority there is among ordinary processes.
    bool in_background = false;
    // One line of its output, without the newline; long ones come in pieces.
    absl::AnyInvocable<void(std::string_view line)> on_line;
    // Once, with the wait status of waitpid(2). Output that comes later is still reported.
    absl::AnyInvocable<void(int wait_status)> on_exit;
  };

  // NOT_FOUND, PERMISSION_DENIED...: the program cannot be run. The message names it.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(boost::asio::io_context& io, Options options);

  // Kills it. Calls nobody, and waits for nothing.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const;
  void Kill();

 private:
  class Impl;
  explicit ChildProcess(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

// Whether a child that was started in the background may give itself the ordinary priority again: where
// RLIMIT_NICE or root's rights allow it, and where that is the priority of this process.
bool CanComeBackFromBackground();

// "exited with 3", "was killed by signal 9 (SIGKILL)".
std::string DescribeWaitStatus(int wait_status);

}  // namespace evald
