// SnapshotService: evald.v1.SnapshotService as gRPC calls it; asks the daemon, on the loop.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <string>

#include "daemon/admin/admin_token.h"
#include "daemon/loop/loop.h"
#include "daemon/snapshots/snapshot_changes.h"
#include "daemon/telemetry/status_source.h"
#include "evald/v1/snapshot.grpc.pb.h"

namespace evald {

// UNAVAILABLE, NOT_READY until there is a snapshot. It outlives the server. Thread-safe.
class SnapshotService final : public v1::SnapshotService::CallbackService {
 public:
  // All of them outlive it.
  struct Parts {
    Loop* loop;
    const StatusSource* source;
    SnapshotChanges* changes;
    // Null: there is none, and nobody is let in.
    const AdminToken* admin_token;
    // Where clients find it.
    std::string admin_token_file;
  };
  explicit SnapshotService(Parts parts) : parts_(std::move(parts)) {}

  grpc::ServerUnaryReactor* GetSnapshot(grpc::CallbackServerContext* context,
                                        const v1::GetSnapshotRequest* request,
                                        v1::GetSnapshotResponse* response) override;
  grpc::ServerUnaryReactor* ListSnapshots(grpc::CallbackServerContext* context,
                                          const v1::ListSnapshotsRequest* request,
                                          v1::ListSnapshotsResponse* response) override;
  grpc::ServerWriteReactor<v1::SnapshotProgress>* RegenerateSnapshot(
      grpc::CallbackServerContext* context, const v1::RegenerateSnapshotRequest* request) override;
  grpc::ServerWriteReactor<v1::SnapshotProgress>* RollbackSnapshot(
      grpc::CallbackServerContext* context, const v1::RollbackSnapshotRequest* request) override;

 private:
  class ChangeCall;

  const Parts parts_;
};

}  // namespace evald
