#include "daemon/requests/validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "google/protobuf/text_format.h"

namespace evald {
namespace {

using google::protobuf::TextFormat;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

LimitBounds Bounds() {
  LimitBounds bounds;
  EXPECT_TRUE(TextFormat::ParseFromString(
      "wall_time { seconds: 5 } cpu_time { seconds: 4 } heap_bytes: 1000 output_bytes: 2000 "
      "memory_bytes: 3000 console_bytes: 4000 source_bytes: 5000 result_depth: 60",
      &bounds.defaults));
  EXPECT_TRUE(TextFormat::ParseFromString(
      "wall_time { seconds: 60 } cpu_time { seconds: 60 } heap_bytes: 10000 output_bytes: 20000 "
      "memory_bytes: 30000 console_bytes: 40000 source_bytes: 50000 result_depth: 600",
      &bounds.ceilings));
  return bounds;
}

struct Case {
  const char* request;  // text format
  const char* error;    // what the message begins with; empty: it is valid
};

template <typename Request>
void Check(const Case& c) {
  SCOPED_TRACE(c.request);
  Request request;
  ASSERT_TRUE(TextFormat::ParseFromString(c.request, &request));
  const absl::Status status = Validate(request, Bounds());
  if (*c.error == '\0') {
    EXPECT_TRUE(status.ok()) << status;
  } else {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), StartsWith(c.error));
  }
}

TEST(Validator, Eval) {
  for (
      const Case& c : std::initializer_list<Case>{
          {R"(source: "1")", ""},
          {R"(source: "1" isolation: ISOLATION_REUSED source_kind: SOURCE_KIND_MODULE result_format: RESULT_FORMAT_NONE)",
           ""},
          {R"(source: "1" globals { key: "$a_1" value { json: "1" } } globals { key: "\303\244" value {} })",
           ""},
          {R"(source: "1" limits { wall_time { seconds: 60 } cpu_time { nanos: 1 } heap_bytes: 10000 output_bytes: 20000 })",
           ""},
          {R"()", "source: must not be empty"},
          {R"(source: "1" source_kind: 9)", "source_kind: no such value: 9"},
          {R"(source: "1" isolation: -1)", "isolation: no such value: -1"},
          {R"(source: "1" result_format: 77)", "result_format: no such value: 77"},
          {R"(source: "1" globals { key: "" value { json: "1" } })",
           R"(globals: "" is not a JavaScript identifier)"},
          {R"(source: "1" globals { key: "a-b" value { json: "1" } })", R"(globals: "a-b" is not)"},
          {R"(source: "1" globals { key: "1a" value { json: "1" } })", R"(globals: "1a" is not)"},
          {R"(source: "1" globals { key: "class" value { json: "1" } })", R"(globals: "class" is not)"},
          {R"(source: "1" globals { key: "a" value { json: "" } })",
           R"(globals["a"].json: must not be empty)"},
          {R"(source: "1" limits { wall_time { seconds: -1 } })", "limits.wall_time: must not be negative"},
          {R"(source: "1" limits { wall_time { } })", "limits.wall_time: must be more than 0"},
          {R"(source: "1" limits { wall_time { seconds: 1 nanos: -1 } })",
           "limits.wall_time: not a valid duration"},
          {R"(source: "1" limits { cpu_time { nanos: 1000000000 } })",
           "limits.cpu_time: not a valid duration"},
          {R"(source: "1" limits { wall_time { seconds: 61 } })",
           "limits.wall_time: 1m1s is more than the 1m allowed"},
          {R"(source: "1" limits { wall_time { seconds: 9223372036854775807 } })", "limits.wall_time: "},
          {R"(source: "1" limits { heap_bytes: 10001 })", "limits.heap_bytes: 10001 is more than the 10000"},
          {R"(source: "1" limits { output_bytes: 20001 })", "limits.output_bytes: 20001 is more"},
          {R"(source: "1" limits { memory_bytes: 30001 })",
           "limits.memory_bytes: 30001 is more than the 30000 bytes allowed"},
          {R"(source: "1" limits { console_bytes: 40001 })", "limits.console_bytes: 40001 is more"},
          {R"(source: "1" limits { source_bytes: 50001 })", "limits.source_bytes: 50001 is more"},
          {R"(source: "1" limits { result_depth: 601 })",
           "limits.result_depth: 601 is more than the 600 levels allowed"},
      }) {
    Check<v1::EvalRequest>(c);
  }
}

TEST(Validator, CallFunction) {
  for (const Case& c : std::initializer_list<Case>{
           {R"(function: "f")", ""},
           {R"(module: "m" function: "a.b.c" args { json: "1" } args { } args { undefined { } })", ""},
           {R"()", "function: must not be empty"},
           {R"(function: "a..b")", R"(function: "a..b" is not a dotted path)"},
           {R"(function: ".a")", R"(function: ".a" is not a dotted path)"},
           {R"(function: "a.")", R"(function: "a." is not a dotted path)"},
           {R"(function: "f" args { json: "1" } args { json: "" })", "args[1].json: must not be empty"},
           {R"(function: "f" isolation: 3)", "isolation: no such value: 3"},
       }) {
    Check<v1::CallFunctionRequest>(c);
  }
}

