// The TypeScript of a configuration, on its way into a snapshot.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "evald/v1/config.pb.h"
#include "runtime/extension.h"
#include "typescript/protocol.h"

namespace evald::snapshot {

// `config` with JavaScript in the place of all of its TypeScript: files whose names end in .ts, .mts or .cts,
// and modules of type TYPESCRIPT. Where it has none, nothing is started.
//
// INVALID_ARGUMENT names the entry that is at fault, with file, line and column. Else as Transpile.
absl::StatusOr<v1::EvaldConfig> TranspileConfig(v1::EvaldConfig config, const std::string& config_folder,
                                                const std::string& image,
                                                const std::vector<Extension>& extensions);

// Transpiles `texts` in a process of its own, where V8 is started for the transpiler's snapshot: this process
// must not have started V8, which takes one snapshot for each process. Each script carries its source map in
// its last line. `image`: the transpiler's snapshot; `extensions`: all that this program is linked with.
//
// INVALID_ARGUMENT: a text is no TypeScript; the message has its name, line and column. FAILED_PRECONDITION:
// there is no transpiler to be had, and why.
absl::StatusOr<std::vector<typescript::Script>> Transpile(const std::string& image,
                                                          absl::Span<const typescript::Text> texts,
                                                          const std::vector<Extension>& extensions);

}  // namespace evald::snapshot
