#include "snapshot/envelope.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "snapshot/sha256.h"

namespace evald::snapshot {
namespace {

constexpr std::string_view kMagic(
    "\x89"
    "EVALD\r\n",
    8);
constexpr size_t kVersionAt = 8;
constexpr size_t kHeaderSizeAt = 12;
constexpr size_t kBlobSizeAt = 16;
constexpr size_t kBlobDigestAt = 24;
constexpr size_t kHeaderDigestAt = 56;
static_assert(kHeaderDigestAt + kSha256Bytes == kEnvelopePreambleBytes);

void AppendInteger(uint64_t value, size_t size, std::string& out) {
  for (size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

// REQUIRES: `bytes` reaches that far.
uint64_t ReadInteger(std::string_view bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= uint64_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
  return value;
}

struct Sizes {
  size_t header;
  size_t blob;
};

// Checks the preamble's own words and that the file is as long as they say.
absl::StatusOr<Sizes> ReadSizes(std::string_view bytes, uint64_t file_bytes) {
  // A file cut short inside the magic is a truncated one, if it begins as an envelope does.
  if (bytes.empty()) return absl::DataLossError("truncated: the file is empty");
  const size_t magic = std::min(bytes.size(), kMagic.size());
  if (bytes.substr(0, magic) != kMagic.substr(0, magic))
    return absl::InvalidArgumentError("not a snapshot of evald");
  if (bytes.size() < kHeaderSizeAt) {
    return absl::DataLossError(
        absl::StrCat("truncated: ", file_bytes, " bytes, the beginning alone has ", kEnvelopePreambleBytes));
  }
  const uint64_t version = ReadInteger(bytes, kVersionAt, 4);
  if (version != kEnvelopeVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("snapshot format version ", version, ", where version ", kEnvelopeVersion, " is read"));
  }
  if (bytes.size() < kEnvelopePreambleBytes) {
    return absl::DataLossError(
        absl::StrCat("truncated: ", file_bytes, " bytes, the beginning alone has ", kEnvelopePreambleBytes));
  }
  const uint64_t header = ReadInteger(bytes, kHeaderSizeAt, 4);
  const uint64_t blob = ReadInteger(bytes, kBlobSizeAt, 8);
  if (header > kMaxHeaderBytes) {
    return absl::OutOfRangeError(
        absl::StrCat("announces a header of ", header, " bytes, more than the limit of ", kMaxHeaderBytes));
  }
  if (blob > kMaxBlobBytes) {
    return absl::OutOfRangeError(
        absl::StrCat("announces startup data of ", blob, " bytes, more than the limit of ", kMaxBlobBytes));
  }
  const uint64_t whole = kEnvelopePreambleBytes + header + blob;
  if (file_bytes < whole)
    return absl::DataLossError(absl::StrCat("truncated: ", file_bytes, " bytes of ", whole));
  if (file_bytes > whole)
    return absl::DataLossError(absl::StrCat(file_bytes - whole, " bytes follow after the end"));
  return Sizes{static_cast<size_t>(header), static_cast<size_t>(blob)};
}

// REQUIRES: `bytes` holds the preamble and the whole header.
absl::StatusOr<EnvelopeHeader> ReadHeader(std::string_view bytes, size_t header_bytes) {
  const std::string_view encoded = bytes.substr(kEnvelopePreambleBytes, header_bytes);
  if (Sha256({bytes.substr(0, kHeaderDigestAt), encoded}) != bytes.substr(kHeaderDigestAt, kSha256Bytes)) {
    return absl::DataLossError("the header was altered: its SHA-256 differs");
  }
  EnvelopeHeader header;
  if (!header.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()))) {
    return absl::DataLossError("the header is not the message it should be");
  }
  return header;
}

}  // namespace

absl::StatusOr<std::string> EncodeEnvelope(const EnvelopeHeader& header, std::string_view blob) {
  EVALD_CHECK(blob.size() <= kMaxBlobBytes, "startup data has a size that can be read back");
  const std::string encoded = header.SerializeAsString();
  if (encoded.size() > kMaxHeaderBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the names of extensions and modules take ",
                                                   encoded.size(), " bytes, more than the limit of ",
                                                   kMaxHeaderBytes));
  }
  std::string out;
  out.reserve(kEnvelopePreambleBytes + encoded.size() + blob.size());
  out.append(kMagic);
  AppendInteger(kEnvelopeVersion, 4, out);
  AppendInteger(encoded.size(), 4, out);
  AppendInteger(blob.size(), 8, out);
  out.append(Sha256({blob}));
  out.append(Sha256({out, encoded}));
  out.append(encoded);
  out.append(blob);
  return out;
}

absl::StatusOr<Envelope> DecodeEnvelope(std::string_view bytes) {
  const absl::StatusOr<Sizes> sizes = ReadSizes(bytes, bytes.size());
  if (!sizes.ok()) return sizes.status();
  absl::StatusOr<EnvelopeHeader> header = ReadHeader(bytes, sizes->header);
  if (!header.ok()) return header.status();
  const std::string_view blob = bytes.substr(kEnvelopePreambleBytes + sizes->header, sizes->blob);
  if (Sha256({blob}) != bytes.substr(kBlobDigestAt, kSha256Bytes)) {
    return absl::DataLossError("the startup data was altered: its SHA-256 differs");
  }
  return Envelope{*std::move(header), blob};
}

absl::StatusOr<EnvelopeSummary> DecodeEnvelopeHeader(std::string_view beginning, uint64_t file_bytes) {
  EVALD_CHECK(beginning.size() == file_bytes ||
                  (beginning.size() >= kMaxSummaryBytes && beginning.size() < file_bytes),
              "the beginning is all of the file or long enough");
  const absl::StatusOr<Sizes> sizes = ReadSizes(beginning, file_bytes);
  if (!sizes.ok()) return sizes.status();
  absl::StatusOr<EnvelopeHeader> header = ReadHeader(beginning, sizes->header);
  if (!header.ok()) return header.status();
  return EnvelopeSummary{*std::move(header), sizes->blob};
}

}  // namespace evald::snapshot
