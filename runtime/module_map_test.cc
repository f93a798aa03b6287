// Modules that came with a request, that are preloaded, and that a snapshot cannot hold.
#include "runtime/module_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/platform.h"
#include "runtime/runtime.h"
#include "runtime/snapshot_builder.h"
#include "runtime/testing/wasm.h"

namespace evald {
namespace {

using testing::AddWasm;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing::TwiceWasm;
using Modules = std::vector<Module>;

constexpr auto kJavaScript = v1::ModuleSource::JAVASCRIPT;
constexpr auto kJson = v1::ModuleSource::JSON;
constexpr auto kWasm = v1::ModuleSource::WASM;

std::vector<std::string> Names(const Modules& modules) {
  std::vector<std::string> names;
  for (const Module& module : modules) names.push_back(module.specifier);
  return names;
}

struct Built {
  std::string snapshot;
  Modules deferred;
  absl::Status status;
};

Built Build(const Modules& modules, const std::string& import_map = "") {
  Built built;
  auto builder = SnapshotBuilder::Create({});
  EXPECT_TRUE(builder.ok()) << builder.status();
  if (!import_map.empty()) built.status = (*builder)->WithImportMap(import_map);
  if (built.status.ok()) built.status = (*builder)->WithModules(modules, built.deferred);
  absl::StatusOr<std::string> bytes = (*builder)->Finish();
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  built.snapshot = *std::move(bytes);
  return built;
}

// Of a request, or of the configuration.
const Modules& Preloaded() {
  static const Modules& modules = *new Modules{
      {"rates", R"({"standard": 1.2, "__proto__": 7, "list": [1, 2, 3]})", kJson},
      {"pricing",
       "import rates from 'rates' assert { type: 'json' }; import { later } from 'later';\n"
       "export const total = (x) => x * rates.standard; export { later };\n"
       "export const meta = [import.meta.url, import.meta.resolve('./x.js')];\n"
       "export const lazy = () => import('calc.wasm'); export let count = 0; export const bump = () => "
       "++count;"},
      {"later", "import { total } from 'pricing'; export const later = () => total(10)"},
      {"lib/a.js", "export { b } from './b.js'; export const where = import.meta.resolve"},
      {"lib/b.js", "export const b = 'b of lib'"},
      {"calc.wasm", AddWasm(), kWasm},
      {"twice.wasm", TwiceWasm("./scale.js"), kWasm},
      {"./scale.js", "export const scale = (x) => x + 1"},
      {"uses-wasm", "import { add } from 'calc.wasm'; export const five = add(2, 3)"},
      {"uses-it-too", "export { five } from 'uses-wasm'; export default (await Promise.resolve(40)) + 2"},
  };
  return modules;
}

constexpr char kPreloadedMap[] = R"({"imports": {"mapped": "pricing", "old": null}})";

class ModuleMapTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { built_ = new Built(Build(Preloaded(), kPreloadedMap)); }

  void SetUp() override {
    ASSERT_EQ(built_->status, absl::OkStatus());
    auto runtime = Runtime::Create({.startup_snapshot = built_->snapshot});
    ASSERT_TRUE(runtime.ok()) << runtime.status();
    runtime_ = *std::move(runtime);
    ASSERT_EQ(runtime_->Preload(built_->deferred), absl::OkStatus());
  }

  static std::string Json(const Execution& execution) {
    if (const auto* value = std::get_if<v1::Value>(&execution.outcome))
      return value->has_undefined() ? "undefined" : value->json();
    if (const auto* exception = std::get_if<v1::ScriptException>(&execution.outcome))
      return exception->name() + ": " + exception->message();
    const Fault& fault = std::get<Fault>(execution.outcome);
    return v1::ErrorReason_Name(fault.reason) + ": " + fault.message;
  }

