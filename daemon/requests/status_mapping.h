// How failures become gRPC statuses: every mapping is one exhaustive switch, here.
#pragma once

#include <grpcpp/support/status.h>

#include <cstdint>
#include <string>

#include "daemon/workers/worker_host.h"
#include "evald/v1/script.pb.h"

namespace evald {

// Why a call failed.
struct Failure {
  v1::ErrorReason reason;
  std::string message;
  // As in ErrorDetail; 0 and empty where they do not apply.
  uint64_t limit = 0;
  uint64_t reached = 0;
  std::string stack;
};

// `failure` for programs. The stack is shortened as messages are.
v1::ErrorDetail DetailOf(const Failure& failure);

// As the comment of evald.v1.ScriptService tells clients. A reason that this version does not know is
// INTERNAL.
grpc::StatusCode StatusCodeOf(v1::ErrorReason reason);

// The value of the trailing metadata `evald-reason`: the name without its prefix.
std::string ReasonName(v1::ErrorReason reason);

// As much of a message as fits a trailer (clients refuse 8 KiB of them), cut between characters.
std::string ShortenMessage(const std::string& message);

inline constexpr char kReasonMetadataKey[] = "evald-reason";
// Its value is an ErrorDetail, serialized.
inline constexpr char kDetailMetadataKey[] = "evald-error-bin";

// What a request gets whose worker ended before it had answered, and not because the daemon ended it.
Failure FailureOf(const WorkerEnd& end);

}  // namespace evald
