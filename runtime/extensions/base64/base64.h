// The extension `base64`: atob and btoa of the HTML Standard.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension Base64Extension();

}  // namespace evald