  template <typename Request>
  static void Add(const Modules& modules, Request& request) {
    for (const Module& module : modules) {
      v1::ModuleSource& source = (*request.mutable_modules())[module.specifier];
      source.set_type(module.type);
      if (module.type == kWasm) {
        source.set_binary(module.source);
      } else {
        source.set_text(module.source);
      }
    }
  }
  v1::EvalRequest Request(const std::string& source, const Modules& modules = {},
                          const std::string& import_map = "") {
    v1::EvalRequest request;
    request.set_source(source);
    request.set_import_map(import_map);
    Add(modules, request);
    return request;
  }
  std::string Script(const std::string& source, const Modules& modules = {},
                     const std::string& import_map = "") {
    return Json(runtime_->Eval(Request(source, modules, import_map)));
  }
  std::string EvalModule(const std::string& source, const Modules& modules = {},
                         const std::string& import_map = "", const std::string& name = "") {
    v1::EvalRequest request = Request(source, modules, import_map);
    request.set_source_kind(v1::SOURCE_KIND_MODULE);
    request.set_resource_name(name);
    return Json(runtime_->Eval(request));
  }
  std::string Call(const std::string& module, const std::string& function,
                   const std::vector<std::string>& args = {}, const Modules& modules = {},
                   const std::string& import_map = "") {
    v1::CallFunctionRequest request;
    request.set_module(module);
    request.set_function(function);
    request.set_import_map(import_map);
    for (const std::string& arg : args) request.add_args()->set_json(arg);
    Add(modules, request);
    return Json(runtime_->CallFunction(request));
  }

