#include "runtime/hooks.h"

#include "base/check.h"

namespace evald::hooks {
namespace {

// Slot of the context's embedder data that holds an object without a prototype: hook by name. Those below are
// V8's.
constexpr int kHooksIndex = 1;

v8::Local<v8::Object> HooksOf(v8::Local<v8::Context> context) {
  const v8::Local<v8::Value> hooks = context->GetEmbedderData(kHooksIndex);
  EVALD_CHECK(hooks->IsObject(), "a context with extensions has hooks");
  return hooks.As<v8::Object>();
}

void SetHook(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  if (!info[0]->IsString() || !info[1]->IsFunction()) {
    isolate->ThrowException(v8::Exception::TypeError(
        v8::String::NewFromUtf8Literal(isolate, "setHook takes a name and a function")));
    return;
  }
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  EVALD_CHECK(HooksOf(context)->CreateDataProperty(context, info[0].As<v8::Name>(), info[1]).FromMaybe(false),
              "a plain object takes a property");
}

}  // namespace

void Prepare(v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  context->SetEmbedderData(kHooksIndex, v8::Object::New(isolate, v8::Null(isolate), nullptr, nullptr, 0));
}

v8::MaybeLocal<v8::Object> Module(v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::Local<v8::Object> module = v8::Object::New(isolate);
  v8::Local<v8::Function> set;
  if (!v8::Function::New(context, SetHook, {}, 0, v8::ConstructorBehavior::kThrow).ToLocal(&set) ||
      !module->CreateDataProperty(context, v8::String::NewFromUtf8Literal(isolate, "setHook"), set)
           .FromMaybe(false)) {
    return {};
  }
  return module;
}

v8::MaybeLocal<v8::Function> Find(v8::Local<v8::Context> context, std::string_view name) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::String> key;
  v8::Local<v8::Value> hook;
  if (!v8::String::NewFromOneByte(isolate, reinterpret_cast<const uint8_t*>(name.data()),
                                  v8::NewStringType::kInternalized, static_cast<int>(name.size()))
           .ToLocal(&key) ||
      !HooksOf(context)->Get(context, key).ToLocal(&hook) || !hook->IsFunction()) {
    return {};
  }
  return hook.As<v8::Function>();
}

v8::FunctionCallback Setter() { return SetHook; }

}  // namespace evald::hooks
