// Turns a Value from a request into a JavaScript value.
#pragma once

#include <v8.h>

#include "absl/status/statusor.h"
#include "evald/v1/value.pb.h"

namespace evald {

// INVALID_ARGUMENT: JSON that does not parse (the message says where), or a string longer than V8's can be.
// RESOURCE_EXHAUSTED: memory for it cannot be had. ABORTED: V8 is terminating. Runs no code of the script's.
// Call inside a HandleScope.
absl::StatusOr<v8::Local<v8::Value>> ReadValue(v8::Local<v8::Context> context, const v1::Value& value);

}  // namespace evald
