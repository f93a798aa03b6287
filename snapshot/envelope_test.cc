#include "snapshot/envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "snapshot/envelope_fuzz_check.h"
#include "snapshot/sha256.h"

namespace evald::snapshot {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

EnvelopeHeader SmallHeader() {
  EnvelopeHeader header;
  header.set_fingerprint("f1");
  header.set_generation(3);
  header.set_v8_version("10.2");
  SnapshotPart& part = *header.add_extensions();
  part.set_name("console");
  part.set_sha256("ab");
  return header;
}

Recipe SmallRecipe() {
  Recipe recipe;
  WarmupScript& warmup = *recipe.add_warmup();
  warmup.set_name("warm.js");
  warmup.set_source("warm()");
  CanaryScript& canary = *recipe.add_canaries();
  canary.set_name("sum");
  canary.set_source("1 + 1");
  canary.set_expect("2");
  return recipe;
}

std::string SmallEnvelope(std::string_view blob = "the startup data") {
  return *EncodeEnvelope(SmallHeader(), SmallRecipe(), blob);
}

// Puts new digests over bytes that were changed, as somebody who forges a file would.
std::string WithDigests(std::string bytes) {
  const size_t header = static_cast<uint8_t>(bytes[12]) | static_cast<size_t>(static_cast<uint8_t>(bytes[13]))
                                                              << 8;
  const std::string_view all = bytes;
  const size_t recipe = static_cast<uint8_t>(bytes[16]);
  bytes.replace(32, 32, Sha256({all.substr(128 + header, recipe)}));
  bytes.replace(96, 32, Sha256({all.substr(0, 96), all.substr(128, header)}));
  return bytes;
}

TEST(Envelope, GivesBackWhatWasPutIn) {
  for (const std::string& blob : {std::string(), std::string("x"), std::string(100'000, '\0')}) {
    const std::string bytes = SmallEnvelope(blob);
    const absl::StatusOr<Envelope> envelope = DecodeEnvelope(bytes);
    ASSERT_TRUE(envelope.ok()) << envelope.status();
    EXPECT_EQ(envelope->blob, blob);
    EXPECT_EQ(envelope->header.SerializeAsString(), SmallHeader().SerializeAsString());
    EXPECT_EQ(envelope->recipe.SerializeAsString(), SmallRecipe().SerializeAsString());
    CheckEnvelopeDecoder(bytes);
  }
}

TEST(Envelope, IsTheSameBytesAtEveryOffsetThatTheFormatSays) {
  const std::string bytes = SmallEnvelope("blob");
  EXPECT_THAT(bytes, StartsWith(std::string("\x89"
                                            "EVALD\r\n\x02\0\0\0",
                                            12)));
  const size_t header = SmallHeader().ByteSizeLong(), recipe = SmallRecipe().ByteSizeLong();
  EXPECT_EQ(bytes.size(), 128 + header + recipe + 4);
  EXPECT_EQ(static_cast<uint8_t>(bytes[12]), header);
  EXPECT_EQ(static_cast<uint8_t>(bytes[16]), recipe);
  EXPECT_EQ(static_cast<uint8_t>(bytes[24]), 4);
  EXPECT_EQ(bytes.substr(32, 32), Sha256({SmallRecipe().SerializeAsString()}));
  EXPECT_EQ(bytes.substr(64, 32), Sha256({"blob"}));
  EXPECT_EQ(bytes.substr(128, header), SmallHeader().SerializeAsString());
  EXPECT_EQ(bytes.substr(128 + header, recipe), SmallRecipe().SerializeAsString());
  EXPECT_EQ(bytes.substr(bytes.size() - 4), "blob");
}

TEST(Envelope, EveryTruncationIsSaidToBeOne) {
  const std::string bytes = SmallEnvelope();
  for (size_t length = 0; length < bytes.size(); ++length) {
    const std::string cut = bytes.substr(0, length);  // a copy, so that a sanitizer sees a read past its end
    const absl::Status status = DecodeEnvelope(cut).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << length;
    EXPECT_THAT(std::string(status.message()), StartsWith("truncated")) << length;
    CheckEnvelopeDecoder(cut);
  }
}

TEST(Envelope, EveryFlippedBitIsFound) {
  const std::string bytes = SmallEnvelope();
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      EXPECT_FALSE(DecodeEnvelope(flipped).ok()) << "byte " << at << " bit " << bit;
      CheckEnvelopeDecoder(flipped);
    }
  }
}

TEST(Envelope, SaysWhichPartWasAltered) {
  const std::string bytes = SmallEnvelope();
  const auto flipped_at = [&](size_t at) {
    std::string flipped = bytes;
    flipped[at] ^= 1;
    return std::string(DecodeEnvelope(flipped).status().message());
  };
  EXPECT_EQ(flipped_at(0), "not a snapshot of evald");
  EXPECT_THAT(flipped_at(40), HasSubstr("the header was altered"));  // the digest of the recipe
  EXPECT_THAT(flipped_at(70), HasSubstr("the header was altered"));  // the digest of the startup data
  EXPECT_THAT(flipped_at(100), HasSubstr("the header was altered"));
  EXPECT_THAT(flipped_at(130), HasSubstr("the header was altered"));
  EXPECT_THAT(flipped_at(128 + SmallHeader().ByteSizeLong()), HasSubstr("the recipe was altered"));
  EXPECT_THAT(flipped_at(bytes.size() - 1), HasSubstr("the startup data was altered"));
}

TEST(Envelope, BytesAfterTheEndAreAnError) {
  const absl::Status status = DecodeEnvelope(SmallEnvelope() + "x").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "1 bytes follow after the end");
}

