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
constexpr size_t kRecipeSizeAt = 16;
constexpr size_t kBlobSizeAt = 24;
constexpr size_t kRecipeDigestAt = 32;
constexpr size_t kBlobDigestAt = 64;
constexpr size_t kHeaderDigestAt = 96;
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
  size_t recipe;
  size_t blob;
};

absl::Status CheckSize(const char* what, uint64_t size, uint64_t limit) {
  if (size <= limit) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat("announces ", what, " of ", size, " bytes, more than the limit of ", limit));
}

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
  const uint64_t recipe = ReadInteger(bytes, kRecipeSizeAt, 8);
  const uint64_t blob = ReadInteger(bytes, kBlobSizeAt, 8);
  if (absl::Status fits = CheckSize("a header", header, kMaxHeaderBytes); !fits.ok()) return fits;
  if (absl::Status fits = CheckSize("a recipe", recipe, kMaxRecipeBytes); !fits.ok()) return fits;
  if (absl::Status fits = CheckSize("startup data", blob, kMaxBlobBytes); !fits.ok()) return fits;
  const uint64_t whole = kEnvelopePreambleBytes + header + recipe + blob;
  if (file_bytes < whole)
    return absl::DataLossError(absl::StrCat("truncated: ", file_bytes, " bytes of ", whole));
  if (file_bytes > whole)
    return absl::DataLossError(absl::StrCat(file_bytes - whole, " bytes follow after the end"));
  return Sizes{static_cast<size_t>(header), static_cast<size_t>(recipe), static_cast<size_t>(blob)};
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

// One of the parts behind the header. REQUIRES: `bytes` is the whole envelope.
absl::StatusOr<std::string_view> CheckedPart(std::string_view bytes, const char* what, size_t at, size_t size,
                                             size_t digest_at) {
  const std::string_view part = bytes.substr(at, size);
  if (Sha256({part}) != bytes.substr(digest_at, kSha256Bytes))
    return absl::DataLossError(absl::StrCat("the ", what, " was altered: its SHA-256 differs"));
  return part;
}

}  // namespace

absl::StatusOr<std::string> EncodeEnvelope(const EnvelopeHeader& header, const Recipe& recipe,
                                           std::string_view blob) {
  EVALD_CHECK(blob.size() <= kMaxBlobBytes, "startup data has a size that can be read back");
  // Before it is serialized: protobuf itself has a limit.
  if (recipe.ByteSizeLong() > kMaxRecipeBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the warm-up scripts, canaries and deferred modules take ",
                                                   recipe.ByteSizeLong(), " bytes, more than the limit of ",
                                                   kMaxRecipeBytes));
  }
  if (header.ByteSizeLong() > kMaxHeaderBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the names of extensions, modules and scripts take ",
                                                   header.ByteSizeLong(), " bytes, more than the limit of ",
                                                   kMaxHeaderBytes));
  }
  const std::string encoded = header.SerializeAsString();
  const std::string encoded_recipe = recipe.SerializeAsString();
  std::string out;
  out.reserve(kEnvelopePreambleBytes + encoded.size() + encoded_recipe.size() + blob.size());
  out.append(kMagic);
  AppendInteger(kEnvelopeVersion, 4, out);
  AppendInteger(encoded.size(), 4, out);
  AppendInteger(encoded_recipe.size(), 8, out);
  AppendInteger(blob.size(), 8, out);
  out.append(Sha256({encoded_recipe}));
  out.append(Sha256({blob}));
  out.append(Sha256({out, encoded}));
  out.append(encoded);
  out.append(encoded_recipe);
  out.append(blob);
  return out;
}

absl::StatusOr<Envelope> DecodeEnvelope(std::string_view bytes) {
  const absl::StatusOr<Sizes> sizes = ReadSizes(bytes, bytes.size());
  if (!sizes.ok()) return sizes.status();
  absl::StatusOr<EnvelopeHeader> header = ReadHeader(bytes, sizes->header);
  if (!header.ok()) return header.status();
  const size_t recipe_at = kEnvelopePreambleBytes + sizes->header;
  const absl::StatusOr<std::string_view> recipe =
      CheckedPart(bytes, "recipe", recipe_at, sizes->recipe, kRecipeDigestAt);
  if (!recipe.ok()) return recipe.status();
  const absl::StatusOr<std::string_view> blob =
      CheckedPart(bytes, "startup data", recipe_at + sizes->recipe, sizes->blob, kBlobDigestAt);
  if (!blob.ok()) return blob.status();
  Envelope envelope{*std::move(header), {}, *blob};
  if (!envelope.recipe.ParseFromArray(recipe->data(), static_cast<int>(recipe->size()))) {
    return absl::DataLossError("the recipe is not the message it should be");
  }
  return envelope;
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
