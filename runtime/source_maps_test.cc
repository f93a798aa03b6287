#include "runtime/source_maps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "runtime/runtime.h"
#include "runtime/snapshot_builder.h"

namespace evald {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Line 3 from column 4 on, and from column 10 on, came from the second line of a.ts.
constexpr char kGenerated[] = "\n\n   throw new Error('far')";
constexpr char kMap[] =
    R"({"version":3,"sources":["a.ts"],"sourcesContent":["type T = 1;\n  throw new Error('far' as T)\n"],)"
    R"("names":[],"mappings":";;GACE,MAAM"})";

std::string Inline(std::string_view map) {
  return "\n//# sourceMappingURL=data:application/json;charset=utf-8;base64," +
         absl::Base64Escape({map.data(), map.size()}) + "\n";
}

// One snapshot for the process, with a module, a setup script and a map in each.
const std::string& Snapshot() {
  static const std::string* const snapshot = [] {
    auto builder = SnapshotBuilder::Create({});
    EXPECT_TRUE(builder.ok());
    const std::string module =
        "export const ok = 1;\n\nexport default () => { throw new Error('in a module') }" +
        Inline(R"({"version":3,"sources":["rules.ts"],"mappings":";;AAkCA"})");
    EXPECT_EQ((*builder)->WithModule({"rules", module}), absl::OkStatus());
    const std::string script = "\n\nfunction fail() { throw new Error('in a script') }" +
                               Inline(R"({"version":3,"sources":["setup.ts"],"mappings":";;AAoCA"})");
    EXPECT_EQ((*builder)->Evaluate(script, "setup.js"), absl::OkStatus());
    return new std::string(*(*builder)->Finish());
  }();
  return *snapshot;
}

class SourceMapsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto runtime = Runtime::Create({.startup_snapshot = Snapshot()});
    ASSERT_TRUE(runtime.ok()) << runtime.status();
    runtime_ = *std::move(runtime);
  }

  v1::ScriptException Throw(const std::string& source, v1::SourceKind kind = v1::SOURCE_KIND_SCRIPT) {
    v1::EvalRequest request;
    request.set_source(source);
    request.set_resource_name("gen.js");
    request.set_source_kind(kind);
    Execution execution = runtime_->Eval(request);
    if (const auto* exception = std::get_if<v1::ScriptException>(&execution.outcome)) return *exception;
    ADD_FAILURE() << "it did not throw: " << source;
    return {};
  }
  static std::string PlaceOf(const v1::ScriptException& exception) {
    return absl::StrCat(exception.resource_name(), ":", exception.line(), ":", exception.column(), " ",
                        exception.source_line());
  }
  // What a rejected promise was rejected with is placed where it was made.
  static std::string PlaceIn(v1::SourceKind kind) {
    return absl::StrCat("a.ts:2:", kind == v1::SOURCE_KIND_MODULE ? 9 : 3, "   throw new Error('far' as T)");
  }

  std::unique_ptr<Runtime> runtime_;
};

TEST_F(SourceMapsTest, AMapThatIsGivenTellsWhereItWasThrown) {
  for (const auto kind : {v1::SOURCE_KIND_SCRIPT, v1::SOURCE_KIND_MODULE}) {
    runtime_->GiveSourceMap("gen.js", kMap);
    const v1::ScriptException exception = Throw(kGenerated, kind);
    EXPECT_EQ(PlaceOf(exception), PlaceIn(kind));
    EXPECT_EQ(exception.stack(), "Error: far\n    at a.ts:2:9");
  }
}

TEST_F(SourceMapsTest, AMapThatAScriptCarriesDoesToo) {
  for (const auto kind : {v1::SOURCE_KIND_SCRIPT, v1::SOURCE_KIND_MODULE}) {
    const v1::ScriptException exception = Throw(kGenerated + Inline(kMap), kind);
    EXPECT_EQ(PlaceOf(exception), PlaceIn(kind));
    EXPECT_EQ(exception.stack(), "Error: far\n    at a.ts:2:9");
  }
}

