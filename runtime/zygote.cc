#include "runtime/zygote.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/frame.h"
#include "base/worker_exit.h"
#include "evald/internal/zygote.pb.h"
#include "runtime/exceptions.h"
#include "runtime/identity.h"
#include "runtime/platform.h"
#include "runtime/raw_syscall.h"
#include "runtime/rewinder.h"
#include "runtime/runtime.h"
#include "runtime/sandbox.h"
#include "runtime/spawner.h"
#include "runtime/worker.h"

namespace evald {
namespace {

constexpr size_t kOutsideBytes = 32 << 20;
// More than any recipe has (kMaxRecipeBytes in snapshot/envelope.h).
constexpr size_t kMaxBootFrame = 64 << 20;
// The main thread's stack is mapped to this depth before the seal, so that it never grows after it. V8 stops
// scripts at about 1 MiB.
constexpr size_t kStackBytes = 4 << 20;

// Settings of the process that a rewind relies on.
void PrepareProcess() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);  // the dirty bit is one per page, and pages are small ones
  mallopt(M_MMAP_MAX, 0);                 // malloc grows by brk alone, which is easy to undo
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, -1);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  const rlimit stack{kStackBytes, kStackBytes};
  setrlimit(RLIMIT_STACK, &stack);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, nullptr);
  // The kernel would go on writing the CPU's number into the thread's own memory, which belongs to the image.
  syscall(SYS_rseq, static_cast<char*>(__builtin_thread_pointer()) + __rseq_offset, sizeof(struct rseq),
          RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

__attribute__((noinline)) void MapStack() {
  // Touching its far end makes the kernel extend the mapping; the pages between stay untouched.
  volatile char* const far = static_cast<volatile char*>(__builtin_alloca(kStackBytes - (256 << 10)));
  far[0] = 0;
}

// Node-family builds of V8 mark their pages MADV_DONTFORK; a child would fault on its first touch of one.
void MakeForkable() {
  std::ifstream smaps("/proc/self/smaps");
  unsigned long begin = 0, end = 0;
  for (std::string line; std::getline(smaps, line);) {
    unsigned long b, e;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &b, &e) == 2) {
      begin = b;
      end = e;
    } else if (line.rfind("VmFlags:", 0) == 0 && line.find(" dc") != std::string::npos) {
      madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DOFORK);
    }
  }
}

// From here on /proc is reached through a descriptor, which stays when the root goes.
void KeepProcFolder() {
  const int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0 || proc == kProcFolder) return;
  dup3(proc, kProcFolder, O_CLOEXEC);
  close(proc);
}

// Whether this process has come up against its limit on memory: V8's pages were refused, or a few more would
// be.
bool OutOfMemory() {
  if (MemoryWasRefused()) return true;
  constexpr long kProbeBytes = 16 << 20;
  const long probe =
      RawSyscall(SYS_mmap, 0, kProbeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (probe < 0 && probe > -4096) return true;
  RawSyscall(SYS_munmap, probe, kProbeBytes);
  return false;
}

// V8 ends a process that it finds broken with a trap, and code that did not look whether it got memory ends
// in others of these. Where it was memory, that is no defect. Everything else ends the process as a crash,
// also where the signal was sent and nothing faulted.
void OnFatalSignal(int signal) {
  if (OutOfMemory()) _exit(static_cast<int>(WorkerExitCode::kMemoryLimit));
  if (signal == SIGTRAP || signal == SIGILL) _exit(static_cast<int>(WorkerExitCode::kV8Fatal));
  volatile uintptr_t nowhere = kPageBytes / 2;
  *reinterpret_cast<volatile char*>(nowhere) =
      0;  // SIGSEGV while its handler is gone or running: the kernel ends the process
}

// The filter's answer to abort(): the C library's, the C++ library's or V8's.
void OnAbort(int) {
  _exit(static_cast<int>(OutOfMemory() ? WorkerExitCode::kMemoryLimit : WorkerExitCode::kAborted));
}

// The same where it was operator new that did not get it.
void OnNoMemory() {
  static constexpr char kLine[] = "no memory for operator new\n";
  static_cast<void>(!write(STDERR_FILENO, kLine, sizeof kLine - 1));
  _exit(static_cast<int>(WorkerExitCode::kMemoryLimit));
}

void NameFatalEndings() {
  struct sigaction action {};
  action.sa_handler = OnFatalSignal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGTRAP, SIGILL, SIGSEGV, SIGBUS, SIGABRT}) sigaction(signal, &action, nullptr);
  action.sa_handler = OnAbort;
  sigaction(SIGSYS, &action, nullptr);
  std::set_new_handler(OnNoMemory);
}

