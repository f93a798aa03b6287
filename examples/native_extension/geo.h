// The extension `geo`: distances on the Earth, as an example of an extension with a native half.
#pragma once

#include "runtime/extension.h"

namespace examples {

evald::Extension GeoExtension();

}  // namespace examples
