// Text between UTF-16, which JavaScript strings hold, and bytes, as the WHATWG Encoding Standard has it. No
// V8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace evald {

enum class Encoding : int { kUtf8, kUtf16Le, kUtf16Be, kWindows1252 };

// Looks a label up, blanks around it and capitals allowed ("utf8", " Latin1 ").
std::optional<Encoding> EncodingOfLabel(std::string_view label);

// How many bytes EncodeUtf8 needs for all of `text`.
size_t Utf8Length(std::u16string_view text);

struct EncodedLength {
  size_t read;     // UTF-16 code units
  size_t written;  // bytes
};

// Writes as many whole characters as fit. A lone surrogate becomes U+FFFD.
EncodedLength EncodeUtf8(std::u16string_view text, std::span<uint8_t> out);

std::string ToUtf8String(std::u16string_view text);

enum class Errors { kReplace, kFatal };

// What ends a piece of input that is cut inside a character.
enum class Cut {
  kIsError,   // nothing comes after it
  kIsPending  // the rest comes with the next piece
};

// Appends what `bytes` say to `out`. Each maximal part of a broken sequence becomes one U+FFFD. Returns how
// many bytes at the end were left alone (at most 3, with Cut::kIsPending), or nothing if with Errors::kFatal
// an error was met.
std::optional<size_t> Decode(Encoding encoding, std::span<const uint8_t> bytes, Errors errors, Cut cut,
                             std::u16string& out);

}  // namespace evald
