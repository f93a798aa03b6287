// A zygote for tests of the daemon: no V8, and workers that misbehave on demand. A worker answers every
// request with its source text as the JSON result, but for these source texts:
//
//   overlong frame      announces a frame of 4 GiB
//   not protobuf        a frame whose payload is no message
//   empty message       a frame that holds neither `ready` nor `reply`
//   wrong request id    a reply to a request that nobody made
//   reply without outcome
//   two replies         one after the other, to one request
//   half a frame        and then hangs up
//   silence             never answers
//   hang up             exits with code 0 instead of answering
//   zygote garbage      has the zygote send a frame that is no message, and answers
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <string>

#include "base/check.h"
#include "base/frame.h"
#include "base/unique_fd.h"
#include "evald/internal/worker.pb.h"
#include "evald/internal/zygote.pb.h"

namespace evald {
namespace {

constexpr int kControl = 3;
constexpr size_t kMaxFrame = size_t{128} << 20;

volatile sig_atomic_t garbage_wanted = 0;

// All of `bytes`, with one descriptor beside the first of them if `attached` is one.
void Send(int socket, const std::string& bytes, int attached = -1) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  iovec vector{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  if (attached >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof(control);
    cmsghdr* message = CMSG_FIRSTHDR(&header);
    message->cmsg_level = SOL_SOCKET;
    message->cmsg_type = SCM_RIGHTS;
    message->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(message), &attached, sizeof(int));
  }
  // Frames of this program are short: they go out whole, or the daemon has hung up.
  if (sendmsg(socket, &header, MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) _exit(0);
}

// Receives some bytes and, if one came with them, a descriptor. Empty: the daemon hung up.
std::string Receive(int socket, UniqueFd& descriptor) {
  char bytes[4096];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  iovec vector{bytes, 1};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  const ssize_t size = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  if (size <= 0) return "";
  for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr;
       message = CMSG_NXTHDR(&header, message)) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(message), sizeof(fd));
    descriptor.reset(fd);
  }
  return std::string(bytes, static_cast<size_t>(size));
}

internal::WorkerMessage Ready(v1::IsolateOrigin origin) {
  internal::WorkerMessage message;
  message.mutable_ready()->set_isolate_origin(origin);
  return message;
}

internal::WorkerMessage ReplyTo(const internal::WorkerRequest& request) {
  internal::WorkerMessage message;
  message.mutable_reply()->set_request_id(request.request_id());
  message.mutable_reply()->mutable_value()->set_json(request.eval().source());
  return message;
}

std::string Frame(const std::string& payload) {
  char header[kFrameHeaderBytes];
  EncodeFrameHeader(payload.size(), header);
  return std::string(header, sizeof(header)) + payload;
}

void Answer(int socket, const internal::WorkerRequest& request) {
  const std::string& wanted = request.eval().source();
  internal::WorkerMessage reply = ReplyTo(request);
  if (wanted == "overlong frame") return Send(socket, "\xff\xff\xff\xff");
  if (wanted == "not protobuf") return Send(socket, Frame("\xff\xff\xff\xff"));
  if (wanted == "empty message") return Send(socket, Frame(""));
  if (wanted == "silence") pause();
  if (wanted == "hang up") _exit(0);
  if (wanted == "wrong request id") reply.mutable_reply()->set_request_id(request.request_id() + 1000);
  if (wanted == "reply without outcome") reply.mutable_reply()->clear_value();
  if (wanted == "zygote garbage") kill(getppid(), SIGUSR1);
  const std::string frame = EncodeFrame(reply);
  if (wanted == "half a frame") {
    Send(socket, frame.substr(0, frame.size() / 2));
    _exit(0);
  }
  Send(socket, wanted == "two replies" ? frame + frame : frame);
}

[[noreturn]] void RunWorker(int socket) {
  Send(socket, EncodeFrame(Ready(v1::ISOLATE_ORIGIN_FORKED)));
  for (internal::WorkerRequest request; ReadFrame(socket, kMaxFrame, request).ok(); request.Clear()) {
    Answer(socket, request);
    Send(socket, EncodeFrame(Ready(v1::ISOLATE_ORIGIN_REWOUND)));
  }
  _exit(0);
}

class FakeZygote {
 public:
  void Run() {
    internal::ZygoteBoot boot;
    EVALD_CHECK(ReadFrame(kControl, kMaxFrame, boot).ok(), "the daemon boots the zygote first");
    internal::ZygoteEvent booted;
    *booted.mutable_booted()->mutable_identity() = boot.expected();
    booted.mutable_booted()->set_rewind(boot.rewind());
    Send(kControl, EncodeFrame(booted));
    while (Step()) Reap();
  }

 private:
  // False: the daemon hung up.
  bool Step() {
    if (garbage_wanted) {
      garbage_wanted = 0;
      Send(kControl, Frame("\xff\xff\xff\xff"));
    }
    pollfd readable{kControl, POLLIN, 0};
    if (poll(&readable, 1, 20) <= 0) return true;
    // A byte at a time, so that each descriptor is received with the frame that it belongs to.
    const std::string bytes = Receive(kControl, socket_);
    if (bytes.empty()) return false;
    const FrameReader::Space space = reader_.Prepare();
    std::memcpy(space.data, bytes.data(), bytes.size());
    reader_.Commit(bytes.size());
    std::string_view payload;
    const auto state = reader_.Next(payload);
    if (!state.ok()) return false;
    internal::SpawnRequest request;
    if (*state == FrameReader::State::kFrame &&
        request.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
      Spawn(request.worker_id());
    }
    return true;
  }

  void Spawn(uint64_t worker_id) {
    const pid_t pid = fork();
    if (pid == 0) {
      close(kControl);
      RunWorker(socket_.release());
    }
    socket_.reset();
    workers_[pid] = worker_id;
    const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    internal::ZygoteEvent event;
    event.mutable_spawned()->set_worker_id(worker_id);
    event.mutable_spawned()->set_pid(static_cast<uint32_t>(pid));
    Send(kControl, EncodeFrame(event), pidfd.get());
  }

  void Reap() {
    int status = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      internal::ZygoteEvent event;
      event.mutable_exited()->set_worker_id(workers_[pid]);
      event.mutable_exited()->set_wait_status(static_cast<uint32_t>(status));
      workers_.erase(pid);
      Send(kControl, EncodeFrame(event));
    }
  }

  FrameReader reader_{kMaxFrame};
  UniqueFd socket_;
  std::map<pid_t, uint64_t> workers_;
};

}  // namespace
}  // namespace evald

int main() {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGUSR1, [](int) { evald::garbage_wanted = 1; });
  evald::FakeZygote().Run();
}