// Bytes of data that the kernel counts against RLIMIT_DATA now.
uint64_t DataBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t size = 0, resident = 0, shared = 0, text = 0, library = 0, data = 0;
  statm >> size >> resident >> shared >> text >> library >> data;
  return data * kPageBytes;
}

// The snapshot, mapped for as long as the process lives.
absl::StatusOr<std::string_view> MapSnapshot() {
  struct stat info {};
  if (fstat(kSnapshotFile, &info) != 0 || info.st_size == 0) {
    return absl::InvalidArgumentError("descriptor 4 is not a startup snapshot");
  }
  const auto size = static_cast<size_t>(info.st_size);
  void* const bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, kSnapshotFile, 0);
  if (bytes == MAP_FAILED) return absl::InternalError("the startup snapshot cannot be mapped");
  close(kSnapshotFile);
  return std::string_view(static_cast<const char*>(bytes), size);
}

absl::Status RunWarmup(Runtime& runtime, const internal::WarmupSource& warmup) {
  v1::EvalRequest request;
  request.set_source(warmup.source());
  request.set_resource_name(warmup.name());
  request.set_result_format(v1::RESULT_FORMAT_NONE);
  const Execution execution = runtime.Eval(request);
  if (const auto* exception = std::get_if<v1::ScriptException>(&execution.outcome)) {
    return absl::InvalidArgumentError(ExceptionText(*exception));
  }
  if (const auto* fault = std::get_if<Fault>(&execution.outcome))
    return absl::InvalidArgumentError(fault->message);
  return absl::OkStatus();
}

// Boots step by step; `stage` says which step is being done.
class Boot {
 public:
  explicit Boot(const std::vector<Extension>& extensions) : extensions_(extensions) {}

  absl::Status Run() {
    stage_ = "boot frame";
    if (absl::Status status = ReadFrame(kControlSocket, kMaxBootFrame, boot_); !status.ok()) return status;
    if (!boot_.cgroup().empty()) sandbox_.EnterCgroup(boot_.cgroup(), boot_.cgroup_memory_bytes());
    if (boot_.sandbox() != v1::SandboxConfig::OFF) sandbox_.EnterNamespaces();
    KeepProcFolder();
    OutsideMemory& outside = *OutsideMemory::Create(kOutsideBytes);
    MappingLog& log = *outside.New<MappingLog>();
    rewind_off_reason_ = boot_.rewind() ? WhyNoRewind(kProcFolder) : nullptr;
    rewind_ = boot_.rewind() && rewind_off_reason_ == nullptr;
    rewinder_ = Rewinder::Create(
        outside, log, {.max_pages = boot_.max_rewind_pages(), .verify = boot_.verify_rewind() && rewind_});
    lives_ = outside.New<WorkerLives>();

    StartV8(boot_.engine(), &log);
    NameFatalEndings();
    stage_ = "identity";
    const std::vector<NativeOp> ops = OpsOf(extensions_);
    identity_ = ThisRuntimeIdentity(ops);
    if (absl::Status status = CheckIdentity(boot_.expected(), identity_); !status.ok()) return status;
    stage_ = "snapshot";
    absl::StatusOr<std::string_view> snapshot = MapSnapshot();
    if (!snapshot.ok()) return snapshot.status();
    Runtime::Options options;
    options.startup_snapshot = *snapshot;
    options.ops = ops;
    if (boot_.heap_bytes() > 0) options.heap_bytes = boot_.heap_bytes();
    options.code_from_strings = !boot_.engine().no_code_from_strings();
    absl::StatusOr<std::unique_ptr<Runtime>> runtime = Runtime::Create(std::move(options));
    if (!runtime.ok()) return runtime.status();
    runtime_ = *std::move(runtime);
    if (absl::Status preloaded = Preload(); !preloaded.ok()) return preloaded;
    for (const internal::WarmupSource& warmup : boot_.warmup()) {
      stage_ = absl::StrCat("warmup ", warmup.name());
      if (absl::Status status = RunWarmup(*runtime_, warmup); !status.ok()) return status;
    }
    stage_ = "warmup of the extensions";
    for (const Extension& extension : extensions_) {
      if (extension.warm_up != nullptr) extension.warm_up();
    }
    worker_ = std::make_unique<Worker>(
        *runtime_, *rewinder_, *lives_,
        Worker::Options{
            .rewind = rewind_, .max_frame_bytes = boot_.max_frame_bytes(), .base_data_bytes = DataBytes()});
    worker_->WarmUp();

    // Last before the seal: from here on nothing can be opened any more.
    MakeForkable();
    const uint64_t data_now = DataBytes();
    if (boot_.sandbox() != v1::SandboxConfig::OFF) {
      stage_ = "sandbox";
      if (absl::Status status = Confine(outside); !status.ok()) return status;
    }
    stage_ = "seal";
    lives_->timers.Install(runtime_.get());
    // A request's memory, and what a large one takes on its way in and its reply on the way out.
    const uint64_t max_data = data_now + boot_.max_memory_bytes() + 4 * boot_.max_frame_bytes();
    spawner_ = new (outside.Allocate(sizeof(Spawner)))
        Spawner(*rewinder_, *lives_, {.max_data_bytes = max_data, .filter = sandbox_.filter()});
    MapStack();
    return absl::OkStatus();
  }

