#include "daemon/admin/admin_routes.h"

#include <google/protobuf/empty.pb.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daemon/admin/admin_json.h"

namespace evald {
namespace {

namespace http = boost::beast::http;

constexpr char kTrigger[] = "HTTP";
constexpr char kEventStream[] = "text/event-stream";

AdminResponse Status(const StatusSource& source) {
  v1::GetSnapshotResponse status;
  source.FillStatus(status);
  AdminResponse response = JsonResponse(status);
  if (response.status == http::status::ok)
    response.body.insert(1, absl::StrCat("\"phase\":\"", PhaseName(source.phase()), "\","));
  return response;
}

AdminResponse Snapshots(const StatusSource& source) {
  v1::ListSnapshotsResponse snapshots;
  source.FillSnapshots(snapshots);
  return JsonResponse(snapshots);
}

AdminResponse Invalid(const absl::Status& why) {
  return FailureResponse({v1::ERROR_REASON_INVALID_REQUEST, std::string(why.message())});
}

// No body at all stands for a message without fields.
absl::Status FromBody(const AdminRequest& request, google::protobuf::Message& message) {
  return request.body().empty() ? absl::OkStatus() : FromJson(request.body(), message);
}

AdminResponse Drain(Drainable& drainable, const AdminRequest& request) {
  google::protobuf::Empty nothing;
  if (const absl::Status ok = FromBody(request, nothing); !ok.ok()) return Invalid(ok);
  drainable.StartLameDuck();
  return {.content_type = "application/json", .body = "{\"phase\":\"draining\"}\n"};
}

http::status StatusOf(const v1::SnapshotOutcome& outcome) {
  switch (outcome.result()) {
    case v1::SnapshotOutcome::UNCHANGED:
    case v1::SnapshotOutcome::APPLIED:
    case v1::SnapshotOutcome::SWAPPED:
      return http::status::ok;
    case v1::SnapshotOutcome::SUPERSEDED:
      return HttpStatusOf(v1::ERROR_REASON_SNAPSHOT_SUPERSEDED);
    default:
      return HttpStatusOf(outcome.reason());
  }
}

// One who waits for the end of a change, or hears of it as it comes.
class Listener final : public AdminTask {
 public:
  Listener(AdminReply* reply, bool stream) : reply_(reply), stream_(stream) {
    if (stream_) reply_->Begin({.content_type = kEventStream});
  }

  SnapshotChanges::Sink Sink() {
    return [this](const v1::SnapshotProgress& progress) { Hear(progress); };
  }
  // Goes with this, so that nothing is heard of by who is gone.
  void Keep(std::unique_ptr<SnapshotChanges::Subscription> subscription) {
    subscription_ = std::move(subscription);
  }

 private:
  void Hear(const v1::SnapshotProgress& progress) {
    if (stream_) {
      reply_->Write(std::make_shared<const std::string>(ToEvent(progress)));
      if (progress.has_outcome()) reply_->End();
    } else if (progress.has_outcome()) {
      reply_->Send(JsonResponse(progress.outcome(), StatusOf(progress.outcome())));
    }
  }

  AdminReply* const reply_;
  const bool stream_;
  std::unique_ptr<SnapshotChanges::Subscription> subscription_;
};

// `ask` begins the change that the message asks for.
template <typename Message, typename Ask>
AdminRoute ChangeRoute(Ask ask) {
  AdminRoute route;
  route.needs_token = true;
  route.handler = [ask](const AdminRequest& request, AdminReply& reply) -> std::unique_ptr<AdminTask> {
    Message message;
    if (const absl::Status ok = FromBody(request, message); !ok.ok()) {
      reply.Send(Invalid(ok));
      return nullptr;
    }
    const std::string accept(ToView(request[http::field::accept]));
    const bool stream = absl::StrContains(absl::AsciiStrToLower(accept), kEventStream);
    auto listener = std::make_unique<Listener>(&reply, stream);
    listener->Keep(ask(message, listener->Sink()));
    return listener;
  };
  return route;
}

}  // namespace

void AddStatusRoutes(const StatusSource* source, AdminRouter& router) {
  router.Add(http::verb::get, "/healthz", [](const AdminRequest&) { return AdminResponse{.body = "ok\n"}; },
             {.harmless = true});
  router.Add(http::verb::get, "/readyz",
             [source](const AdminRequest&) {
               const bool ready = source->phase() == Phase::kReady;
               return AdminResponse{.status = ready ? http::status::ok : http::status::service_unavailable,
                                    .body = absl::StrCat(PhaseName(source->phase()), "\n")};
             },
             {.harmless = true});
  router.Add(http::verb::get, "/v1/status", [source](const AdminRequest&) { return Status(*source); });
  router.Add(http::verb::get, "/v1/snapshots", [source](const AdminRequest&) { return Snapshots(*source); });
}

void AddDrainRoute(Drainable* drainable, AdminRouter& router) {
  router.Add(http::verb::post, "/v1/drain",
             [drainable](const AdminRequest& request) { return Drain(*drainable, request); },
             {.needs_token = true});
}

void AddSnapshotRoutes(SnapshotChanges* changes, AdminRouter& router) {
  router.Add(http::verb::post, "/v1/snapshots:regenerate",
             ChangeRoute<v1::RegenerateSnapshotRequest>(
                 [changes](const v1::RegenerateSnapshotRequest& request, SnapshotChanges::Sink sink) {
                   return changes->Regenerate(request.force(), kTrigger, std::move(sink));
                 }));
  router.Add(http::verb::post, "/v1/snapshots:rollback",
             ChangeRoute<v1::RollbackSnapshotRequest>(
                 [changes](const v1::RollbackSnapshotRequest& request, SnapshotChanges::Sink sink) {
                   return changes->Rollback(request.generation(), kTrigger, std::move(sink));
                 }));
}

}  // namespace evald
