#include "runtime/spawner.h"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "runtime/raw_syscall.h"
#include "runtime/spawn_wire.h"

namespace evald {
namespace {

// The zygote's own exit codes; the daemon logs them.
enum ZygoteExit : int { kDaemonHungUp = 0, kSealFailed = 90, kControlBroken = 91 };

[[noreturn]] void ExitNow(int code) {
  for (;;) RawSyscall(SYS_exit_group, code);
}

[[noreturn]] void Fail(const char* why) {
  size_t length = 0;
  while (why[length] != '\0') ++length;
  RawSyscall(SYS_write, 2, RawArgument(why), static_cast<long>(length));
  RawSyscall(SYS_write, 2, RawArgument("\n"), 1);
  ExitNow(kSealFailed);
}

// One message, with a descriptor if `fd` is one.
void SendEvent(const unsigned char* frame, size_t size, int fd) {
  iovec part{const_cast<unsigned char*>(frame), size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  for (;;) {
    const long sent = RawSyscall(SYS_sendmsg, kControlSocket, RawArgument(&message), MSG_NOSIGNAL);
    if (sent == static_cast<long>(size)) return;
    if (sent != -EINTR) ExitNow(kDaemonHungUp);
  }
}

// The first descriptor that came with a message, or -1; any further ones are closed.
int TakeDescriptor(msghdr& message) {
  int taken = -1;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      if (taken < 0) {
        taken = fd;
      } else {
        RawSyscall(SYS_close, fd);
      }
    }
  }
  return taken;
}

}  // namespace

void Spawner::Run(void* arg) {
  auto* const self = static_cast<Spawner*>(arg);
  const char* error = nullptr;
  if (!self->rewinder_.Seal(kProcFolder, &error)) Fail(error);
  self->Serve();
}

void Spawner::Serve() {
  // SIGCHLD has been blocked since the zygote's start.
  const uint64_t signals = uint64_t{1} << (SIGCHLD - 1);
  child_signals_ = static_cast<int>(
      RawSyscall(SYS_signalfd4, -1, RawArgument(&signals), sizeof signals, SFD_CLOEXEC | SFD_NONBLOCK));
  pollfd watched[] = {{kControlSocket, POLLIN, 0}, {child_signals_, POLLIN, 0}};
  for (;;) {
    const long ready = RawSyscall(SYS_ppoll, RawArgument(watched), 2, 0, 0, 0);
    if (ready < 0) continue;
    if (watched[1].revents != 0) Reap();
    if (watched[0].revents != 0) {
      // It may have been booted in the background; what is forked from it serves requests.
      if (!serves_) RawSyscall(SYS_setpriority, PRIO_PROCESS, 0, 0);
      serves_ = true;
      ReadSpawnRequest();
    }
  }
}

void Spawner::ReadSpawnRequest() {
  unsigned char frame[kSpawnRequestBytes];
  iovec part{frame, sizeof frame};
  alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const long got =
      RawSyscall(SYS_recvmsg, kControlSocket, RawArgument(&message), MSG_CMSG_CLOEXEC | MSG_WAITALL);
  if (got == -EINTR) return;
  if (got == 0) ExitNow(kDaemonHungUp);
  uint64_t worker_id = 0;
  const int socket = TakeDescriptor(message);
  if (got != static_cast<long>(sizeof frame) || socket < 0 || !DecodeSpawnRequest(frame, worker_id)) {
    ExitNow(kControlBroken);
  }
  Spawn(worker_id, socket);
  RawSyscall(SYS_close, socket);
}

void Spawner::Spawn(uint64_t worker_id, int socket) {
  unsigned char frame[kSpawnedBytes];
  if (child_count_ == kMaxChildren) {
    EncodeSpawned(worker_id, 0, EAGAIN, frame);
    SendEvent(frame, sizeof frame, -1);
    return;
  }
  int pidfd = -1;
  // A bare clone: libc's fork() would write to libc's own state, which belongs to the image.
  const long pid = RawSyscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, RawArgument(&pidfd), 0, 0);
  if (pid == 0) BecomeWorker(socket);
  if (pid < 0) {
    EncodeSpawned(worker_id, 0, static_cast<uint32_t>(-pid), frame);
    SendEvent(frame, sizeof frame, -1);
    return;
  }
  children_[child_count_++] = {static_cast<pid_t>(pid), worker_id};
  EncodeSpawned(worker_id, static_cast<uint32_t>(pid), 0, frame);
  SendEvent(frame, sizeof frame, pidfd);
  RawSyscall(SYS_close, pidfd);
}

void Spawner::BecomeWorker(int socket) {
  RawSyscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // Should the zygote have died before that took effect, the socket's other end is gone with the daemon's
  // handle on it.
  RawSyscall(SYS_dup3, socket, kWorkerSocket, 0);
  RawSyscall(SYS_close, kControlSocket);
  RawSyscall(SYS_close_range, kProcFolder + 1, ~0u, 0);
  RawSyscall(SYS_prctl, PR_SET_NAME, RawArgument("evald-worker"), 0, 0, 0);
  const bool ready = lives_.timers.Create() && rewinder_.OpenFiles(kProcFolder);
  RawSyscall(SYS_close, kProcFolder);
  const rlimit64 data{options_.max_data_bytes, options_.max_data_bytes}, none{0, 0};
  RawSyscall(SYS_prlimit64, 0, RLIMIT_DATA, RawArgument(&data), 0);
  RawSyscall(SYS_prlimit64, 0, RLIMIT_NOFILE, RawArgument(&none), 0);
  const bool confined = options_.filter == nullptr || RawSyscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
                                                                 RawArgument(options_.filter)) == 0;
  if (ready && confined) rewinder_.Begin();
  ExitNow(static_cast<int>(WorkerExitCode::kSetup));
}

void Spawner::Reap() {
  signalfd_siginfo ignored[8];
  while (RawSyscall(SYS_read, child_signals_, RawArgument(ignored), sizeof ignored) > 0) {
  }
  for (;;) {
    int status = 0;
    const long pid = RawSyscall(SYS_wait4, -1, RawArgument(&status), WNOHANG, 0);
    if (pid <= 0) return;
    for (size_t i = 0; i < child_count_; ++i) {
      if (children_[i].pid != pid) continue;
      unsigned char frame[kExitedBytes];
      EncodeExited(children_[i].worker_id, static_cast<uint32_t>(status), frame);
      children_[i] = children_[--child_count_];
      SendEvent(frame, sizeof frame, -1);
      break;
    }
  }
}

}  // namespace evald
