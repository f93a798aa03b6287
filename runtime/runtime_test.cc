#include "runtime/runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "runtime/snapshot_builder.h"

namespace evald {
namespace {

using testing::HasSubstr;

std::string Build(const std::vector<Module>& modules, std::string_view script = "") {
  auto builder = SnapshotBuilder::Create({});
  EXPECT_TRUE(builder.ok()) << builder.status();
  for (const Module& module : modules) EXPECT_EQ((*builder)->WithModule(module), absl::OkStatus());
  EXPECT_EQ((*builder)->Evaluate(script, "setup.js"), absl::OkStatus());
  absl::StatusOr<std::string> bytes = (*builder)->Finish();
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return *std::move(bytes);
}

// One snapshot for the suite; a Runtime of its own for each test.
class RuntimeTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    snapshot_ = new std::string(
        Build({{"rules",
                "export const limit = 7; export function total(a, b) { return a + b }\n"
                "export const shop = { tax: 2, gross(x) { return x + this.tax } };\n"
                "export default function () { return 'the default' }"},
               {"uses-rules", "import { limit } from 'rules'; export const twice = () => limit * 2"}},
              "globalThis.api = { add(a, b) { return a + b }, self() { return this === api } };\n"
              "const lexical = { f: () => 'lexical' };"));
  }
  void SetUp() override {
    auto runtime = Runtime::Create({.startup_snapshot = *snapshot_});
    ASSERT_TRUE(runtime.ok()) << runtime.status();
    runtime_ = *std::move(runtime);
  }

  v1::EvalRequest Request(std::string source) {
    v1::EvalRequest request;
    request.set_source(std::move(source));
    return request;
  }
  std::string Json(const Execution& execution) {
    if (const auto* value = std::get_if<v1::Value>(&execution.outcome)) {
      return value->has_undefined() ? "undefined"
             : value->has_bytes()   ? "bytes:" + value->bytes()
                                    : value->json();
    }
    if (const auto* exception = std::get_if<v1::ScriptException>(&execution.outcome)) {
      return exception->name() + ": " + exception->message();
    }
    const Fault& fault = std::get<Fault>(execution.outcome);
    return v1::ErrorReason_Name(fault.reason) + ": " + fault.message;
  }
  std::string Eval(std::string source) { return Json(runtime_->Eval(Request(std::move(source)))); }
  std::string EvalModule(std::string source) {
    v1::EvalRequest request = Request(std::move(source));
    request.set_source_kind(v1::SOURCE_KIND_MODULE);
    return Json(runtime_->Eval(request));
  }
  std::string Call(std::string module, std::string function, std::vector<std::string> args = {}) {
    v1::CallFunctionRequest request;
    request.set_module(std::move(module));
    request.set_function(std::move(function));
    for (std::string& arg : args) request.add_args()->set_json(std::move(arg));
    return Json(runtime_->CallFunction(request));
  }

  static inline const std::string* snapshot_ = nullptr;
  std::unique_ptr<Runtime> runtime_;
};

TEST(SnapshotTest, AFunctionFromAModuleInTheSnapshotIsThere) {
  const std::string snapshot = Build({{"important", "globalThis.importantFunction = () => 42"}});
  auto runtime = Runtime::Create({.startup_snapshot = snapshot});
  ASSERT_TRUE(runtime.ok()) << runtime.status();
  const auto answer = (*runtime)->Evaluate("importantFunction()");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->json(), "42");
}

TEST(SnapshotTest, IsBuiltLazilyByTheProcessThatUsesIt) {
  static const std::string& snapshot = *new std::string(Build({}, "globalThis.importantFunction = () => 42"));
  for (int i = 0; i < 3; ++i) {
    auto runtime = Runtime::Create({.startup_snapshot = snapshot});
    ASSERT_TRUE(runtime.ok());
    EXPECT_EQ((*runtime)->Evaluate("globalThis.n = (globalThis.n ?? 0) + importantFunction()")->json(), "42");
  }
}

