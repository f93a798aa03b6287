// Worker: serves one request at a time on its socket, and is put back to the image after each.
#pragma once

#include <cstdint>

#include "evald/internal/worker.pb.h"
#include "runtime/limit_timers.h"
#include "runtime/rewinder.h"
#include "runtime/runtime.h"

namespace evald {

// What a worker's next life has to know of the ones before it. Outside the image.
struct WorkerLives {
  bool touched = false;  // the pre-touch has been done
  bool served = false;   // a request has been
  LimitTimers timers;
};

// The descriptor that a worker finds its socket at.
inline constexpr int kWorkerSocket = 5;

// Made by the zygote before its seal, so it is part of the image; used by its forks. Speaks
// proto/evald/internal/worker.proto.
class Worker {
 public:
  struct Options {
    // False: a worker serves one request and then waits for the daemon to hang up.
    bool rewind;
    uint64_t max_frame_bytes;
    // What the kernel counts as this process's data before any request; a request's memory_bytes come on top.
    uint64_t base_data_bytes;
  };

  Worker(Runtime& runtime, Rewinder& rewinder, WorkerLives& lives, Options options)
      : runtime_(runtime), rewinder_(rewinder), lives_(lives), options_(options) {}

  // In the zygote: runs what every request runs, so that workers are forked from a process that has it warm.
  void WarmUp();

  // In a worker: one life, from the checkpoint to the next rewind or the process's end.
  [[noreturn]] void Live();

 private:
  // An ordinary request, through the same bytes-to-bytes path as real ones.
  void Touch();
  void ServeTouch(internal::WorkerRequest& request);
  internal::WorkerReply Serve(const internal::WorkerRequest& request);
  void LimitData(uint64_t bytes);
  [[noreturn]] void EndLife();
  void SendReady(v1::IsolateOrigin origin);

  Runtime& runtime_;
  Rewinder& rewinder_;
  WorkerLives& lives_;
  const Options options_;
};

}  // namespace evald
