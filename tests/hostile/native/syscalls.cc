#include "tests/hostile/native/syscalls.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>

namespace evald::testing {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

const std::map<std::string, long>& Numbers() {
  static const auto* const numbers = new std::map<std::string, long>{
#define EVALD_SYSCALL(name) {#name, SYS_##name}
#ifdef SYS_open
      EVALD_SYSCALL(open),
      EVALD_SYSCALL(fork),
      EVALD_SYSCALL(vfork),
#else
      // Where the kernel has only the newer form of a call, that one stands for it.
      {"open", SYS_openat},
      {"fork", SYS_clone},
      {"vfork", SYS_clone3},
#endif
      EVALD_SYSCALL(accept4),
      EVALD_SYSCALL(bind),
      EVALD_SYSCALL(bpf),
      EVALD_SYSCALL(capset),
      EVALD_SYSCALL(chdir),
      EVALD_SYSCALL(chroot),
      EVALD_SYSCALL(clone),
      EVALD_SYSCALL(clone3),
      EVALD_SYSCALL(close),
      EVALD_SYSCALL(connect),
      EVALD_SYSCALL(dup),
      EVALD_SYSCALL(execve),
      EVALD_SYSCALL(execveat),
      EVALD_SYSCALL(exit_group),
      EVALD_SYSCALL(fcntl),
      EVALD_SYSCALL(futex),
      EVALD_SYSCALL(getdents64),
      EVALD_SYSCALL(getpid),
      EVALD_SYSCALL(getppid),
      EVALD_SYSCALL(getrandom),
      EVALD_SYSCALL(init_module),
      EVALD_SYSCALL(inotify_init1),
      EVALD_SYSCALL(io_uring_setup),
      EVALD_SYSCALL(ioctl),
      EVALD_SYSCALL(kcmp),
      EVALD_SYSCALL(keyctl),
      EVALD_SYSCALL(kill),
      EVALD_SYSCALL(landlock_create_ruleset),
      EVALD_SYSCALL(madvise),
      EVALD_SYSCALL(memfd_create),
      EVALD_SYSCALL(mmap),
      EVALD_SYSCALL(mount),
      EVALD_SYSCALL(msgget),
      EVALD_SYSCALL(munmap),
      EVALD_SYSCALL(name_to_handle_at),
      EVALD_SYSCALL(openat),
      EVALD_SYSCALL(openat2),
      EVALD_SYSCALL(perf_event_open),
      EVALD_SYSCALL(personality),
      EVALD_SYSCALL(pidfd_getfd),
      EVALD_SYSCALL(pidfd_open),
      EVALD_SYSCALL(pidfd_send_signal),
      EVALD_SYSCALL(pipe2),
      EVALD_SYSCALL(ppoll),
      EVALD_SYSCALL(prctl),
      EVALD_SYSCALL(pread64),
      EVALD_SYSCALL(prlimit64),
      EVALD_SYSCALL(process_vm_readv),
      EVALD_SYSCALL(process_vm_writev),
      EVALD_SYSCALL(ptrace),
      EVALD_SYSCALL(pwrite64),
      EVALD_SYSCALL(read),
      EVALD_SYSCALL(readlinkat),
      EVALD_SYSCALL(reboot),
      EVALD_SYSCALL(recvmsg),
      EVALD_SYSCALL(rt_sigaction),
      EVALD_SYSCALL(rt_sigprocmask),
      EVALD_SYSCALL(rt_sigqueueinfo),
      EVALD_SYSCALL(sched_setaffinity),
      EVALD_SYSCALL(sched_setscheduler),
      EVALD_SYSCALL(seccomp),
      EVALD_SYSCALL(sendmsg),
      EVALD_SYSCALL(sendto),
      EVALD_SYSCALL(setns),
      EVALD_SYSCALL(setpriority),
      EVALD_SYSCALL(setsid),
      EVALD_SYSCALL(setsockopt),
      EVALD_SYSCALL(setuid),
      EVALD_SYSCALL(shmget),
      EVALD_SYSCALL(socket),
      EVALD_SYSCALL(socketpair),
      EVALD_SYSCALL(statx),
      EVALD_SYSCALL(tgkill),
      EVALD_SYSCALL(timer_create),
      EVALD_SYSCALL(timer_settime),
      EVALD_SYSCALL(truncate),
      EVALD_SYSCALL(unlinkat),
      EVALD_SYSCALL(unshare),
      EVALD_SYSCALL(userfaultfd),
      EVALD_SYSCALL(wait4),
      EVALD_SYSCALL(write),
#undef EVALD_SYSCALL
  };
  return *numbers;
}

long Argument(v8::Isolate* isolate, v8::Local<v8::Value> value, std::deque<std::string>& texts) {
  if (value->IsString())
    return reinterpret_cast<long>(texts.emplace_back(*v8::String::Utf8Value(isolate, value)).c_str());
  if (value->IsArrayBufferView()) {
    const auto view = value.As<v8::ArrayBufferView>();
    return reinterpret_cast<long>(static_cast<char*>(view->Buffer()->GetBackingStore()->Data()) +
                                  view->ByteOffset());
  }
  return value->IntegerValue(isolate->GetCurrentContext()).FromMaybe(0);
}

void Call(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  const auto found = Numbers().find(*v8::String::Utf8Value(isolate, info[0]));
  if (found == Numbers().end()) {
    isolate->ThrowException(
        v8::Exception::RangeError(v8::String::NewFromUtf8Literal(isolate, "no system call of that name")));
    return;
  }
  std::deque<std::string> texts;
  std::array<long, 6> arguments{};
  for (int i = 0; i < 6; ++i) arguments[static_cast<size_t>(i)] = Argument(isolate, info[i + 1], texts);
  const long result = syscall(found->second, arguments[0], arguments[1], arguments[2], arguments[3],
                              arguments[4], arguments[5]);
  info.GetReturnValue().Set(static_cast<double>(result < 0 ? -errno : result));
}

void Call32(const Info& info) {
  long result = info[0]->IntegerValue(info.GetIsolate()->GetCurrentContext()).FromMaybe(0);
#if defined(__x86_64__)
  asm volatile("int $0x80" : "+a"(result) : "b"(0), "c"(0), "d"(0) : "memory", "r8", "r9", "r10", "r11");
#else
  syscall(result + 0x40000000);
#endif
  info.GetReturnValue().Set(static_cast<double>(result));
}

void Abort(const Info&) { std::abort(); }

void Poke(const Info& info) {
  const int64_t address = info[0]->IntegerValue(info.GetIsolate()->GetCurrentContext()).FromMaybe(0);
  *reinterpret_cast<volatile char*>(address) = 1;  // NOLINT(performance-no-int-to-ptr): that is its purpose
}

}  // namespace

Extension SyscallsExtension() {
  Extension extension;
  extension.name = "syscalls";
  extension.form = Extension::Form::kBundle;
  extension.op_names = {"syscalls_abort", "syscalls_call", "syscalls_call32", "syscalls_poke"};
  extension.source =
      "const ops = require('evald:ops');"
      "globalThis.syscall = (name, ...rest) => ops.syscalls_call(name, ...rest);"
      "globalThis.syscall32 = (number) => ops.syscalls_call32(number);"
      "globalThis.abort = () => ops.syscalls_abort();"
      "globalThis.poke = (address) => ops.syscalls_poke(address);";
  extension.ops = {{"syscalls_abort", Abort},
                   {"syscalls_call", Call},
                   {"syscalls_call32", Call32},
                   {"syscalls_poke", Poke}};
  return extension;
}

}  // namespace evald::testing