TEST(Envelope, AnotherFormatVersionIsNamed) {
  std::string bytes = SmallEnvelope();
  for (const char version : {1, 3}) {
    bytes[8] = version;
    const absl::Status status = DecodeEnvelope(WithDigests(bytes)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr("version " + std::to_string(version)));
  }
}

TEST(Envelope, AShortFileOfVersion1IsCalledThatAndNotTruncated) {
  // Its preamble had 88 bytes.
  const std::string bytes =
      SmallEnvelope().substr(0, 8) + std::string("\x01\0\0\0", 4) + std::string(76, 'x');
  EXPECT_EQ(DecodeEnvelope(bytes).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Envelope, AnnouncedSizesAreBoundedBeforeAnythingElse) {
  std::string header = SmallEnvelope();
  header[15] = '\x7f';
  EXPECT_EQ(DecodeEnvelope(header).status().code(), absl::StatusCode::kOutOfRange);
  for (const size_t field : {16, 24}) {
    std::string size = SmallEnvelope();
    for (size_t at = field; at < field + 8; ++at) size[at] = '\xff';
    EXPECT_EQ(DecodeEnvelope(size).status().code(), absl::StatusCode::kOutOfRange) << field;
  }
}

TEST(Envelope, AHeaderThatIsNoMessageIsRefusedThoughItsDigestIsRight) {
  std::string bytes = SmallEnvelope();
  bytes[128] = '\xff';
  EXPECT_EQ(DecodeEnvelope(WithDigests(bytes)).status().message(),
            "the header is not the message it should be");
}

TEST(Envelope, ARecipeThatIsNoMessageIsRefusedThoughItsDigestIsRight) {
  std::string bytes = SmallEnvelope();
  bytes[128 + SmallHeader().ByteSizeLong()] = '\xff';
  EXPECT_EQ(DecodeEnvelope(WithDigests(bytes)).status().message(),
            "the recipe is not the message it should be");
}

TEST(Envelope, AHeaderTooLargeToReadBackIsNotWritten) {
  EnvelopeHeader header = SmallHeader();
  header.set_v8_flags(std::string(kMaxHeaderBytes, 'x'));
  EXPECT_EQ(EncodeEnvelope(header, {}, "").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Envelope, ARecipeTooLargeToReadBackIsNotWritten) {
  Recipe recipe;
  recipe.add_warmup()->set_source(std::string(kMaxRecipeBytes, 'x'));
  const absl::Status status = EncodeEnvelope(SmallHeader(), recipe, "").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("warm-up"));
}

TEST(Envelope, ASourceOfTheGreatestLengthIsCarried) {
  Recipe recipe;
  recipe.add_warmup()->set_source(std::string(kMaxRecipeBytes - 64, 'x'));
  const absl::StatusOr<std::string> bytes = EncodeEnvelope(SmallHeader(), recipe, "blob");
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const absl::StatusOr<Envelope> envelope = DecodeEnvelope(*bytes);
  ASSERT_TRUE(envelope.ok()) << envelope.status();
  EXPECT_TRUE(envelope->recipe.warmup(0).source() == recipe.warmup(0).source());
  EXPECT_TRUE(DecodeEnvelopeHeader(std::string_view(*bytes).substr(0, kMaxSummaryBytes), bytes->size()).ok());
}

TEST(EnvelopeHeaderOnly, IsReadFromTheBeginningOfALongFile) {
  const std::string bytes = SmallEnvelope(std::string(2 * kMaxSummaryBytes, 'b'));
  const absl::StatusOr<EnvelopeSummary> summary =
      DecodeEnvelopeHeader(std::string_view(bytes).substr(0, kMaxSummaryBytes), bytes.size());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->blob_bytes, 2 * kMaxSummaryBytes);
  EXPECT_EQ(summary->header.generation(), 3u);
}

TEST(EnvelopeHeaderOnly, NoticesAFileThatIsTooShort) {
  const std::string bytes = SmallEnvelope(std::string(2 * kMaxSummaryBytes, 'b'));
  const absl::Status status =
      DecodeEnvelopeHeader(std::string_view(bytes).substr(0, kMaxSummaryBytes), bytes.size() - 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace evald::snapshot
