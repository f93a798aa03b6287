#include "daemon/process/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "daemon/process/pidfd.h"

namespace evald {
namespace {

constexpr int kFirstDescriptor = 3;
// Descriptors wait above this number for their places, so that none is overwritten before it was copied.
constexpr int kParkingFloor = 64;
constexpr size_t kLongestLine = 4096;
constexpr int kLowestPriority = 19;

// All that the child needs between vfork and exec, made beforehand: there it may call nothing but the kernel.
struct Plan {
  const char* program;
  char* const* argv;
  int null_fd;
  int output_fd;
  std::vector<int> descriptors;
  pid_t parent;
  bool in_background;
};

// Runs in the child, in the parent's memory. Returns errno.
int BecomeProgram(const Plan& plan) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != plan.parent) return ESRCH;
  if (dup2(plan.null_fd, STDIN_FILENO) < 0 || dup2(plan.output_fd, STDOUT_FILENO) < 0 ||
      dup2(plan.output_fd, STDERR_FILENO) < 0) {
    return errno;
  }
  int place = kFirstDescriptor;
  for (const int fd : plan.descriptors) {
    if (dup2(fd, place++) < 0) return errno;
  }
  close_range(static_cast<unsigned>(place), ~0u, 0);
  if (plan.in_background) setpriority(PRIO_PROCESS, 0, kLowestPriority);
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execv(plan.program, plan.argv);
  return errno;
}

struct Started {
  pid_t pid;
  int error;
};

// No signal handler may run in the child while it shares the parent's memory.
[[gnu::noinline]] Started Vfork(const Plan& plan) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  volatile int error = 0;
  const pid_t pid = vfork();
  if (pid == 0) {
    error = BecomeProgram(plan);
    _exit(127);
  }
  if (pid < 0) error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return {pid, error};
}

absl::StatusOr<UniqueFd> Park(int fd) {
  UniqueFd parked(fcntl(fd, F_DUPFD_CLOEXEC, kParkingFloor));
  if (!parked) return absl::ErrnoToStatus(errno, "cannot duplicate a descriptor");
  return parked;
}

}  // namespace

class ChildProcess::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& io, Options& options, pid_t pid, UniqueFd pidfd, UniqueFd output)
      : on_line_(std::move(options.on_line)),
        on_exit_(std::move(options.on_exit)),
        pid_(pid),
        pidfd_(io, pidfd.release()),
        output_(io, output.release()) {}

  // Where the loop has ended first, nobody waits any more: the daemon ends, and its children go to init.
  ~Impl() {
    if (!reaped_) waitpid(pid_, nullptr, WNOHANG);
  }

  void Start() {
    AwaitExit();
    ReadOutput();
  }

  pid_t pid() const { return pid_; }

  void Kill() {
    if (!reaped_) PidfdKill(pidfd_.native_handle());
  }

  void Abandon() {
    on_exit_ = nullptr;
    on_line_ = nullptr;
    // It may take its time to die (in a write that the kernel does not interrupt): AwaitExit keeps this alive
    // until it has, and reaps it.
    Kill();
    boost::system::error_code ignored;
    output_.close(ignored);
  }

 private:
  void AwaitExit() {
    pidfd_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                        if (error || self->reaped_) return;
                        int status = 0;
                        if (waitpid(self->pid_, &status, WNOHANG) != self->pid_) return self->AwaitExit();
                        self->reaped_ = true;
                        if (self->on_exit_) std::exchange(self->on_exit_, nullptr)(status);
                      });
  }

  void ReadOutput() {
    output_.async_read_some(boost::asio::buffer(buffer_),
                            [self = shared_from_this()](const boost::system::error_code& error, size_t size) {
                              self->TakeOutput(std::string_view(self->buffer_, size));
                              if (!error) return self->ReadOutput();
                              if (!self->line_.empty()) self->EmitLine();
                            });
  }

  void TakeOutput(std::string_view text) {
    for (const char c : text) {
      if (c != '\n') line_.push_back(c);
      if (c == '\n' || line_.size() >= kLongestLine) EmitLine();
    }
  }

  void EmitLine() {
    if (on_line_) on_line_(line_);
    line_.clear();
  }

  absl::AnyInvocable<void(std::string_view)> on_line_;
  absl::AnyInvocable<void(int)> on_exit_;
  const pid_t pid_;
  bool reaped_ = false;
  boost::asio::posix::stream_descriptor pidfd_;
  boost::asio::posix::stream_descriptor output_;
  char buffer_[kLongestLine];
  std::string line_;
};

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(boost::asio::io_context& io,
                                                                  Options options) {
  std::vector<char*> argv = {options.program.data()};
  for (std::string& argument : options.arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  UniqueFd read_end(pipe_fds[0]);
  UniqueFd pipe_write(pipe_fds[1]);
  fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  UniqueFd null_fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null_fd) return absl::ErrnoToStatus(errno, "open /dev/null");

  absl::StatusOr<UniqueFd> parked_null = Park(null_fd.get());
  if (!parked_null.ok()) return parked_null.status();
  absl::StatusOr<UniqueFd> parked_output = Park(pipe_write.get());
  if (!parked_output.ok()) return parked_output.status();
  pipe_write.reset();
  std::vector<UniqueFd> parked;
  Plan plan{.program = options.program.c_str(),
            .argv = argv.data(),
            .null_fd = parked_null->get(),
            .output_fd = parked_output->get(),
            .descriptors = {},
            .parent = getpid(),
            .in_background = options.in_background};
  for (const UniqueFd& fd : options.descriptors) {
    absl::StatusOr<UniqueFd> copy = Park(fd.get());
    if (!copy.ok()) return copy.status();
    plan.descriptors.push_back(copy->get());
    parked.push_back(*std::move(copy));
  }

  const Started started = Vfork(plan);
  if (started.error != 0) {
    if (started.pid > 0) waitpid(started.pid, nullptr, 0);
    return absl::ErrnoToStatus(started.error, absl::StrCat("cannot run ", options.program));
  }
  UniqueFd pidfd(PidfdOpen(started.pid));
  if (!pidfd) {
    const int error = errno;
    kill(started.pid, SIGKILL);
    waitpid(started.pid, nullptr, 0);
    return absl::ErrnoToStatus(error, "pidfd_open");
  }
  auto impl = std::make_shared<Impl>(io, options, started.pid, std::move(pidfd), std::move(read_end));
  impl->Start();
  return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(impl)));
}

ChildProcess::~ChildProcess() { impl_->Abandon(); }

pid_t ChildProcess::pid() const { return impl_->pid(); }
void ChildProcess::Kill() { impl_->Kill(); }

bool CanComeBackFromBackground() {
  constexpr rlim_t kOrdinary = 20;
  rlimit limit{};
  return getpriority(PRIO_PROCESS, 0) == 0 && getrlimit(RLIMIT_NICE, &limit) == 0 &&
         limit.rlim_cur >= kOrdinary;
}

std::string DescribeWaitStatus(int wait_status) {
  if (WIFEXITED(wait_status)) return absl::StrCat("exited with ", WEXITSTATUS(wait_status));
  if (!WIFSIGNALED(wait_status)) return absl::StrCat("ended with status ", wait_status);
  const char* name = sigabbrev_np(WTERMSIG(wait_status));
  return absl::StrCat("was killed by signal ", WTERMSIG(wait_status),
                      name == nullptr ? "" : absl::StrCat(" (SIG", name, ")"));
}

}  // namespace evald
