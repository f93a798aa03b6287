// Base64 as the WHATWG Infra Standard has it. No V8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace evald {

std::string Base64Encode(std::string_view bytes);

// Forgiving: ASCII blanks anywhere, padding that may be missing, and bits after the last byte that may be
// anything. Nothing if it is not Base64 even so.
std::optional<std::string> ForgivingBase64Decode(std::string_view text);

}  // namespace evald
