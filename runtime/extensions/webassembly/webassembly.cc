#include "runtime/extensions/webassembly/webassembly.h"

#include "runtime/extensions/webassembly/webassembly_bundle.h"

namespace evald {

Extension WebassemblyExtension() { return WebassemblyBundle(); }

}  // namespace evald
