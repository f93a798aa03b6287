// What a startup snapshot and the process that loads it must agree on.
#pragma once

#include "absl/types/span.h"
#include "evald/internal/zygote.pb.h"
#include "runtime/extension.h"

namespace evald {

// V8's version, the V8 flags that shape a snapshot, and the digest of the sorted op names, of this process.
internal::RuntimeIdentity ThisRuntimeIdentity(absl::Span<const NativeOp> ops);

// OK, or FAILED_PRECONDITION saying what differs and how ("V8 10.2.154 instead of 11.3.244").
absl::Status CheckIdentity(const internal::RuntimeIdentity& expected, const internal::RuntimeIdentity& found);

}  // namespace evald
