#include "runtime/testing/zygote_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "runtime/extensions/builtin.h"
#include "runtime/identity.h"
#include "runtime/spawner.h"

namespace evald::testing {
namespace {

constexpr size_t kMaxFrame = 256 << 20;

std::string Describe(const internal::WorkerReply& reply) {
  if (reply.has_fault()) return v1::ErrorReason_Name(reply.fault().reason()) + ": " + reply.fault().message();
  if (reply.has_exception()) return reply.exception().name() + ": " + reply.exception().message();
  return reply.value().has_undefined() ? "undefined" : reply.value().json();
}

}  // namespace

absl::StatusOr<internal::WorkerMessage> WorkerConnection::Read() {
  internal::WorkerMessage message;
  if (absl::Status status = ReadFrame(socket_.get(), kMaxFrame, message); !status.ok()) return status;
  return message;
}

absl::StatusOr<internal::WorkerReady> WorkerConnection::ReadReady() {
  absl::StatusOr<internal::WorkerMessage> message = Read();
  if (!message.ok()) return message.status();
  if (!message->has_ready()) return absl::InternalError("not ready: " + message->ShortDebugString());
  return last_ready_ = message->ready();
}

absl::StatusOr<internal::WorkerReply> WorkerConnection::Run(internal::WorkerRequest request) {
  v1::Limits& limits = request.has_call() ? *request.mutable_call()->mutable_limits()
                                          : *request.mutable_eval()->mutable_limits();
  if (limits.console_bytes() == 0) limits.set_console_bytes(1 << 20);
  if (absl::Status status = WriteFrame(socket_.get(), request); !status.ok()) return status;
  absl::StatusOr<internal::WorkerMessage> message = Read();
  if (!message.ok()) return message.status();
  if (!message->has_reply()) return absl::InternalError("not a reply: " + message->ShortDebugString());
  return std::move(*message->mutable_reply());
}

std::string WorkerConnection::Eval(const std::string& source, v1::Isolation isolation) {
  internal::WorkerRequest request;
  request.mutable_eval()->set_source(source);
  request.mutable_eval()->set_isolation(isolation);
  request.mutable_eval()->mutable_limits()->mutable_wall_time()->set_seconds(20);
  absl::StatusOr<internal::WorkerReply> reply = Run(std::move(request));
  return reply.ok() ? Describe(*reply) : reply.status().ToString();
}

std::string WorkerConnection::EvalAndReset(const std::string& source, v1::Isolation isolation) {
  std::string result = Eval(source, isolation);
  if (absl::StatusOr<internal::WorkerReady> ready = ReadReady(); !ready.ok()) {
    return result + " and then " + ready.status().ToString();
  }
  return result;
}

pid_t WorkerConnection::pid() const {
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(pidfd_.get()));
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("Pid:", 0) == 0) return std::atoi(line.c_str() + 4);
  }
  return -1;
}

void WorkerConnection::Kill() { syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0); }

absl::StatusOr<std::unique_ptr<ZygoteProcess>> ZygoteProcess::Start(const std::string& binary,
                                                                    const std::string& snapshot,
                                                                    internal::ZygoteBoot boot) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return absl::InternalError("socketpair");
  UniqueFd here(pair[0]), there(pair[1]);
  UniqueFd file(memfd_create("snapshot", MFD_CLOEXEC));
  if (write(file.get(), snapshot.data(), snapshot.size()) != static_cast<ssize_t>(snapshot.size())) {
    return absl::InternalError("memfd");
  }
  const pid_t pid = fork();
  if (pid == 0) {
    // By way of high numbers: the two could stand in each other's place.
    const int control = fcntl(there.get(), F_DUPFD, 100), data = fcntl(file.get(), F_DUPFD, 100);
    dup2(control, kControlSocket);
    dup2(data, kSnapshotFile);
    close(control);
    close(data);
    execl(binary.c_str(), binary.c_str(), nullptr);
    _exit(127);
  }
  std::unique_ptr<ZygoteProcess> zygote(new ZygoteProcess(pid, std::move(here)));
  there.reset();
  *boot.mutable_expected() = ThisRuntimeIdentity(BuiltinOps());
  if (boot.max_rewind_pages() == 0) boot.set_max_rewind_pages(1 << 16);
  if (boot.max_frame_bytes() == 0) boot.set_max_frame_bytes(64 << 20);
  if (boot.max_memory_bytes() == 0) boot.set_max_memory_bytes(512 << 20);
  if (absl::Status status = WriteFrame(zygote->control_.get(), boot); !status.ok()) return status;
  internal::ZygoteEvent event;
  if (absl::Status status = zygote->ReadEvent(event, nullptr); !status.ok()) return status;
  if (event.has_failed())
    return absl::FailedPreconditionError(event.failed().stage() + ": " + event.failed().message());
  zygote->booted_ = event.booted();
  return zygote;
}

