#include "runtime/extensions/dom_exception/dom_exception.h"

#include "runtime/exceptions.h"
#include "runtime/extensions/dom_exception/dom_exception_bundle.h"

namespace evald {
namespace {

// dom_exception_describe(error, name, message): what the host calls it, where getters are not asked.
void Describe(const v8::FunctionCallbackInfo<v8::Value>& info) {
  if (!info[0]->IsNativeError() || !info[1]->IsString() || !info[2]->IsString()) return;
  SetDescription(info.GetIsolate()->GetCurrentContext(), info[0].As<v8::Object>(), info[1].As<v8::String>(),
                 info[2].As<v8::String>());
}

}  // namespace

Extension DomExceptionExtension() {
  return WithOps(DomExceptionBundle(), {{"dom_exception_describe", Describe}});
}

}  // namespace evald
