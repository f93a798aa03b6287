#include "runtime/extensions/console/console.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include <cstdint>
#include <string>

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

// console_names(object, skip_indices, hidden): its own enumerable keys, or all of them, symbols last. A
// list's indices are left out: there may be millions.
void Names(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  v8::Local<v8::Array> names;
  if (info[0]
          .As<v8::Object>()
          ->GetPropertyNames(
              isolate->GetCurrentContext(), v8::KeyCollectionMode::kOwnOnly,
              info[2]->BooleanValue(isolate) ? v8::ALL_PROPERTIES : v8::ONLY_ENUMERABLE,
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
// fulfilled, 2 rejected; an iterator's remaining [entries, whether they are keys and values in turn], and the
// same of a weak collection.
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
  } else if (info[0]->IsMapIterator() || info[0]->IsSetIterator() || info[0]->IsWeakMap() ||
             info[0]->IsWeakSet()) {
    bool pairs = false;
    v8::Local<v8::Array> entries;
    if (!info[0].As<v8::Object>()->PreviewEntries(&pairs).ToLocal(&entries)) return;
    v8::Local<v8::Value> parts[] = {entries, v8::Boolean::New(isolate, pairs)};
    info.GetReturnValue().Set(v8::Array::New(isolate, parts, 2));
  }
}

// console_handler(proxy)
void Handler(const Info& info) {
  if (info[0]->IsProxy()) info.GetReturnValue().Set(info[0].As<v8::Proxy>()->GetHandler());
}

// How many columns of a terminal a character takes.
uint32_t Columns(UChar32 character) {
  constexpr uint32_t kOfNoWidth = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_ME_MASK | U_GC_MN_MASK;
  constexpr UChar32 kSoftHyphen = 0xAD;
  if (character != kSoftHyphen && ((U_MASK(u_charType(character)) & kOfNoWidth) != 0 ||
                                   u_hasBinaryProperty(character, UCHAR_EMOJI_MODIFIER))) {
    return 0;
  }
  switch (u_getIntPropertyValue(character, UCHAR_EAST_ASIAN_WIDTH)) {
    case U_EA_FULLWIDTH:
    case U_EA_WIDE:
      return 2;
    case U_EA_AMBIGUOUS:
    case U_EA_NEUTRAL:
      return u_hasBinaryProperty(character, UCHAR_EMOJI) ? 2 : 1;
    default:
      return 1;
  }
}

std::u16string Composed(std::u16string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* const composer = unorm2_getNFCInstance(&status);
  std::u16string out(text.size() + 16, u'\0');
  const auto normalize = [&] {
    status = U_ZERO_ERROR;
    return unorm2_normalize(composer, text.data(), static_cast<int32_t>(text.size()), out.data(),
                            static_cast<int32_t>(out.size()), &status);
  };
  int32_t length = normalize();
  if (status == U_BUFFER_OVERFLOW_ERROR) {
    out.resize(static_cast<size_t>(length));
    length = normalize();
  }
  if (U_FAILURE(status)) return std::u16string(text);
  out.resize(static_cast<size_t>(length));
  return out;
}

// console_width(text): how many columns it takes, counted as Node counts.
void Width(const Info& info) {
  const Utf16Text argument(info.GetIsolate(), info[0].As<v8::String>());
  const std::u16string text = Composed(argument.view());
  constexpr UChar32 kJoiner = 0x200D;
  uint32_t width = 0;
  UChar32 character = 0, before = 0;
  for (size_t at = 0; at < text.size(); before = character) {
    U16_NEXT(text.data(), at, text.size(), character);
    const bool joined = before == kJoiner && (u_hasBinaryProperty(character, UCHAR_EMOJI_PRESENTATION) ||
                                              u_hasBinaryProperty(character, UCHAR_EMOJI_MODIFIER));
    if (!joined) width += Columns(character);
  }
  info.GetReturnValue().Set(width);
}

}  // namespace

Extension ConsoleExtension() {
  return WithOps(ConsoleBundle(), {{"console_handler", Handler},
                                   {"console_inside", Inside},
                                   {"console_kind", Kind},
                                   {"console_names", Names},
                                   {"console_now", Now},
                                   {"console_width", Width},
                                   {"console_write", Write}});
}

}  // namespace evald
