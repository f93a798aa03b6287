// The fingerprint: one name for all that a snapshot generation was made from. Two generations with the same
// fingerprint are interchangeable, so it covers what is run on top of the startup data too: another warm-up
// script or canary makes another generation, though V8's startup data would be the same.
//
// It is the SHA-256, in hexadecimal, over a sequence of strings, each written as its length (8 bytes,
// little-endian) and its bytes:
//
//   "evald snapshot"  layout  V8 version  V8 flags  ops digest  architecture
//   number of extensions, then for each in its order: name, SHA-256 of its content
//   number of modules, then for each in its order: specifier, SHA-256 of its content
//   number of warm-up scripts, then for each in its order: name, SHA-256 of its source
//   number of canaries, then for each in its order: name, SHA-256 of its content (snapshot/inputs.h)
//   SHA-256 of the import map, or nothing
//
// Numbers are written in decimal. The lengths make it unambiguous: no two different inputs give the same
// sequence of bytes.
#pragma once

#include <string>
#include <string_view>

#include "snapshot/envelope.pb.h"

namespace evald::snapshot {

// What SnapshotBuilder puts on the heap besides its inputs, and how. Raised when a snapshot built from the
// same inputs would no longer be understood by the runtime that loads it.
inline constexpr int kHeapLayout = 3;

// Reads every field of `header` that says what the generation is made from; not its fingerprint, generation,
// times, build log and reason.
std::string Fingerprint(const EnvelopeHeader& header);

// True for 64 lower-case hexadecimal digits, the only form a fingerprint has.
bool IsFingerprint(std::string_view text);

}  // namespace evald::snapshot
