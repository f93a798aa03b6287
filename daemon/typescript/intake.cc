#include "daemon/typescript/intake.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "daemon/loop/proto_time.h"
#include "typescript/protocol.h"

namespace evald {
namespace {

using Modules = google::protobuf::Map<std::string, v1::ModuleSource>;

// What is left of a limit is never nothing, which would stand for no limit.
constexpr Duration kLeast = std::chrono::milliseconds(1);

Modules& ModulesOf(internal::WorkerRequest& request) {
  return request.has_call() ? *request.mutable_call()->mutable_modules()
                            : *request.mutable_eval()->mutable_modules();
}

bool IsTypescript(const v1::ModuleSource& module) { return module.type() == v1::ModuleSource::TYPESCRIPT; }

bool SourceIsTypescript(const internal::WorkerRequest& request) {
  return request.has_eval() && request.eval().source_kind() == v1::SOURCE_KIND_TYPESCRIPT;
}

// All of a request's TypeScript: its source first, then its modules.
std::vector<typescript::Text> TextsOf(internal::WorkerRequest& request) {
  std::vector<typescript::Text> texts;
  if (SourceIsTypescript(request)) texts.push_back({request.eval().resource_name(), request.eval().source()});
  for (const auto& [specifier, module] : ModulesOf(request)) {
    if (IsTypescript(module)) texts.push_back({specifier, module.text()});
  }
  return texts;
}

// Puts `scripts`, of TextsOf(request), in the place of those texts.
void Replace(std::vector<typescript::Script> scripts, internal::WorkerRequest& request) {
  auto next = scripts.begin();
  const auto take = [&](const std::string& name, std::string& text) {
    text = std::move(next->code);
    (*request.mutable_source_maps())[name] = std::move(next->map);
    return next++->is_module;
  };
  if (SourceIsTypescript(request)) {
    v1::EvalRequest& eval = *request.mutable_eval();
    const bool is_module = take(eval.resource_name(), *eval.mutable_source());
    eval.set_source_kind(is_module ? v1::SOURCE_KIND_MODULE : v1::SOURCE_KIND_SCRIPT);
  }
  for (auto& [specifier, module] : ModulesOf(request)) {
    if (!IsTypescript(module)) continue;
    take(specifier, *module.mutable_text());
    module.set_type(v1::ModuleSource::JAVASCRIPT);
  }
}

void Take(const google::protobuf::Duration& used, google::protobuf::Duration& limit) {
  FromDuration(std::max(ToDuration(limit) - ToDuration(used), kLeast), limit);
}

}  // namespace

// The transpiling of one request: a request of its own, with the time limits, deadline and tenant of that.
class Intake::Transpilation final : public Call {
 public:
  Transpilation(Intake* intake, CallId id, Call* call, const std::vector<typescript::Text>& texts)
      : intake_(intake), id_(id), call_(call) {
    v1::CallFunctionRequest& transpile = *request_.mutable_call();
    transpile = typescript::CallFor(texts);
    transpile.set_tenant(call->tenant());
    *transpile.mutable_limits()->mutable_wall_time() = call->limits().wall_time();
    *transpile.mutable_limits()->mutable_cpu_time() = call->limits().cpu_time();
  }

  Call& call() { return *call_; }
  std::optional<CallId> submitted;  // by which the transpiler knows it

  internal::WorkerRequest& request() override { return request_; }
  const std::string& tenant() const override { return call_->tenant(); }
  v1::Isolation isolation() const override { return v1::ISOLATION_PRISTINE; }
  v1::Limits& limits() override { return *request_.mutable_call()->mutable_limits(); }
  size_t bytes() const override { return call_->bytes(); }
  void SetBytes(size_t) override {}
  MonotonicTime arrival() const override { return call_->arrival(); }
  std::optional<MonotonicTime> deadline() const override { return call_->deadline(); }
  std::string_view request_id() const override { return call_->request_id(); }

  void Answer(internal::WorkerReply& reply, const v1::ExecutionStats& stats) override {
    const auto self = intake_->Take(id_);
    Finish(reply, stats);
    intake_->NoteEnded();
  }

