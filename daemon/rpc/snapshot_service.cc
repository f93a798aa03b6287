#include "daemon/rpc/snapshot_service.h"

#include <deque>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/strings/str_cat.h"
#include "daemon/rpc/grpc_failure.h"

namespace evald {
namespace {

grpc::Status NotReady(grpc::CallbackServerContext& context) {
  return StatusOf({v1::ERROR_REASON_NOT_READY, "evald is still booting"}, context);
}

}  // namespace

// One call that changes what is served. gRPC owns it: it goes, on the loop, when gRPC says that the call is
// done. Between Begin and then all of its state belongs to the loop.
class SnapshotService::ChangeCall final : public grpc::ServerWriteReactor<v1::SnapshotProgress> {
 public:
  using Ask = absl::AnyInvocable<std::unique_ptr<SnapshotChanges::Subscription>(SnapshotChanges&,
                                                                                SnapshotChanges::Sink)>;

  ChangeCall(const Parts& parts, grpc::CallbackServerContext* context) : parts_(parts), context_(context) {}

  void Begin(Ask ask) {
    // A refusal goes by the loop too: a client that cancels at once must not end the call a second time.
    parts_.loop->Post([this, authorized = Authorized(), ask = std::move(ask)]() mutable {
      if (finished_) return;
      if (!authorized) return End(StatusOf({v1::ERROR_REASON_UNAUTHENTICATED, WhatIsNeeded()}, *context_));
      subscription_ = ask(*parts_.changes, [this](const v1::SnapshotProgress& news) { Take(news); });
    });
  }

  // The three that gRPC calls, on its own threads.
  void OnWriteDone(bool ok) override {
    parts_.loop->Post([this, ok] {
      writing_ = false;
      waiting_.pop_front();
      if (!ok) return End(grpc::Status::CANCELLED);
      WriteNext();
    });
  }
  void OnCancel() override {
    parts_.loop->Post([this] { End(grpc::Status::CANCELLED); });
  }
  void OnDone() override {
    parts_.loop->Post([self = std::unique_ptr<ChangeCall>(this)] {});
  }

 private:
  bool Authorized() const {
    const auto found = context_->client_metadata().find("authorization");
    return parts_.admin_token != nullptr && found != context_->client_metadata().end() &&
           parts_.admin_token->AuthorizedBy({found->second.data(), found->second.size()});
  }
  std::string WhatIsNeeded() const {
    if (parts_.admin_token == nullptr)
      return "evald has no admin token, so that nobody can change what it serves: its log says why";
    return absl::StrCat("this call needs the metadata `authorization: Bearer TOKEN`; the token is in ",
                        parts_.admin_token_file, " where evald runs");
  }

  // However slow the client is, what waits here is bounded: a change has a bounded number of news.
  void Take(const v1::SnapshotProgress& news) {
    if (finished_) return;
    waiting_.push_back(news);
    WriteNext();
  }

  void WriteNext() {
    if (writing_ || finished_) return;
    if (!waiting_.empty()) {
      writing_ = true;
      if (waiting_.front().has_outcome()) outcome_ = waiting_.front().outcome();
      return StartWrite(&waiting_.front());
    }
    if (outcome_.result() == v1::SnapshotOutcome::RESULT_UNSPECIFIED) return;
    End(outcome_.reason() == v1::ERROR_REASON_UNSPECIFIED
            ? grpc::Status::OK
            : StatusOf({outcome_.reason(), outcome_.error()}, *context_));
  }

  void End(const grpc::Status& status) {
    if (std::exchange(finished_, true)) return;
    subscription_.reset();
    Finish(status);
  }

  const Parts& parts_;
  grpc::CallbackServerContext* const context_;
  std::unique_ptr<SnapshotChanges::Subscription> subscription_;
  std::deque<v1::SnapshotProgress> waiting_;
  bool writing_ = false;
  bool finished_ = false;
  v1::SnapshotOutcome outcome_;
};

grpc::ServerUnaryReactor* SnapshotService::GetSnapshot(grpc::CallbackServerContext* context,
                                                       const v1::GetSnapshotRequest*,
                                                       v1::GetSnapshotResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.loop->Post([source = parts_.source, context, response, reactor] {
    source->FillStatus(*response);
    reactor->Finish(response->has_snapshot() ? grpc::Status::OK : NotReady(*context));
  });
  return reactor;
}

grpc::ServerUnaryReactor* SnapshotService::ListSnapshots(grpc::CallbackServerContext* context,
                                                         const v1::ListSnapshotsRequest*,
                                                         v1::ListSnapshotsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  parts_.loop->Post([source = parts_.source, context, response, reactor] {
    source->FillSnapshots(*response);
    reactor->Finish(response->snapshots_size() > 0 ? grpc::Status::OK : NotReady(*context));
  });
  return reactor;
}

grpc::ServerWriteReactor<v1::SnapshotProgress>* SnapshotService::RegenerateSnapshot(
    grpc::CallbackServerContext* context, const v1::RegenerateSnapshotRequest* request) {
  auto* call = new ChangeCall(parts_, context);
  call->Begin([force = request->force()](SnapshotChanges& changes, SnapshotChanges::Sink sink) {
    return changes.Regenerate(force, "gRPC", std::move(sink));
  });
  return call;
}

grpc::ServerWriteReactor<v1::SnapshotProgress>* SnapshotService::RollbackSnapshot(
    grpc::CallbackServerContext* context, const v1::RollbackSnapshotRequest* request) {
  auto* call = new ChangeCall(parts_, context);
  call->Begin([generation = request->generation()](SnapshotChanges& changes, SnapshotChanges::Sink sink) {
    return changes.Rollback(generation, "gRPC", std::move(sink));
  });
  return call;
}

}  // namespace evald
