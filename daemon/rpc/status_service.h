// StatusService: evald.v1.StatusService as gRPC calls it: the live figures as a stream.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <unordered_set>

#include "daemon/loop/loop.h"
#include "daemon/telemetry/live_status.h"
#include "evald/v1/status.grpc.pb.h"

namespace evald {

// A watcher that has not taken a message yet misses those that come meanwhile. No more than kMaxWatchers: the
// next is RESOURCE_EXHAUSTED (QUEUE_FULL). `loop` and `source` outlive it, and it outlives the server.
class StatusService final : public v1::StatusService::CallbackService {
 public:
  static constexpr size_t kMaxWatchers = 32;

  StatusService(Loop* loop, LiveStatusSource* source) : loop_(loop), source_(source) {}

  // Any thread.
  grpc::ServerWriteReactor<v1::LiveStatus>* WatchStatus(grpc::CallbackServerContext* context,
                                                        const v1::WatchStatusRequest* request) override;

  // Ends all streams as UNAVAILABLE (DRAINING); new ones end so at once. On the loop.
  void Stop();

 private:
  class Watcher;

  Loop* const loop_;
  LiveStatusSource* const source_;
  // Those that were admitted and are not done. Each is destroyed on the loop once gRPC is done with it.
  std::unordered_set<Watcher*> watchers_;
  bool stopped_ = false;
};

}  // namespace evald
