// Limits of requests: what they may be, and what stands in where one is not set. Pure functions.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "evald/v1/script.pb.h"

namespace evald {

// Complete limits of both kinds; see evald.v1.EvaldConfig.
struct LimitBounds {
  v1::Limits defaults;
  v1::Limits ceilings;
};

// INVALID_ARGUMENT unless `limits` is well formed and, where set, within `ceilings`. `path` names it in
// messages: "limits.wall_time: ...".
absl::Status ValidateLimits(absl::string_view path, const v1::Limits& limits, const v1::Limits& ceilings);

// Sets in `limits` what is not set there and is in `from`.
void FillUnset(const v1::Limits& from, v1::Limits& limits);

// Lowers what is set in `limits` to no more than `ceilings`, which are complete.
void Clamp(const v1::Limits& ceilings, v1::Limits& limits);

// Field by field, the smaller and the larger of two complete limits.
v1::Limits Smaller(const v1::Limits& a, const v1::Limits& b);
v1::Limits Larger(const v1::Limits& a, const v1::Limits& b);

}  // namespace evald
