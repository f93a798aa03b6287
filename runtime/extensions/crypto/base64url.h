// Base64url without padding, as JSON Web Keys have it (RFC 7515). No V8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace evald::crypto {

constexpr size_t Base64UrlLength(size_t bytes) {
  return bytes / 3 * 4 + (bytes % 3 == 0 ? 0 : bytes % 3 + 1);
}

// `text` has Base64UrlLength(bytes.size()) characters.
void Base64UrlEncode(std::span<const uint8_t> bytes, std::span<uint8_t> text);

// In place: the bytes are the beginning of what was the text. Returns their number. Nothing: a character or a
// length that there is not, or bits at the end that are not 0.
std::optional<size_t> Base64UrlDecode(std::span<uint8_t> text);

}  // namespace evald::crypto
