#include "snapshot/serving_note.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace evald::snapshot {
namespace {

const ServingNote kNote{7, std::string(64, 'a'), {12, 7, 3}};

TEST(ServingNote, GivesBackWhatWasPutIn) {
  for (const ServingNote& note :
       {kNote, ServingNote{1, ""}, ServingNote{UINT64_MAX, "x"}, ServingNote{7, "x", {9, 7, 1}}}) {
    const absl::StatusOr<ServingNote> decoded = DecodeServingNote(EncodeServingNote(note));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->generation, note.generation);
    EXPECT_EQ(decoded->config_fingerprint, note.config_fingerprint);
    EXPECT_EQ(decoded->served, note.served);
  }
}

TEST(ServingNote, IsTextForPeople) {
  EXPECT_EQ(EncodeServingNote(kNote).substr(0, 27), "evald serving\ngeneration 7\n");
  const std::vector<uint64_t> served(kMostServedListed, UINT64_MAX);
  EXPECT_LT(EncodeServingNote({UINT64_MAX, std::string(64, 'a'), served}).size(), kMaxServingNoteBytes);
}

TEST(ServingNote, EveryDamageIsNoticed) {
  const std::string text = EncodeServingNote(kNote);
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(DecodeServingNote(text.substr(0, length)).ok()) << length;
  }
  for (size_t at = 0; at < text.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      EXPECT_FALSE(DecodeServingNote(flipped).ok()) << "byte " << at << " bit " << bit;
    }
  }
  EXPECT_FALSE(DecodeServingNote(text + "\n").ok());
  EXPECT_FALSE(DecodeServingNote(std::string(100'000, '\n')).ok());
  EXPECT_FALSE(DecodeServingNote(std::string(100'000, ' ')).ok());
  EXPECT_FALSE(DecodeServingNote("evald serving\ngeneration 07\nconfig \nsha256 \n").ok());
}

}  // namespace
}  // namespace evald::snapshot
