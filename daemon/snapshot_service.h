// SnapshotService: evald.v1.SnapshotService as gRPC calls it; asks the daemon, on the loop.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "daemon/loop.h"
#include "daemon/status_source.h"
#include "evald/v1/snapshot.grpc.pb.h"

namespace evald {

// UNAVAILABLE, NOT_READY until there is a snapshot. `loop` and `source` outlive it, and it outlives the
// server. Thread-safe.
class SnapshotService final : public v1::SnapshotService::CallbackService {
 public:
  SnapshotService(Loop* loop, const StatusSource* source) : loop_(loop), source_(source) {}

  grpc::ServerUnaryReactor* GetSnapshot(grpc::CallbackServerContext* context,
                                        const v1::GetSnapshotRequest* request,
                                        v1::GetSnapshotResponse* response) override;
  grpc::ServerUnaryReactor* ListSnapshots(grpc::CallbackServerContext* context,
                                          const v1::ListSnapshotsRequest* request,
                                          v1::ListSnapshotsResponse* response) override;

 private:
  Loop* const loop_;
  const StatusSource* const source_;
};

}  // namespace evald
