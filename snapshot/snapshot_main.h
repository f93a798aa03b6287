// The program evald-snapshot, to be linked with extensions of one's own (docs/extensions.md).
#pragma once

#include <vector>

#include "runtime/extension.h"

namespace evald {

// What main() returns. `own`: extensions besides the built-in ones; the zygotes that load what this program
// builds (runtime/zygote_main.h) have to have the same.
int SnapshotMain(int argc, char** argv, std::vector<Extension> own = {});

}  // namespace evald
