#include "snapshot/text.h"

#include <gtest/gtest.h>

#include <string>

namespace evald::snapshot {
namespace {

TEST(Utf8Prefix, EndsAtTheFirstByteThatIsNone) {
  const std::string good = "a\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80";
  EXPECT_EQ(Utf8Prefix(""), 0u);
  EXPECT_EQ(Utf8Prefix(good), good.size());
  EXPECT_EQ(Utf8Prefix(good.substr(0, good.size() - 1)), good.size() - 4) << "cut short";
  for (const char* bad : {"\x80", "\xC3", "\xC3(", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(Utf8Prefix(std::string("ab") + bad + "cd"), 2u) << testing::PrintToString(bad);
  }
}

TEST(CheckJson, AcceptsEveryKindOfValue) {
  for (const char* text :
       {"0", "-0", "-12.50e+3", "1E9", "1e400", "true", " false\n", "null", "\"\"", R"("a\"\\\/\b\f\n\r\tA")",
        "[]", "{}", "[[], {}]", "[1,4,9]", R"({"a": {"b": [1, "x", null]}, "": 1, "a": 2})",
        "\t[ 1 , 2 ]\r\n", "\"\xC3\xA9\"", R"("\uD800")"}) {
    EXPECT_TRUE(CheckJson(text).ok()) << text << ": " << CheckJson(text);
  }
}

TEST(CheckJson, RefusesWhatIsNoneAndSaysWhere) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "byte 1: a value is missing"},
      {"  ", "byte 3: a value is missing"},
      {"[1,4,9", "byte 7: a comma or ] is missing"},
      {"[1,]", "byte 4: not a JSON value"},
      {"[1 2]", "byte 4: a comma or ] is missing"},
      {"[1}", "byte 3: a comma or ] is missing"},
      {"]", "byte 1: not a JSON value"},
      {"1 2", "byte 3: something follows after the value"},
      {"{a: 1}", "byte 2: a name in double quotes is missing"},
      {"{\"a\" 1}", "byte 6: a colon is missing"},
      {"{\"a\":1,}", "byte 8: a name in double quotes is missing"},
      {"{\"a\":1]", "byte 7: a comma or } is missing"},
      {"{\"a\":}", "byte 6: not a JSON value"},
      {"'x'", "byte 1: not a JSON value"},
      {"undefined", "byte 1: not a JSON value"},
      {"NaN", "byte 1: not a JSON value"},
      {"+1", "byte 1: not a JSON value"},
      {"01", "byte 2: something follows after the value"},
      {"-", "byte 2: a digit is missing"},
      {"1.", "byte 3: a digit is missing"},
      {".5", "byte 1: not a JSON value"},
      {"1e", "byte 3: a digit is missing"},
      {"truely", "byte 5: something follows after the value"},
      {"\"a", "byte 3: the string does not end"},
      {"\"a\\", "byte 4: no such escape in a JSON string"},
      {"\"\\x\"", "byte 3: no such escape in a JSON string"},
      {"\"\\u12g4\"", "byte 6: \\u needs four hexadecimal digits"},
      {"\"a\nb\"", "byte 3: a control character in a string"},
      {"\"\xFF\"", "byte 2: not UTF-8"},
      {std::string("1\0", 2), "byte 2: something follows after the value"},
      {std::string("\0", 1), "byte 1: not a JSON value"},
  };
  for (const auto& [text, message] : cases) {
    const absl::Status status = CheckJson(text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(status.message(), message) << text;
  }
}

TEST(CheckJson, NestingIsBounded) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(CheckJson(nested(kMaxJsonDepth)).ok());
  EXPECT_FALSE(CheckJson(nested(kMaxJsonDepth + 1)).ok());
  EXPECT_FALSE(CheckJson(std::string(1'000'000, '{')).ok());
}

}  // namespace
}  // namespace evald::snapshot
