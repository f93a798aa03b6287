// A real evald-zygote for tests and benchmarks: boots it and talks to its workers over real sockets, without
// a daemon.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/frame.h"
#include "base/unique_fd.h"
#include "base/worker_exit.h"
#include "evald/internal/worker.pb.h"
#include "evald/internal/zygote.pb.h"

namespace evald::testing {

// One worker's socket. Blocking.
class WorkerConnection {
 public:
  WorkerConnection(uint64_t id, UniqueFd socket, UniqueFd pidfd)
      : id_(id), socket_(std::move(socket)), pidfd_(std::move(pidfd)) {}

  // UNAVAILABLE: it is gone.
  absl::StatusOr<internal::WorkerReady> ReadReady();
  absl::StatusOr<internal::WorkerReply> Run(internal::WorkerRequest request);

  // Evaluates and gives the JSON, "Name: message" of an exception, or "REASON: message" of a fault.
  std::string Eval(const std::string& source, v1::Isolation isolation = v1::ISOLATION_PRISTINE);
  // The same, then waits until it is ready again.
  std::string EvalAndReset(const std::string& source, v1::Isolation isolation = v1::ISOLATION_PRISTINE);

  const internal::WorkerReady& last_ready() const { return last_ready_; }
  uint64_t id() const { return id_; }
  // As this process sees it; the zygote has a PID namespace of its own.
  pid_t pid() const;
  void Kill();
  void HangUp() { socket_.reset(); }
  int socket() const { return socket_.get(); }

 private:
  absl::StatusOr<internal::WorkerMessage> Read();

  uint64_t id_;
  UniqueFd socket_;
  UniqueFd pidfd_;
  internal::WorkerReady last_ready_;
};

class ZygoteProcess {
 public:
  // `boot.expected` is filled in. An error is what the zygote said.
  static absl::StatusOr<std::unique_ptr<ZygoteProcess>> Start(const std::string& binary,
                                                              const std::string& snapshot,
                                                              internal::ZygoteBoot boot);
  ~ZygoteProcess();

  // Forks a worker. `await_ready`: returns once it has said that it is ready.
  absl::StatusOr<std::unique_ptr<WorkerConnection>> Spawn(bool await_ready = true);

  // Waits for the next worker to end. REQUIRES: one that was spawned is ending.
  absl::StatusOr<std::pair<uint64_t, WorkerExit>> AwaitExit();

  pid_t pid() const { return pid_; }
  const internal::ZygoteBooted& booted() const { return booted_; }
  int control() const { return control_.get(); }

 private:
  ZygoteProcess(pid_t pid, UniqueFd control) : pid_(pid), control_(std::move(control)) {}
  absl::Status ReadEvent(internal::ZygoteEvent& event, UniqueFd* descriptor);

  const pid_t pid_;
  UniqueFd control_;
  internal::ZygoteBooted booted_;
  uint64_t next_id_ = 1;
  std::vector<std::pair<uint64_t, WorkerExit>> exits_;
};

}  // namespace evald::testing
