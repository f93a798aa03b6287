// Processes that tests start, and what /proc says of any process.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/poll.h"

namespace evald::testing {

// How a process ended.
struct Ending {
  // The exit code; -N if signal N ended it.
  int code = 0;
  std::string out;
  std::string err;
};

struct ProcessOptions {
  std::vector<std::string> argv;  // argv[0] is a path
  // Besides, or instead of, what this process has.
  std::map<std::string, std::string> environment;
  // What it reads from standard input.
  std::string input;
  std::string folder = ".";
  // Where its standard output and error go.
  std::string out_file = "/dev/null";
  std::string err_file = "/dev/null";
};

// A child process. Killed, if it still runs, when this goes. Used on one thread, which has to outlive it: the
// kernel ends the child with that thread.
class Process {
 public:
  explicit Process(const ProcessOptions& options);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  bool running();
  // Waits at most `bound` for its end. Nothing: it has not ended.
  std::optional<int> Wait(std::chrono::nanoseconds bound = kPatience);
  void Signal(int signal) const;

 private:
  pid_t pid_ = -1;
  std::optional<int> code_;
};

// Runs a program to its end. One that takes longer than kPatience is killed, and its code is -9.
Ending RunProgram(ProcessOptions options, std::chrono::nanoseconds bound = kPatience);

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& text);

// A new, empty folder with a short name: a Unix socket's path holds 107 bytes.
std::string NewFolder();

// A TCP port of 127.0.0.1 that nobody listened on a moment ago.
int FreePort();

// The absolute path of what the build put at $NAME (`env` of the test's target). REQUIRES: it is set.
std::string PathFromEnvironment(const char* name);

namespace proc {

// Processes whose parent is `pid`, zombies left out, in ascending order.
std::vector<pid_t> Children(pid_t pid);
// The same, and theirs, and so on.
std::vector<pid_t> Descendants(pid_t pid);
// False for a zombie, too.
bool Alive(pid_t pid);
std::string Name(pid_t pid);
// True for the first process of a PID namespace below this one.
bool IsNamespaceInit(pid_t pid);
size_t OpenDescriptors(pid_t pid);
// Memory that would come free if only this process ended, in bytes.
size_t PrivateBytes(pid_t pid);
// CPU time used so far, in clock ticks.
uint64_t CpuTicks(pid_t pid);

}  // namespace proc
}  // namespace evald::testing
