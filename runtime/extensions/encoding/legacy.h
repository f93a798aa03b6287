// The legacy encodings of the WHATWG Encoding Standard, which are read by ICU's converters as in Node, and
// their labels. No V8. Converters are opened once for each process, and in ICU's own library: no file is read
// for them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/extensions/encoding/transcode.h"

namespace evald {

// A legacy encoding, as its place in a list.
using LegacyEncoding = size_t;
size_t LegacyEncodings();
std::string_view NameOf(LegacyEncoding encoding);

// Looks a label up, as EncodingOfLabel does.
std::optional<LegacyEncoding> LegacyOfLabel(std::string_view label);

// What comes before the next piece of a stream: the shift that holds, and the bytes of a character that is
// cut.
struct LegacyState {
  uint8_t shift_size = 0;
  uint8_t size = 0;  // of both
  std::array<uint8_t, 14> bytes{};
};

// Appends what `bytes` say to `out`, what is in `state` before them. With Cut::kIsPending, `state` becomes
// that of the next piece. False: with Errors::kFatal an error was met.
bool DecodeLegacy(LegacyEncoding encoding, std::span<const uint8_t> bytes, Errors errors, Cut cut,
                  LegacyState& state, std::u16string& out);

}  // namespace evald
