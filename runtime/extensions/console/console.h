// The extension `console`: console.log and its siblings, formatted as Node formats, kept with the request
// (runtime/host.h).
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension ConsoleExtension();

}  // namespace evald
