#include "runtime/realm.h"

#include "absl/strings/str_cat.h"
#include "runtime/exceptions.h"
#include "runtime/hooks.h"
#include "runtime/host.h"
#include "runtime/module_map.h"
#include "runtime/v8_compat.h"

namespace evald {
namespace {

bool Throw(v8::Isolate* isolate, const std::string& message) {
  v8::Local<v8::String> text;
  if (FromUtf8(isolate, message).ToLocal(&text)) isolate->ThrowException(v8::Exception::Error(text));
  return false;
}

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

// What an extension may import: an object without a prototype, exports by "evald:NAME".
v8::MaybeLocal<v8::Object> Imports(v8::Local<v8::Context> context, const Extension& extension,
                                   v8::Local<v8::Object> exports) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::Local<v8::Object> imports = v8::Object::New(isolate, v8::Null(isolate), nullptr, nullptr, 0);
  const auto add = [&](std::string_view name, v8::Local<v8::Value> what) {
    v8::Local<v8::String> key;
    return FromUtf8(isolate, absl::StrCat("evald:", absl::string_view(name.data(), name.size())))
               .ToLocal(&key) &&
           imports->CreateDataProperty(context, key, what).FromMaybe(false);
  };
  v8::Local<v8::Object> ops, hook_setter;
  if (!OpsObject(context, extension.ops).ToLocal(&ops) || !add("ops", ops)) return {};
  if (!hooks::Module(context).ToLocal(&hook_setter) || !add("hooks", hook_setter)) return {};
  for (const std::string& needed : extension.needs) {
    v8::Local<v8::String> key;
    v8::Local<v8::Value> exported;
    if (!FromUtf8(isolate, needed).ToLocal(&key) || !exports->Get(context, key).ToLocal(&exported) ||
        !add(needed, exported)) {
      return {};
    }
  }
  return imports;
}

// A JavaScript function, so that nothing native has to be part of the snapshot for it.
v8::MaybeLocal<v8::Value> Require(v8::Local<v8::Context> context, v8::Local<v8::Object> imports) {
  constexpr char kSource[] =
      "'use strict'; return (name) => {"
      " if (!(name in imports)) throw new Error(`'${name}' is imported, which the extension does not need`);"
      " return imports[name]; }";
  v8::Isolate* const isolate = context->GetIsolate();
  v8::ScriptCompiler::Source source(
      v8::String::NewFromUtf8Literal(isolate, kSource),
      v8_compat::Origin(isolate, v8::String::NewFromUtf8Literal(isolate, "evald:require"), false));
  v8::Local<v8::String> parameter = v8::String::NewFromUtf8Literal(isolate, "imports");
  v8::Local<v8::Function> make;
  if (!v8::ScriptCompiler::CompileFunction(context, &source, 1, &parameter).ToLocal(&make)) return {};
  v8::Local<v8::Value> argument = imports;
  return make->Call(context, v8::Undefined(isolate), 1, &argument);
}

bool EvaluateBundle(v8::Local<v8::Context> context, const Extension& extension,
                    v8::Local<v8::Object> all_exports) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::String> source, resource, name, key = v8::String::NewFromUtf8Literal(isolate, "exports");
  v8::Local<v8::Object> imports;
  v8::Local<v8::Value> require;
  v8::Local<v8::Function> function;
  if (!FromUtf8(isolate, absl::StrCat("'use strict'; ", extension.source)).ToLocal(&source) ||
      !FromUtf8(isolate, absl::StrCat("evald:", extension.name)).ToLocal(&resource) ||
      !FromUtf8(isolate, extension.name).ToLocal(&name) ||
      !Imports(context, extension, all_exports).ToLocal(&imports) ||
      !Require(context, imports).ToLocal(&require)) {
    return false;
  }
  v8::ScriptCompiler::Source compiled(source, v8_compat::Origin(isolate, resource, false));
  v8::Local<v8::String> parameters[] = {v8::String::NewFromUtf8Literal(isolate, "require"), key,
                                        v8::String::NewFromUtf8Literal(isolate, "module")};
  if (!v8::ScriptCompiler::CompileFunction(context, &compiled, 3, parameters).ToLocal(&function))
    return false;
  const v8::Local<v8::Object> module = v8::Object::New(isolate), exports = v8::Object::New(isolate);
  v8::Local<v8::Value> arguments[] = {require, exports, module}, exported;
  return module->CreateDataProperty(context, key, exports).FromMaybe(false) &&
         !function->Call(context, v8::Undefined(isolate), 3, arguments).IsEmpty() &&
         module->Get(context, key).ToLocal(&exported) &&
         all_exports->CreateDataProperty(context, name, exported).FromMaybe(false);
}

