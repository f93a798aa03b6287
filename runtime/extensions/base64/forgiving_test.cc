#include "runtime/extensions/base64/forgiving.h"

#include <gtest/gtest.h>

namespace evald {
namespace {

TEST(Base64Encode, TheVectorsOfRfc4648) {
  EXPECT_EQ(Base64Encode(""), "");
  EXPECT_EQ(Base64Encode("f"), "Zg==");
  EXPECT_EQ(Base64Encode("fo"), "Zm8=");
  EXPECT_EQ(Base64Encode("foo"), "Zm9v");
  EXPECT_EQ(Base64Encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64Encode(std::string("\xff\xfe\0", 3)), "//4A");
}

TEST(ForgivingBase64Decode, ForgivesBlanksMissingPaddingAndSpareBits) {
  EXPECT_EQ(ForgivingBase64Decode("Zm8="), "fo");
  EXPECT_EQ(ForgivingBase64Decode("Zm8"), "fo");
  EXPECT_EQ(ForgivingBase64Decode(" Z\tm\n8\f=\r"), "fo");
  EXPECT_EQ(ForgivingBase64Decode("Zm9="), "fo");
  EXPECT_EQ(ForgivingBase64Decode("ab= ="), "i");
  EXPECT_EQ(ForgivingBase64Decode(""), "");
}

TEST(ForgivingBase64Decode, RefusesTheRest) {
  for (const char* text : {"a", "ab=", "abc==", "abcd=", "abcd==", "====", "=", "=a", "a=b=", "ab=c", "a-b_",
                           "abcde", "ab\vcd", "abc\x80"}) {
    EXPECT_EQ(ForgivingBase64Decode(text), std::nullopt) << text;
  }
}

TEST(Base64, EveryLengthComesBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(ForgivingBase64Decode(Base64Encode(bytes)), bytes);
    bytes.push_back(static_cast<char>(i * 37));
  }
}

}  // namespace
}  // namespace evald
