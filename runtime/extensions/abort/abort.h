// The extension `abort`: AbortController and AbortSignal. It has no native half.
#pragma once

#include "runtime/extensions/abort/abort_bundle.h"

namespace evald {

inline Extension AbortExtension() { return AbortBundle(); }

}  // namespace evald
