#include "runtime/extensions/strings.h"

#include <algorithm>

namespace evald {
namespace {

void ReturnOrThrow(const v8::FunctionCallbackInfo<v8::Value>& info, v8::MaybeLocal<v8::String> made) {
  v8::Local<v8::String> string;
  if (made.ToLocal(&string)) {
    info.GetReturnValue().Set(string);
    return;
  }
  v8::Isolate* const isolate = info.GetIsolate();
  isolate->ThrowException(v8::Exception::RangeError(
      v8::String::NewFromUtf8Literal(isolate, "the text is longer than a string can be")));
}

bool Fits(size_t length) { return length <= static_cast<size_t>(v8::String::kMaxLength); }

}  // namespace

void ReturnString(const v8::FunctionCallbackInfo<v8::Value>& info, std::u16string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char16_t unit) { return unit < 0x100; })) {
    return ReturnLatin1(info, std::string(text.begin(), text.end()));
  }
  if (!Fits(text.size())) return ReturnOrThrow(info, {});
  ReturnOrThrow(info,
                v8::String::NewFromTwoByte(info.GetIsolate(), reinterpret_cast<const uint16_t*>(text.data()),
                                           v8::NewStringType::kNormal, static_cast<int>(text.size())));
}

void ReturnLatin1(const v8::FunctionCallbackInfo<v8::Value>& info, std::string_view text) {
  if (!Fits(text.size())) return ReturnOrThrow(info, {});
  ReturnOrThrow(info,
                v8::String::NewFromOneByte(info.GetIsolate(), reinterpret_cast<const uint8_t*>(text.data()),
                                           v8::NewStringType::kNormal, static_cast<int>(text.size())));
}

}  // namespace evald
