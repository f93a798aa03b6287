#include "runtime/extensions/encoding/legacy.h"

#include <gtest/gtest.h>

namespace evald {
namespace {

LegacyEncoding Of(std::string_view label) { return LegacyOfLabel(label).value(); }

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// All at once, then a byte at a time.
void ExpectDecoded(std::string_view label, std::string_view bytes, std::u16string_view text) {
  std::u16string at_once, in_pieces;
  LegacyState none, state;
  EXPECT_TRUE(DecodeLegacy(Of(label), Bytes(bytes), Errors::kReplace, Cut::kIsError, none, at_once));
  for (const char& byte : bytes) {
    EXPECT_TRUE(
        DecodeLegacy(Of(label), Bytes({&byte, 1}), Errors::kReplace, Cut::kIsPending, state, in_pieces));
  }
  EXPECT_TRUE(DecodeLegacy(Of(label), {}, Errors::kReplace, Cut::kIsError, state, in_pieces));
  EXPECT_TRUE(at_once == text) << label;
  EXPECT_TRUE(in_pieces == text) << label << ", byte by byte";
}

TEST(Legacy, FindsLabelsWhateverTheirCase) {
  EXPECT_EQ(NameOf(Of(" SHIFT-jis\n")), "shift_jis");
  EXPECT_EQ(NameOf(Of("latin2")), "iso-8859-2");
  EXPECT_EQ(LegacyOfLabel("utf-8"), std::nullopt);
  EXPECT_EQ(LegacyOfLabel("latin2 l2"), std::nullopt);
  EXPECT_EQ(LegacyOfLabel("iso-2022-kr"), std::nullopt);
  EXPECT_EQ(LegacyOfLabel(""), std::nullopt);
}

TEST(Legacy, EveryOneIsThere) {
  for (size_t i = 0; i < LegacyEncodings(); ++i) ExpectDecoded(NameOf(i), "abc", u"abc");
}

TEST(Legacy, DecodesInOneOrManyPieces) {
  ExpectDecoded("koi8-r", "\xF0\xD2", u"\u041F\u0440");
  ExpectDecoded("shift_jis", "\x93\xFA\x96{", u"\u65E5\u672C");
  ExpectDecoded("gb18030", "\x84\x31\xA4\x37\xC4\xE3", u"\uFFFD\u4F60");
  ExpectDecoded("iso-2022-jp", "a\x1B$B\x46\x7C\x4B\x5C\x1B(Bb", u"a\u65E5\u672C\u0062");
  ExpectDecoded("big5", "\xA7\x41", u"\u4F60");
  ExpectDecoded("iso-8859-16", "\xA4\xAA", u"\u20AC\u0218");
  ExpectDecoded("x-user-defined", "a\x80\xFF", u"a\uF780\uF7FF");
}

TEST(Legacy, FatalErrorsAreTold) {
  std::u16string text;
  LegacyState state;
  EXPECT_FALSE(DecodeLegacy(Of("shift_jis"), Bytes("\x93"), Errors::kFatal, Cut::kIsError, state, text));
  EXPECT_TRUE(DecodeLegacy(Of("shift_jis"), Bytes("\x93"), Errors::kFatal, Cut::kIsPending, state, text));
  EXPECT_TRUE(DecodeLegacy(Of("shift_jis"), Bytes("\xFA"), Errors::kFatal, Cut::kIsError, state, text));
  EXPECT_TRUE(text == u"\u65E5");
}

}  // namespace
}  // namespace evald
