// Preparing a snapshot: the generation that is asked for, out of the store or newly built.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "evald/internal/builder.pb.h"
#include "evald/v1/snapshot.pb.h"
#include "runtime/extension.h"
#include "snapshot/envelope.h"

namespace evald::snapshot {

struct PreparedSnapshot {
  internal::SnapshotReady ready;
  std::string blob;  // checked V8 startup data; empty where only a note was asked for
};

// Told, a line at a time, of what is worth saying while it happens.
using LogSink = std::function<void(std::string_view line)>;

// `available`: the extensions that this program is linked with. `transpiler`: the snapshot that transpiles
// the configuration's TypeScript. Does what `request` asks:
//   serving            the note is written, no more
//   load_generation    that generation as it is stored, with its own warm-up and canaries. It fails where the
//                      generation is not kept, is damaged, or cannot run in this process; where the
//                      configuration cannot be read, it does not
//   else               what the configuration asks for: with `resume`, the generation noted as serving, if it
//                      was chosen under the same configuration; the newest stored one of its fingerprint; or,
//                      and always with `force`, a new one
//
// Starts V8 in this process, except for a note; a script that never ends makes it never return, so it runs in
// a process with a deadline. Once for each process.
//
// A snapshot that was built is given out even when it cannot be stored (a full disk, a read-only one): `log`
// is told. A store that others could write is a failure all the same.
std::variant<PreparedSnapshot, internal::SnapshotFailed> PrepareSnapshot(
    const internal::SnapshotRequest& request, const std::vector<Extension>& available,
    const std::string& transpiler, const LogSink& log);

// The bytes of an envelope with a new snapshot of what `request.config` asks for: a file to be handed on,
// with no generation of its own until a store takes it up. Starts V8 in this process.
std::variant<std::string, internal::SnapshotFailed> BuildEnvelope(const internal::SnapshotRequest& request,
                                                                  const std::vector<Extension>& available,
                                                                  const std::string& transpiler,
                                                                  const LogSink& log);

// How the public API describes a stored snapshot. Says nothing of which one is serving.
v1::Snapshot DescribeSnapshot(const EnvelopeHeader& header, uint64_t blob_bytes);

}  // namespace evald::snapshot
