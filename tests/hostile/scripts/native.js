// What machine code in a worker can do: calls of the kernel that no script needs, and misuse of those it has.
// Run with the extension `syscalls` (tests/hostile/native/syscalls.h). The format of this file:
// tests/hostile/corpus.h.

//## forbidden
//# each: accept4 bind bpf capset chdir chroot clone clone3 close connect dup execveat fcntl getdents64
//#     getppid init_module inotify_init1 io_uring_setup ioctl kcmp keyctl landlock_create_ruleset
//#     memfd_create mount msgget name_to_handle_at openat2 perf_event_open personality pidfd_getfd
//#     pidfd_open pidfd_send_signal pipe2 ppoll prctl process_vm_readv process_vm_writev pwrite64
//#     readlinkat reboot recvmsg rt_sigaction rt_sigqueueinfo sched_setaffinity sched_setscheduler seccomp
//#     sendmsg setns setsid setsockopt setuid shmget socketpair statx tgkill timer_create truncate unlinkat
//#     unshare userfaultfd vfork wait4
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
syscall('$each');

//## open-a-file
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
syscall('open', '/etc/passwd', 0);

//## open-its-own-memory
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
syscall('openat', -100, '/proc/self/mem', 2);

//## open-a-socket
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
syscall('socket', 2, 1, 0);

//## fork-a-process
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
for (;;) syscall('fork');

//## execute-a-program
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
syscall('execve', '/bin/sh', 0, 0);

//## abort-a-sibling
//# expect: fails INTERNAL (WORKER_CRASHED)
syscall('tgkill', 1, 1, 6);

//## abort
//# expect: fails INTERNAL (WORKER_CRASHED)
abort();

//## kill-the-zygote
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
syscall('kill', 1, 9);

//## kill-everything
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
syscall('kill', -1, 9);

//## limits-of-the-zygote
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
syscall('prlimit64', 1, 0, new Uint8Array(16), 0);

//## priority-of-the-zygote
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
syscall('setpriority', 0, 1, 19);

//## limits-of-its-own
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
syscall('prlimit64', 0, 7, 0, new Uint8Array(16));

//## trace-the-zygote
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
syscall('ptrace', 16, 1, 0, 0);

//## forbidden-call-that-is-caught
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
try {
  syscall('open', '/', 0);
} catch {
} finally {
  'caught';
}

//## forbidden-call-after-the-result
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
({ toJSON: () => syscall('socket', 1, 1, 0) });

//## thirty-two-bit-entry
//# each: 1 2 5 11 20 120
//# expect: fails INTERNAL (SANDBOX_VIOLATION)
//# expect: fails INTERNAL (WORKER_CRASHED)
//# why: a kernel that has no 32-bit entry answers with a fault
syscall32($each);

//## allowed-call
//# expect: value true
syscall('getpid') > 0 && syscall('getrandom', new Uint8Array(8), 8, 0) === 8;

//## write-to-nowhere
//# expect: fails INTERNAL (WORKER_CRASHED)
poke(0);

//## write-to-the-kernel
//# expect: fails INTERNAL (WORKER_CRASHED)
poke(-4096);

//## exit-as-if-all-were-well
//# each: 0 1 80 81 86 255
//# expect: fails INTERNAL (WORKER_CRASHED)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: an exit code is the worker's own claim of why it ended; some stand for limits
syscall('exit_group', $each);

//## garbage-for-the-daemon
//# expect: fails INTERNAL (WORKER_CRASHED)
const garbage = new Uint8Array(1024).fill(0xff);
syscall('sendto', 5, garbage, garbage.length, 0, 0, 0);
for (;;);

//## endless-frame-for-the-daemon
//# expect: fails INTERNAL (WORKER_CRASHED)
const part = new Uint8Array(1 << 16).fill(1);
for (;;) if (syscall('sendto', 5, part, part.length, 0, 0, 0) < 0) break;

//## half-a-frame-for-the-daemon
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails INTERNAL (WORKER_CRASHED)
//# why: the answer at the limit completes the frame, with bytes that are none
syscall('sendto', 5, new Uint8Array([200, 0, 0, 0, 1]), 5, 0, 0, 0);
for (;;);

//## reads-its-own-requests
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
const into = new Uint8Array(1024);
for (;;) syscall('read', 5, into, into.length);

//## disarms-its-timers
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
for (let timer = 0; timer < 16; timer++) syscall('timer_settime', timer, 0, new Uint8Array(32), 0);
for (;;);

//## blocks-its-signals
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
syscall('rt_sigprocmask', 0, new Uint8Array(8).fill(0xff), 0, 8);
for (;;);

//## waits-for-ever-in-the-kernel
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
const word = new Int32Array(1);
for (;;) syscall('futex', word, 0, 0, 0, 0, 0);

//## maps-much-memory
//# expect: value true
let failed = 0;
for (let i = 0; i < 4096; i++) if (syscall('mmap', 0, 1 << 24, 3, 0x22, -1, 0) < 0) failed++;
failed > 2000;

//## unmaps-itself
//# expect: fails INTERNAL (WORKER_CRASHED)
syscall('munmap', 0x1000, 2 ** 46);

//## forgets-its-memory
//# expect: fails INTERNAL (WORKER_CRASHED)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: throws TypeError
//# expect: value 1
//# why: what becomes of a program whose heap is all zeros cannot be foretold
for (let i = -4096; i < 4096; i++) syscall('madvise', i * 4096 * 64, 4096 * 64, 4);
1;

//## floods-the-log
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
const line = new Uint8Array(4096).fill(65);
for (;;) syscall('write', 2, line, line.length);
