// The file format of a stored snapshot: V8's startup data with everything around it that is checked before V8
// sees a byte.
//
// V8 looks only at the version inside its startup data: it accepts truncated and altered bytes, and the
// process then aborts or does worse. So nothing is taken out of an envelope before the whole of it has been
// checked.
//
//   offset      size
//        0         8  magic: 0x89 "EVALD" 0x0d 0x0a
//        8         4  format version (2), little-endian
//       12         4  H: size of the header, little-endian, at most 1 MiB
//       16         8  R: size of the recipe, little-endian, at most 128 MiB
//       24         8  B: size of the startup data, little-endian, at most 512 MiB
//       32        32  SHA-256 of the recipe
//       64        32  SHA-256 of the startup data
//       96        32  SHA-256 of bytes 0 to 96 followed by the header
//      128         H  header: an EnvelopeHeader message (snapshot/envelope.proto)
//  128 + H         R  recipe: a Recipe message: deferred modules, warm-up scripts and canaries
//  128 + H + R     B  V8 startup data
//
// The file ends there. The header stands first, so that a listing reads the beginning of each file only,
// however long its recipe. The digests find damage; they are no signature. Whoever can write the store can
// make evald run code, which is why the store refuses a folder that others can write (snapshot/store.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "snapshot/envelope.pb.h"

namespace evald::snapshot {

inline constexpr uint32_t kEnvelopeVersion = 2;
inline constexpr size_t kEnvelopePreambleBytes = 128;
inline constexpr size_t kMaxHeaderBytes = size_t{1} << 20;
// The zygote gets it in the frame that it boots with (kMaxBootFrame in runtime/zygote.cc), besides its
// settings.
inline constexpr size_t kMaxRecipeBytes = size_t{60} << 20;
inline constexpr size_t kMaxBlobBytes = size_t{512} << 20;
inline constexpr size_t kMaxEnvelopeBytes =
    kEnvelopePreambleBytes + kMaxHeaderBytes + kMaxRecipeBytes + kMaxBlobBytes;

// REQUIRES: `blob` is not longer than kMaxBlobBytes. INVALID_ARGUMENT: the header is larger than
// kMaxHeaderBytes, or the recipe than kMaxRecipeBytes.
absl::StatusOr<std::string> EncodeEnvelope(const EnvelopeHeader& header, const Recipe& recipe,
                                           std::string_view blob);

struct Envelope {
  EnvelopeHeader header;
  Recipe recipe;
  std::string_view blob;  // inside the bytes that were decoded
};

// Checks all of an envelope. Takes any bytes whatsoever. What is wrong is told by the code and the words:
//   INVALID_ARGUMENT     not an envelope at all
//   FAILED_PRECONDITION  an envelope of another format version
//   OUT_OF_RANGE         it announces sizes over the limits
//   DATA_LOSS            truncated, followed by further bytes, or altered: the message says which part
absl::StatusOr<Envelope> DecodeEnvelope(std::string_view bytes);

struct EnvelopeSummary {
  EnvelopeHeader header;
  uint64_t blob_bytes = 0;
};

// How many bytes of a file are needed by DecodeEnvelopeHeader at the most.
inline constexpr size_t kMaxSummaryBytes = kEnvelopePreambleBytes + kMaxHeaderBytes;

// Checks all but the recipe and the startup data themselves, for listings. `beginning` is the beginning of a
// file of `file_bytes` bytes: all of it or at least kMaxSummaryBytes. Errors as from DecodeEnvelope.
absl::StatusOr<EnvelopeSummary> DecodeEnvelopeHeader(std::string_view beginning, uint64_t file_bytes);

}  // namespace evald::snapshot
