// What makes a request acceptable. Pure functions, called on gRPC's threads before anything else happens to a
// request.
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

// OK, or INVALID_ARGUMENT whose message begins with the path of the field: "limits.wall_time: ...".
absl::Status Validate(const v1::EvalRequest& request, const LimitBounds& bounds);
absl::Status Validate(const v1::CallFunctionRequest& request, const LimitBounds& bounds);

// Replaces what is unset or UNSPECIFIED with its default. REQUIRES: the request is valid.
void FillDefaults(const LimitBounds& bounds, v1::EvalRequest& request);
void FillDefaults(const LimitBounds& bounds, v1::CallFunctionRequest& request);

// INVALID_ARGUMENT unless `limits` is well formed and, where set, within `ceilings`. `path` names it in
// messages.
absl::Status ValidateLimits(absl::string_view path, const v1::Limits& limits, const v1::Limits& ceilings);

}  // namespace evald
