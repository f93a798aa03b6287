// Shutdown: the order in which the daemon ends, written down once.
//
//   1. stop admitting    health says NOT_SERVING, new requests are refused with DRAINING
//   2. drain             running and queued requests go on, and their answers leave, up to drain_timeout
//   3. fail the rest     what is left is refused with DRAINING, and its workers are killed
//   4. stop the servers  every call has ended by now: gRPC's threads are joined, the admin endpoint closes;
//                        answers that are leaving get some seconds more
//   5. stop the workers  the idle ones are hung up on
//   6. stop the zygote   it exits when hung up on, and is reaped
//   7. leave             the loop ends
//
// A second request to shut down ends the drain at once.
#pragma once

#include "absl/functional/any_invocable.h"
#include "daemon/loop/timer_queue.h"

namespace evald {

// What the order is an order of. The ones with `done` call it once, on the loop, possibly at once.
class ShutdownSteps {
 public:
  using Done = absl::AnyInvocable<void()>;
  virtual ~ShutdownSteps() = default;
  virtual void StopAdmitting() = 0;
  // `done` when nothing waits, runs or is answered.
  virtual void Drain(Done done) = 0;
  virtual void FailTheRest() = 0;
  virtual void StopServers(Done done) = 0;
  virtual void StopWorkers(Done done) = 0;
  virtual void StopZygote(Done done) = 0;
  virtual void Leave() = 0;
};

// Loop thread only. `steps` and `timers` outlive it.
class Shutdown {
 public:
  Shutdown(ShutdownSteps* steps, TimerQueue* timers, Duration drain_timeout)
      : steps_(steps), timers_(timers), drain_timeout_(drain_timeout) {}

  void SetDrainTimeout(Duration drain_timeout) { drain_timeout_ = drain_timeout; }

  // The first call begins, the second hurries, further ones do nothing.
  void Request();

  bool begun() const { return begun_; }

 private:
  void EndDrain();

  ShutdownSteps* const steps_;
  TimerQueue* const timers_;
  Duration drain_timeout_;
  bool begun_ = false;
  bool drained_ = false;
  Timer drain_deadline_;
};

}  // namespace evald
