// The extension `top_level_await`: await in classic scripts, for the host; it provides no global. It has no
// native half.
#pragma once

#include "runtime/extensions/top_level_await/top_level_await_bundle.h"

namespace evald {

inline Extension TopLevelAwaitExtension() { return TopLevelAwaitBundle(); }

}  // namespace evald