  static inline const Built* built_ = nullptr;
  std::unique_ptr<Runtime> runtime_;
};

TEST_F(ModuleMapTest, WhatASnapshotCannotHoldIsDeferredWithAllThatImportsIt) {
  EXPECT_THAT(Names(built_->deferred), ElementsAre("calc.wasm", "twice.wasm", "uses-wasm", "uses-it-too"));
}

TEST_F(ModuleMapTest, PreloadedModulesOfEachKindAreThere) {
  EXPECT_EQ(EvalModule("import { total, later } from 'pricing'; export default [total(5), later()]"),
            "[6,12]");
  EXPECT_EQ(EvalModule("import r from 'rates' assert { type: 'json' }; export default r.list"), "[1,2,3]");
  EXPECT_EQ(EvalModule("import r from 'rates' with { type: 'json' }; export default r.list"), "[1,2,3]");
  EXPECT_EQ(EvalModule("import { add } from 'calc.wasm'; export default add(2, 40)"), "42");
  EXPECT_EQ(EvalModule("import * as w from 'calc.wasm' with { type: 'webassembly' };"
                       "export default Object.keys(w)"),
            "[\"add\"]");
  EXPECT_EQ(EvalModule("import { twice } from 'twice.wasm'; export default twice(4)"), "10");
  EXPECT_EQ(EvalModule("import x, { five } from 'uses-it-too'; export default [x, five]"), "[42,5]");
  EXPECT_EQ(Script("import('pricing').then((p) => p.lazy()).then((w) => w.add(1, 1))"), "2");
}

TEST_F(ModuleMapTest, JsonIsWhatJsonParseMakesOfIt) {
  EXPECT_EQ(EvalModule("import r from 'rates' assert { type: 'json' };"
                       "export default [Object.keys(r), Object.getPrototypeOf(r) === Object.prototype]"),
            "[[\"standard\",\"__proto__\",\"list\"],true]");
  EXPECT_EQ(
      Script("import('./n.json', { assert: { type: 'json' } }).then((n) => [n.default, Object.keys(n)])",
             {{"./n.json", " null ", kJson}}),
      "[null,[\"default\"]]");
  EXPECT_EQ(Script("import('./n.json', { assert: { type: 'json' } })", {{"./n.json", "{]", kJson}}),
            "SyntaxError: Module './n.json' is not JSON: Unexpected token ] in JSON at position 1");
}

TEST_F(ModuleMapTest, FunctionsOfAllKindsOfModulesAreCalled) {
  EXPECT_EQ(Call("pricing", "total", {"10"}), "12");
  EXPECT_EQ(Call("calc.wasm", "add", {"3", "4"}), "7");
  EXPECT_EQ(Call("rates", "default.list.join", {"\"-\""}), "\"1-2-3\"");
  EXPECT_EQ(Call("./m.js", "f", {"2"},
                 {{"./m.js",
                   "import { scale } from './scale.js';"
                   "export const f = async (x) => scale(x)"}}),
            "3");
  EXPECT_EQ(Call("own.wasm", "twice", {"5"},
                 {{"own.wasm", TwiceWasm("env"), kWasm}, {"env", "export const scale = (x) => x * 10"}}),
            "100");
  EXPECT_EQ(Call("d", "default.at", {"1"}, {{"d", "[4, 5]", kJson}}), "5");
  EXPECT_EQ(Call("mapped", "total", {"10"}), "12") << "the import map that is there for all";
  EXPECT_THAT(Call("rates", "default.standard"), HasSubstr("FUNCTION_NOT_FOUND"));
  EXPECT_EQ(Call("nobody", "f"),
            "ERROR_REASON_MODULE_NOT_FOUND: module 'nobody' is not there: it is none of the 10 modules that "
            "there are");
  EXPECT_EQ(Call("old", "f"),
            "ERROR_REASON_MODULE_NOT_FOUND: module 'old' is blocked by the import map, which has null for "
            "'old'");
  EXPECT_EQ(Call("m", "f", {}, {{"m", "\nthrow new RangeError('at load')"}}), "RangeError: at load");
  EXPECT_THAT(Call("m", "f", {}, {{"m", "await new Promise(() => {})"}}), StartsWith("UnsettledPromise"));
}

TEST_F(ModuleMapTest, PathsAreRelativeToTheImporter) {
  const Modules modules = {
      {"./lib/a.js", "export { c } from '../c.js'; export * from './sub/b.js'"},
      {"./lib/sub/b.js", "export const b = (await import('../../c.js')).c"},
      {"./c.js", "export const c = 'c'"},
      {"pkg/main.js", "export { x } from './x.js'"},
      {"pkg/x.js", "export const x = 'x of pkg'"},
      {"/abs.js", "export const x = import.meta.resolve('./y.js')"},
  };
  EXPECT_EQ(EvalModule("import { b, c } from './lib/a.js'; export default [b, c]", modules), "[\"c\",\"c\"]");
  EXPECT_EQ(EvalModule("import { b } from './a.js'; export default b", modules, "", "lib/main.mjs"), "\"c\"");
  EXPECT_EQ(EvalModule("export { x as default } from 'pkg/main.js'", modules), "\"x of pkg\"");
  EXPECT_EQ(EvalModule("export { x as default } from '/abs.js'", modules), "\"/y.js\"");
  EXPECT_EQ(EvalModule("export { b as default } from 'lib/a.js'"), "\"b of lib\"");
  EXPECT_EQ(Script("import('./lib/../c.js').then((c) => c.c)", modules), "\"c\"");
}

TEST_F(ModuleMapTest, ImportsMayGoInCircles) {
  EXPECT_EQ(
      EvalModule(
          "import { even } from 'even'; export default [even(10), even(7)]",
          {{"even", "import { odd } from 'odd'; export function even(n) { return n === 0 || odd(n - 1) }"},
           {"odd", "import { even } from 'even'; export function odd(n) { return n !== 0 && even(n - 1) }"}}),
      "[true,false]");
  EXPECT_EQ(
      EvalModule("import { b } from './b.js'; export const a = 3; export default b()",
                 {{"./b.js", "import { a } from './main.js'; export const b = () => a * 2"}}, "", "main.js"),
      "6")
      << "the request's own module has its resource name";
  EXPECT_EQ(
      EvalModule("export const me = await import('./eval.js').then((m) => m.x, String); export const x = 1;"
                 "export default 'not reached'"),
      "UnsettledPromiseError: the result is a promise that can never settle: nothing is left to run");
  EXPECT_EQ(
      EvalModule("const p = import('./eval.js'); export const x = 1; export default p.then((m) => m.x)"),
      "1");
  EXPECT_EQ(EvalModule("import { f } from './f.js'; export default f",
                       {{"./f.js",
                         "import { twice } from 'w'; export function scale(x) { return x + 3 }"
                         "export const f = twice(1)"},
                        {"w", TwiceWasm("./f.js"), kWasm}}),
            "8");
  EXPECT_THAT(
      EvalModule("import { twice } from 'w'; export default twice(1)", {{"w", TwiceWasm("w"), kWasm}}),
      StartsWith("LinkError"));
}

TEST_F(ModuleMapTest, TopLevelAwaitIsAwaited) {
  const Modules modules = {
      {"slow", "await null; await Promise.resolve(); globalThis.order = ['slow']; export const x = 1"},
      {"sync", "import 'slow'; order.push('sync')"},
      {"fails", "await null; throw new RangeError('late')"},
  };
  EXPECT_EQ(Script("import('sync').then(() => order)", modules), "[\"slow\",\"sync\"]");
  EXPECT_EQ(Script("import('fails')", modules), "RangeError: late");
  EXPECT_EQ(Script("import('fails').catch((e) => import('fails').catch((f) => e === f))", modules), "true");
  EXPECT_EQ(Script("Promise.all([import('slow'), import('slow')]).then(([a, b]) => a === b)", modules),
            "true");
  EXPECT_EQ(EvalModule("import 'fails'", modules), "RangeError: late");
}

TEST_F(ModuleMapTest, ImportMetaTellsWhereAModuleIs) {
  EXPECT_EQ(EvalModule("import { meta } from 'pricing'; export default meta"), "[\"pricing\",\"./x.js\"]");
  EXPECT_EQ(EvalModule("export default [import.meta.url, import.meta.resolve('../b.js'),"
                       " import.meta.resolve('mapped'), import.meta.resolve('https://x/y'),"
                       " Object.getPrototypeOf(import.meta)]",
                       {}, "", "src/main.mjs"),
            "[\"src/main.mjs\",\"./b.js\",\"pricing\",\"https://x/y\",null]");
  EXPECT_THAT(EvalModule("import.meta.resolve('old')"),
              StartsWith("TypeError: The specifier 'old' at eval.js:1:13 is blocked by the import map"));
  EXPECT_THAT(EvalModule("import.meta.resolve('none')"), HasSubstr("means no module"));
  EXPECT_EQ(EvalModule("import.meta.resolve({ toString() { throw 7 } })"), "Uncaught: 7");
}

TEST_F(ModuleMapTest, AnImportMapSaysWhatSpecifiersMean) {
  const Modules modules = {
      {"./v1/x.js", "export default 'x1'"},
      {"./v2/x.js", "export default 'x2'"},
      {"./v2/deep/y.js", "export { default } from 'x'"},
      {"./main.js", "export { default } from 'x'"},
  };
  const std::string map = R"({"imports": {"x": "./v1/x.js", "v/": "./v1/", "v/two/": "./v2/", "no/": null,
      "./moved.js": "./v2/x.js", "alias": "lib/b.js"},
      "scopes": {"./v2/": {"x": "./v2/x.js"}, "./v2/deep/z": {}, "./v2/deep/": {"other": "x"}},
      "integrity": 3})";
  const auto of = [&](const std::string& specifier) {
    return EvalModule(absl::StrCat("export { default } from '", specifier, "'"), modules, map);
  };
  EXPECT_EQ(of("x"), "\"x1\"");
  EXPECT_EQ(of("./v2/deep/y.js"), "\"x2\"") << "the longest scope that has the entry";
  EXPECT_EQ(of("./main.js"), "\"x1\"");
  EXPECT_EQ(of("v/x.js"), "\"x1\"");
  EXPECT_EQ(of("v/two/x.js"), "\"x2\"") << "the longest prefix";
  EXPECT_EQ(of("./moved.js"), "\"x2\"") << "paths are mapped too";
  EXPECT_EQ(of("./v2/../moved.js"), "\"x2\"");
  EXPECT_EQ(EvalModule("export { b as default } from 'alias'", modules, map), "\"b of lib\"");
  EXPECT_THAT(of("no/thing"), HasSubstr("imported from eval.js:1:25 is blocked by the import map, which has "
                                        "null for 'no/'"));
  EXPECT_THAT(of("v/../main.js"), HasSubstr("leaves the folder that the import map has for 'v/'"));
  EXPECT_THAT(of("v/none.js"),
              HasSubstr("'v/none.js' imported from eval.js:1:25: it would be './v1/none.js'"));
  EXPECT_THAT(EvalModule("import 'mapped'", modules, map), HasSubstr("Cannot find module 'mapped'"))
      << "a request's map takes the other's place";
  EXPECT_EQ(EvalModule("import { total } from 'mapped'; export default total(1)"), "1.2");
  EXPECT_EQ(Script("import('x').then((m) => m.default)", modules, map), "\"x1\"");
  EXPECT_EQ(Call("alias", "b", {}, modules, map).find("ERROR_REASON_FUNCTION_NOT_FOUND"), 0u);
  EXPECT_EQ(
      Call("p/", "total", {"5"}, modules, R"({"imports": {"p/": "lib/"}, "scopes": {"./": {"p/": null}}})")
          .find("ERROR_REASON_MODULE_NOT_FOUND"),
      0u);
}

