// The built-in extensions, in their standard order.
#pragma once

#include <vector>

#include "runtime/extension.h"

namespace evald {

const std::vector<Extension>& BuiltinExtensions();

// Those, and a program's own after them.
std::vector<Extension> BuiltinAnd(std::vector<Extension> own);

// OpsOf the built-in ones.
std::vector<NativeOp> BuiltinOps();

}  // namespace evald
