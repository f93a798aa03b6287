// Client: runs JavaScript in an evald daemon.
//
//   absl::StatusOr<std::unique_ptr<evald::Client>> client = evald::Client::Connect("127.0.0.1:50051");
//   evald::v1::EvalRequest request;
//   request.set_source("[1,2,3].map(x => x * x)");
//   absl::StatusOr<evald::Reply> reply = (*client)->Eval(request, {.timeout = std::chrono::seconds(2)});
//   if (!reply.ok()) {
//     // Not run, or stopped: reply.status(), and evald::ReasonOf(reply.status()) for a program to act on.
//   } else if (reply->has_exception()) {
//     // The script threw: reply->exception().
//   } else {
//     // reply->value().json() is "[1,4,9]".
//   }
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evald/v1/script.grpc.pb.h"
#include "evald/v1/snapshot.grpc.pb.h"
#include "evald/v1/status.grpc.pb.h"

namespace grpc {
class Channel;
class ClientContext;
class Status;
}  // namespace grpc

namespace evald {

// What a script came to: a value or the script's own exception, with console output and statistics.
// EvalResponse and CallFunctionResponse have the same fields; both are given as this one.
using Reply = v1::EvalResponse;

// The machine-readable reason that came with a failed call; ERROR_REASON_UNSPECIFIED when evald gave none,
// which is so when the failure is the transport's or this client's own.
v1::ErrorReason ReasonOf(const absl::Status& status);

// What else evald said of a failed call: the limit, how much had been reached, where the script was. Empty if
// it said nothing.
v1::ErrorDetail DetailOf(const absl::Status& status);

// "WALL_TIME_LIMIT" for ERROR_REASON_WALL_TIME_LIMIT; empty for ERROR_REASON_UNSPECIFIED.
std::string ReasonName(v1::ErrorReason reason);

// OK if `address` is `host:port`, `[ipv6]:port` or `unix:/path`, else INVALID_ARGUMENT.
absl::Status CheckAddress(std::string_view address);

// `address` can only mean this machine: a unix socket, "localhost" or a loopback address.
bool IsOnThisMachine(std::string_view address);

struct CallOptions {
  // How long to wait for the answer, all told; then DEADLINE_EXCEEDED. Not set: as long as it takes. Limits
  // on the script itself belong into the request.
  std::optional<std::chrono::nanoseconds> timeout;
  // A stop request abandons the call, which becomes CANCELLED; the script is terminated.
  std::stop_token stop;
  // The daemon's admin token, which calls that change what is served need. Empty: none is sent.
  std::string token;
};

// A connection to one daemon. Every method may be called from any number of threads at once; calls share the
// connection. Nothing is retried: whether a script may run twice is for the caller to know.
class Client {
 public:
  // Does not wait for the connection: the first call makes it. INVALID_ARGUMENT: see CheckAddress.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(const std::string& address);

  // Over a channel of the caller's making. The channel's limit on received messages should allow for evald's
  // max_limits.output_bytes.
  explicit Client(std::shared_ptr<grpc::Channel> channel);

  absl::StatusOr<Reply> Eval(const v1::EvalRequest& request, const CallOptions& options = {});
  absl::StatusOr<Reply> CallFunction(const v1::CallFunctionRequest& request, const CallOptions& options = {});

  absl::StatusOr<v1::GetSnapshotResponse> GetSnapshot(const CallOptions& options = {});
  absl::StatusOr<v1::ListSnapshotsResponse> ListSnapshots(const CallOptions& options = {});

  // Hears of a change stage by stage, from within the call; its outcome comes last.
  using ProgressSink = std::function<void(const v1::SnapshotProgress&)>;
  // Both need the token, and return when the change is over. A change that fails is a status: its reason is
  // SNAPSHOT_FAILED, SNAPSHOT_NOT_FOUND or SNAPSHOT_SUPERSEDED, and what served before serves on.
  absl::StatusOr<v1::SnapshotOutcome> RegenerateSnapshot(bool force, const ProgressSink& sink = {},
                                                         const CallOptions& options = {});
  // 0: the newest kept generation that is older than the one that serves.
  absl::StatusOr<v1::SnapshotOutcome> RollbackSnapshot(uint64_t generation, const ProgressSink& sink = {},
                                                       const CallOptions& options = {});

  // Gives `sink` the daemon's live figures at once and after each interval, until it returns false (OK) or
  // the connection ends.
  absl::Status WatchStatus(std::chrono::nanoseconds interval,
                           const std::function<bool(const v1::LiveStatus&)>& sink,
                           const CallOptions& options = {});

  // What grpc.health.v1 says of the daemon as a whole. The numbers are the protocol's.
  enum class Health { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };
  absl::StatusOr<Health> CheckHealth(const CallOptions& options = {});

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ScriptService::Stub> script_;
  std::unique_ptr<v1::SnapshotService::Stub> snapshot_;
  std::unique_ptr<v1::StatusService::Stub> live_;
};

}  // namespace evald
