// WorkerExit: how a worker process ended, as one value.
#pragma once

#include <string>
#include <string_view>

namespace evald {

// The exit codes with which a worker ends itself. Kept clear of the shell's and of the sanitizers' codes.
enum class WorkerExitCode : int {
  kHungUp = 0,           // the daemon closed the socket: the ordinary end
  kOutOfMemory = 80,     // V8 could not go on within its heap limit
  kV8Fatal = 81,         // V8 found itself broken
  kProtocol = 82,        // a frame from the daemon could not be read
  kPagemap = 83,         // the kernel no longer tells which pages changed: cannot be rewound
  kTooManyPages = 84,    // the rewind would have put back more pages than the configuration allows
  kMappingLogFull = 85,  // more mappings than the log of what to undo can hold
  kMemoryLimit = 88,     // the kernel refused V8 memory: the request's limit on all memory
  kVerifyMismatch = 86,  // after a rewind a page differed from the sealed image
  kSetup = 87,           // after the fork the kernel refused what a worker needs (a timer, its filter)
  kAborted = 89,         // abort(), which the sandbox does not let send its signal
};

struct WorkerExit {
  enum class Kind {
    kHungUp,       // retired by the daemon
    kOutOfMemory,  // V8 could not go on within its heap limit
    kMemoryLimit,  // nor within the limit on all memory
    kV8Fatal,
    kProtocol,
    kSetup,
    kSandboxViolation,  // it asked the kernel for what no script needs
    kNotRewindable,     // answered, then could not be put back to the image; `name` says why
    kVerifyMismatch,    // a rewind was incomplete: a defect of evald, never of the script
    kKilled,            // SIGKILL: by the daemon, or by the kernel's out-of-memory killer
    kCrashed,           // any other signal
    kUnknown,           // an exit code that no worker uses
  };
  Kind kind;
  int code;  // exit code or signal number
  // Stable, snake_case: for metrics and logs ("pagemap", "signal_11").
  std::string name;

  // `wait_status` as waitpid(2) gives it.
  static WorkerExit FromWaitStatus(int wait_status);
};

}  // namespace evald
