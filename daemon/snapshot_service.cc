#include "daemon/snapshot_service.h"

#include "daemon/grpc_failure.h"

namespace evald {
namespace {

grpc::Status NotReady(grpc::CallbackServerContext& context) {
  return StatusOf({v1::ERROR_REASON_NOT_READY, "evald is still booting"}, context);
}

}  // namespace

grpc::ServerUnaryReactor* SnapshotService::GetSnapshot(grpc::CallbackServerContext* context,
                                                       const v1::GetSnapshotRequest*,
                                                       v1::GetSnapshotResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  loop_->Post([source = source_, context, response, reactor] {
    source->FillStatus(*response);
    reactor->Finish(response->has_snapshot() ? grpc::Status::OK : NotReady(*context));
  });
  return reactor;
}

grpc::ServerUnaryReactor* SnapshotService::ListSnapshots(grpc::CallbackServerContext* context,
                                                         const v1::ListSnapshotsRequest*,
                                                         v1::ListSnapshotsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  loop_->Post([source = source_, context, response, reactor] {
    source->FillSnapshots(*response);
    reactor->Finish(response->snapshots_size() > 0 ? grpc::Status::OK : NotReady(*context));
  });
  return reactor;
}

}  // namespace evald
