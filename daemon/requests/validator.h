// What makes a request acceptable. Pure functions, called on gRPC's threads before anything else happens to a
// request.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "daemon/requests/limits.h"
#include "evald/v1/script.pb.h"

namespace evald {

inline constexpr size_t kMaxTenantBytes = 256;
inline constexpr int kMaxModules = 1000;
// As runtime/specifier.h has it.
inline constexpr size_t kMaxSpecifierBytes = 4096;

// OK, or INVALID_ARGUMENT whose message begins with the path of the field: "limits.wall_time: ...".
absl::Status Validate(const v1::EvalRequest& request, const LimitBounds& bounds);
absl::Status Validate(const v1::CallFunctionRequest& request, const LimitBounds& bounds);

// Replaces what is unset or UNSPECIFIED with its default. REQUIRES: the request is valid.
void FillDefaults(const LimitBounds& bounds, v1::EvalRequest& request);
void FillDefaults(const LimitBounds& bounds, v1::CallFunctionRequest& request);

// What limits.source_bytes counts: the source text, or all arguments together; with them the modules, their
// specifiers and the import map.
uint64_t SourceBytes(const v1::EvalRequest& request);
uint64_t SourceBytes(const v1::CallFunctionRequest& request);

}  // namespace evald
