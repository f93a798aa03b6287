// What the native halves of extensions do with V8 strings.
#pragma once

#include <v8.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace evald {

// A string's UTF-16 text, copied out, while this object lives.
class Utf16Text {
 public:
  Utf16Text(v8::Isolate* isolate, v8::Local<v8::String> string) : value_(isolate, string) {}
  std::u16string_view view() const {
    return {reinterpret_cast<const char16_t*>(*value_), static_cast<size_t>(value_.length())};
  }

 private:
  v8::String::Value value_;
};

// Makes the string of `text` what the op returns, in the form that takes one byte a character where that is
// possible. A text that is longer than a string can be throws a RangeError.
void ReturnString(const v8::FunctionCallbackInfo<v8::Value>& info, std::u16string_view text);

// The same for text in Latin-1.
void ReturnLatin1(const v8::FunctionCallbackInfo<v8::Value>& info, std::string_view text);

}  // namespace evald
