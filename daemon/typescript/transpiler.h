// Transpiler: makes JavaScript of TypeScript, in workers of an image of its own: another zygote, pool and
// scheduler beside those that run the scripts, with the same rules for who gets which worker.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "daemon/config.h"
#include "daemon/loop/timer_queue.h"
#include "daemon/options.h"
#include "daemon/requests/scheduler.h"
#include "daemon/snapshots/snapshot_tool.h"
#include "daemon/typescript/intake.h"
#include "daemon/workers/images.h"
#include "daemon/workers/pool.h"

namespace evald {

// Loop thread only. Destruction kills its processes and calls nobody.
//
// It boots when it is first asked for something, or when Begin is called and the configuration says ALWAYS;
// who asks meanwhile waits in its queue, within the bounds of the queue and the client's deadline. Where it
// does not boot, those who wait end with NOT_READY and the reason, and who asks after a pause has it tried
// again.
class Transpiler final : public TranspilerQueue {
 public:
  // All of them outlive it.
  struct Parts {
    boost::asio::io_context* io;
    TimerQueue* timers;
    const Options* options;
  };

  Transpiler(const Parts& parts, const ResolvedConfig& config, Images::WorkerIds ids);
  ~Transpiler() override;

  // From now on. A zygote that runs goes on as it was booted.
  void SetConfig(const ResolvedConfig& config);
  // evald is ready.
  void Begin();

  bool on() const override { return mode_ != v1::TypescriptConfig::OFF; }
  CallId Submit(Call* call) override;
  void Cancel(CallId id) override { scheduler_.Cancel(id); }
  void FailAll(const Failure& failure) override { scheduler_.FailAll(failure); }

  // Ends all of its processes; `done` when they have gone. REQUIRES: nothing waits or runs.
  void Stop(absl::AnyInvocable<void()> done);

 private:
  enum class State { kDown, kBooting, kUp };

  void Boot();
  void OnLoaded(absl::StatusOr<BuiltSnapshot> loaded);
  void OnUp(const internal::ZygoteBooted& booted);
  void OnFailed(const absl::Status& why);

  const Parts parts_;
  const uint64_t max_request_bytes_;
  ResolvedConfig config_;
  v1::TypescriptConfig::Mode mode_;
  Images images_;
  Pool pool_;
  Scheduler scheduler_;

  State state_ = State::kDown;
  bool begun_ = false;
  bool stopped_ = false;
  std::unique_ptr<SnapshotTool> tool_;
  // Armed: it has just failed to boot, for this reason.
  Timer pause_;
  Failure failure_{};
};

}  // namespace evald
