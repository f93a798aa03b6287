// Whether text that a user typed is what it has to be, found out before anything is sent.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace evald {

// OK if `text` is one JSON value (RFC 8259), whitespace around it allowed. INVALID_ARGUMENT says what is
// wrong and at which byte, counted from 1. Nesting may be of any depth.
absl::Status CheckJson(std::string_view text);

// OK if `text` is UTF-8. INVALID_ARGUMENT says at which byte, counted from 1, it is not.
absl::Status CheckUtf8(std::string_view text);

}  // namespace evald
