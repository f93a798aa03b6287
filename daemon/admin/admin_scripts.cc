#include "daemon/admin/admin_scripts.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/admin/admin_json.h"
#include "daemon/requests/script_call.h"

namespace evald {
namespace {

namespace http = boost::beast::http;

// What takes the loop so little time that it is not worth a detour.
constexpr size_t kShortBytes = 64 << 10;
constexpr size_t kMostAtOnce = 128;

// What all requests share. Owned by the routes' handlers; outlives every task, and what runs on its thread.
struct Shared {
  explicit Shared(const AdminScripts& scripts) : parts(scripts) {}

  const AdminScripts parts;
  // Joined before the rest goes.
  boost::asio::thread_pool json_thread{1};
};

RequestId RequestIdOf(const AdminRequest& request, RequestIds& ids) {
  const auto sent = RequestId::FromTraceparent(ToView(request[kTraceparentMetadataKey]));
  return sent ? *sent : ids.Next();
}

// One request on its way: body, request, scheduler, response, body. Whoever works on it holds it; it goes on
// the loop. What is not the loop's is its reading of a long body and its writing of a long response.
template <typename Request, typename Response>
class HttpCall final : public ScriptCall<Request, Response>,
                       public std::enable_shared_from_this<HttpCall<Request, Response>> {
 public:
  HttpCall(Shared* shared, const AdminRequest& request, AdminReply* reply)
      : ScriptCall<Request, Response>({.id = shared->parts.intake->NewId(),
                                       .request_id = RequestIdOf(request, *shared->parts.request_ids),
                                       .arrival = shared->parts.loop->clock().Now(),
                                       .deadline = std::nullopt,
                                       .clock = &shared->parts.loop->clock(),
                                       .observer = shared->parts.observer}),
        shared_(shared),
        place_(shared->parts.load),
        reply_(reply) {}

  void Start(std::string body) {
    if (body.size() <= kShortBytes) {
      ReadBody(body);
      return Submit();
    }
    place_.Hold(body.size());
    OnJsonThread([body = std::move(body)](HttpCall& call) {
      call.ReadBody(body);
      return [](HttpCall& read) {
        read.place_.Hold(0);
        read.Submit();
      };
    });
  }

  // The client has gone.
  void Leave() {
    reply_ = nullptr;
    gone_ = true;
    if (admitted_ != nullptr) shared_->parts.intake->Cancel(this->id());
  }

 private:
  // `work` is done there, and what it gives then on the loop, where the last hold on the call ends.
  template <typename Work>
  void OnJsonThread(Work work) {
    boost::asio::post(shared_->json_thread, [self = this->shared_from_this(), loop = shared_->parts.loop,
                                             work = std::move(work)]() mutable {
      auto then = work(*self);
      loop->Post([self = std::move(self), then = std::move(then)]() mutable { then(*self); });
    });
  }

  void ReadBody(const std::string& body) {
    // Whoever has gone does not hold up the others.
    if (gone_) return;
    if (const absl::Status parsed = FromJson(body, this->work()); !parsed.ok()) {
      unacceptable_ = this->Invalid(parsed);
    } else {
      unacceptable_ = this->Prepare(*shared_->parts.tenants->Get(), body.size());
    }
  }

  void Submit() {
    if (reply_ == nullptr) return this->Fail({v1::ERROR_REASON_CANCELLED, "the client has gone"}, nullptr);
    if (unacceptable_) return this->Fail(*unacceptable_, nullptr);
    admitted_ = this->shared_from_this();
    shared_->parts.intake->Submit(this->id(), this);
  }

  void Succeed(Response& response) override {
    const auto self = std::move(admitted_);
    if (reply_ == nullptr) return;
    if (response.ByteSizeLong() <= kShortBytes) return Send(JsonResponse(response));
    place_.Hold(response.ByteSizeLong());
    auto kept = std::make_unique<Response>();
    kept->Swap(&response);
    OnJsonThread([kept = std::move(kept)](HttpCall& call) mutable {
      AdminResponse written;
      if (!call.gone_) written = JsonResponse(*kept);
      kept.reset();
      return [written = std::move(written)](HttpCall& answered) mutable {
        answered.place_.Hold(0);
        if (answered.reply_ != nullptr) answered.Send(std::move(written));
      };
    });
  }

  void Refuse(const Failure& failure) override {
    const auto self = std::move(admitted_);
    if (reply_ != nullptr) Send(FailureResponse(failure));
  }

  void Send(AdminResponse response) {
    response.headers.emplace_back(kRequestIdMetadataKey, this->request_id());
    reply_->Send(std::move(response));
  }

  Shared* const shared_;
  ScriptLoad::Place place_;
  // Null once the client has gone.
  AdminReply* reply_;
  // The same, for the other thread.
  std::atomic<bool> gone_ = false;
  std::optional<Failure> unacceptable_;
  // Itself, while the scheduler has it.
  std::shared_ptr<HttpCall> admitted_;
};

template <typename HttpCall>
class ScriptTask final : public AdminTask {
 public:
  explicit ScriptTask(std::shared_ptr<HttpCall> call) : call_(std::move(call)) {}
  ~ScriptTask() override { call_->Leave(); }

 private:
  const std::shared_ptr<HttpCall> call_;
};

// Why one more request with a body of `bytes` is too much; nothing if it is not. A body that is alone is
// never too long here.
std::optional<Failure> WhyNotOneMore(const AdminScripts& parts, size_t bytes) {
  if (parts.load->requests() >= kMostAtOnce) {
    return Failure{v1::ERROR_REASON_QUEUE_FULL,
                   absl::StrCat("there are ", kMostAtOnce, " requests over HTTP under way already"),
                   kMostAtOnce};
  }
  const size_t held = parts.load->bytes();
  if (bytes > kShortBytes && held > 0 && held + bytes > parts.max_queue_bytes) {
    return Failure{v1::ERROR_REASON_QUEUE_FULL,
                   "the long requests and answers over HTTP would hold more bytes than "
                   "admission.max_queue_bytes",
                   parts.max_queue_bytes, held + bytes};
  }
  return std::nullopt;
}

template <typename Request, typename Response>
AdminRoute ScriptRoute(const std::shared_ptr<Shared>& shared) {
  using Call = HttpCall<Request, Response>;
  AdminRoute route;
  route.max_body_bytes = shared->parts.max_request_bytes;
  route.handler = [shared](AdminRequest& request, AdminReply& reply) -> std::unique_ptr<AdminTask> {
    const std::optional<Failure> refusal = WhyNotOneMore(shared->parts, request.body().size());
    const auto call = std::make_shared<Call>(shared.get(), request, &reply);
    if (refusal) {
      call->Fail(*refusal, nullptr);
      return nullptr;
    }
    auto task = std::make_unique<ScriptTask<Call>>(call);
    call->Start(std::move(request.body()));
    return task;
  };
  return route;
}

}  // namespace

void AddScriptRoutes(const AdminScripts& scripts, AdminRouter& router) {
  const auto shared = std::make_shared<Shared>(scripts);
  router.Add(http::verb::post, "/v1/eval", ScriptRoute<v1::EvalRequest, v1::EvalResponse>(shared));
  router.Add(http::verb::post, "/v1/call",
             ScriptRoute<v1::CallFunctionRequest, v1::CallFunctionResponse>(shared));
}

}  // namespace evald