// The user's script, with the ops that it asked for.
bool EvaluateBody(v8::Local<v8::Context> context, const Extension& extension) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::String> source, resource, parameter = v8::String::NewFromUtf8Literal(isolate, "ops");
  v8::Local<v8::Object> ops;
  v8::Local<v8::Function> function;
  if (!FromUtf8(isolate, extension.source).ToLocal(&source) ||
      !FromUtf8(isolate, extension.name).ToLocal(&resource) ||
      !OpsObject(context, extension.ops).ToLocal(&ops)) {
    return false;
  }
  v8::ScriptCompiler::Source compiled(source, v8_compat::Origin(isolate, resource, false));
  v8::Local<v8::Value> argument = ops;
  return v8::ScriptCompiler::CompileFunction(context, &compiled, 1, &parameter).ToLocal(&function) &&
         !function->Call(context, v8::Undefined(isolate), 1, &argument).IsEmpty();
}

bool CheckProvided(v8::Local<v8::Context> context, const Extension& extension) {
  v8::Isolate* const isolate = context->GetIsolate();
  for (const std::string& global : extension.provides) {
    bool there = false;
    {
      // A script, as what a class or const declares is no property of the global object.
      v8::TryCatch absent(isolate);
      v8::Local<v8::Value> value;
      there = RunScript(context, global, "evald:provides").ToLocal(&value) && !value->IsUndefined();
    }
    if (there) continue;
    return Throw(isolate, absl::StrCat("it provides '", global, "', which is not there when it has run"));
  }
  return true;
}

}  // namespace

std::vector<intptr_t> ExternalReferences(absl::Span<const NativeOp> ops) {
  std::vector<intptr_t> references;
  references.reserve(ops.size() + 2 + ModuleMap::References().size());
  for (const NativeOp& op : ops) references.push_back(reinterpret_cast<intptr_t>(op.callback));
  references.push_back(reinterpret_cast<intptr_t>(hooks::Setter()));
  for (const intptr_t reference : ModuleMap::References()) references.push_back(reference);
  references.push_back(0);
  return references;
}

bool EvaluateExtension(v8::Local<v8::Context> context, const Extension& extension,
                       v8::Local<v8::Object> exports) {
  switch (extension.form) {
    case Extension::Form::kScript:
      return !RunScript(context, extension.source, extension.name).IsEmpty() &&
             CheckProvided(context, extension);
    case Extension::Form::kBody:
      return EvaluateBody(context, extension) && CheckProvided(context, extension);
    case Extension::Form::kBundle:
      return EvaluateBundle(context, extension, exports) && CheckProvided(context, extension);
  }
  return false;
}

v8::MaybeLocal<v8::Script> CompileScript(v8::Local<v8::Context> context, std::string_view source,
                                         std::string_view resource_name, int line_offset) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::String> text, name;
  if (!FromUtf8(isolate, source).ToLocal(&text) || !FromUtf8(isolate, resource_name).ToLocal(&name)) {
    isolate->ThrowException(v8::Exception::RangeError(
        v8::String::NewFromUtf8Literal(isolate, "the source is longer than a JavaScript string can be")));
    return {};
  }
  v8::ScriptCompiler::Source compiled(text, v8_compat::Origin(isolate, name, false, line_offset));
  Host::Of(isolate).source_maps().OnCompile(resource_name, source);
  return v8::ScriptCompiler::Compile(context, &compiled);
}

v8::MaybeLocal<v8::Value> RunScript(v8::Local<v8::Context> context, std::string_view source,
                                    std::string_view resource_name) {
  v8::Local<v8::Script> script;
  if (!CompileScript(context, source, resource_name).ToLocal(&script)) return {};
  return script->Run(context);
}

}  // namespace evald
