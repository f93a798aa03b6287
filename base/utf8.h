// Cutting text where it must not be longer.
#pragma once

#include <cstddef>
#include <string_view>

namespace evald {

// The beginning of `text`, at most `most` bytes of it, cut between characters. `text` is UTF-8.
inline std::string_view CutUtf8(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace evald
