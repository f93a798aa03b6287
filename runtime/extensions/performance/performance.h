// The extension `performance`: performance.now() and timeOrigin, counted from the start of the request
// (runtime/host.h).
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension PerformanceExtension();

}  // namespace evald
