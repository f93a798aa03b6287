#include "runtime/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/unique_fd.h"
#include "runtime/spawner.h"

namespace evald {
namespace {

constexpr int kNobody = 65534;
constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;

// What a worker may ask of the kernel: memory, its one socket, time, randomness, its own end.
constexpr int kAllowed[] = {
    // Its socket and its log. All other descriptors are gone.
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(sendto),
    // The rewinder's descriptors.
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    // Memory.
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    // Time, the limits' timers and their signals.
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(timer_settime),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(restart_syscall),
    // Locks; Atomics.wait.
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    // Facts about itself that V8 and libc ask for.
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrusage),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),
    SCMP_SYS(getrandom),
    // Its end.
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

std::string Reason(int error) { return error == 0 ? "" : absl::StrCat(": ", std::strerror(error)); }

int WriteFile(const std::string& path, const std::string& text) {
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return errno;
  return 0;
}

// Stands for the zygote outside its PID namespace: the daemon's child, and the parent of the namespace's
// first process.
[[noreturn]] void KeepUntilItEnds(pid_t child) {
  close_range(kControlSocket, ~0u, 0);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  // End by the same signal, so that the daemon sees the same.
  signal(WTERMSIG(status), SIG_DFL);
  kill(getpid(), WTERMSIG(status));
  _exit(1);
}

// From root to nobody. Changing the user clears what is set again here: whether /proc/self is the process's
// own, and its end with its parent.
bool BecomeNobody() {
  static_cast<void>(setgroups(0, nullptr));
  if (setresgid(kNobody, kNobody, kNobody) != 0 || setresuid(kNobody, kNobody, kNobody) != 0) return false;
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return true;
}

// Runs `body` in a child that has nothing to lose.
template <typename Body>
bool SucceedsInAChild(const Body& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body() ? 0 : 1);
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

void Sandbox::Note(bool done, const std::string& what, int error) {
  if (done) {
    in_force_.push_back(what);
  } else {
    missing_.push_back(absl::StrCat(what, Reason(error)));
  }
}

void Sandbox::EnterCgroup(const std::string& path, uint64_t memory_bytes) {
  const std::string folder = absl::StrCat("/sys/fs/cgroup/", path);
  static_cast<void>(
      mkdir(folder.c_str(), 0755));  // it may be there; if it cannot be made, what follows says so
  int error = 0;
  if (memory_bytes > 0) {
    error = WriteFile(folder + "/memory.max", absl::StrCat(memory_bytes));
    WriteFile(folder + "/memory.swap.max", "0");  // not there where there is no swap
  }
  if (error == 0) error = WriteFile(folder + "/cgroup.procs", "0");
  Note(error == 0, absl::StrCat("cgroup ", path), error);
}

void Sandbox::EnterNamespaces() {
  // Root's own user namespace would still own root's files, so it is nobody that enters one, where nobody
  // may.
  if (geteuid() == 0 && SucceedsInAChild([] { return BecomeNobody() && unshare(CLONE_NEWUSER) == 0; }))
    BecomeNobody();
  const uid_t user = geteuid();
  const gid_t group = getegid();
  bool own_user = true;
  // Like fork(), but into the namespaces: a process cannot move itself into a PID namespace.
  long child = syscall(SYS_clone, CLONE_NEWUSER | kNamespaces | SIGCHLD, 0, 0, 0, 0);
  const int user_error = errno;
  if (child < 0) {
    own_user = false;
    child = syscall(SYS_clone, kNamespaces | SIGCHLD, 0, 0, 0, 0);  // enough for root
  }
  const int error = errno;
  if (child > 0) KeepUntilItEnds(static_cast<pid_t>(child));
  Note(own_user, "user namespace", user_error);
  if (child < 0) {
    Note(false, "mount, PID, network, IPC and UTS namespaces", error);
    return;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a fork does not inherit it
  has_mount_namespace_ = true;
  Note(true, "mount, PID, network, IPC and UTS namespaces", 0);
  if (!own_user) return;
  int mapped = WriteFile("/proc/self/setgroups", "deny");
  if (mapped == 0) mapped = WriteFile("/proc/self/gid_map", absl::StrCat(kNobody, " ", group, " 1"));
  if (mapped == 0) mapped = WriteFile("/proc/self/uid_map", absl::StrCat(kNobody, " ", user, " 1"));
  Note(mapped == 0, "user mapped to nobody", mapped);
}

void Sandbox::GiveUpFiles() {
  if (!has_mount_namespace_) {
    Note(false, "empty root: needs a mount namespace", 0);
    return;
  }
  // Over /proc, because that folder is there everywhere.
  const bool done = mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                    mount("evald", "/proc", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                          "size=4k,nr_inodes=2,mode=555") == 0 &&
                    chdir("/proc") == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
                    umount2(".", MNT_DETACH) == 0 && chdir("/") == 0 &&
                    mount(nullptr, "/", nullptr,
                          MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
  Note(done, "empty root", errno);
}

void Sandbox::GiveUpPrivileges() {
  // Each fails where there was nothing to give up; what counts is what is left at the end.
  prctl(PR_SET_SECUREBITS,
        SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED, 0, 0,
        0);
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (geteuid() == 0) BecomeNobody();
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {}, left[2] = {};
  syscall(SYS_capset, &header, none);
  const bool read = syscall(SYS_capget, &header, left) == 0;
  Note(read && left[0].permitted == 0 && left[1].permitted == 0, "no capabilities", errno);
  Note(geteuid() != 0, "ordinary user", 0);
  Note(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs", errno);
}

void Sandbox::PrepareFilter(OutsideMemory& outside) {
  const scmp_filter_ctx context = seccomp_init(SCMP_ACT_KILL_PROCESS);
  int error = context == nullptr ? -ENOMEM : 0;
  for (const int number : kAllowed) {
    if (error == 0) error = seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 0);
  }
  // The limit on a request's memory, below the process's own. Never another process's: siblings and the
  // zygote are the same user.
  if (error == 0) {
    error = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, SCMP_A0(SCMP_CMP_EQ, 0),
                             SCMP_A1(SCMP_CMP_EQ, RLIMIT_DATA));
  }
  // To make way while it exits.
  if (error == 0) {
    error = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(setpriority), 2,
                             SCMP_A0(SCMP_CMP_EQ, PRIO_PROCESS), SCMP_A1(SCMP_CMP_EQ, 0));
  }
  // What abort() does. It is not let through (it could be sent to a sibling), but its caller is told apart
  // from one who breaks out.
  if (error == 0) {
    error = seccomp_rule_add(context, SCMP_ACT_TRAP, SCMP_SYS(tgkill), 1, SCMP_A2(SCMP_CMP_EQ, SIGABRT));
  }
  if (error == 0) error = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a binary search
  const UniqueFd file(memfd_create("evald-filter", MFD_CLOEXEC));
  if (error == 0) error = seccomp_export_bpf(context, file.get());
  if (context != nullptr) seccomp_release(context);
  const off_t size = lseek(file.get(), 0, SEEK_END);
  if (error != 0 || size <= 0) {
    Note(false, "seccomp filter", -error);
    return;
  }
  auto* const program = static_cast<sock_filter*>(outside.Allocate(static_cast<size_t>(size)));
  if (pread(file.get(), program, static_cast<size_t>(size), 0) != size) {
    Note(false, "seccomp filter", errno);
    return;
  }
  auto* const filter = outside.New<sock_fprog>();
  filter->len = static_cast<unsigned short>(static_cast<size_t>(size) / sizeof(sock_filter));
  filter->filter = program;
  const bool taken = SucceedsInAChild([&] {
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter) == 0;
  });
  if (taken) filter_ = filter;
  Note(taken, absl::StrCat("seccomp filter of ", std::size(kAllowed) + 1, " system calls"), 0);
}

}  // namespace evald
