// The extension `encoding`: TextEncoder and TextDecoder of the WHATWG Encoding Standard. Legacy
// encodings are ICU's part.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension EncodingExtension();

}  // namespace evald
