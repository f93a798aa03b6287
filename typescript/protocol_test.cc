#include "typescript/protocol.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace evald::typescript {
namespace {

using testing::HasSubstr;

v1::Value Answer(const std::string& json) {
  v1::Value value;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, value.mutable_structured()).ok()) << json;
  return value;
}

absl::StatusOr<Transpiled> Read(const std::string& json, size_t texts = 1) {
  v1::Value answer = Answer(json);
  return ReadAnswer(std::vector<Text>(texts, Text{"a.ts", ""}), answer);
}

TEST(Protocol, ACallHoldsTheTextsAndBounds) {
  const Text text{"a.ts", "let x: number"};
  const v1::CallFunctionRequest call = CallFor({&text, 1});
  EXPECT_THAT(call.args(0).DebugString(), HasSubstr("let x: number"));
  EXPECT_EQ(call.limits().heap_bytes(), kHeapBytes);
  EXPECT_EQ(call.result_format(), v1::RESULT_FORMAT_STRUCTURED);
}

TEST(Protocol, ScriptsAreRead) {
  const auto read =
      Read(R"([{"code":"let x","map":"{}","module":true},{"code":"","map":"","module":false}])", 2);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_FALSE(read->has_exception);
  EXPECT_EQ(read->scripts[0].code, "let x");
  EXPECT_TRUE(read->scripts[0].is_module);
  EXPECT_FALSE(read->scripts[1].is_module);
}

TEST(Protocol, WhatIsNoTypescriptIsAnException) {
  const auto read =
      Read(R"([{"error":{"name":"SyntaxError","message":"no","line":3,"column":7,"sourceLine":"let"}}])", 2);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_TRUE(read->has_exception);
  EXPECT_EQ(read->exception.stack(), "SyntaxError: no\n    at a.ts:3:7");
  EXPECT_EQ(read->exception.line(), 3);
  EXPECT_EQ(read->exception.column(), 7);
  EXPECT_EQ(read->exception.source_line(), "let");
}

TEST(Protocol, NothingElseIsBelieved) {
  for (const char* json :
       {"null", "5", "[]", "[5]", "[{}]", R"([{"code":"x"}])", R"([{"code":5,"map":"x"}])",
        R"([{"error":5}])", R"([{"error":{}}])", R"([{"error":{"name":"a","message":5,"sourceLine":""}}])",
        R"([{"code":"","map":""},{"code":"","map":""}])"}) {
    EXPECT_FALSE(Read(json).ok()) << json;
  }
  const auto read =
      Read(R"([{"error":{"name":"E","message":"m","line":-5,"column":1e300,"sourceLine":""}}])");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->exception.line(), 0);
  EXPECT_EQ(read->exception.column(), 0);
}

TEST(Protocol, TypescriptFilesAreKnownByTheirEnd) {
  for (const char* name : {"a.ts", "b/c.mts", "x.cts"}) EXPECT_TRUE(IsTypescriptFile(name)) << name;
  for (const char* name : {"a.js", "ts", "a.tsx", "a.ts.js", ""})
    EXPECT_FALSE(IsTypescriptFile(name)) << name;
}

}  // namespace
}  // namespace evald::typescript
