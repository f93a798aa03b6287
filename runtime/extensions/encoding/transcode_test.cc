#include "runtime/extensions/encoding/transcode.h"

#include <gtest/gtest.h>

#include <vector>

namespace evald {
namespace {

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// What a decoder makes of a whole text; "error" where it is fatal.
std::u16string Text(Encoding encoding, std::string_view bytes, Errors errors = Errors::kReplace) {
  std::u16string out;
  return Decode(encoding, Bytes(bytes), errors, Cut::kIsError, out) ? out : u"error";
}

TEST(DecodeUtf8, ReplacesEachMaximalPart) {
  // From the Unicode Standard, tables 3-8 to 3-11, and the edges of every range.
  EXPECT_EQ(Text(Encoding::kUtf8, "\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            u"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA");
  EXPECT_EQ(Text(Encoding::kUtf8, "\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
            u"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA");
  EXPECT_EQ(Text(Encoding::kUtf8, "\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            u"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA\uFFFD\uFFFDB");
  EXPECT_EQ(Text(Encoding::kUtf8, "\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), u"\uFFFD\uFFFD\uFFFD\uFFFDA");
  EXPECT_EQ(Text(Encoding::kUtf8, "\xF0\x9F\x98"), u"\uFFFD");
  EXPECT_EQ(Text(Encoding::kUtf8, "\xF0\x9F\x98\x41"), u"\uFFFDA");
}

TEST(DecodeUtf8, TakesTheLastOfEachLength) {
  EXPECT_EQ(Text(Encoding::kUtf8, "\x7F\xDF\xBF\xEF\xBF\xBF\xF4\x8F\xBF\xBF"),
            u"\u007F\u07FF\uFFFF\U0010FFFF");
  EXPECT_EQ(Text(Encoding::kUtf8, "\xC2\x80\xE0\xA0\x80\xF0\x90\x80\x80\xEE\x80\x80"),
            u"\u0080\u0800\U00010000\uE000");
}

TEST(DecodeUtf8, FatalMeansTheFirstError) {
  EXPECT_EQ(Text(Encoding::kUtf8, "ok\xF0\x9F\x98\x80", Errors::kFatal), u"ok\U0001F600");
  EXPECT_EQ(Text(Encoding::kUtf8, "\xC0", Errors::kFatal), u"error");
  EXPECT_EQ(Text(Encoding::kUtf8, "\xE2\x82", Errors::kFatal), u"error");
}

TEST(DecodeUtf16, PairsSurrogates) {
  EXPECT_EQ(Text(Encoding::kUtf16Le, {"\x41\x00\x3D\xD8\x00\xDE", 6}), u"A\U0001F600");
  EXPECT_EQ(Text(Encoding::kUtf16Be, {"\x00\x41\xD8\x3D\xDE\x00", 6}), u"A\U0001F600");
  EXPECT_EQ(Text(Encoding::kUtf16Le, {"\x00\xDE\x41\x00", 4}), u"\uFFFDA");
  EXPECT_EQ(Text(Encoding::kUtf16Le, {"\x3D\xD8\x41\x00", 4}), u"\uFFFDA");
  EXPECT_EQ(Text(Encoding::kUtf16Le, {"\x3D\xD8", 2}), u"\uFFFD");
  EXPECT_EQ(Text(Encoding::kUtf16Le, {"\x3D\xD8\x00", 3}), u"\uFFFD");
  EXPECT_EQ(Text(Encoding::kUtf16Le, {"\x41", 1}), u"\uFFFD");
  EXPECT_EQ(Text(Encoding::kUtf16Le, {"\x3D\xD8\x3D\xD8\x00\xDE", 6}), u"\uFFFD\U0001F600");
  EXPECT_EQ(Text(Encoding::kUtf16Le, {"\x41", 1}, Errors::kFatal), u"error");
}

TEST(DecodeWindows1252, KnowsTheThirtyTwoThatAreNotLatin1) {
  EXPECT_EQ(Text(Encoding::kWindows1252, "a\x80\x81\x9F\xA0\xFF"), u"a\u20AC\u0081\u0178\u00A0\u00FF");
}

// Wherever a text is cut, its pieces give what the whole gives.
TEST(Decode, PiecesGiveWhatTheWholeGives) {
  const std::string_view utf8 = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xF0\x9F\x41\xE2\x82";
  const std::string_view utf16("\x3D\xD8\x00\xDE\x41\x00\x3D\xD8\x42\x00\x00\xDE\x07", 13);
  for (const auto& [encoding, bytes] :
       {std::pair{Encoding::kUtf8, utf8}, {Encoding::kUtf16Le, utf16}, {Encoding::kUtf16Be, utf16}}) {
    for (size_t step = 1; step <= bytes.size(); ++step) {
      std::u16string out;
      std::string left;
      for (size_t at = 0; at < bytes.size(); at += step) {
        left += bytes.substr(at, step);
        const std::optional<size_t> rest =
            Decode(encoding, Bytes(left), Errors::kReplace, Cut::kIsPending, out);
        ASSERT_TRUE(rest.has_value());
        ASSERT_LE(*rest, 3u);
        left = left.substr(left.size() - *rest);
      }
      ASSERT_EQ(Decode(encoding, Bytes(left), Errors::kReplace, Cut::kIsError, out), 0u);
      EXPECT_EQ(out, Text(encoding, bytes)) << "cut every " << step << " bytes";
    }
  }
}

TEST(EncodeUtf8, EveryCharacterComesBack) {
  std::u16string all;
  for (char32_t c = 0; c < 0x110000; c += c < 0x3000 ? 1 : 7) {
    if (c >= 0xD800 && c < 0xE000) continue;
    if (c >= 0x10000) {
      all.push_back(static_cast<char16_t>(0xD7C0 + (c >> 10)));
      all.push_back(static_cast<char16_t>(0xDC00 + (c & 0x3FF)));
    } else {
      all.push_back(static_cast<char16_t>(c));
    }
  }
  EXPECT_EQ(Text(Encoding::kUtf8, ToUtf8String(all), Errors::kFatal), all);
}

TEST(EncodeUtf8, LoneSurrogatesAreReplaced) {
  const std::u16string lone = {u'a', 0xD83D, u'b', 0xDE00, 0xD83D};
  EXPECT_EQ(ToUtf8String(lone),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(EncodeUtf8, WritesWholeCharactersOnly) {
  const std::u16string text = u"a\u00E9\u20AC\U0001F600";  // 1, 2, 3 and 4 bytes
  const size_t reads[] = {0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 5};
  const size_t writes[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
  for (size_t room = 0; room <= 10; ++room) {
    std::vector<uint8_t> out(room);
    const EncodedLength length = EncodeUtf8(text, out);
    EXPECT_EQ(length.read, reads[room]) << room;
    EXPECT_EQ(length.written, writes[room]) << room;
  }
}

TEST(EncodingOfLabel, TakesBlanksAndCapitals) {
  EXPECT_EQ(EncodingOfLabel(" \tUTF-8\r\n"), Encoding::kUtf8);
  EXPECT_EQ(EncodingOfLabel("Latin1"), Encoding::kWindows1252);
  EXPECT_EQ(EncodingOfLabel("utf-16"), Encoding::kUtf16Le);
  EXPECT_EQ(EncodingOfLabel(""), std::nullopt);
  EXPECT_EQ(EncodingOfLabel(" "), std::nullopt);
  EXPECT_EQ(EncodingOfLabel("utf-32"), std::nullopt);
}

}  // namespace
}  // namespace evald