TEST_F(ModuleMapTest, AnImportMapThatIsNoneIsARequestThatCannotBe) {
  const auto fault = [&](const std::string& map) { return Script("1", {}, map); };
  EXPECT_THAT(fault("{"),
              StartsWith("ERROR_REASON_INVALID_REQUEST: import_map: is not JSON: Unexpected end"));
  EXPECT_THAT(fault("[]"), HasSubstr("import_map: is not a JSON object"));
  EXPECT_THAT(fault(R"({"imports": 1})"), HasSubstr("import_map: imports: is not a JSON object"));
  EXPECT_THAT(fault(R"({"imports": {"a": 1}})"), HasSubstr("imports['a']: is neither a string nor null"));
  EXPECT_THAT(fault(R"({"imports": {"": "a"}})"), HasSubstr("imports['']: a specifier is not empty"));
  EXPECT_THAT(fault(R"({"imports": {"a/": "b"}})"), HasSubstr("ends with a slash, so the address has to"));
  EXPECT_THAT(fault(R"({"scopes": {"s": {"a": {}}}})"), HasSubstr("scopes['s']['a']: is neither"));
  EXPECT_THAT(fault(absl::StrCat("{\"imports\": {\"a\": \"", std::string(5000, 'x'), "\"}}")),
              HasSubstr("has 5000 bytes"));
  EXPECT_EQ(Script("1"), "1");
}

