#include "runtime/top_level_await.h"

#include <string>

#include "runtime/exceptions.h"
#include "runtime/hooks.h"
#include "runtime/host.h"
#include "runtime/realm.h"

namespace evald {
namespace {

// Of what the hook puts before the script.
constexpr int kLinesBefore = 1;

struct Rewritten {
  std::string source;
  std::string map;
};

bool Rewrite(v8::Local<v8::Context> context, std::string_view source, Rewritten& out) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::Function> rewrite;
  v8::Local<v8::String> text;
  if (!hooks::Find(context, "await.rewrite").ToLocal(&rewrite) || !FromUtf8(isolate, source).ToLocal(&text))
    return false;
  v8::Local<v8::Value> argument = text, answer, code, map;
  if (!rewrite->Call(context, v8::Undefined(isolate), 1, &argument).ToLocal(&answer) || !answer->IsArray() ||
      !answer.As<v8::Array>()->Get(context, 0).ToLocal(&code) ||
      !answer.As<v8::Array>()->Get(context, 1).ToLocal(&map) || !code->IsString() || !map->IsString()) {
    return false;
  }
  out = {ToUtf8(isolate, code.As<v8::String>()), ToUtf8(isolate, map.As<v8::String>())};
  return true;
}

// Whether `await (x)` and the like are in it, which compile without being what they look like: a call.
bool MayCallAwait(std::string_view source) {
  constexpr std::string_view kAwait = "await", kAmbiguous = "([`+-/";
  for (size_t at = source.find(kAwait); at != std::string_view::npos; at = source.find(kAwait, at + 1)) {
    const size_t next = source.find_first_not_of(" \t\r\n", at + kAwait.size());
    if (next != std::string_view::npos && kAmbiguous.find(source[next]) != std::string_view::npos)
      return true;
  }
  return false;
}

}  // namespace

v8::MaybeLocal<v8::Script> CompileWithAwait(v8::Local<v8::Context> context, std::string_view source,
                                            std::string_view resource_name) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::TryCatch caught(isolate);
  v8::Local<v8::Script> script;
  const bool compiled = CompileScript(context, source, resource_name).ToLocal(&script);
  if (compiled && !MayCallAwait(source)) return script;
  const v8::Local<v8::Script> as_it_is = script;
  if (source.find("await") != std::string_view::npos && !caught.HasTerminated()) {
    SourceMaps& maps = Host::Of(isolate).source_maps();
    v8::TryCatch quiet(isolate);
    Rewritten rewritten;
    if (Rewrite(context, source, rewritten) &&
        CompileScript(context, rewritten.source, resource_name, -kLinesBefore).ToLocal(&script)) {
      maps.OnCompile(resource_name, source);
      // A map that the script has already says more.
      if (!rewritten.map.empty() && !maps.Has(resource_name))
        maps.Give(resource_name, std::move(rewritten.map));
      caught.Reset();
      return script;
    }
    if (quiet.HasTerminated()) {
      isolate->TerminateExecution();
      return {};
    }
  }
  if (compiled) return as_it_is;
  caught.ReThrow();
  return {};
}

}  // namespace evald
