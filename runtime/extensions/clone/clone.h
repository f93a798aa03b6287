// The extension `clone`: structuredClone of the HTML Standard, and what other extensions need to have their
// objects cloned and transferred.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension CloneExtension();

}  // namespace evald
