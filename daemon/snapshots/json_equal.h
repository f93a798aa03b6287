// Comparing JSON texts by what they say. Pure functions.
#pragma once

#include "absl/strings/string_view.h"

namespace evald {

bool IsJson(absl::string_view text);

// Whether both are JSON and the same value: white space, the order of members and the spelling of numbers do
// not count. Numbers are compared as JavaScript has them, as doubles.
bool SameJson(absl::string_view a, absl::string_view b);

}  // namespace evald
