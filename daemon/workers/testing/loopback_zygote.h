// LoopbackZygote: the other end of a zygote's control socket, played by a test in the same process. No fork:
// a "worker" is the socket that the daemon sent, and its "process" a sleeping child or none.
#pragma once

#include <errno.h>
#include <sys/socket.h>

#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/frame.h"
#include "base/unique_fd.h"
#include "evald/internal/worker.pb.h"
#include "evald/internal/zygote.pb.h"

namespace evald {

class LoopbackZygote {
 public:
  explicit LoopbackZygote(UniqueFd control) : control_(std::move(control)) {}

  internal::ZygoteBoot ReadBoot() {
    internal::ZygoteBoot boot;
    EVALD_CHECK(ReadFrame(control_.get(), 1 << 20, boot).ok(), "the daemon sends the boot message first");
    return boot;
  }

  void Say(const internal::ZygoteEvent& event) {
    EVALD_CHECK(WriteFrame(control_.get(), event).ok(), "the daemon listens");
  }
  void Booted() {
    internal::ZygoteEvent event;
    event.mutable_booted()->set_rewind(true);
    Say(event);
  }
  void Failed(const std::string& stage, const std::string& message) {
    internal::ZygoteEvent event;
    event.mutable_failed()->set_stage(stage);
    event.mutable_failed()->set_message(message);
    Say(event);
  }
  void Exited(uint64_t worker, int wait_status) {
    internal::ZygoteEvent event;
    event.mutable_exited()->set_worker_id(worker);
    event.mutable_exited()->set_wait_status(static_cast<uint32_t>(wait_status));
    Say(event);
  }

  // Takes the next request to fork, keeps the worker's socket, and announces it with `pidfd` (any descriptor
  // will do).
  uint64_t Spawn(int pidfd) {
    const uint64_t id = TakeSpawnRequest();
    internal::ZygoteEvent event;
    event.mutable_spawned()->set_worker_id(id);
    event.mutable_spawned()->set_pid(1);
    SayWith(event, pidfd);
    return id;
  }
  uint64_t RefuseSpawn(int error) {
    const uint64_t id = TakeSpawnRequest();
    internal::ZygoteEvent event;
    event.mutable_spawned()->set_worker_id(id);
    event.mutable_spawned()->set_error(static_cast<uint32_t>(error));
    Say(event);
    return id;
  }

  void Ready(uint64_t worker, v1::IsolateOrigin origin = v1::ISOLATE_ORIGIN_FORKED) {
    internal::WorkerMessage message;
    message.mutable_ready()->set_isolate_origin(origin);
    EVALD_CHECK(WriteFrame(sockets.at(worker).get(), message).ok(), "the daemon listens");
  }
  void Reply(uint64_t worker, uint64_t request, const std::string& json) {
    internal::WorkerMessage message;
    message.mutable_reply()->set_request_id(request);
    message.mutable_reply()->mutable_value()->set_json(json);
    EVALD_CHECK(WriteFrame(sockets.at(worker).get(), message).ok(), "the daemon listens");
  }

  void Die() { control_.reset(); }
  // Whether the daemon has hung up. What it sent before is skipped.
  bool HungUp() {
    char bytes[256];
    ssize_t size;
    do {
      size = recv(control_.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
    } while (size > 0);
    return size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  }

  // The workers' ends of their sockets, by id.
  std::map<uint64_t, UniqueFd> sockets;

 private:
  // A frame and one descriptor in one go, as the protocol has it.
  uint64_t TakeSpawnRequest() {
    char bytes[64];
    iovec vector{bytes, sizeof(bytes)};
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))];
    msghdr header{};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = space;
    header.msg_controllen = sizeof(space);
    const ssize_t size = recvmsg(control_.get(), &header, MSG_CMSG_CLOEXEC);
    internal::SpawnRequest request;
    EVALD_CHECK(size > static_cast<ssize_t>(kFrameHeaderBytes) &&
                    request.ParseFromArray(bytes + kFrameHeaderBytes, static_cast<int>(size) - 4),
                "one request to fork arrives whole");
    const cmsghdr* control = CMSG_FIRSTHDR(&header);
    EVALD_CHECK(control != nullptr && control->cmsg_type == SCM_RIGHTS, "a socket comes with it");
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(control), sizeof(fd));
    sockets[request.worker_id()] = UniqueFd(fd);
    return request.worker_id();
  }

  void SayWith(const internal::ZygoteEvent& event, int fd) {
    std::string frame = EncodeFrame(event);
    iovec vector{frame.data(), frame.size()};
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
    msghdr header{};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = space;
    header.msg_controllen = sizeof(space);
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(control), &fd, sizeof(fd));
    EVALD_CHECK(sendmsg(control_.get(), &header, MSG_NOSIGNAL) == static_cast<ssize_t>(frame.size()),
                "it fits");
  }

  UniqueFd control_;
};

}  // namespace evald
