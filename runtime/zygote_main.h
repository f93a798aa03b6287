// The program evald-zygote, to be linked with extensions of one's own (docs/extensions.md).
#pragma once

#include <vector>

#include "runtime/extension.h"

namespace evald {

// What main() returns. `own`: extensions besides the built-in ones; the program's evald-snapshot
// (snapshot/snapshot_main.h) has to have the same.
int ZygoteMain(int argc, char** argv, std::vector<Extension> own = {});

}  // namespace evald