TEST_F(ModuleMapTest, ErrorsNameTheImporterItsLineAndColumn) {
  const Modules few = {{"./a.js", "\n  import { x } from './b.js'"}, {"./c.js", "export const x = ;"}};
  EXPECT_EQ(EvalModule("import './a.js'", few),
            "TypeError: Cannot find module './b.js' imported from ./a.js:2:21: it is none of the 12 modules "
            "that there are");
  EXPECT_THAT(Script("void 0;\n import('gone')"), HasSubstr("'gone' imported from eval.js:2:2:"));
  EXPECT_THAT(EvalModule("import { nope } from 'pricing'"), HasSubstr("does not provide an export named"));
  v1::EvalRequest request = Request("import('./c.js')", few);
  const Execution execution = runtime_->Eval(request);
  const auto& exception = std::get<v1::ScriptException>(execution.outcome);
  EXPECT_EQ(exception.name(), "SyntaxError");
  EXPECT_EQ(exception.resource_name(), "./c.js");
  EXPECT_EQ(exception.line(), 1);
  EXPECT_THAT(EvalModule("import 'own.wasm'", {{"own.wasm", TwiceWasm("env"), kWasm}}),
              HasSubstr("Cannot find module 'env' imported from own.wasm: "));
  EXPECT_THAT(EvalModule("import 'own.wasm'", {{"own.wasm", "\0asm no", kWasm}}),
              HasSubstr("CompileError: Module 'own.wasm' is not WebAssembly: "));
  EXPECT_THAT(EvalModule("import 'own.wasm'", {{"own.wasm", TwiceWasm("env"), kWasm}, {"env", ""}}),
              StartsWith("LinkError"));
}

