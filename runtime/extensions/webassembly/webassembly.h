// The extension `webassembly`: WebAssembly.compileStreaming and instantiateStreaming, over a Response. Its
// hook webassembly.install(WebAssembly) is for whoever loads the snapshot.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension WebassemblyExtension();

}  // namespace evald
