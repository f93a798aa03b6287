#include "runtime/extensions/encoding/transcode.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace evald {
namespace {

constexpr char16_t kReplacement = 0xFFFD;

bool IsLead(char16_t unit) { return (unit & 0xFC00) == 0xD800; }
bool IsTrail(char16_t unit) { return (unit & 0xFC00) == 0xDC00; }

// The character at `at` and how many code units it takes; a lone surrogate is U+FFFD.
struct Character {
  char32_t value;
  size_t units;
};

Character CharacterAt(std::u16string_view text, size_t at) {
  const char16_t unit = text[at];
  if (IsLead(unit) && at + 1 < text.size() && IsTrail(text[at + 1])) {
    return {0x10000 + ((char32_t{unit} - 0xD800) << 10) + (char32_t{text[at + 1]} - 0xDC00), 2};
  }
  return {IsLead(unit) || IsTrail(unit) ? char32_t{kReplacement} : char32_t{unit}, 1};
}

size_t Utf8Bytes(char32_t character) {
  if (character < 0x80) return 1;
  if (character < 0x800) return 2;
  return character < 0x10000 ? 3 : 4;
}

void AppendCharacter(char32_t character, std::u16string& out) {
  if (character < 0x10000) {
    out.push_back(static_cast<char16_t>(character));
    return;
  }
  out.push_back(static_cast<char16_t>(0xD7C0 + (character >> 10)));
  out.push_back(static_cast<char16_t>(0xDC00 + (character & 0x3FF)));
}

// What may follow a leading byte of UTF-8: how many bytes, and the range of the first of them, which is what
// keeps out overlong forms, surrogates and values over U+10FFFF.
struct Sequence {
  size_t length;  // of the bytes that follow; 0: not a leading byte
  uint8_t low;
  uint8_t high;
};

Sequence SequenceOf(uint8_t lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

size_t AsciiPrefix(std::span<const uint8_t> bytes) {
  size_t at = 0;
  for (uint64_t eight; at + sizeof(eight) <= bytes.size(); at += sizeof(eight)) {
    std::memcpy(&eight, bytes.data() + at, sizeof(eight));
    if ((eight & 0x8080808080808080) != 0) break;
  }
  while (at < bytes.size() && bytes[at] < 0x80) ++at;
  return at;
}

std::optional<size_t> DecodeUtf8(std::span<const uint8_t> bytes, Errors errors, Cut cut,
                                 std::u16string& out) {
  for (size_t at = 0; at < bytes.size();) {
    if (const size_t ascii = AsciiPrefix(bytes.subspan(at)); ascii > 0) {
      out.append(bytes.begin() + at, bytes.begin() + at + ascii);
      at += ascii;
      continue;
    }
    Sequence sequence = SequenceOf(bytes[at]);
    char32_t character = bytes[at] & (0x3F >> sequence.length);
    size_t got = 0;
    while (got < sequence.length && at + 1 + got < bytes.size()) {
      const uint8_t next = bytes[at + 1 + got];
      if (next < sequence.low || next > sequence.high) break;
      sequence.low = 0x80;
      sequence.high = 0xBF;
      character = character << 6 | (next & 0x3F);
      ++got;
    }
    if (sequence.length > 0 && got == sequence.length) {
      AppendCharacter(character, out);
    } else {
      if (sequence.length > 0 && at + 1 + got == bytes.size() && cut == Cut::kIsPending) return 1 + got;
      if (errors == Errors::kFatal) return std::nullopt;
      out.push_back(kReplacement);
    }
    at += 1 + got;
  }
  return 0;
}

std::optional<size_t> DecodeUtf16(bool big_endian, std::span<const uint8_t> bytes, Errors errors, Cut cut,
                                  std::u16string& out) {
  const auto unit_at = [&](size_t at) {
    return static_cast<char16_t>(bytes[at + (big_endian ? 0 : 1)] << 8 | bytes[at + (big_endian ? 1 : 0)]);
  };
  for (size_t at = 0; at < bytes.size();) {
    const size_t left = bytes.size() - at;
    const bool lead = left >= 2 && IsLead(unit_at(at));
    if (left < 2 || (lead && left < 4)) {  // cut inside a character
      if (cut == Cut::kIsPending) return left;
      if (errors == Errors::kFatal) return std::nullopt;
      out.push_back(kReplacement);
      return 0;
    }
    const char16_t unit = unit_at(at);
    at += 2;
    if (lead && IsTrail(unit_at(at))) {
      out.push_back(unit);
      out.push_back(unit_at(at));
      at += 2;
    } else if (lead || IsTrail(unit)) {
      if (errors == Errors::kFatal) return std::nullopt;
      out.push_back(kReplacement);
    } else {
      out.push_back(unit);
    }
  }
  return 0;
}

// What windows-1252 has at 0x80 to 0x9F; everywhere else it is Latin-1.
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

void DecodeWindows1252(std::span<const uint8_t> bytes, std::u16string& out) {
  for (const uint8_t byte : bytes)
    out.push_back(byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80] : char16_t{byte});
}

struct Label {
  std::string_view label;
  Encoding encoding;
};

constexpr Label kLabels[] = {
    {"utf-8", Encoding::kUtf8},
    {"utf8", Encoding::kUtf8},
    {"unicode-1-1-utf-8", Encoding::kUtf8},
    {"unicode11utf8", Encoding::kUtf8},
    {"unicode20utf8", Encoding::kUtf8},
    {"x-unicode20utf8", Encoding::kUtf8},
    {"utf-16le", Encoding::kUtf16Le},
    {"utf-16", Encoding::kUtf16Le},
    {"csunicode", Encoding::kUtf16Le},
    {"iso-10646-ucs-2", Encoding::kUtf16Le},
    {"ucs-2", Encoding::kUtf16Le},
    {"unicode", Encoding::kUtf16Le},
    {"unicodefeff", Encoding::kUtf16Le},
    {"utf-16be", Encoding::kUtf16Be},
    {"unicodefffe", Encoding::kUtf16Be},
    {"windows-1252", Encoding::kWindows1252},
    {"latin1", Encoding::kWindows1252},
    {"ascii", Encoding::kWindows1252},
    {"us-ascii", Encoding::kWindows1252},
    {"ansi_x3.4-1968", Encoding::kWindows1252},
    {"cp1252", Encoding::kWindows1252},
    {"x-cp1252", Encoding::kWindows1252},
    {"cp819", Encoding::kWindows1252},
    {"csisolatin1", Encoding::kWindows1252},
    {"ibm819", Encoding::kWindows1252},
    {"iso-8859-1", Encoding::kWindows1252},
    {"iso-ir-100", Encoding::kWindows1252},
    {"iso8859-1", Encoding::kWindows1252},
    {"iso88591", Encoding::kWindows1252},
    {"iso_8859-1", Encoding::kWindows1252},
    {"iso_8859-1:1987", Encoding::kWindows1252},
    {"l1", Encoding::kWindows1252},
};

}  // namespace