TEST_F(ModuleMapTest, ImportAttributesHaveToFit) {
  EXPECT_EQ(EvalModule("import r from 'rates'"),
            "TypeError: Module 'rates' imported from eval.js:1:15 is JSON: it needs the import attribute "
            "type: 'json'");
  EXPECT_THAT(EvalModule("import r from 'pricing' with { type: 'json' }"),
              HasSubstr("is not of type 'json'"));
  EXPECT_THAT(EvalModule("import r from 'pricing' with { type: 'css' }"),
              HasSubstr("type 'css', which is not"));
  EXPECT_THAT(EvalModule("import r from 'pricing' with { lang: 'en' }"),
              HasSubstr("attribute 'lang', which"));
  EXPECT_THAT(Script("import('rates')"), HasSubstr("imported from eval.js:1:1 is JSON"));
  EXPECT_THAT(Script("import('rates', { assert: { get type() { throw new RangeError('mine') } } })"),
              HasSubstr("mine"));
  EXPECT_THAT(Script("import('rates', { assert: { type: Symbol() } })"), StartsWith("TypeError"));
}

TEST_F(ModuleMapTest, ModulesOfARequestHideOthersAndAreGoneAfterIt) {
  const std::string own = EvalModule(
      "import { total } from 'pricing'; import { later } from 'later'; export default [total(1), later()]",
      {{"pricing", "export const total = () => 'mine'"}});
  EXPECT_EQ(own, "[\"mine\",12]") << "what is preloaded stays linked to what is preloaded";
  EXPECT_EQ(EvalModule("import { total } from 'pricing'; export default total(1)"), "1.2");
  EXPECT_EQ(EvalModule("import 'once'; globalThis.again = () => import('once')",
                       {{"once", "globalThis.once = (globalThis.once ?? 0) + 1"}}),
            "undefined");
  EXPECT_EQ(Script("once"), "1") << "what a script leaves in the global object stays";
  EXPECT_THAT(Script("again()"), HasSubstr("Cannot find module 'once'"));
  EXPECT_THAT(Script("import('once')"), HasSubstr("Cannot find module 'once'"));
  EXPECT_THAT(Script("import('./eval.js')"), HasSubstr("Cannot find module"));
  EXPECT_EQ(Script("import('once').then(() => once)", {{"once", "globalThis.once += 10"}}), "11");
  EXPECT_EQ(Script("import('x')", {}, R"({"imports": {"x": null}})").find("TypeError"), 0u);
  EXPECT_THAT(Script("import('x')"), HasSubstr("Cannot find module 'x'")) << "its import map is gone, too";
}

TEST_F(ModuleMapTest, APreloadedModuleKeepsItsState) {
  EXPECT_EQ(Script("import('pricing').then((p) => [p.bump(), p.bump(), p.count])"), "[1,2,2]");
  EXPECT_EQ(EvalModule("import { count } from 'pricing'; export default count"), "2");
}

TEST_F(ModuleMapTest, TheSameModuleUnderTwoNamesIsARequestThatCannotBe) {
  EXPECT_EQ(Script("1", {{"./b/../a.js", ""}, {"./a.js", ""}}),
            "ERROR_REASON_INVALID_REQUEST: modules['./b/../a.js']: is the same module as './a.js'");
  EXPECT_THAT(Script("1", {{"t", "", v1::ModuleSource::TYPESCRIPT}}),
              HasSubstr("modules['t']: TypeScript is not made JavaScript here"));
}

TEST_F(ModuleMapTest, NothingIsCompiledThatNobodyImports) {
  EXPECT_EQ(Script("1", {{"broken", "}"}, {"more", "{", kJson}, {"w", "no", kWasm}}), "1");
}

