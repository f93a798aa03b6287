// ScriptCall: what a request for a script is to the scheduler, whichever protocol it came by. One place says
// what makes it acceptable and what its answer holds; the adapters (ScriptService, the admin endpoint) only
// parse and send.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "daemon/requests/request_id.h"
#include "daemon/requests/request_observer.h"
#include "daemon/requests/scheduler.h"
#include "daemon/requests/tenants.h"
#include "daemon/requests/validator.h"

namespace evald {

struct ScriptCallOptions {
  Scheduler::CallId id;
  RequestId request_id;
  // On the clock.
  MonotonicTime arrival;
  std::optional<MonotonicTime> deadline;
  const Clock* clock;
  // Told how the call ends, before its client is.
  RequestObserver* observer;
};

// Request and Response are EvalRequest and EvalResponse, or CallFunctionRequest and CallFunctionResponse.
// Made and prepared on any one thread; from Submit on it belongs to the loop.
template <typename Request, typename Response>
class ScriptCall : public Call {
 public:
  explicit ScriptCall(const ScriptCallOptions& options) : options_(options), work_(WorkIn(request_)) {}

  Scheduler::CallId id() const { return options_.id; }
  // What the client sent, to be filled in by the adapter.
  Request& work() { return work_; }

  // Why `work`, which took `bytes` to send, cannot be submitted; nothing if it can, with all its defaults
  // filled in.
  std::optional<Failure> Prepare(const Tenants& tenants, size_t bytes) {
    readable_ = true;
    bytes_ = bytes;
    const LimitBounds& bounds = tenants.RulesOf(work_.tenant()).limits;
    if (const absl::Status ok = Validate(work_, bounds); !ok.ok()) return Invalid(ok);
    FillDefaults(bounds, work_);
    const uint64_t limit = work_.limits().source_bytes();
    if (const uint64_t size = SourceBytes(work_); size > limit) {
      return Failure{v1::ERROR_REASON_SOURCE_LIMIT,
                     absl::StrCat(WhatIsLong(work_), WithModules(work_), size,
                                  " bytes, more than limits.source_bytes (", limit, ")"),
                     limit, size};
    }
    return std::nullopt;
  }

  // What a request that cannot be read, or is not valid, ends with.
  static Failure Invalid(const absl::Status& why) {
    return {v1::ERROR_REASON_INVALID_REQUEST, std::string(why.message())};
  }

  internal::WorkerRequest& request() final { return request_; }
  const std::string& tenant() const final { return work_.tenant(); }
  v1::Isolation isolation() const final { return work_.isolation(); }
  v1::Limits& limits() final { return *work_.mutable_limits(); }
  size_t bytes() const final { return bytes_; }
  void SetBytes(size_t bytes) final { bytes_ = bytes; }
  MonotonicTime arrival() const final { return options_.arrival; }
  std::optional<MonotonicTime> deadline() const final { return options_.deadline; }
  std::string_view request_id() const final { return options_.request_id.text(); }

  void Answer(internal::WorkerReply& reply, const v1::ExecutionStats& stats) final {
    // Before the answer is out: the call may be gone as soon as it is.
    ObserveAnswer(reply, stats);
    Response response;
    if (reply.has_value()) {
      response.set_allocated_value(reply.release_value());
    } else {
      response.set_allocated_exception(reply.release_exception());
    }
    response.mutable_console()->Swap(reply.mutable_console());
    response.set_console_truncated(reply.console_truncated());
    *response.mutable_stats() = stats;
    Succeed(response);
  }

  void Fail(const Failure& failure, const v1::ExecutionStats* stats) final {
    Observe({.reason = failure.reason, .message = failure.message, .stats = stats});
    Refuse(failure);
  }

 protected:
  // One of them is called, once, on the loop; the call lives until then.
  virtual void Succeed(Response& response) = 0;
  virtual void Refuse(const Failure& failure) = 0;

 private:
  void ObserveAnswer(const internal::WorkerReply& reply, const v1::ExecutionStats& stats) {
    if (!reply.has_exception()) return Observe({.stats = &stats});
    const v1::ScriptException& exception = reply.exception();
    const std::string message =
        absl::StrCat(ShortenMessage(exception.name()), ": ", ShortenMessage(exception.message()));
    Observe({.threw = true, .message = message, .stats = &stats});
  }

  // `request` says how it ended.
  void Observe(FinishedRequest request) {
    request.method = MethodOf(static_cast<const Request*>(nullptr));
    request.unreadable = !readable_;
    if (readable_) request.tenant = CutUtf8(work_.tenant(), kMaxTenantBytes);
    request.request_id = request_id();
    request.end_to_end = options_.clock->Now() - options_.arrival;
    options_.observer->OnFinished(request);
  }

  static FinishedRequest::Method MethodOf(const v1::EvalRequest*) { return FinishedRequest::Method::kEval; }
  static FinishedRequest::Method MethodOf(const v1::CallFunctionRequest*) {
    return FinishedRequest::Method::kCallFunction;
  }
  static v1::EvalRequest& WorkOf(internal::WorkerRequest& request, const v1::EvalRequest*) {
    return *request.mutable_eval();
  }
  static v1::CallFunctionRequest& WorkOf(internal::WorkerRequest& request, const v1::CallFunctionRequest*) {
    return *request.mutable_call();
  }
  static Request& WorkIn(internal::WorkerRequest& request) {
    return WorkOf(request, static_cast<const Request*>(nullptr));
  }
  static const char* WhatIsLong(const v1::EvalRequest&) { return "the source"; }
  static const char* WhatIsLong(const v1::CallFunctionRequest&) { return "the arguments"; }
  // How the sentence goes on.
  static const char* WithModules(const v1::EvalRequest& work) {
    return HasModules(work) ? " and its modules together have " : " has ";
  }
  static const char* WithModules(const v1::CallFunctionRequest& work) {
    return HasModules(work) ? " and the modules together have " : " together have ";
  }
  static bool HasModules(const Request& work) {
    return !work.modules().empty() || !work.import_map().empty();
  }

  const ScriptCallOptions options_;
  internal::WorkerRequest request_;
  Request& work_;  // inside request_
  bool readable_ = false;
  size_t bytes_ = 0;
};

}  // namespace evald