  void Tell(const absl::Status& status) {
    internal::ZygoteEvent event;
    if (status.ok()) {
      internal::ZygoteBooted& booted = *event.mutable_booted();
      *booted.mutable_identity() = identity_;
      booted.set_rewind(rewind_);
      for (const std::string& what : sandbox_.in_force()) booted.add_sandbox_in_force(what);
      for (const std::string& what : sandbox_.missing()) booted.add_sandbox_missing(what);
      if (rewind_off_reason_ != nullptr) booted.set_rewind_off_reason(rewind_off_reason_);
    } else {
      event.mutable_failed()->set_stage(stage_);
      event.mutable_failed()->set_message(std::string(status.message()));
    }
    static_cast<void>(WriteFrame(kControlSocket, event));
  }

  [[noreturn]] void SealAndServe() {
    rewinder_->Checkpoint(&Spawner::Run, spawner_);
    worker_->Live();
  }

 private:
  // The stage is the module at fault.
  absl::Status Preload() {
    std::vector<Module> modules;
    for (internal::PreloadedModule& module : *boot_.mutable_modules()) {
      modules.push_back({std::move(*module.mutable_specifier()),
                         std::move(*module.mutable_module()->mutable_binary()), module.module().type()});
    }
    boot_.clear_modules();
    stage_ = "modules";
    absl::Status preloaded = runtime_->Preload(modules);
    if (preloaded.ok()) return preloaded;
    for (const Module& module : modules) {
      const std::string begin = absl::StrCat("module '", module.specifier, "': ");
      if (!absl::StartsWith(preloaded.message(), begin)) continue;
      stage_ = absl::StrCat("module ", module.specifier);
      return absl::Status(preloaded.code(), preloaded.message().substr(begin.size()));
    }
    return preloaded;
  }

  absl::Status Confine(OutsideMemory& outside) {
    sandbox_.PrepareFilter(outside);
    sandbox_.GiveUpFiles();
    sandbox_.GiveUpPrivileges();
    if (boot_.sandbox() != v1::SandboxConfig::STRICT || sandbox_.missing().empty()) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("the sandbox is STRICT and lacks: ", absl::StrJoin(sandbox_.missing(), "; ")));
  }

  const std::vector<Extension>& extensions_;
  std::string stage_;
  Sandbox sandbox_;
  internal::ZygoteBoot boot_;
  internal::RuntimeIdentity identity_;
  bool rewind_ = false;
  const char* rewind_off_reason_ = nullptr;
  Rewinder* rewinder_ = nullptr;
  WorkerLives* lives_ = nullptr;
  Spawner* spawner_ = nullptr;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace

absl::Status RunZygote(const std::vector<Extension>& extensions) {
  PrepareProcess();
  Boot boot(extensions);
  const absl::Status status = boot.Run();
  boot.Tell(status);
  if (!status.ok()) return status;
  boot.SealAndServe();
}

}  // namespace evald