TEST(Validator, Modules) {
  for (
      const Case& c : std::initializer_list<Case>{
          {R"(source: "1" modules { key: "a" value { text: "" } } modules { key: "./b.ts" value { type: TYPESCRIPT text: "" } })",
           ""},
          {R"(source: "1" modules { key: "w" value { type: WASM binary: "x" } } import_map: "{}")", ""},
          {R"(source: "1" modules { key: "" value { text: "" } })",
           "modules['']: a specifier must not be empty"},
          {R"(source: "1" modules { key: "a\nb" value {} })", "modules['a\\nb']: has no `text`"},
          {R"(source: "1" modules { key: "a" value { type: JSON binary: "1" } })",
           "modules['a']: has `binary`, which only a module of type WASM is"},
          {R"(source: "1" modules { key: "a" value { type: WASM text: "1" } })",
           "modules['a']: has no `binary`"},
          {R"(source: "1" modules { key: "a" value { type: 9 text: "1" } })",
           "modules['a']: type: no such value: 9"},
      }) {
    Check<v1::EvalRequest>(c);
  }
  Check<v1::CallFunctionRequest>(
      {R"(function: "f" modules { key: "a" value {} })", "modules['a']: has no `text`"});
}

TEST(Validator, ModulesAreBounded) {
  v1::EvalRequest request;
  request.set_source("1");
  for (int i = 0; i < 1000; ++i) (*request.mutable_modules())[std::to_string(i)].set_text("");
  EXPECT_TRUE(Validate(request, Bounds()).ok());
  (*request.mutable_modules())["one more"].set_text("");
  EXPECT_EQ(Validate(request, Bounds()).message(), "modules: 1001 are more than 1000");
  request.clear_modules();
  (*request.mutable_modules())[std::string(4096, 's')].set_text("");
  EXPECT_TRUE(Validate(request, Bounds()).ok());
  (*request.mutable_modules())[std::string(4097, 't')].set_text("");
  EXPECT_THAT(std::string(Validate(request, Bounds()).message()),
              AllOf(StartsWith("modules['ttt"), HasSubstr("has 4097 bytes, more than 4096")));
}

TEST(Validator, CountsModulesAndTheImportMapWithTheSource) {
  v1::EvalRequest eval;
  eval.set_source("12345");
  eval.set_import_map("{}");
  (*eval.mutable_modules())["abc"].set_text("1234");
  (*eval.mutable_modules())["w"].set_binary("12");
  EXPECT_EQ(SourceBytes(eval), 5u + 2 + 3 + 4 + 1 + 2);
  v1::CallFunctionRequest call;
  call.add_args()->set_json("[1]");
  (*call.mutable_modules())["abc"].set_text("1234");
  EXPECT_EQ(SourceBytes(call), 3u + 3 + 4);
}

TEST(Validator, ATenantHasAtMost256Bytes) {
  v1::EvalRequest request;
  request.set_source("1");
  request.set_tenant(std::string(256, 't'));
  EXPECT_TRUE(Validate(request, Bounds()).ok());
  request.set_tenant(std::string(257, 't'));
  EXPECT_THAT(std::string(Validate(request, Bounds()).message()), HasSubstr("tenant: has 257 bytes"));
}

TEST(Validator, FillsInWhatIsNotSet) {
  v1::EvalRequest request;
  request.set_source("1");
  request.mutable_limits()->mutable_wall_time()->set_seconds(1);
  FillDefaults(Bounds(), request);
  EXPECT_EQ(request.limits().wall_time().seconds(), 1);
  EXPECT_EQ(request.limits().cpu_time().seconds(), 4);
  EXPECT_EQ(request.limits().heap_bytes(), 1000u);
  EXPECT_EQ(request.limits().output_bytes(), 2000u);
  EXPECT_EQ(request.limits().memory_bytes(), 3000u);
  EXPECT_EQ(request.limits().console_bytes(), 4000u);
  EXPECT_EQ(request.limits().source_bytes(), 5000u);
  EXPECT_EQ(request.limits().result_depth(), 60u);
  EXPECT_EQ(request.isolation(), v1::ISOLATION_PRISTINE);
  EXPECT_EQ(request.source_kind(), v1::SOURCE_KIND_SCRIPT);
  EXPECT_EQ(request.result_format(), v1::RESULT_FORMAT_JSON);
}

TEST(Validator, CountsTheSourceOrAllArgumentsTogether) {
  v1::EvalRequest eval;
  eval.set_source("1 + 1");
  (*eval.mutable_globals())["x"].set_json("[1,2,3]");
  EXPECT_EQ(SourceBytes(eval), 5u);
  v1::CallFunctionRequest call;
  EXPECT_EQ(SourceBytes(call), 0u);
  call.set_function("f");
  call.add_args()->set_json("[1]");
  call.add_args()->set_bytes("12345");
  call.add_args()->mutable_undefined();
  EXPECT_EQ(SourceBytes(call), 8u);
  call.add_args()->mutable_structured()->set_string_value("123456");
  EXPECT_GE(SourceBytes(call), 14u);
}

}  // namespace
}  // namespace evald