TEST_F(SourceMapsTest, AScriptsOwnStackIsToldByIt) {
  const std::string generated =
      "\n\n   try { (function f() { null.x })() } catch (e) { throw e.stack }" + Inline(kMap);
  EXPECT_THAT(Throw(generated).message(), HasSubstr("at f (a.ts:2:9)\n    at a.ts:2:9"));
}

TEST_F(SourceMapsTest, ThePlacesOfWhatTheSnapshotHoldsAreToo) {
  const v1::ScriptException script = Throw("fail()");
  EXPECT_EQ(PlaceOf(script), "setup.ts:37:1 ");
  EXPECT_THAT(script.stack(), HasSubstr("at fail (setup.ts:37:1)\n    at gen.js:1:1"));
  const v1::ScriptException module = Throw("import('rules').then((rules) => rules.default())");
  EXPECT_THAT(module.stack(), HasSubstr("(rules.ts:35:1)"));
}

TEST_F(SourceMapsTest, ASyntaxErrorsPlaceIsToo) {
  EXPECT_EQ(PlaceOf(Throw("\n\n   let 5;" + Inline(kMap))), "a.ts:2:3   throw new Error('far' as T)");
  EXPECT_EQ(PlaceOf(Throw("\n\n   let 5;" + Inline(kMap), v1::SOURCE_KIND_MODULE)),
            "a.ts:2:3   throw new Error('far' as T)");
}

TEST_F(SourceMapsTest, TheStackAtATimeLimitIsToo) {
  v1::EvalRequest request;
  request.set_resource_name("gen.js");
  runtime_->GiveSourceMap("gen.js", kMap);
  static Runtime* stopped;
  stopped = runtime_.get();
  // Terminated from where a signal handler would do it: in the middle of the script.
  runtime_->isolate()->AddGCPrologueCallback([](v8::Isolate*, v8::GCType, v8::GCCallbackFlags) {
    if (stopped != nullptr) std::exchange(stopped, nullptr)->Terminate(Runtime::Cause::kWallTime);
  });
  request.set_source("\n\n   for (;;) new Array(1000)");
  const Execution execution = runtime_->Eval(request);
  EXPECT_THAT(std::get<Fault>(execution.outcome).stack, StartsWith("    at a.ts:2:"));
}

TEST_F(SourceMapsTest, AnotherScriptOfTheNameHasNoClaimToIt) {
  runtime_->GiveSourceMap("gen.js", kMap);
  EXPECT_EQ(Throw(kGenerated).resource_name(), "a.ts");
  EXPECT_EQ(PlaceOf(Throw(kGenerated)), "gen.js:3:4    throw new Error('far')");
  EXPECT_EQ(Throw(kGenerated + Inline(kMap)).resource_name(), "a.ts");
  EXPECT_EQ(PlaceOf(Throw(kGenerated)), "gen.js:3:4    throw new Error('far')");
}

TEST_F(SourceMapsTest, AMapOfAnotherNameSaysNothing) {
  runtime_->GiveSourceMap("n.js", kMap);
  EXPECT_EQ(Throw(kGenerated).resource_name(), "gen.js");
}

// A map that says nothing, or lies, costs a script its original places and nothing else.
TEST_F(SourceMapsTest, HostileMapsLeaveThePlacesThatThereAre) {
  const std::string open(4 << 20, '[');
  for (
      const std::string& map : std::initializer_list<std::string>{
          "", "{", "null", open, R"({"version":3,"sources":[],"mappings":";;GACE"})",
          R"({"version":3,"sources":["a.ts"],"mappings":";;G"})",
          R"({"version":3,"sources":["a.ts"],"mappings":";;G!!!"})",
          R"({"version":3,"sources":["a.ts"],"mappings":";;GAggggggC"})",
          R"({"version":3,"sections":[{"offset":{"line":0,"column":0},"map":{"version":3,"sections":[]}}]})"}) {
    EXPECT_EQ(PlaceOf(Throw(kGenerated + Inline(map))), "gen.js:3:4    throw new Error('far')")
        << map.substr(0, 99);
    runtime_->GiveSourceMap("gen.js", map);
    EXPECT_EQ(PlaceOf(Throw(kGenerated)), "gen.js:3:4    throw new Error('far')") << map.substr(0, 99);
  }
  for (const char* url :
       {"data:application/json;base64,$$$$", "data:text/plain;base64,AAAA", "data:application/json",
        "data:application/json,{}", "file:///etc/passwd", "gen.js.map", ""}) {
    EXPECT_EQ(Throw(absl::StrCat(kGenerated, "\n//# sourceMappingURL=", url)).line(), 3) << url;
  }
}