  void Fail(const Failure& failure, const v1::ExecutionStats* stats) override {
    const auto self = intake_->Take(id_);
    Failure told = failure;
    told.message = absl::StrCat("while the TypeScript was transpiled: ", failure.message);
    // Of the compiler, not of the script.
    told.stack.clear();
    call_->Fail(told, stats);
    intake_->NoteEnded();
  }

 private:
  void Finish(internal::WorkerReply& reply, const v1::ExecutionStats& stats) {
    internal::WorkerRequest& request = call_->request();
    absl::StatusOr<typescript::Transpiled> done = absl::InternalError("the transpiler failed");
    if (reply.has_value()) done = typescript::ReadAnswer(TextsOf(request), *reply.mutable_value());
    if (!done.ok()) {
      return call_->Fail({v1::ERROR_REASON_INTERNAL, std::string(done.status().message())}, &stats);
    }
    reply.clear_console();
    if (done->has_exception) {
      *reply.mutable_exception() = std::move(done->exception);
      return call_->Answer(reply, stats);
    }
    Replace(std::move(done->scripts), request);
    evald::Take(stats.wall_time(), *call_->limits().mutable_wall_time());
    evald::Take(stats.cpu_time(), *call_->limits().mutable_cpu_time());
    const size_t bytes = request.ByteSizeLong();
    if (bytes > intake_->max_request_bytes_) {
      return call_->Fail(
          {v1::ERROR_REASON_SOURCE_LIMIT,
           absl::StrCat("made of the TypeScript, the request has ", bytes,
                        " bytes, more than max_request_bytes (", intake_->max_request_bytes_, ")"),
           intake_->max_request_bytes_, bytes},
          &stats);
    }
    call_->SetBytes(bytes);
    intake_->scheduler_->Admit(id_, call_);
  }

  Intake* const intake_;
  const CallId id_;
  Call* const call_;
  internal::WorkerRequest request_;
};

Intake::Intake(Scheduler* scheduler, TranspilerQueue* transpiler, uint64_t max_request_bytes)
    : scheduler_(scheduler), transpiler_(transpiler), max_request_bytes_(max_request_bytes) {
  scheduler_->SetIdleHook([this] { NoteEnded(); });
}

Intake::~Intake() {
  EVALD_CHECK(transpiling_.empty(), "every call has ended before the intake does");
  scheduler_->SetIdleHook(nullptr);
}

void Intake::Submit(CallId id, Call* call) {
  const std::vector<typescript::Text> texts = TextsOf(call->request());
  if (texts.empty()) return scheduler_->Submit(id, call);
  if (const std::optional<Failure> closed = scheduler_->WhyClosed()) return call->Fail(*closed, nullptr);
  if (!transpiler_->on()) {
    return call->Fail({v1::ERROR_REASON_INVALID_REQUEST,
                       absl::StrCat(SourceIsTypescript(call->request()) ? "source_kind" : "modules",
                                    ": TypeScript is off in this evald (typescript.mode)")},
                      nullptr);
  }
  Transpilation* const transpilation =
      transpiling_.emplace(id, std::make_unique<Transpilation>(this, id, call, texts)).first->second.get();
  const CallId submitted = transpiler_->Submit(transpilation);
  // It may have ended before that returned.
  if (const auto found = transpiling_.find(id); found != transpiling_.end())
    found->second->submitted = submitted;
}

void Intake::Cancel(CallId id) {
  const auto found = transpiling_.find(id);
  if (found == transpiling_.end()) return scheduler_->Cancel(id);
  if (found->second->submitted) transpiler_->Cancel(*found->second->submitted);
}

void Intake::FailAll(const Failure& failure) {
  transpiler_->FailAll(failure);
  scheduler_->FailAll(failure);
}

void Intake::SetIdleHook(absl::AnyInvocable<void()> hook) { idle_hook_ = std::move(hook); }

std::unique_ptr<Intake::Transpilation> Intake::Take(CallId id) {
  const auto found = transpiling_.find(id);
  EVALD_CHECK(found != transpiling_.end(), "a transpilation ends once");
  std::unique_ptr<Transpilation> taken = std::move(found->second);
  transpiling_.erase(found);
  return taken;
}

void Intake::NoteEnded() {
  if (idle_hook_ && idle()) std::exchange(idle_hook_, nullptr)();
}

}  // namespace evald
