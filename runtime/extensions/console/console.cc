#include "runtime/extensions/console/console.h"

#include "absl/strings/str_cat.h"
#include "runtime/extensions/console/console_bundle.h"
#include "runtime/extensions/encoding/transcode.h"
#include "runtime/extensions/strings.h"
#include "runtime/host.h"

namespace evald {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// console_write(level, text): the level as the number that ConsoleMessage.Level has for it.
void Write(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  const Utf16Text text(isolate, info[1].As<v8::String>());
  Host::Of(isolate).WriteConsole(static_cast<v1::ConsoleMessage::Level>(info[0].As<v8::Int32>()->Value()),
                                 ToUtf8String(text.view()));
}

// console_now(): milliseconds since 1970, for console.time, whose timers may outlive a request.
void Now(const Info& info) {
  const Host& host = Host::Of(info.GetIsolate());
  info.GetReturnValue().Set(host.TimeOriginMillis() + host.NowMillis());
}

// console_names(object, skip_indices): its own enumerable keys, symbols last. A list's indices are left out:
// there may be millions.
void Names(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  v8::Local<v8::Array> names;
  if (info[0]
          .As<v8::Object>()
          ->GetPropertyNames(
              isolate->GetCurrentContext(), v8::KeyCollectionMode::kOwnOnly, v8::ONLY_ENUMERABLE,
              info[1]->IsTrue() ? v8::IndexFilter::kSkipIndices : v8::IndexFilter::kIncludeIndices,
              v8::KeyConversionMode::kConvertToString)
          .ToLocal(&names)) {
    info.GetReturnValue().Set(names);
  }
}

// console_kind(object): what V8 knows the object to be, whatever its prototype says; "" for an ordinary one.
void Kind(const Info& info) {
  const v8::Local<v8::Value> value = info[0];
  const auto answer = [&](const auto& literal) {
    info.GetReturnValue().Set(
        v8::String::NewFromUtf8Literal(info.GetIsolate(), literal, v8::NewStringType::kInternalized));
  };
  if (value->IsProxy()) return answer("Proxy");
  if (value->IsArray()) return answer("Array");
  if (value->IsFunction()) {
    if (value->IsGeneratorFunction())
      return value->IsAsyncFunction() ? answer("AsyncGeneratorFunction") : answer("GeneratorFunction");
    return value->IsAsyncFunction() ? answer("AsyncFunction") : answer("Function");
  }
  if (value->IsNativeError()) return answer("Error");
  if (value->IsMap()) return answer("Map");
  if (value->IsSet()) return answer("Set");
  if (value->IsDate()) return answer("Date");
  if (value->IsRegExp()) return answer("RegExp");
  if (value->IsPromise()) return answer("Promise");
  if (value->IsTypedArray()) return answer("TypedArray");
  if (value->IsArrayBuffer()) return answer("ArrayBuffer");
  if (value->IsSharedArrayBuffer()) return answer("SharedArrayBuffer");
  if (value->IsDataView()) return answer("DataView");
  if (value->IsMapIterator()) return answer("Map Iterator");
  if (value->IsSetIterator()) return answer("Set Iterator");
  if (value->IsWeakMap()) return answer("WeakMap");
  if (value->IsWeakSet()) return answer("WeakSet");
  if (value->IsNumberObject()) return answer("Number");
  if (value->IsStringObject()) return answer("String");
  if (value->IsBooleanObject()) return answer("Boolean");
  if (value->IsBigIntObject()) return answer("BigInt");
  if (value->IsSymbolObject()) return answer("Symbol");
  if (value->IsArgumentsObject()) return answer("Arguments");
  if (value->IsModuleNamespaceObject()) return answer("Module");
  answer("");
}

// "/source/flags", which RegExp.prototype.toString asks getters for.
v8::Local<v8::String> RegExpText(v8::Isolate* isolate, v8::Local<v8::RegExp> regexp) {
  constexpr struct {
    int bit;
    char letter;
  } kFlags[] = {{128, 'd'}, {1, 'g'}, {2, 'i'}, {4, 'm'}, {32, 's'}, {16, 'u'}, {256, 'v'}, {8, 'y'}};
  char text[16] = "/";
  size_t size = 1;
  for (const auto& flag : kFlags) {
    if ((regexp->GetFlags() & flag.bit) != 0) text[size++] = flag.letter;
  }
  const v8::Local<v8::String> slash = v8::String::NewFromUtf8Literal(isolate, "/");
  const v8::Local<v8::String> flags =
      v8::String::NewFromUtf8(isolate, text, v8::NewStringType::kNormal, static_cast<int>(size))
          .ToLocalChecked();
  return v8::String::Concat(isolate, v8::String::Concat(isolate, slash, regexp->GetSource()), flags);
}

// console_inside(object): what the language itself does not show, or not without asking the script. A proxy's
// target; a regular expression's text; a promise's [state, result], the state being 0 while it is pending, 1
// fulfilled, 2 rejected; an iterator's remaining [entries, whether they are keys and values in turn].
void Inside(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  if (info[0]->IsProxy()) {
    info.GetReturnValue().Set(info[0].As<v8::Proxy>()->GetTarget());
  } else if (info[0]->IsRegExp()) {
    info.GetReturnValue().Set(RegExpText(isolate, info[0].As<v8::RegExp>()));
  } else if (info[0]->IsPromise()) {
    const v8::Local<v8::Promise> promise = info[0].As<v8::Promise>();
    const bool pending = promise->State() == v8::Promise::kPending;
    v8::Local<v8::Value> parts[] = {v8::Integer::New(isolate, static_cast<int32_t>(promise->State())),
                                    pending ? v8::Undefined(isolate).As<v8::Value>() : promise->Result()};
    info.GetReturnValue().Set(v8::Array::New(isolate, parts, 2));
  } else if (info[0]->IsMapIterator() || info[0]->IsSetIterator()) {
    bool pairs = false;
    v8::Local<v8::Array> entries;
    if (!info[0].As<v8::Object>()->PreviewEntries(&pairs).ToLocal(&entries)) return;
    v8::Local<v8::Value> parts[] = {entries, v8::Boolean::New(isolate, pairs)};
    info.GetReturnValue().Set(v8::Array::New(isolate, parts, 2));
  }
}

}  // namespace

Extension ConsoleExtension() {
  return WithOps(ConsoleBundle(), {{"console_inside", Inside},
                                   {"console_kind", Kind},
                                   {"console_names", Names},
                                   {"console_now", Now},
                                   {"console_write", Write}});
}

}  // namespace evald
