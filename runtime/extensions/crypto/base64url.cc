#include "runtime/extensions/crypto/base64url.h"

#include <array>
#include <string_view>

namespace evald::crypto {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint8_t kNone = 0xff;

constexpr std::array<uint8_t, 256> Values() {
  std::array<uint8_t, 256> values{};
  values.fill(kNone);
  for (size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  return values;
}
constexpr std::array<uint8_t, 256> kValues = Values();

}  // namespace

void Base64UrlEncode(std::span<const uint8_t> bytes, std::span<uint8_t> text) {
  uint32_t bits = 0;
  int count = 0;
  size_t at = 0;
  for (const uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6)
      text[at++] = static_cast<uint8_t>(kAlphabet[bits >> (count - 6) & 63]);
  }
  if (count > 0) text[at] = static_cast<uint8_t>(kAlphabet[bits << (6 - count) & 63]);
}

std::optional<size_t> Base64UrlDecode(std::span<uint8_t> text) {
  if (text.size() % 4 == 1) return std::nullopt;
  uint32_t bits = 0;
  int count = 0;
  size_t at = 0;
  for (const uint8_t character : text) {
    const uint8_t value = kValues[character];
    if (value == kNone) return std::nullopt;
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    text[at++] = static_cast<uint8_t>(bits >> count);
  }
  if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return at;
}

}  // namespace evald::crypto