ZygoteProcess::~ZygoteProcess() {
  control_.reset();
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

absl::StatusOr<std::unique_ptr<WorkerConnection>> ZygoteProcess::Spawn(bool await_ready) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return absl::InternalError("socketpair");
  UniqueFd here(pair[0]), there(pair[1]);
  internal::SpawnRequest request;
  request.set_worker_id(next_id_++);
  const std::string frame = EncodeFrame(request);
  iovec part{const_cast<char*>(frame.data()), frame.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int passed = there.get();
  std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  if (sendmsg(control_.get(), &message, MSG_NOSIGNAL) < 0)
    return absl::UnavailableError(std::strerror(errno));
  there.reset();
  for (;;) {
    internal::ZygoteEvent event;
    UniqueFd pidfd;
    if (absl::Status status = ReadEvent(event, &pidfd); !status.ok()) return status;
    if (event.has_exited()) {
      exits_.emplace_back(event.exited().worker_id(),
                          WorkerExit::FromWaitStatus(static_cast<int>(event.exited().wait_status())));
      continue;
    }
    if (event.spawned().error() != 0)
      return absl::ResourceExhaustedError(std::strerror(static_cast<int>(event.spawned().error())));
    auto worker =
        std::make_unique<WorkerConnection>(event.spawned().worker_id(), std::move(here), std::move(pidfd));
    if (!await_ready) return worker;
    if (absl::StatusOr<internal::WorkerReady> ready = worker->ReadReady(); !ready.ok()) return ready.status();
    return worker;
  }
}

absl::StatusOr<std::pair<uint64_t, WorkerExit>> ZygoteProcess::AwaitExit() {
  while (exits_.empty()) {
    internal::ZygoteEvent event;
    if (absl::Status status = ReadEvent(event, nullptr); !status.ok()) return status;
    if (!event.has_exited()) continue;
    exits_.emplace_back(event.exited().worker_id(),
                        WorkerExit::FromWaitStatus(static_cast<int>(event.exited().wait_status())));
  }
  std::pair<uint64_t, WorkerExit> first = exits_.front();
  exits_.erase(exits_.begin());
  return first;
}

absl::Status ZygoteProcess::ReadEvent(internal::ZygoteEvent& event, UniqueFd* descriptor) {
  char header_bytes[kFrameHeaderBytes];
  iovec part{header_bytes, sizeof header_bytes};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (recvmsg(control_.get(), &message, MSG_CMSG_CLOEXEC | MSG_WAITALL) !=
      static_cast<ssize_t>(sizeof header_bytes)) {
    return absl::UnavailableError("the zygote hung up");
  }
  if (cmsghdr* const header = CMSG_FIRSTHDR(&message); header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int fd;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    UniqueFd received(fd);
    if (descriptor != nullptr) *descriptor = std::move(received);
  }
  std::string payload(DecodeFrameHeader(header_bytes), '\0');
  if (recv(control_.get(), payload.data(), payload.size(), MSG_WAITALL) !=
          static_cast<ssize_t>(payload.size()) ||
      !event.ParseFromString(payload)) {
    return absl::UnavailableError("the zygote sent no event");
  }
  return absl::OkStatus();
}

}  // namespace evald::testing
