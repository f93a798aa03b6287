#include "runtime/event_loop.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "runtime/exceptions.h"
#include "runtime/hooks.h"
#include "runtime/host.h"
#include "runtime/platform.h"

namespace evald {
namespace {

double NowMillis() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Until then, or until a signal was handled.
void SleepUntil(double millis) {
  const double seconds = std::floor(millis / 1000);
  timespec until{};
  until.tv_sec = static_cast<time_t>(seconds);
  until.tv_nsec = static_cast<long>((millis - seconds * 1000) * 1e6);
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

// Calls a hook. Empty if it is not there or did not return; a termination goes on.
template <size_t N>
v8::MaybeLocal<v8::Value> CallHook(v8::Local<v8::Context> context, std::string_view name,
                                   v8::Local<v8::Value> (&&arguments)[N]) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::Function> hook;
  v8::Local<v8::Value> result;
  if (!hooks::Find(context, name).ToLocal(&hook)) return {};
  bool terminated = false;
  {
    v8::TryCatch caught(isolate);
    if (hook->Call(context, v8::Undefined(isolate), N, arguments).ToLocal(&result)) return result;
    terminated = caught.HasTerminated();
  }
  // Caught here, it has to be asked for again.
  if (terminated) isolate->TerminateExecution();
  return {};
}

// As the `error` event has it: "Uncaught TypeError: no such thing".
std::string TextOf(const v1::ScriptException& exception) {
  constexpr char kUncaught[] = "Uncaught";
  return absl::StrCat(kUncaught, exception.name() == kUncaught ? "" : absl::StrCat(" ", exception.name()),
                      exception.message().empty()     ? ""
                      : exception.name() == kUncaught ? " "
                                                      : ": ",
                      exception.message());
}

// Of what has no place of its own, V8 gives that of the extension which reports it.
void ForgetPlace(v1::ScriptException& exception) {
  exception.clear_resource_name();
  exception.clear_line();
  exception.clear_column();
  exception.clear_source_line();
}

// "poll (eval.js:3:7)"; empty if there is nothing to say.
std::string DescribeFunction(v8::Isolate* isolate, v8::Local<v8::Function> function) {
  const v8::Local<v8::Value> name = function->GetDebugName(),
                             file = function->GetScriptOrigin().ResourceName();
  std::string text = name->IsString() ? ToUtf8(isolate, name.As<v8::String>(), 256) : "";
  if (!file.IsEmpty() && file->IsString() && function->GetScriptLineNumber() >= 0) {
    absl::StrAppend(&text, text.empty() ? "" : " ", "(", ToUtf8(isolate, file.As<v8::String>(), 256), ":",
                    function->GetScriptLineNumber() + 1, ":", function->GetScriptColumnNumber() + 1, ")");
  }
  std::vector<std::string> frame = {std::move(text)};
  Host::Of(isolate).source_maps().MapFrames(frame);
  return std::move(frame.front());
}

}  // namespace

EventLoop& EventLoop::Of(v8::Isolate* isolate) {
  EventLoop* const loop = Host::Of(isolate).loop();
  EVALD_CHECK(loop != nullptr, "an isolate with extensions has an event loop");
  return *loop;
}

void EventLoop::AttachTo(v8::Isolate* isolate) {
  isolate_ = isolate;
  Host::Of(isolate).SetLoop(this);
}

void EventLoop::WatchRejections() { isolate_->SetPromiseRejectCallback(OnPromiseReject); }

EventLoop::Ending EventLoop::Run(v8::Local<v8::Context> context, v8::MaybeLocal<v8::Promise> result,
                                 absl::FunctionRef<bool()> stopped) {
  v8::Local<v8::Promise> promise;
  v8::Local<v8::Function> turn;
  const bool waits = result.ToLocal(&promise),
             has_timers = hooks::Find(context, "timers.turn").ToLocal(&turn);
  // Whoever asked for it handles its rejection.
  if (waits) promise->MarkAsHandled();
  for (;;) {
    const v8::HandleScope handles(isolate_);
    isolate_->PerformMicrotaskCheckpoint();
    if (stopped()) return Ending::kStopped;
    asleep_ = false;
    if (uncaught_.has_value()) return Ending::kUncaught;
    if (waits && promise->State() == v8::Promise::kRejected) return Ending::kSettled;
    if (!rejected_.IsEmpty() || !handled_.IsEmpty()) {
      if (!TellRejections(context)) return Ending::kStopped;
      continue;  // that may have run scripts
    }
    if (!waits || promise->State() != v8::Promise::kPending) return Ending::kSettled;
    if (RunOneTask(isolate_)) continue;
    if (!has_timers) return Ending::kNothingLeft;
    const double wait = Turn(context, turn);
    if (wait < 0) return stopped() ? Ending::kStopped : Ending::kNothingLeft;
    if (wait == 0) continue;
    asleep_ = true;
    SleepUntil(NowMillis() + wait);
  }
}

double EventLoop::Turn(v8::Local<v8::Context> context, v8::Local<v8::Function> turn) {
  v8::TryCatch caught(isolate_);
  v8::Local<v8::Value> now = v8::Number::New(isolate_, NowMillis()), wait;
  if (turn->Call(context, v8::Undefined(isolate_), 1, &now).ToLocal(&wait))
    return wait->IsNumber() ? wait.As<v8::Number>()->Value() : -1;
  if (caught.HasTerminated() || !caught.HasCaught()) return -1;
  Report(context, caught.Exception(), caught.Message());
  return 0;
}

void EventLoop::Report(v8::Local<v8::Context> context, v8::Local<v8::Value> exception,
                       v8::Local<v8::Message> message) {
  // The first counts, and ends the request.
  if (uncaught_.has_value()) return;
  const v8::HandleScope handles(isolate_);
  v1::ScriptException described = DescribeException(context, exception, message);
  if (message.IsEmpty() && !exception->IsObject()) ForgetPlace(described);
  bool handled = false;
  // What throws while an error is being reported is not reported by an event of its own.
  if (!std::exchange(reporting_, true)) {
    v8::Local<v8::String> text, file;
    v8::Local<v8::Value> answer;
    handled = FromUtf8(isolate_, TextOf(described)).ToLocal(&text) &&
              FromUtf8(isolate_, described.resource_name()).ToLocal(&file) &&
              CallHook(context, "events.report",
                       {exception, text, file, v8::Integer::New(isolate_, described.line()),
                        v8::Integer::New(isolate_, described.column())})
                  .ToLocal(&answer) &&
              answer->IsTrue();
    reporting_ = false;
  }
  if (!handled && !uncaught_.has_value()) uncaught_ = std::move(described);
}

bool EventLoop::TellRejections(v8::Local<v8::Context> context) {
  const v8::Local<v8::Array> handled = ListIn(handled_), rejected = ListIn(rejected_);
  handled_.Reset();
  rejected_.Reset();
  v8::Local<v8::Value> promise, reason, answer;
  for (uint32_t i = 0; i < handled->Length(); ++i) {
    const v8::HandleScope handles(isolate_);
    if (!handled->Get(context, i).ToLocal(&promise)) return false;
    static_cast<void>(CallHook(context, "events.handled", {promise}));
  }
  for (uint32_t i = 0; i + 1 < rejected->Length(); i += 2) {
    const v8::HandleScope handles(isolate_);
    if (!rejected->Get(context, i).ToLocal(&promise) || !rejected->Get(context, i + 1).ToLocal(&reason))
      return false;
    if (!promise->IsPromise() || promise.As<v8::Promise>()->HasHandler()) continue;
    if (CallHook(context, "events.rejected", {promise, reason}).ToLocal(&answer) && answer->IsTrue()) {
      told_ = true;
      continue;
    }
    if (!uncaught_.has_value()) uncaught_ = DescribeException(context, reason, {});
    break;
  }
  return true;
}

size_t EventLoop::Reset(v8::Local<v8::Context> context) {
  const v8::HandleScope handles(isolate_);
  v8::TryCatch quiet(isolate_);
  // V8 forgets the microtasks that are left when it is terminated while it runs them.
  isolate_->TerminateExecution();
  isolate_->PerformMicrotaskCheckpoint();
  isolate_->CancelTerminateExecution();
  rejected_.Reset();
  handled_.Reset();
  uncaught_.reset();
  told_ = reporting_ = asleep_ = false;
  if (!std::exchange(used_timers_, false)) return 0;
  v8::Local<v8::Function> reset;
  v8::Local<v8::Value> count;
  const bool done = hooks::Find(context, "timers.reset").ToLocal(&reset) &&
                    reset->Call(context, v8::Undefined(isolate_), 0, nullptr).ToLocal(&count);
  EVALD_CHECK(done && count->IsUint32(), "timers can be forgotten");
  return count.As<v8::Uint32>()->Value();
}

std::string EventLoop::DescribeSleep(v8::Local<v8::Context> context) {
  if (!asleep_) return "";
  const v8::HandleScope handles(isolate_);
  v8::TryCatch quiet(isolate_);
  v8::Local<v8::Function> next;
  v8::Local<v8::Value> answer, count, callback, due;
  if (!hooks::Find(context, "timers.next").ToLocal(&next) ||
      !next->Call(context, v8::Undefined(isolate_), 0, nullptr).ToLocal(&answer) || !answer->IsArray() ||
      !answer.As<v8::Array>()->Get(context, 0).ToLocal(&count) ||
      !answer.As<v8::Array>()->Get(context, 1).ToLocal(&callback) ||
      !answer.As<v8::Array>()->Get(context, 2).ToLocal(&due) || !count->IsUint32() ||
      !callback->IsFunction() || !due->IsNumber()) {
    return "";
  }
  const std::string what = DescribeFunction(isolate_, callback.As<v8::Function>());
  const uint32_t timers = count.As<v8::Uint32>()->Value();
  return absl::StrCat(
      "    asleep until a timer", what.empty() ? "" : " calls ", what,
      timers == 1 ? "" : absl::StrCat(", the first of ", timers, " timers"), ", in ",
      static_cast<int64_t>(std::ceil(std::max(0.0, due.As<v8::Number>()->Value() - NowMillis()))), " ms");
}

double EventLoop::UseTimers() {
  used_timers_ = true;
  return NowMillis();
}

v8::Local<v8::Array> EventLoop::ListIn(v8::Global<v8::Array>& list) {
  if (list.IsEmpty()) list.Reset(isolate_, v8::Array::New(isolate_));
  return list.Get(isolate_);
}

namespace {

// Takes `promise`, with the reason after it, from the end of `list`, if it is there.
void ForgetLast(v8::Local<v8::Context> context, v8::Local<v8::Array> list, v8::Local<v8::Promise> promise) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::Value> last;
  const uint32_t length = list->Length();
  if (length < 2 || !list->Get(context, length - 2).ToLocal(&last) || last != promise) return;
  list->Set(context, v8::String::NewFromUtf8Literal(isolate, "length"),
            v8::Integer::NewFromUnsigned(isolate, length - 2))
      .FromMaybe(false);
}

}  // namespace

