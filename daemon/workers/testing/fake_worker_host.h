// FakeWorkerHost: workers that are mere records, for tests of the pool and the scheduler.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "daemon/workers/worker_host.h"

namespace evald {

// The test plays the workers: nothing happens to one until the test says so.
class FakeWorkerHost final : public WorkerHost {
 public:
  // REQUIRES: called before anything is forked.
  void SetEvents(WorkerEvents* events) { events_ = events; }

  bool CanFork() const override { return up_; }
  uint64_t generation() const override { return image_; }
  uint64_t image() const override { return image_; }
  WorkerId Fork() override {
    live_.emplace(++last_id_, internal::WorkerRequest());
    return last_id_;
  }
  void Send(WorkerId id, const internal::WorkerRequest& request) override { live_.at(id) = request; }
  void Kill(WorkerId id) override { killed.push_back(id); }
  void HangUp(WorkerId id) override { hung_up.push_back(id); }

  void Ready(WorkerId id, v1::IsolateOrigin origin = v1::ISOLATE_ORIGIN_FORKED) {
    EVALD_CHECK(live_.count(id) == 1, "a live worker speaks");
    internal::WorkerReady ready;
    ready.set_isolate_origin(origin);
    events_->OnWorkerReady(id, ready);
  }
  // Answers the request that the worker was sent last with its number as JSON.
  void Reply(WorkerId id) {
    internal::WorkerReply reply;
    reply.set_request_id(live_.at(id).request_id());
    reply.mutable_value()->set_json(std::to_string(reply.request_id()));
    events_->OnWorkerReply(id, reply);
  }
  void Fault(WorkerId id, v1::ErrorReason reason) {
    internal::WorkerReply reply;
    reply.mutable_fault()->set_reason(reason);
    events_->OnWorkerReply(id, reply);
  }
  void Leave(WorkerId id) { events_->OnWorkerLeaving(id); }
  void End(WorkerId id, const WorkerEnd& end = WorkerExited{{WorkerExit::Kind::kHungUp, 0, "hung_up"}}) {
    live_.erase(id);
    events_->OnWorkerEnded(id, end);
  }
  // The zygote dies with all its workers.
  void GoDown() {
    up_ = false;
    while (!live_.empty()) End(live_.begin()->first, WorkerLost{"its zygote died"});
  }
  void ComeUp() {
    up_ = true;
    events_->OnForksPossible();
  }
  // Workers come from another image from now on.
  void Renew() {
    ++image_;
    events_->OnForksPossible();
  }
  // Another image takes over, with as many workers that are ready.
  std::vector<WorkerId> Replace(size_t workers) {
    ++image_;
    std::vector<WorkerId> ready;
    for (size_t i = 0; i < workers; ++i) ready.push_back(Fork());
    for (WorkerId id : ready) greeted_.insert({id, true});
    return ready;
  }
  // Everyone who was forked and has not spoken yet does.
  void ReadyAll() {
    for (const auto& [id, request] : std::map(live_)) {
      if (request.request_id() == 0 && greeted_.insert({id, true}).second) Ready(id);
    }
  }

  size_t live() const { return live_.size(); }
  const internal::WorkerRequest& request(WorkerId id) const { return live_.at(id); }

  std::vector<WorkerId> killed;
  std::vector<WorkerId> hung_up;

 private:
  WorkerEvents* events_ = nullptr;
  bool up_ = true;
  uint64_t image_ = 1;
  WorkerId last_id_ = 0;
  std::map<WorkerId, internal::WorkerRequest> live_;
  std::map<WorkerId, bool> greeted_;
};

}  // namespace evald
