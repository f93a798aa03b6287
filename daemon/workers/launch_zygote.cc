#include "daemon/workers/launch_zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <utility>

#include "daemon/process/child_process.h"
#include "daemon/process/frame_stream.h"
#include "daemon/process/output_joiner.h"

namespace evald {

ZygoteHandle::Launcher LaunchZygote(boost::asio::io_context* io, TimerQueue* timers, std::string program,
                                    UniqueFd image, bool beside_another) {
  return [io, timers, program = std::move(program), image = std::move(image),
          in_background = beside_another && CanComeBackFromBackground()](
             absl::AnyInvocable<void(int)> on_exit) mutable -> absl::StatusOr<ZygoteHandle::Process> {
    absl::StatusOr<SocketPair> pair = MakeSocketPair();
    if (!pair.ok()) return pair.status();
    UniqueFd copy(fcntl(image.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return absl::ErrnoToStatus(errno, "duplicating the snapshot's memfd");
    ChildProcess::Options options;
    options.program = program;
    options.in_background = std::exchange(in_background, false);
    options.descriptors.push_back(std::move(pair->theirs));
    options.descriptors.push_back(std::move(copy));
    auto joiner = std::make_unique<OutputJoiner>(
        timers, [](std::string_view line) { spdlog::warn("evald-zygote: {}", line); });
    options.on_line = [joiner = std::move(joiner)](std::string_view line) { joiner->Take(line); };
    options.on_exit = std::move(on_exit);
    absl::StatusOr<std::unique_ptr<ChildProcess>> child = ChildProcess::Start(*io, std::move(options));
    if (!child.ok()) return child.status();
    return ZygoteHandle::Process{std::move(pair->ours), *std::move(child)};
  };
}

}  // namespace evald