TEST(SnapshotTest, GarbageIsNoSnapshot) {
  EXPECT_EQ(Runtime::Create({.startup_snapshot = ""}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(SnapshotTest, WhatThrowsIsNamedWithItsPlace) {
  auto builder = SnapshotBuilder::Create({});
  ASSERT_TRUE(builder.ok());
  const absl::Status module = (*builder)->WithModule({"broken", "\n  null.x"});
  EXPECT_EQ(module.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(module.message()),
              HasSubstr("module 'broken': broken:2:8: TypeError: Cannot read"));
  EXPECT_THAT(std::string((*builder)->WithModule({"b", "import 'nowhere'"}).message()),
              HasSubstr("Cannot find module 'nowhere' imported from b:1:8: there "));
  EXPECT_THAT(std::string((*builder)->WithModule({"c", "await new Promise(() => {})"}).message()),
              HasSubstr("can never happen"));
  EXPECT_THAT(std::string((*builder)->Evaluate("((", "s.js").message()), HasSubstr("s.js:1:"));
}

TEST(SnapshotTest, WhatIsRejectedIsNamedWithItsPlace) {
  auto builder = SnapshotBuilder::Create({});
  ASSERT_TRUE(builder.ok());
  const absl::Status module =
      (*builder)->WithModule({"m", "\n  await Promise.reject(new RangeError('no rates'))"});
  EXPECT_EQ(std::string(module.message()), "module 'm': m:2:24: RangeError: no rates\n    at m:2:24");
}

TEST(SnapshotTest, StackTracesAreOfTheUsualLengthWhateverHappenedInTheBuild) {
  for (const char* script : {"", "Error.stackTraceLimit = 50", "delete Error.stackTraceLimit",
                             "Error = class extends Error {}; Error.stackTraceLimit = 7"}) {
    const std::string snapshot = Build({}, script);
    auto runtime = Runtime::Create({.startup_snapshot = snapshot});
    ASSERT_TRUE(runtime.ok()) << runtime.status();
    const auto answer = (*runtime)->Evaluate("Object.getPrototypeOf(TypeError).stackTraceLimit");
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->json(), "10") << script;
  }
}

TEST(SnapshotTest, AnErrorThatIsKeptHasItsStack) {
  const std::string snapshot = Build({}, "function f() { return new Error('kept') }; globalThis.kept = f()");
  auto runtime = Runtime::Create({.startup_snapshot = snapshot});
  ASSERT_TRUE(runtime.ok()) << runtime.status();
  const auto answer = (*runtime)->Evaluate("kept.stack");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->json(), HasSubstr("Error: kept\\n    at f (setup.js:"));
}

TEST(SnapshotTest, WhatV8CouldNotLoadIsNotFinished) {
  for (const char* script : {"Object.freeze(Error)", "delete Error.stackTraceLimit; Object.seal(Error)"}) {
    auto builder = SnapshotBuilder::Create({});
    ASSERT_TRUE(builder.ok());
    ASSERT_TRUE((*builder)->Evaluate(script, "setup.js").ok());
    const absl::Status status = (*builder)->Finish().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << script;
    EXPECT_THAT(std::string(status.message()), HasSubstr("leave Error as it is"));
  }
}

TEST(SnapshotTest, AnExtensionsTroubleNamesIt) {
  SnapshotBuilder::Options options;
  options.extensions.push_back({.name = "first", .source = "throw new RangeError('no')"});
  EXPECT_THAT(std::string(SnapshotBuilder::Create(options).status().message()),
              HasSubstr("extension 'first': first:1:1: RangeError: no"));
  options.extensions[0] = {.name = "needy", .needs = {"later"}};
  options.extensions.push_back({.name = "later"});
  EXPECT_THAT(std::string(SnapshotBuilder::Create(options).status().message()),
              HasSubstr("move 'later' before it"));
}

TEST_F(RuntimeTest, ValuesAreCarriedAsJson) {
  const std::pair<const char*, const char*> cases[] = {
      {"1 + 1", "2"},
      {"-0", "0"},
      {"0.1 + 0.2", "0.30000000000000004"},
      {"1e21", "1e+21"},
      {"NaN", "null"},
      {"'a\\n\\u0001\"\\\\\\u00e9\\u20ac\\ud83d\\ude00'", "\"a\\n\\u0001\\\"\\\\\u00e9\u20ac\U0001F600\""},
      {"'\\ud800x'", "\"\\ud800x\""},
      {"undefined", "undefined"},
      {"null", "null"},
      {"[1,,undefined,{a:undefined,b:[]}]", "[1,null,null,{\"b\":[]}]"},
      {"({x: {y: [true, 'z', null]}})", "{\"x\":{\"y\":[true,\"z\",null]}}"},
      {"new Date(0)", "\"1970-01-01T00:00:00.000Z\""},
      {"[new Number(3), new String('s'), new Boolean(false)]", "[3,\"s\",false]"},
      {"new Proxy([1, 2], {})", "[1,2]"},
      {"({toJSON(key) { return 'k' + key }})", "\"k\""},
      {"({a: {toJSON(key) { return 'k' + key }}, b: [{toJSON: k => typeof k + k}]})",
       "{\"a\":\"ka\",\"b\":[\"string0\"]}"},
      {"new Map([[1, 2]])", "{}"},
      {"Promise.resolve(5)", "5"},
      {"(async () => { await null; return [await 6] })()", "[6]"},
      {"new Uint8Array([104, 105])", "bytes:hi"},
      {"new Uint16Array([1, 2]).subarray(1).buffer.byteLength", "4"},
  };
  for (const auto& [source, expected] : cases) EXPECT_EQ(Eval(source), expected) << source;
}

TEST_F(RuntimeTest, OurJsonIsV8sJson) {
  for (const char* source :
       {"({a: [1, {b: 'x'.repeat(300) + '\\u2028'}], '': null, '\\u00ff': 1e-7, 5: true, __proto__: {p: 1}})",
        "[[[[]]], {}, [{}], 123456789012, -5.5, 2**53, 4294967296, 2147483648]"}) {
    v1::EvalRequest v8s = Request(std::string("JSON.stringify(") + source + ")");
    v8s.set_result_format(v1::RESULT_FORMAT_BYTES);
    EXPECT_EQ("bytes:" + Eval(source), Json(runtime_->Eval(v8s)));
  }
}

TEST_F(RuntimeTest, WhatCannotBeCarriedIsNamedByItsPath) {
  EXPECT_EQ(Eval("({a: [1, {f() {}}]})"), "DataCloneError: result.a[1].f is a function");
  EXPECT_EQ(Eval("[Symbol('x')]"), "DataCloneError: result[0] is a symbol");
  EXPECT_EQ(Eval("({n: 1n})"), "DataCloneError: result.n is a BigInt, which JSON has no word for");
  EXPECT_EQ(Eval("var o = {list: []}; o.list.push({o}); o"),
            "DataCloneError: result.list[0].o is a cycle: it holds itself");
  EXPECT_EQ(Eval("(function f() {})"), "DataCloneError: result is a function");
}

TEST_F(RuntimeTest, TheSameObjectTwiceIsNoCycle) {
  EXPECT_EQ(Eval("const s = {x: 1}; [s, s]"), "[{\"x\":1},{\"x\":1}]");
}

TEST_F(RuntimeTest, FormatsAreAsAskedFor) {
  v1::EvalRequest request = Request("({a: [1, 'two', null, true]})");
  request.set_result_format(v1::RESULT_FORMAT_STRUCTURED);
  Execution execution = runtime_->Eval(request);
  const auto& fields = std::get<v1::Value>(execution.outcome).structured().struct_value().fields();
  EXPECT_EQ(fields.at("a").list_value().values(1).string_value(), "two");
  request = Request("'h\\u00e9'");
  request.set_result_format(v1::RESULT_FORMAT_BYTES);
  EXPECT_EQ(Json(runtime_->Eval(request)), "bytes:h\u00e9");
  request = Request("5");
  request.set_result_format(v1::RESULT_FORMAT_BYTES);
  EXPECT_THAT(Json(runtime_->Eval(request)), HasSubstr("DataCloneError: result is neither bytes"));
  request = Request("(() => {})");
  request.set_result_format(v1::RESULT_FORMAT_NONE);
  EXPECT_EQ(Json(runtime_->Eval(request)), "undefined");
}

TEST_F(RuntimeTest, OutputIsBounded) {
  v1::EvalRequest request = Request("'x'.repeat(1000)");
  request.mutable_limits()->set_output_bytes(100);
  EXPECT_EQ(Json(runtime_->Eval(request)), "ERROR_REASON_OUTPUT_LIMIT: the result is larger than 100 bytes");
  request.set_source("Array.from({length: 1000}, (_, i) => i)");
  EXPECT_EQ(Json(runtime_->Eval(request)), "ERROR_REASON_OUTPUT_LIMIT: the result is larger than 100 bytes");
  request.set_source("new Uint8Array(101)");
  EXPECT_EQ(Json(runtime_->Eval(request)), "ERROR_REASON_OUTPUT_LIMIT: the result is larger than 100 bytes");
}

TEST_F(RuntimeTest, DepthIsBounded) {
  const std::string deep = "let d = []; for (let i = 1; i < 5000; i++) d = [d]; d";
  EXPECT_THAT(Eval(deep), testing::StartsWith("ERROR_REASON_RESULT_DEPTH_LIMIT: result[0][0]"));
  v1::EvalRequest request = Request("d = []; for (let i = 1; i < 4000; i++) d = [d]; d");
  request.mutable_limits()->set_result_depth(10000);
  EXPECT_EQ(Json(runtime_->Eval(request)), std::string(4000, '[') + std::string(4000, ']'));
  request.set_source("d = []; for (let i = 1; i < 40; i++) d = [d]; d");
  request.set_result_format(v1::RESULT_FORMAT_STRUCTURED);
  EXPECT_THAT(Json(runtime_->Eval(request)), HasSubstr("DataCloneError"));
}

TEST_F(RuntimeTest, ARequestMayHaveLessHeapThanTheIsolate) {
  v1::EvalRequest request = Request("const a = []; for (;;) a.push(new Array(1000).fill(a.length))");
  request.mutable_limits()->set_heap_bytes(20 << 20);
  const Execution execution = runtime_->Eval(request);
  EXPECT_EQ(std::get<Fault>(execution.outcome).reason, v1::ERROR_REASON_HEAP_LIMIT);
  EXPECT_EQ(std::get<Fault>(execution.outcome).limit, 20u << 20);
  EXPECT_LT(std::get<Fault>(execution.outcome).reached, 60u << 20);
}

TEST_F(RuntimeTest, ThereIsNoSharedMemoryToMakeAClockOf) {
  EXPECT_EQ(Eval("typeof SharedArrayBuffer"), "\"undefined\"");
  EXPECT_THAT(Eval("new WebAssembly.Memory({initial: 1, maximum: 2, shared: true}).buffer.constructor.name"),
              testing::AnyOf(HasSubstr("Error"), testing::Eq("\"ArrayBuffer\"")));
}

TEST_F(RuntimeTest, CodeFromStringsCanBeTurnedOff) {
  auto strict = Runtime::Create({.startup_snapshot = *snapshot_, .code_from_strings = false});
  ASSERT_TRUE(strict.ok());
  EXPECT_EQ(Json((*strict)->Eval(Request("eval('1')"))),
            "EvalError: Code generation from strings disallowed for this context");
  EXPECT_THAT(Json((*strict)->Eval(Request("(() => {}).constructor('return 1')()"))), HasSubstr("EvalError"));
}

TEST_F(RuntimeTest, ExceptionsAreDataWithTheirPlace) {
  const Execution execution =
      runtime_->Eval(Request("\n  function f() { throw new TypeError('no such thing') }\nf()"));
  const auto& exception = std::get<v1::ScriptException>(execution.outcome);
  EXPECT_EQ(exception.name(), "TypeError");
  EXPECT_EQ(exception.message(), "no such thing");
  EXPECT_EQ(exception.resource_name(), "eval.js");
  EXPECT_EQ(exception.line(), 2);
  EXPECT_EQ(exception.column(), 18);
  EXPECT_THAT(exception.source_line(), HasSubstr("throw new TypeError"));
  EXPECT_THAT(exception.stack(), HasSubstr("at f (eval.js:2:24)"));
}

TEST_F(RuntimeTest, AnythingThrownIsDescribed) {
  EXPECT_EQ(Eval("throw null"), "Uncaught: null");
  EXPECT_EQ(Eval("throw 'text'"), "Uncaught: text");
  EXPECT_EQ(Eval("throw {a: 1}"), "Uncaught: #<Object>");
  EXPECT_EQ(Eval("throw Symbol('s')"), "Uncaught: Symbol(s)");
  EXPECT_EQ(Eval("class MyError extends Error { get name() { for (;;); } }; throw new MyError('m')"),
            "Error: m");
  EXPECT_EQ(
      Eval("class E2 extends Error { constructor(m) { super(m); this.name = 'E2' } }; throw new E2('m')"),
      "E2: m");
  EXPECT_EQ(
      Eval("const e = new Error('x'); Object.defineProperty(e, 'stack', {get() { for (;;); }}); throw e"),
      "Error: x");
  EXPECT_THAT(Eval("throw new Proxy({}, {get() { for (;;); }})"), HasSubstr("Uncaught: "));
  EXPECT_THAT(Eval("this is no javascript"), HasSubstr("SyntaxError: "));
}

TEST_F(RuntimeTest, StacksAreV8sOwnAndAScriptMayFormatThem) {
  EXPECT_EQ(Eval("function f() { return new RangeError('r') } f().stack"),
            "\"RangeError: r\\n    at f (eval.js:1:23)\\n    at eval.js:1:45\"");
  EXPECT_EQ(Eval("Error.prepareStackTrace = () => { throw 1 }; throw new Error('x')"), "Error: x");
  EXPECT_EQ(Eval("new Error('y').stack.split('\\n')[0]"), "\"Error: y\"");
  EXPECT_EQ(Eval("Error.prepareStackTrace = (e, sites) => e.message + typeof sites[0].getFunctionName; new "
                 "Error('m').stack"),
            "\"mfunction\"");
}

TEST_F(RuntimeTest, PromisesAreAwaitedAndRejectionsReported) {
  EXPECT_EQ(Eval("Promise.reject(new RangeError('r'))"), "RangeError: r");
  EXPECT_EQ(Eval("new Promise(() => {})"),
            "UnsettledPromiseError: the result is a promise that can never settle: nothing is left to run");
  EXPECT_EQ(Eval("Promise.reject(new Error('lost')); 1"), "Error: lost");
  EXPECT_EQ(Eval("Promise.reject(new Error('caught')).catch(() => {}); 1"), "1");
  EXPECT_EQ(Eval("({then(resolve) { resolve(3) }})"), "DataCloneError: result.then is a function");
}

TEST_F(RuntimeTest, GlobalsAreBound) {
  v1::EvalRequest request = Request("a.x + b.length + typeof c + d.kind");
  (*request.mutable_globals())["a"].set_json("{\"x\": 1}");
  (*request.mutable_globals())["b"].set_bytes("1234");
  (*request.mutable_globals())["c"].mutable_undefined();
  (*(*request.mutable_globals())["d"].mutable_structured()->mutable_struct_value()->mutable_fields())["kind"]
      .set_string_value("s");
  EXPECT_EQ(Json(runtime_->Eval(request)), "\"5undefineds\"");
  (*request.mutable_globals())["a"].set_json("{oops");
  EXPECT_THAT(Json(runtime_->Eval(request)),
              HasSubstr("INVALID_REQUEST: globals['a']: not JSON: Unexpected token o"));
  v1::EvalRequest fixed = Request("1");
  (*fixed.mutable_globals())["undefined"].set_json("1");
  EXPECT_THAT(Json(runtime_->Eval(fixed)),
              HasSubstr("globals['undefined']: JavaScript does not let it be redefined"));
}

TEST_F(RuntimeTest, ModulesRunAndImportWhatIsPreloaded) {
  EXPECT_EQ(EvalModule("export default [1, await Promise.resolve(2)]"), "[1,2]");
  EXPECT_EQ(EvalModule("const x = 1;"), "undefined");
  EXPECT_EQ(EvalModule("import { total } from 'rules'; import { twice } from 'uses-rules'; export default "
                       "total(twice(), 1)"),
            "15");
  EXPECT_EQ(EvalModule("export default (await import('rules')).limit"), "7");
  EXPECT_THAT(EvalModule("import 'fs'"),
              HasSubstr("TypeError: Cannot find module 'fs' imported from eval.js:"));
  EXPECT_THAT(EvalModule("await import('./x.js')"), HasSubstr("Cannot find module './x.js'"));
  EXPECT_EQ(EvalModule("throw new Error('m')"), "Error: m");
  EXPECT_EQ(EvalModule("await new Promise(() => {})"),
            "UnsettledPromiseError: the result is a promise that can never settle: nothing is left to run");
  EXPECT_EQ(Eval("import('rules').then(m => m.limit)"), "7");
}

TEST_F(RuntimeTest, FunctionsAreCalledByPath) {
  EXPECT_EQ(Call("", "api.add", {"2", "3"}), "5");
  EXPECT_EQ(Call("", "api.self"), "true");
  EXPECT_EQ(Call("", "Math.max", {"1", "9", "3"}), "9");
  EXPECT_EQ(Call("", "lexical.f"), "\"lexical\"");
  EXPECT_EQ(Call("rules", "total", {"\"a\"", "\"b\""}), "\"ab\"");
  EXPECT_EQ(Call("rules", "shop.gross", {"40"}), "42");
  EXPECT_EQ(Call("rules", "default"), "\"the default\"");
  EXPECT_EQ(Call("", "nope"),
            "ERROR_REASON_FUNCTION_NOT_FOUND: function 'nope' is not there: 'nope' is undefined");
  EXPECT_EQ(Call("", "api.nope"),
            "ERROR_REASON_FUNCTION_NOT_FOUND: function 'api.nope' is not there: 'nope' is undefined");
  EXPECT_EQ(Call("", "api"), "ERROR_REASON_FUNCTION_NOT_FOUND: 'api' is not a function");
  EXPECT_EQ(Call("rulez", "total"),
            "ERROR_REASON_MODULE_NOT_FOUND: module 'rulez' is not there: there are 'rules', 'uses-rules'");
  EXPECT_THAT(Call("rules", "total", {"1", "{"}), HasSubstr("INVALID_REQUEST: args[1]: not JSON"));
}

TEST_F(RuntimeTest, TerminateEndsARequestAndNoOtherOne) {
  static Runtime* target;
  target = runtime_.get();
  signal(SIGALRM, [](int) { target->Terminate(Runtime::Cause::kWallTime); });
  for (const char* source : {"for (;;);", "(async () => { for (;;) await null })()",
                             "try { for (;;); } finally { for (;;); }", "({get a() { for (;;); }})",
                             "Error.prepareStackTrace = () => { for (;;); }; for (;;) new Error('x').stack",
                             "Error.prepareStackTrace = () => { for (;;); }; throw new Error('x')"}) {
    ualarm(30000, 10000);  // again and again, as a worker's timers do
    EXPECT_EQ(Eval(source), "ERROR_REASON_WALL_TIME_LIMIT: the script reached its wall-time limit") << source;
    ualarm(0, 0);
    EXPECT_EQ(Eval("1 + 1"), "2") << "after " << source;
  }
  runtime_->Terminate(Runtime::Cause::kWallTime);  // between requests: nothing
  EXPECT_EQ(Eval("2 + 2"), "4");
}

TEST_F(RuntimeTest, ATerminatedScriptTellsWhereItWas) {
  static Runtime* target;
  target = runtime_.get();
  signal(SIGALRM, [](int) { target->Terminate(Runtime::Cause::kWallTime); });
  ualarm(30000, 10000);
  const Execution execution = runtime_->Eval(Request("function spin() {\n  for (;;);\n}\nspin()"));
  ualarm(0, 0);
  EXPECT_THAT(std::get<Fault>(execution.outcome).stack, testing::StartsWith("    at spin (eval.js:2:"));
  EXPECT_THAT(std::get<Fault>(execution.outcome).stack, HasSubstr("\n    at eval.js:4:1"));
}

TEST_F(RuntimeTest, AFullHeapEndsTheRequest) {
  EXPECT_EQ(Eval("const a = []; for (;;) a.push(new Array(1000).fill(a.length))"),
            "ERROR_REASON_HEAP_LIMIT: the script reached its heap limit of 67108864 bytes");
}

}  // namespace
}  // namespace evald
