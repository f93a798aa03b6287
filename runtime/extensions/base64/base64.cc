#include "runtime/extensions/base64/base64.h"

#include <algorithm>
#include <optional>
#include <string>

#include "runtime/extensions/base64/base64_bundle.h"
#include "runtime/extensions/base64/forgiving.h"
#include "runtime/extensions/strings.h"

namespace evald {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// The characters of the op's one argument, a string, as bytes; nothing if one of them is above U+00FF.
std::optional<std::string> Latin1Argument(const Info& info) {
  const Utf16Text text(info.GetIsolate(), info[0].As<v8::String>());
  const std::u16string_view units = text.view();
  if (std::any_of(units.begin(), units.end(), [](char16_t unit) { return unit > 0xFF; })) return std::nullopt;
  return std::string(units.begin(), units.end());
}

// base64_encode(text): undefined if a character is not a byte.
void Encode(const Info& info) {
  if (const std::optional<std::string> bytes = Latin1Argument(info)) ReturnLatin1(info, Base64Encode(*bytes));
}

// base64_decode(text): undefined if it is not Base64.
void Decode(const Info& info) {
  const std::optional<std::string> text = Latin1Argument(info);
  if (!text) return;
  if (const std::optional<std::string> bytes = ForgivingBase64Decode(*text)) ReturnLatin1(info, *bytes);
}

}  // namespace

Extension Base64Extension() {
  return WithOps(Base64Bundle(), {{"base64_decode", Decode}, {"base64_encode", Encode}});
}

}  // namespace evald