TEST_F(SourceMapsTest, NothingThatAScriptSpoilsMatters) {
  const std::string spoil =
      "for (const p of [Object, Array, String, RegExp, Map]) for (const k of "
      "Object.getOwnPropertyNames(p.prototype))"
      " try { Object.defineProperty(p.prototype, k, { get() { throw 1 } }) } catch {}"
      "JSON.parse = atob = null; Error.prepareStackTrace = undefined;";
  const v1::ScriptException exception = Throw(spoil + kGenerated + Inline(kMap));
  EXPECT_EQ(exception.line(), 2);
  EXPECT_THAT(exception.stack(), HasSubstr("a.ts:2:9"));
}

TEST_F(SourceMapsTest, ALongSourceNameIsCut) {
  const std::string map =
      absl::StrCat(R"({"version":3,"mappings":";;GACE","sources":[")", std::string(100000, 'x'), "\"]}");
  const v1::ScriptException exception = Throw(kGenerated + Inline(map));
  EXPECT_EQ(exception.resource_name().size(), 256u);
  EXPECT_LT(exception.stack().size(), 1000u);
}

// An isolate that keeps its state forgets at some time.
TEST_F(SourceMapsTest, WhatIsKeptIsBounded) {
  SourceMaps maps;
  for (int i = 0; i < 10000; ++i) {
    maps.Give(absl::StrCat("n", i), std::string(10000, ' '));
    maps.Give("mine", kMap);
    EXPECT_EQ(maps.Find("mine", 3, 4)->source, "a.ts");
    maps.EndRequest();
  }
  maps.Give("other", kMap);
  int known = 0;
  for (int i = 0; i < 10000; ++i) {
    std::vector<std::string> frames = {absl::StrCat("f (n", i, ":3:4)")};
    maps.MapFrames(frames);
    known += frames[0] != absl::StrCat("f (n", i, ":3:4)") ? 1 : 0;
  }
  EXPECT_EQ(known, 0);
  EXPECT_EQ(maps.Find("other", 3, 4)->line, 2);
}

TEST(SourceMaps, FramesAreFoundByTheirEnd) {
  SourceMaps maps;
  maps.Give("a b.js", kMap);
  maps.Give("b.js", R"({"version":3,"sources":["b.ts"],"mappings":";;AAUA"})");
  std::vector<std::string> frames = {"f (a b.js:3:4)",
                                     "a b.js:3:10",
                                     "async Promise.all (index 0)",
                                     "new X (b.js:3:1)",
                                     "f (xb.js:3:1)",
                                     "b.js:1:1",
                                     "b.js:3",
                                     "async b.js:3:9",
                                     "f (b.js:3:1), <anonymous>:1:1",
                                     ":3:4",
                                     "b.js:3:99999999999999",
                                     ""};
  maps.MapFrames(frames);
  EXPECT_THAT(frames, testing::ElementsAre("f (a.ts:2:3)", "a.ts:2:9", "async Promise.all (index 0)",
                                           "new X (b.ts:11:1)", "f (xb.js:3:1)", "b.js:1:1", "b.js:3",
                                           "async b.ts:11:1", "f (b.js:3:1), <anonymous>:1:1", ":3:4",
                                           "b.js:3:99999999999999", ""));
}

}  // namespace
}  // namespace evald
