// The built-in extensions, in their standard order.
#pragma once

#include <vector>

#include "runtime/extension.h"

namespace evald {

const std::vector<Extension>& BuiltinExtensions();

// The ops of all built-in extensions, sorted by name: the list that snapshots are built and loaded with.
std::vector<NativeOp> BuiltinOps();

}  // namespace evald