TEST_F(ModuleMapTest, HostileImportsAreContained) {
  EXPECT_THAT(Script("import('x'.repeat(1 << 20))"), HasSubstr("is longer than 4096 bytes"));
  EXPECT_THAT(Script("import('./'.repeat(1 << 19))"), HasSubstr("is longer than 4096 bytes"));
  EXPECT_THAT(Script("import('\\ud800')"), HasSubstr("Cannot find module"));
  EXPECT_EQ(Script("let n = 0; const go = () => n++ < 5000 ? import('pricing').then(go) : n; go()"), "5001");
  EXPECT_EQ(
      Script("Promise.all(Array.from({ length: 5000 }, () => import('none').catch(() => 1))).then((a) =>"
             " a.length)"),
      "5000");
  EXPECT_EQ(Script("Promise.prototype.then = null; Array.prototype[Symbol.iterator] = null; import('pricing')"
                   "; delete globalThis.WebAssembly; 1"),
            "1");
  EXPECT_EQ(Call("own.wasm", "add", {"1", "2"}, {{"own.wasm", AddWasm(), kWasm}}), "3");
  Modules chain = {{"m1000", "export const x = 'end'"}};
  for (int i = 0; i < 1000; ++i)
    chain.push_back({absl::StrCat("m", i), absl::StrCat("export * from 'm", i + 1, "'")});
  EXPECT_EQ(EvalModule("export { x as default } from 'm0'", chain), "\"end\"");
}

TEST_F(ModuleMapTest, WhatIsThenableIsWhatImportGives) {
  EXPECT_EQ(Script("import('t')", {{"t", "export function then(resolve) { resolve('thenned') }"}}),
            "\"thenned\"");
}

TEST(SnapshotModules, ErrorsNameTheModule) {
  const auto error = [](const Modules& modules, const std::string& map = "") {
    return std::string(Build(modules, map).status.message());
  };
  EXPECT_THAT(error({{"a", "import 'b'"}, {"b", "\n  null.x"}}), StartsWith("module 'a': b:2:8: TypeError"));
  EXPECT_THAT(error({{"a", "1"}, {"b", "import {"}}), StartsWith("module 'b': b:1:"));
  EXPECT_THAT(error({{"a", "import 'c'"}}),
              StartsWith("module 'a': TypeError: Cannot find module 'c' imported from a:1:8: there is "
                         "only 'a'"));
  EXPECT_THAT(error({{"d", "{", kJson}}), HasSubstr("module 'd': SyntaxError: Module 'd' is not JSON"));
  EXPECT_THAT(error({{"./a", ""}, {"./b/../a", ""}}),
              HasSubstr("module './b/../a': there is a module './a'"));
  EXPECT_THAT(error({}, "{\"imports\": []}"), HasSubstr("imports: is not a JSON object"));
  EXPECT_THAT(error({{"a", "await import('w')"}, {"w", AddWasm(), kWasm}}),
              AllOf(StartsWith("module 'a': "), HasSubstr("Cannot find module 'w'")));
}

TEST(SnapshotModules, OneAloneIsRefusedIfASnapshotCannotHoldIt) {
  auto builder = SnapshotBuilder::Create({});
  ASSERT_TRUE(builder.ok());
  EXPECT_EQ((*builder)->WithModule({"a", "export const a = 1"}), absl::OkStatus());
  EXPECT_THAT(std::string((*builder)->WithModule({"w", AddWasm(), kWasm}).message()),
              HasSubstr("module 'w': a startup snapshot cannot hold WebAssembly"));
  EXPECT_EQ((*builder)->WithModule({"b", "export { a } from 'a'"}), absl::OkStatus());
}

TEST(SnapshotModules, PreloadErrorsNameTheModule) {
  const Built built = Build({});
  auto runtime = Runtime::Create({.startup_snapshot = built.snapshot});
  ASSERT_TRUE(runtime.ok());
  EXPECT_THAT(std::string((*runtime)->Preload({{"w", "junk", kWasm}}).message()),
              AllOf(StartsWith("module 'w': "), HasSubstr("is not WebAssembly")));
  EXPECT_THAT(std::string((*runtime)->Preload({{"j", "\n throw new Error('no')"}}).message()),
              StartsWith("module 'j': j:2:8: Error: no"));
  EXPECT_THAT(std::string((*runtime)->Preload({{"j", ""}}).message()),
              HasSubstr("module 'j': there is a module"));
}

}  // namespace
}  // namespace evald
