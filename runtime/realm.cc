#include "runtime/realm.h"

#include "absl/strings/str_cat.h"
#include "runtime/exceptions.h"
#include "runtime/platform.h"
#include "runtime/v8_compat.h"

namespace evald {
namespace {

v8::MaybeLocal<v8::Object> OpsObject(v8::Local<v8::Context> context, absl::Span<const NativeOp> ops) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::Local<v8::Object> object = v8::Object::New(isolate);
  for (const NativeOp& op : ops) {
    v8::Local<v8::String> name;
    v8::Local<v8::Function> function;
    if (!FromUtf8(isolate, op.name).ToLocal(&name) ||
        !v8::Function::New(context, op.callback, {}, 0, v8::ConstructorBehavior::kThrow).ToLocal(&function) ||
        !object->CreateDataProperty(context, name, function).FromMaybe(false)) {
      return {};
    }
  }
  return object;
}

bool EvaluateFunctionBody(v8::Local<v8::Context> context, const Extension& extension) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::String> source, name;
  v8::Local<v8::Object> ops;
  v8::Local<v8::Function> function;
  if (!FromUtf8(isolate, absl::StrCat("'use strict'; ", extension.source)).ToLocal(&source) ||
      !FromUtf8(isolate, absl::StrCat("evald:", extension.name)).ToLocal(&name) ||
      !OpsObject(context, extension.ops).ToLocal(&ops)) {
    return false;
  }
  v8::ScriptCompiler::Source compiled(source, v8_compat::Origin(isolate, name, false));
  v8::Local<v8::String> parameter = v8::String::NewFromUtf8Literal(isolate, "ops");
  if (!v8::ScriptCompiler::CompileFunction(context, &compiled, 1, &parameter).ToLocal(&function))
    return false;
  v8::Local<v8::Value> argument = ops;
  return !function->Call(context, v8::Undefined(isolate), 1, &argument).IsEmpty();
}

}  // namespace

std::vector<intptr_t> ExternalReferences(absl::Span<const NativeOp> ops) {
  std::vector<intptr_t> references;
  references.reserve(ops.size() + 1);
  for (const NativeOp& op : ops) references.push_back(reinterpret_cast<intptr_t>(op.callback));
  references.push_back(0);
  return references;
}

bool EvaluateExtension(v8::Local<v8::Context> context, const Extension& extension) {
  switch (extension.form) {
    case Extension::Form::kScript:
      return !RunScript(context, extension.source, extension.name).IsEmpty();
    case Extension::Form::kFunctionBody:
      return EvaluateFunctionBody(context, extension);
  }
  return false;
}

v8::MaybeLocal<v8::Value> RunScript(v8::Local<v8::Context> context, std::string_view source,
                                    std::string_view resource_name) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::String> text, name;
  v8::Local<v8::Script> script;
  if (!FromUtf8(isolate, source).ToLocal(&text) || !FromUtf8(isolate, resource_name).ToLocal(&name)) {
    isolate->ThrowException(v8::Exception::RangeError(
        v8::String::NewFromUtf8Literal(isolate, "the source is longer than a JavaScript string can be")));
    return {};
  }
  v8::ScriptCompiler::Source compiled(text, v8_compat::Origin(isolate, name, false));
  if (!v8::ScriptCompiler::Compile(context, &compiled).ToLocal(&script)) return {};
  return script->Run(context);
}

bool Settle(v8::Isolate* isolate, v8::Local<v8::Promise> promise, absl::FunctionRef<bool()> stopped) {
  for (;;) {
    isolate->PerformMicrotaskCheckpoint();
    if (stopped()) return false;
    if (promise->State() != v8::Promise::kPending) return true;
    if (!RunOneTask(isolate)) return false;
  }
}

}  // namespace evald