// Called while JavaScript runs, or V8 on its behalf.
void EventLoop::OnPromiseReject(v8::PromiseRejectMessage message) {
  const v8::Local<v8::Promise> promise = message.GetPromise();
  v8::Isolate* const isolate = promise->GetIsolate();
  const v8::HandleScope handles(isolate);
  EventLoop& loop = Of(isolate);
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  // Own properties: what a script did to arrays has no say.
  const auto append = [&](v8::Global<v8::Array>& to, v8::Local<v8::Value> value) {
    const v8::Local<v8::Array> list = loop.ListIn(to);
    list->CreateDataProperty(context, list->Length(), value).FromMaybe(false);
  };
  switch (message.GetEvent()) {
    case v8::kPromiseRejectWithNoHandler: {
      const v8::Local<v8::Value> reason = message.GetValue();
      append(loop.rejected_, promise);
      append(loop.rejected_, reason.IsEmpty() ? v8::Local<v8::Value>(v8::Undefined(isolate)) : reason);
      break;
    }
    case v8::kPromiseHandlerAddedAfterReject:
      // One that was not told of yet never is: it has its handler then. The last one is what an `await` gets
      // its handler for; it is forgotten at once, as a script may go on like this without an end of its task.
      if (!loop.rejected_.IsEmpty()) ForgetLast(context, loop.ListIn(loop.rejected_), promise);
      if (loop.told_) append(loop.handled_, promise);
      break;
    case v8::kPromiseRejectAfterResolved:
    case v8::kPromiseResolveAfterResolved:
      break;
  }
}

}  // namespace evald
