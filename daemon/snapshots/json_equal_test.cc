#include "daemon/snapshots/json_equal.h"

#include <gtest/gtest.h>

namespace evald {
namespace {

TEST(JsonEqual, SpellingDoesNotCount) {
  EXPECT_TRUE(SameJson("[1,4,9]", " [ 1, 4.0, 9e0 ]\n"));
  EXPECT_TRUE(SameJson(R"({"a":1,"b":[true,null]})", R"({"b": [true, null], "a": 1})"));
  EXPECT_TRUE(SameJson(R"("\u00e9")", "\"\xc3\xa9\""));
  EXPECT_TRUE(SameJson("null", "null"));
}

TEST(JsonEqual, ValuesDo) {
  EXPECT_FALSE(SameJson("[1,4,9]", "[1,9,4]"));
  EXPECT_FALSE(SameJson("[1,4,9]", "[1,4]"));
  EXPECT_FALSE(SameJson("1", "\"1\""));
  EXPECT_FALSE(SameJson("null", "false"));
  EXPECT_FALSE(SameJson(R"({"a":1})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(SameJson("{}", "[]"));
}

TEST(JsonEqual, WhatIsNoJsonEqualsNothing) {
  EXPECT_FALSE(IsJson(""));
  EXPECT_FALSE(IsJson("undefined"));
  EXPECT_FALSE(IsJson("[1,"));
  EXPECT_FALSE(SameJson("undefined", "undefined"));
  EXPECT_FALSE(SameJson("1", "[1,"));
  EXPECT_TRUE(IsJson("{\"a\":[]}"));
}

}  // namespace
}  // namespace evald
