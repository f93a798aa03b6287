#include "snapshot/serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/frame.h"
#include "evald/internal/builder.pb.h"
#include "snapshot/prepare.h"

namespace evald::snapshot {
namespace {

absl::Status Errno(const std::string& what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

internal::SnapshotEvent Answer(const internal::SnapshotRequest& request, int blob_fd,
                               const std::vector<Extension>& available, const std::string& transpiler,
                               const LogSink& log) {
  internal::SnapshotEvent event;
  std::variant<PreparedSnapshot, internal::SnapshotFailed> prepared =
      PrepareSnapshot(request, available, transpiler, log);
  if (auto* failed = std::get_if<internal::SnapshotFailed>(&prepared)) {
    *event.mutable_failed() = std::move(*failed);
    return event;
  }
  auto& snapshot = std::get<PreparedSnapshot>(prepared);
  if (const absl::Status written = WriteAll(blob_fd, snapshot.blob); !written.ok()) {
    event.mutable_failed()->set_stage("serialize");
    event.mutable_failed()->set_message(absl::StrCat("handing the startup data over: ", written.message()));
    return event;
  }
  *event.mutable_ready() = std::move(snapshot.ready);
  return event;
}

bool HungUp(int socket_fd) {
  pollfd peer{socket_fd, POLLRDHUP, 0};
  return poll(&peer, 1, 0) > 0 && (peer.revents & (POLLRDHUP | POLLHUP)) != 0;
}

}  // namespace

absl::Status WriteAll(int fd, std::string_view bytes) {
  if (ftruncate(fd, static_cast<off_t>(bytes.size())) != 0) return Errno("ftruncate");
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Errno("write");
    done += static_cast<size_t>(n);
  }
  return absl::OkStatus();
}

absl::Status DieWithParent() {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return Errno("prctl(PR_SET_PDEATHSIG)");
  return absl::OkStatus();
}

absl::Status ServeRequest(int socket_fd, int blob_fd, const std::vector<Extension>& available,
                          const std::string& transpiler) {
  internal::SnapshotRequest request;
  if (absl::Status read = ReadFrame(socket_fd, kMaxRequestBytes, request); !read.ok()) return read;
  // One that ended before DieWithParent was called has left its request behind.
  if (HungUp(socket_fd)) return absl::UnavailableError("the daemon that asked is gone");
  const LogSink log = [socket_fd](std::string_view line) {
    internal::SnapshotEvent event;
    event.mutable_log()->set_text(std::string(line));
    // A daemon that hung up is noticed when the answer is sent.
    WriteFrame(socket_fd, event).IgnoreError();
  };
  return WriteFrame(socket_fd, Answer(request, blob_fd, available, transpiler, log));
}

}  // namespace evald::snapshot
