#include "runtime/extensions/events/events.h"

#include "runtime/extensions/events/events_bundle.h"
#include "runtime/host.h"

namespace evald {
namespace {

// events_now(): the time stamp of an event that is made now.
void Now(const v8::FunctionCallbackInfo<v8::Value>& info) {
  info.GetReturnValue().Set(Host::Of(info.GetIsolate()).NowMillis());
}

}  // namespace

Extension EventsExtension() { return WithOps(EventsBundle(), {{"events_now", Now}}); }

}  // namespace evald