std::optional<Encoding> EncodingOfLabel(std::string_view label) {
  constexpr std::string_view kBlanks = "\t\n\f\r ";
  const size_t begin = label.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return std::nullopt;
  std::string name(label.substr(begin, label.find_last_not_of(kBlanks) - begin + 1));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const auto* found =
      std::find_if(std::begin(kLabels), std::end(kLabels), [&](const Label& l) { return l.label == name; });
  if (found == std::end(kLabels)) return std::nullopt;
  return found->encoding;
}

size_t Utf8Length(std::u16string_view text) {
  size_t length = 0;
  for (size_t at = 0; at < text.size();) {
    const Character character = CharacterAt(text, at);
    length += Utf8Bytes(character.value);
    at += character.units;
  }
  return length;
}

EncodedLength EncodeUtf8(std::u16string_view text, std::span<uint8_t> out) {
  EncodedLength done{0, 0};
  while (done.read < text.size()) {
    const Character character = CharacterAt(text, done.read);
    const size_t bytes = Utf8Bytes(character.value);
    if (bytes > out.size() - done.written) break;
    uint8_t* const at = out.data() + done.written;
    if (bytes == 1) {
      at[0] = static_cast<uint8_t>(character.value);
    } else {
      constexpr uint8_t kLeads[] = {0, 0, 0xC0, 0xE0, 0xF0};
      char32_t rest = character.value;
      for (size_t i = bytes - 1; i > 0; --i, rest >>= 6) at[i] = static_cast<uint8_t>(0x80 | (rest & 0x3F));
      at[0] = static_cast<uint8_t>(kLeads[bytes] | rest);
    }
    done.read += character.units;
    done.written += bytes;
  }
  return done;
}

std::string ToUtf8String(std::u16string_view text) {
  std::string out(Utf8Length(text), '\0');
  EncodeUtf8(text, {reinterpret_cast<uint8_t*>(out.data()), out.size()});
  return out;
}

std::optional<size_t> Decode(Encoding encoding, std::span<const uint8_t> bytes, Errors errors, Cut cut,
                             std::u16string& out) {
  switch (encoding) {
    case Encoding::kUtf8:
      return DecodeUtf8(bytes, errors, cut, out);
    case Encoding::kUtf16Le:
      return DecodeUtf16(false, bytes, errors, cut, out);
    case Encoding::kUtf16Be:
      return DecodeUtf16(true, bytes, errors, cut, out);
    case Encoding::kWindows1252:
      DecodeWindows1252(bytes, out);
      return 0;
  }
  return std::nullopt;
}

}  // namespace evald
