// Spawner: the zygote after its seal. Forks workers as the daemon asks, and tells how each ended.
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "runtime/rewinder.h"
#include "runtime/worker.h"

namespace evald {

// The descriptors that a zygote finds at its start (proto/evald/internal/zygote.proto).
inline constexpr int kControlSocket = 3;
inline constexpr int kSnapshotFile = 4;
// Where the zygote keeps its descriptor of /proc.
inline constexpr int kProcFolder = 6;

// Lies outside the image and runs on the stack outside; uses system calls and its own memory, nothing else:
// the image that its children start with stays the sealed one. One per zygote.
class Spawner {
 public:
  struct Options {
    // Data that one worker may have at the most (RLIMIT_DATA), bytes.
    uint64_t max_data_bytes;
    // The seccomp filter that each worker loads, outside the image; null: none.
    const sock_fprog* filter;
  };

  Spawner(Rewinder& rewinder, WorkerLives& lives, Options options)
      : rewinder_(rewinder), lives_(lives), options_(options) {}

  // Seals, then serves the control socket until the daemon hangs up. For Rewinder::Checkpoint.
  static void Run(void* spawner);

 private:
  struct Child {
    pid_t pid;
    uint64_t worker_id;
  };
  static constexpr size_t kMaxChildren = 16384;

  [[noreturn]] void Serve();
  void ReadSpawnRequest();
  void Spawn(uint64_t worker_id, int socket);
  [[noreturn]] void BecomeWorker(int socket);
  void Reap();

  Rewinder& rewinder_;
  WorkerLives& lives_;
  const Options options_;
  int child_signals_ = -1;  // a signalfd for SIGCHLD
  bool serves_ = false;     // it was asked for a worker
  size_t child_count_ = 0;
  Child children_[kMaxChildren];
};

}  // namespace evald
