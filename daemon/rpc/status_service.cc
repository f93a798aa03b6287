#include "daemon/rpc/status_service.h"

#include <optional>
#include <string>
#include <utility>

#include "daemon/loop/proto_time.h"
#include "daemon/rpc/grpc_failure.h"

namespace evald {
namespace {

constexpr Duration kDefaultInterval = std::chrono::seconds(1);
constexpr Duration kShortestInterval = std::chrono::milliseconds(100);
constexpr Duration kLongestInterval = std::chrono::hours(1);

Failure Draining() { return {v1::ERROR_REASON_DRAINING, "evald is shutting down"}; }

}  // namespace

// One stream. What it does, it does on the loop; gRPC's threads only hand over.
class StatusService::Watcher final : public grpc::ServerWriteReactor<v1::LiveStatus> {
 public:
  Watcher(StatusService* service, grpc::CallbackServerContext* context, Duration interval)
      : service_(service), context_(context), interval_(interval) {}

  void Begin() {
    // What has been cancelled meanwhile is over.
    if (finished_) return;
    if (const std::optional<Failure> refusal = WhyNot()) return End(*refusal);
    service_->watchers_.insert(this);
    Tick();
  }

  void End(const Failure& failure) {
    if (std::exchange(finished_, true)) return;
    timer_.Cancel();
    Finish(StatusOf(failure, *context_));
  }

  void OnWriteDone(bool ok) override {
    service_->loop_->Post([this, ok] {
      writing_ = false;
      if (!ok) End(Gone());
    });
  }
  void OnCancel() override {
    service_->loop_->Post([this] { End(Gone()); });
  }
  void OnDone() override {
    service_->loop_->Post(
        [self = std::unique_ptr<Watcher>(this)] { self->service_->watchers_.erase(self.get()); });
  }

 private:
  static Failure Gone() { return {v1::ERROR_REASON_CANCELLED, "the client cancelled the call"}; }

  std::optional<Failure> WhyNot() const {
    if (interval_ < kShortestInterval || interval_ > kLongestInterval) {
      return Failure{v1::ERROR_REASON_INVALID_REQUEST, "interval: has to be between 100 ms and 1 hour"};
    }
    if (service_->stopped_) return Draining();
    if (service_->watchers_.size() >= kMaxWatchers) {
      return Failure{v1::ERROR_REASON_QUEUE_FULL,
                     "there are " + std::to_string(kMaxWatchers) + " watchers already, as many as may be"};
    }
    return std::nullopt;
  }

  void Tick() {
    timer_ = service_->loop_->timers().After(interval_, [this] { Tick(); });
    if (std::exchange(writing_, true)) return;
    status_.Clear();
    service_->source_->FillLive(status_);
    StartWrite(&status_);
  }

  StatusService* const service_;
  grpc::CallbackServerContext* const context_;
  const Duration interval_;
  v1::LiveStatus status_;
  Timer timer_;
  bool writing_ = false;
  bool finished_ = false;
};

grpc::ServerWriteReactor<v1::LiveStatus>* StatusService::WatchStatus(grpc::CallbackServerContext* context,
                                                                     const v1::WatchStatusRequest* request) {
  auto* watcher = new Watcher(this, context,
                              request->has_interval() ? ToDuration(request->interval()) : kDefaultInterval);
  loop_->Post([watcher] { watcher->Begin(); });
  return watcher;
}

void StatusService::Stop() {
  stopped_ = true;
  for (Watcher* watcher : watchers_) watcher->End(Draining());
}

}  // namespace evald
