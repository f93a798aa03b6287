// ZygoteHandle: a zygote process and all workers forked from it, whose news go through the seam of
// worker_host.h.
//
// It boots a zygote, asks it for workers, and hears of their ends. Once it is to be kept up, it starts
// another zygote when one dies: with a pause that doubles from 100 ms to 5 s and is short again after the
// zygote has been well for 10 s. Messages: proto/evald/internal/zygote.proto.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "daemon/loop/timer_queue.h"
#include "daemon/process/child_process.h"
#include "daemon/process/frame_stream.h"
#include "daemon/workers/worker_channel.h"
#include "daemon/workers/worker_host.h"
#include "evald/internal/zygote.pb.h"

namespace evald {

// Loop thread only. Destruction kills the zygote and calls nobody.
class ZygoteHandle {
 public:
  // A zygote that was started: the daemon's end of its control socket, and its process (none in tests).
  struct Process {
    UniqueFd control;
    std::unique_ptr<ChildProcess> child;
  };
  // Starts one. `on_exit` is for the child's exit.
  using Launcher =
      absl::AnyInvocable<absl::StatusOr<Process>(absl::AnyInvocable<void(int wait_status)> on_exit)>;

  struct Options {
    internal::ZygoteBoot boot;
    uint64_t generation = 0;
    Duration boot_timeout{};
    // The longest message believed from a worker.
    size_t max_worker_frame = 0;
  };

  struct Handlers {
    // After each boot.
    absl::AnyInvocable<void(const internal::ZygoteBooted&)> on_up;
    // It did not boot, or is gone, and was not to be kept up; there is no second attempt. Its workers' ends
    // were told before.
    absl::AnyInvocable<void(const absl::Status&)> on_failed;
  };

  ZygoteHandle(boost::asio::io_context& io, TimerQueue& timers, Launcher launcher, Handlers handlers);
  ~ZygoteHandle();
  ZygoteHandle(const ZygoteHandle&) = delete;
  ZygoteHandle& operator=(const ZygoteHandle&) = delete;

  // REQUIRES: called before Start.
  void SetEvents(WorkerEvents* events) { events_ = events; }

  // REQUIRES: called once.
  void Start(Options options);
  // From now on another one is started when it dies. REQUIRES: it is up.
  void KeepUp();
  // Its workers go on, but when it dies no other one is started.
  void Retire();
  // Hangs up on the zygote; `done` when it has gone, by itself or killed.
  void Stop(absl::AnyInvocable<void()> done);

  uint64_t restarts() const { return restarts_; }
  bool up() const { return phase_ == Phase::kUp; }

  // The snapshot generation that its workers come from.
  uint64_t generation() const { return options_.generation; }

  // As WorkerHost's. REQUIRES: an id that was never used, and up().
  void Fork(WorkerId id);
  void Send(WorkerId id, const internal::WorkerRequest& request);
  void Kill(WorkerId id);
  void HangUp(WorkerId id);

 private:
  enum class Phase { kDown, kBooting, kUp, kFalling, kStopping, kStopped };

  // A worker from the request to fork it until its end was reported. Its end takes two pieces of news, which
  // come on different ways: that its socket is closed (all that it said was heard) and how it exited.
  struct Worker {
    std::shared_ptr<WorkerChannel> channel;
    UniqueFd pidfd;
    bool kill_wanted = false;
    bool closed = false;
    std::optional<WorkerExit> exit;
    std::string garbage;
    Timer patience;  // for the second piece of news
  };

  void Launch();
  void OnFrame(std::string_view payload);
  void OnBooted(const internal::ZygoteBooted& booted);
  void OnSpawned(const internal::WorkerSpawned& spawned);
  void OnExited(const internal::WorkerExited& exited);
  // The control socket is closed: how the process ended will be known in a moment.
  void OnControlClosed(const absl::Status& why);
  // The zygote is gone, or is made to go.
  void Fall(const std::string& why);
  void LoseAllWorkers(const std::string& why);

  void OnWorkerClosed(WorkerId id, const absl::Status& why);
  void AwaitRest(WorkerId id, Worker& worker);
  void EndIfKnown(WorkerId id, const Worker& worker);
  void End(WorkerId id, const WorkerEnd& end);
  static void Signal(Worker& worker);

  boost::asio::io_context& io_;
  TimerQueue& timers_;
  Options options_;  // fixed by Start
  Launcher launcher_;
  Handlers handlers_;
  WorkerEvents* events_ = nullptr;

  Phase phase_ = Phase::kDown;
  std::unique_ptr<ChildProcess> child_;
  std::shared_ptr<FrameStream> stream_;
  Timer timer_;  // boot deadline, patience with a dying process, pause before a restart
  absl::AnyInvocable<void()> stopped_;
  bool keep_up_ = false;
  bool retired_ = false;
  MonotonicTime up_since_{};
  Duration pause_;
  uint64_t restarts_ = 0;
  uint64_t launch_ = 0;  // counts starts and ends of zygotes
  absl::flat_hash_map<WorkerId, std::unique_ptr<Worker>> workers_;
  // Says to what is posted that this is still there.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace evald
