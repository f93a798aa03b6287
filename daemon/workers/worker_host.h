// The seam between the pool and the processes: a WorkerHost forks workers and carries messages to them, a
// WorkerEvents hears from them. The real host is Images (images.h); tests have a fake one
// (testing/fake_worker_host.h).
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/worker_exit.h"
#include "evald/internal/worker.pb.h"

namespace evald {

// Identifies a worker within the daemon's life; counts up from 1, never used twice.
using WorkerId = uint64_t;

// Its process ended by itself or by a signal.
struct WorkerExited {
  WorkerExit exit;
};
// It sent what no worker sends, and was killed for it.
struct WorkerGarbled {
  std::string what;
};
// Nobody can tell how it ended: its zygote is gone.
struct WorkerLost {
  std::string why;
};
// It never was.
struct WorkerNotForked {
  std::string why;
};
// How a worker ended, as one value.
using WorkerEnd = std::variant<WorkerExited, WorkerGarbled, WorkerLost, WorkerNotForked>;

// Hears from workers, on the loop, never from inside a call of WorkerHost.
class WorkerEvents {
 public:
  virtual ~WorkerEvents() = default;
  // It can serve a request: the first one, or another.
  virtual void OnWorkerReady(WorkerId id, const internal::WorkerReady& ready) = 0;
  // The answer to the request that it was sent; its parts may be moved out.
  virtual void OnWorkerReply(WorkerId id, internal::WorkerReply& reply) = 0;
  // It is about to end: only the answer to a request that it has been sent can still come from it. Told as
  // soon as it is known, at most once; not told of every worker.
  virtual void OnWorkerLeaving(WorkerId id) = 0;
  // The last word on every worker. A reply that it managed to send came before.
  virtual void OnWorkerEnded(WorkerId id, const WorkerEnd& end) = 0;
  // Forking has become possible (again), or the image has changed.
  virtual void OnForksPossible() = 0;
};

class WorkerHost {
 public:
  virtual ~WorkerHost() = default;
  virtual bool CanFork() const = 0;
  // The snapshot generation that workers forked now come from.
  virtual uint64_t generation() const = 0;
  // The image that workers forked now come from, a number that counts up. Workers of an earlier one still
  // serve, but are to be replaced.
  virtual uint64_t image() const = 0;
  // The new worker. Answered by OnWorkerReady or OnWorkerEnded. REQUIRES: CanFork().
  virtual WorkerId Fork() = 0;
  // REQUIRES: the worker is ready.
  virtual void Send(WorkerId id, const internal::WorkerRequest& request) = 0;
  // SIGKILL. Of the worker nothing but its end is reported afterwards. Ids that have ended are ignored, here
  // and below.
  virtual void Kill(WorkerId id) = 0;
  // Closes the socket, upon which an idle worker exits.
  virtual void HangUp(WorkerId id) = 0;
};

}  // namespace evald
