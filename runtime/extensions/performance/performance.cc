#include "runtime/extensions/performance/performance.h"

#include "runtime/extensions/performance/performance_bundle.h"
#include "runtime/host.h"

namespace evald {
namespace {

void Now(const v8::FunctionCallbackInfo<v8::Value>& info) {
  info.GetReturnValue().Set(Host::Of(info.GetIsolate()).NowMillis());
}

void TimeOrigin(const v8::FunctionCallbackInfo<v8::Value>& info) {
  info.GetReturnValue().Set(Host::Of(info.GetIsolate()).TimeOriginMillis());
}

}  // namespace

Extension PerformanceExtension() {
  return WithOps(PerformanceBundle(), {{"performance_now", Now}, {"performance_time_origin", TimeOrigin}});
}

}  // namespace evald
