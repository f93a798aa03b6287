// The extension `navigator`: navigator.userAgent.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension NavigatorExtension();

}  // namespace evald
