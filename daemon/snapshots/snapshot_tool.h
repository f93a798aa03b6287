// SnapshotTool: one run of evald-snapshot, which builds or loads a startup snapshot, or notes which one
// serves (proto/evald/internal/builder.proto).
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "daemon/loop/timer_queue.h"
#include "daemon/process/child_process.h"
#include "daemon/process/frame_stream.h"
#include "evald/internal/builder.pb.h"

namespace evald {

// What a successful run leaves.
struct BuiltSnapshot {
  internal::SnapshotReady ready;
  // The V8 startup data: a memfd that nobody can change any more. Empty where something was noted.
  UniqueFd image;
};

// Loop thread only. Destruction kills the program and calls nobody, not even with a result that stands.
class SnapshotTool {
 public:
  struct Options {
    std::string program;
    // Besides those that say how to answer.
    std::vector<std::string> arguments;
    internal::SnapshotRequest request;
    // While requests go on that it is not to hold up.
    bool in_background = false;
    // What it is to do, for the error when it does not get done: "loading generation 7".
    std::string doing;
    // For the whole run; then it is killed (a script may loop at its top level).
    Duration timeout{};
    // The setting that says so; empty: none does.
    std::string timeout_setting;
    // A line that is worth showing: what scripts wrote to the console, what the builder remarked.
    absl::AnyInvocable<void(const std::string& line)> on_log;
  };
  // Called once. NOT_FOUND: the generation that was to be loaded is not stored. DEADLINE_EXCEEDED, or another
  // status that says at which stage what went wrong.
  using Done = absl::AnyInvocable<void(absl::StatusOr<BuiltSnapshot>)>;

  static absl::StatusOr<std::unique_ptr<SnapshotTool>> Start(boost::asio::io_context& io, TimerQueue& timers,
                                                             Options options, Done done);

  ~SnapshotTool();

 private:
  SnapshotTool(boost::asio::io_context& io, Done done) : io_(io), done_(std::move(done)) {}

  absl::Status Launch(TimerQueue& timers, Options options);
  void OnFrame(std::string_view payload);
  // It has both exited and said all that it will say: the result stands.
  void ConcludeIfOver();
  absl::StatusOr<BuiltSnapshot> TakeResult();
  void Finish(absl::StatusOr<BuiltSnapshot> result);

  boost::asio::io_context& io_;
  Done done_;
  absl::AnyInvocable<void(const std::string&)> on_log_;
  UniqueFd image_;
  std::unique_ptr<ChildProcess> child_;
  std::shared_ptr<FrameStream> stream_;
  Timer deadline_;
  bool closed_ = false;
  std::optional<int> wait_status_;
  std::optional<internal::SnapshotReady> ready_;
  absl::Status failure_;
  // Expires with this: a result that is on its way by then is dropped.
  const std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace evald
