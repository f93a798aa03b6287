#include "runtime/extensions/timers/timers.h"

#include "runtime/event_loop.h"
#include "runtime/extensions/timers/timers_bundle.h"

namespace evald {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// timers_now(): the event loop's clock, in milliseconds.
void Now(const Info& info) { info.GetReturnValue().Set(EventLoop::Of(info.GetIsolate()).UseTimers()); }

// timers_microtask(callback): it must not throw.
void Microtask(const Info& info) {
  if (info[0]->IsFunction()) info.GetIsolate()->EnqueueMicrotask(info[0].As<v8::Function>());
}

// timers_report(error): nothing caught it.
void Report(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  EventLoop::Of(isolate).Report(isolate->GetCurrentContext(), info[0], {});
}

}  // namespace

Extension TimersExtension() {
  return WithOps(TimersBundle(),
                 {{"timers_microtask", Microtask}, {"timers_now", Now}, {"timers_report", Report}});
}

}  // namespace evald
