#include "runtime/extensions/base64/forgiving.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace evald {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr int8_t kBlank = -1;
constexpr int8_t kInvalid = -2;

// What each character stands for.
constexpr std::array<int8_t, 256> kValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(kInvalid);
  for (int i = 0; i < 64; ++i) values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
  for (const char blank : {'\t', '\n', '\f', '\r', ' '}) values[static_cast<uint8_t>(blank)] = kBlank;
  return values;
}();

int8_t ValueOf(char c) { return kValues[static_cast<uint8_t>(c)]; }

}  // namespace

std::string Base64Encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = bytes.size() - at < 3 ? bytes.size() - at : 3;
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < count ? static_cast<uint8_t>(bytes[at + i]) : 0);
    for (size_t i = 0; i < 4; ++i) out.push_back(i <= count ? kAlphabet[bits >> (18 - 6 * i) & 63] : '=');
  }
  return out;
}

std::optional<std::string> ForgivingBase64Decode(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  uint32_t bits = 0;
  size_t digits = 0;   // characters of the alphabet so far
  size_t padding = 0;  // equals signs so far
  for (const char c : text) {
    const int8_t value = ValueOf(c);
    if (value == kBlank) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    if (value == kInvalid || padding > 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    if (++digits % 4 == 0) {
      for (int shift = 16; shift >= 0; shift -= 8) out.push_back(static_cast<char>(bits >> shift));
      bits = 0;
    }
  }
  // Padding counts only where it makes the length a multiple of four, with one or two signs.
  if (padding > 2 || (padding > 0 && (digits + padding) % 4 != 0)) return std::nullopt;
  switch (digits % 4) {
    case 1:
      return std::nullopt;
    case 2:
      out.push_back(static_cast<char>(bits >> 4));
      break;
    case 3:
      out.push_back(static_cast<char>(bits >> 10));
      out.push_back(static_cast<char>(bits >> 2));
      break;
    default:
      break;
  }
  return out;
}

}  // namespace evald
