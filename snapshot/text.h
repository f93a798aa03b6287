// What the store asks of text that it keeps.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace evald::snapshot {

// Where `text` stops being UTF-8: the offset of the first byte that is none; its size if all of it is.
size_t Utf8Prefix(std::string_view text);

// Values may be nested this deeply in the text that CheckJson accepts.
inline constexpr size_t kMaxJsonDepth = 1000;

// INVALID_ARGUMENT: `text` is not one JSON value (RFC 8259); the message says at which byte, counted from 1,
// and what is wrong there. Takes any bytes.
absl::Status CheckJson(std::string_view text);

}  // namespace evald::snapshot
