#include "snapshot/fingerprint.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "snapshot/sha256.h"

namespace evald::snapshot {
namespace {

void Append(std::string_view text, std::string& out) {
  const uint64_t size = text.size();
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(size >> (8 * i)));
  out.append(text);
}

void AppendParts(const google::protobuf::RepeatedPtrField<SnapshotPart>& parts, std::string& out) {
  Append(absl::StrCat(parts.size()), out);
  for (const SnapshotPart& part : parts) {
    Append(part.name(), out);
    Append(part.sha256(), out);
  }
}

}  // namespace

std::string Fingerprint(const EnvelopeHeader& header) {
  std::string sequence;
  Append("evald snapshot", sequence);
  Append(absl::StrCat(kHeapLayout), sequence);
  Append(header.v8_version(), sequence);
  Append(header.v8_flags(), sequence);
  Append(header.ops_digest(), sequence);
  Append(header.architecture(), sequence);
  AppendParts(header.extensions(), sequence);
  AppendParts(header.modules(), sequence);
  AppendParts(header.warmup(), sequence);
  AppendParts(header.canaries(), sequence);
  Append(header.import_map_sha256(), sequence);
  return Sha256Hex({sequence});
}

bool IsFingerprint(std::string_view text) {
  return text.size() == 2 * kSha256Bytes && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace evald::snapshot
