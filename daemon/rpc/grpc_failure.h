// A Failure as the end of a gRPC call: status code, message, and the trailing metadata `evald-reason` and
// `evald-error-bin`.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "daemon/requests/status_mapping.h"

namespace evald {

// Adds the metadata to `context`. REQUIRES: the call is not finished.
inline grpc::Status StatusOf(const Failure& failure, grpc::CallbackServerContext& context) {
  context.AddTrailingMetadata(kReasonMetadataKey, ReasonName(failure.reason));
  context.AddTrailingMetadata(kDetailMetadataKey, DetailOf(failure).SerializeAsString());
  return grpc::Status(StatusCodeOf(failure.reason), ShortenMessage(failure.message));
}

}  // namespace evald
