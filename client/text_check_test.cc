#include "client/text_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace evald {
namespace {

TEST(CheckJson, AcceptsWhatJsonIs) {
  for (const char* text :
       {"null", "true", "false", "0", "-0", "-12.5e+3", "1E9", "\"\"", "\"a\\u00e9\\n\\/\"", "[]", "{}",
        "[ ]", "{ }", " [1, 2]\n", R"({"a":[1,{"b":null}],"c":{}})", "[[],[[]],{}]", "\"\xC3\xA9\""}) {
    EXPECT_TRUE(CheckJson(text).ok()) << text << ": " << CheckJson(text);
  }
}

TEST(CheckJson, RefusesWhatOnlyLooksLikeIt) {
  for (const char* text : {"",        " ",         "hello", "'a'",   "{a:1}",      "[1,]",     "[,1]",
                           "{\"a\"}", "{\"a\":}",  "{,}",   "[1 2]", "01",         "1.",       ".5",
                           "+1",      "1e",        "-",     "NaN",   "\"a",        "\"\\x\"",  "\"\\u12g4\"",
                           "[1}",     "{\"a\":1]", "nulls", "1 2",   "undefined",  "\"\n\"",   "[",
                           "{",       "[1,",       "tru",   "]",     "{\"a\":1,}", "\"\xff\"", "[1]]"}) {
    EXPECT_EQ(CheckJson(text).code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(CheckJson, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(CheckJson("hello").message(), "expected a JSON value at byte 1");
  EXPECT_EQ(CheckJson("[1 2]").message(), "expected ',' or ']' at byte 4");
  EXPECT_EQ(CheckJson("{\"a\":1").message(), "expected ',' or '}', but the text ends");
  EXPECT_EQ(CheckJson("{a:1}").message(), "expected a member's name in double quotes at byte 2");
}

TEST(CheckJson, NestingMayBeDeep) {
  const size_t depth = 1'000'000;
  EXPECT_TRUE(CheckJson(std::string(depth, '[') + std::string(depth, ']')).ok());
}

TEST(CheckUtf8, TellsWhereItIsNot) {
  EXPECT_TRUE(CheckUtf8("").ok());
  EXPECT_TRUE(CheckUtf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80").ok());
  EXPECT_EQ(CheckUtf8("ab\xff").message(), "not UTF-8 at byte 3");
  for (const char* text : {"\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                           "\xF8\x88\x80\x80\x80", "\x80", "\xE2\x82"}) {
    EXPECT_FALSE(CheckUtf8(text).ok());
  }
}

}  // namespace
}  // namespace evald
