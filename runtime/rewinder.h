// Rewinder: puts a used worker back to the sealed image, byte for byte.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>

#include "base/worker_exit.h"
#include "runtime/image.h"
#include "runtime/mapping_log.h"

namespace evald {

// One per zygote, made before V8 starts, in the memory outside the image; its workers inherit it by fork. One
// thread.
//
// The zygote calls Checkpoint. That call returns in workers only, once for each life that one begins: after
// the fork (Begin), and after each Rewind. All that the program can see is then as it was when Checkpoint was
// called, but for the memory outside the image, file descriptors, signals and timers.
class Rewinder {
 public:
  struct Options {
    // A rewind that finds more pages to put back ends the worker (WorkerExitCode::kTooManyPages).
    uint64_t max_pages;
    // Compare every page with the image after each rewind; a difference ends the worker (kVerifyMismatch).
    bool verify;
  };
  struct Stats {
    uint64_t pages_restored;
    uint64_t pages_zeroed;
    uint64_t micros;
  };

  static Rewinder* Create(OutsideMemory& outside, MappingLog& log, Options options);

  // In the zygote: runs `body(arg)` on a stack outside the image, for ever. In a worker: returns.
  // `body` seals first, then forks; a child of it calls Begin.
  void Checkpoint(void (*body)(void* arg), void* arg);

  // Records the image. Call it first thing in `body`. False: `*error` says why. `proc`: a descriptor of
  // /proc.
  bool Seal(int proc, const char** error);

  // In a fork, on the stack outside: opens what later rewinds need; then `proc` may be closed. False: it
  // cannot be had.
  bool OpenFiles(int proc);
  // The same, then: starts its first life.
  [[noreturn]] void Begin();

  // In a worker: undoes everything since the checkpoint and starts another life; or, where that cannot be
  // done, ends the process with the WorkerExitCode that says why.
  [[noreturn]] void Rewind();

  // Of the rewind that began this life; zeros in the first one.
  const Stats& stats() const { return stats_; }
  const Image& image() const { return *image_; }

  Rewinder(const OutsideMemory& outside, MappingLog& log, Options options)
      : outside_(outside), log_(log), options_(options) {}

 private:
  static constexpr size_t kStackBytes = 256 * 1024;
  static constexpr size_t kBatch = 512;

  [[noreturn]] void RunOnStackOutside(void (*body)(void* arg), void* arg);
  static void RunBody(unsigned high, unsigned low);
  static void RewindNow(void* self);

  void RestoreProtections();
  void RestorePages();
  void RestoreRegion(const Region& region, uintptr_t read_begin, size_t count);
  void DropNewMappings();
  void Verify();
  bool PageEqualsImage(const Region& region, size_t index, uint64_t entry) const;
  static bool SameRegion(void* self, const Region& region);

  const OutsideMemory& outside_;
  MappingLog& log_;
  const Options options_;
  Image* image_ = nullptr;
  char* maps_buffer_ = nullptr;
  uint64_t* entries_ = nullptr;
  char* stack_ = nullptr;
  ucontext_t checkpoint_;
  ucontext_t outside_context_;
  bool in_worker_ = false;
  void (*body_)(void*) = nullptr;
  void* body_arg_ = nullptr;
  int pagemap_ = -1;
  int maps_ = -1;  // only to verify
  size_t verified_regions_ = 0;
  uintptr_t verified_to_ = 0;
  Stats stats_{};
};

}  // namespace evald
