// The extension `encoding`: TextEncoder and TextDecoder of the WHATWG Encoding Standard, for UTF-8, UTF-16
// and windows-1252.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension EncodingExtension();

}  // namespace evald
