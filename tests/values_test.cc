// Values on their way in and out, functions to call, modules, console output.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kConfig[] = R"pb(
  extensions { builtin: "console" }
  extensions { builtin: "dom_exception" }
  extensions { builtin: "timers" }
  extensions { builtin: "events" }
  extensions { builtin: "encoding" }
  extensions { builtin: "base64" }
  extensions { builtin: "random" }
  extensions { builtin: "performance" }
  extensions {
    name: "shop"
    source: "function add(a, b) { return a + b }\n"
            "var shop = { rate: 2, price: {\n"
            "  total(items) { return items.reduce((sum, item) => sum + item, 0) * shop.rate },\n"
            "  isThis() { return this === shop.price },\n"
            "  async later(x) { await null; return x + 1 } } };\n"
            "function kinds(...args) { return args.map(a => a === null ? 'null' : a instanceof Uint8Array ? 'bytes' : typeof a) }"
  }
  modules {
    specifier: "pricing"
    source: "let calls = 0;\n"
            "export function total(items) { calls++; return items.reduce((sum, item) => sum + item, 0) }\n"
            "export const tools = { double(x) { return this === tools ? 2 * x : 'wrong this' } };\n"
            "export const notAFunction = 1;\n"
            "export default (x) => x * 100;\n"
            "export function callsSoFar() { return calls }"
  }
  modules {
    specifier: "twice"
    source: "import { total } from 'pricing'; export const twice = (items) => 2 * total(items);"
  }
  default_limits { console_bytes: 1000 }
)pb";

class Values : public SharedDaemonTest<Values> {
 public:
  static DaemonOptions Options() { return {.config = kConfig}; }

 protected:
  static std::string Result(const std::string& source, v1::ResultFormat format = v1::RESULT_FORMAT_JSON) {
    v1::EvalRequest request = Script(source);
    request.set_result_format(format);
    return Brief(Eval(request));
  }

  static std::string WithGlobal(const v1::Value& value, const std::string& source) {
    v1::EvalRequest request = Script(source);
    (*request.mutable_globals())["x"] = value;
    return Brief(Eval(request));
  }
};

TEST_F(Values, JsonResults) {
  EXPECT_EQ(Result("1 + 1"), "2");
  EXPECT_EQ(Result("'a\\n\"b\"'"), R"("a\n\"b\"")");
  EXPECT_EQ(Result("null"), "null");
  EXPECT_EQ(Result("undefined"), "undefined");
  EXPECT_EQ(Result("var unused = 1"), "undefined");
  EXPECT_EQ(Result("void 0"), "undefined");
  EXPECT_EQ(Result("true"), "true");
  EXPECT_EQ(Result("NaN"), "null");
  EXPECT_EQ(Result("[undefined, NaN, -Infinity]"), "[null,null,null]");
  EXPECT_EQ(Result("({a: undefined, b: null, c: [1, {d: 'x'}]})"), R"({"b":null,"c":[1,{"d":"x"}]})");
  EXPECT_EQ(Result("new Date(0)"), R"("1970-01-01T00:00:00.000Z")");
  EXPECT_EQ(Result("({toJSON() { return [1] }})"), "[1]");
  EXPECT_EQ(Result("new Map([[1, 2]])"), "{}");
  EXPECT_EQ(Result("0.1 + 0.2"), "0.30000000000000004");
  EXPECT_EQ(Result("'\xC3\xA9\xF0\x9F\x98\x80'"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
}

TEST_F(Values, StructuredResults) {
  EXPECT_EQ(Result("({a: [1, 'x', true, null, undefined]})", v1::RESULT_FORMAT_STRUCTURED),
            R"(structured {"a":[1,"x",true,null,null]})");
  EXPECT_EQ(Result("'text'", v1::RESULT_FORMAT_STRUCTURED), "structured \"text\"");
  EXPECT_EQ(Result("undefined", v1::RESULT_FORMAT_STRUCTURED), "undefined");
  EXPECT_EQ(Result("new Uint8Array([1, 255])", v1::RESULT_FORMAT_STRUCTURED), "bytes 01ff");
  EXPECT_EQ(Result("({a: {toJSON() { return 7 }}})", v1::RESULT_FORMAT_STRUCTURED), "structured {\"a\":7}");
}

TEST_F(Values, ResultsOfBytes) {
  EXPECT_EQ(Result("new Uint8Array([0, 1, 255])"), "bytes 0001ff");
  EXPECT_EQ(Result("new Uint8Array([0, 1, 255]).buffer"), "bytes 0001ff");
  EXPECT_EQ(Result("new Uint8Array([9, 1, 2, 9]).subarray(1, 3)"), "bytes 0102");
  EXPECT_EQ(Result("new DataView(new Uint8Array([9, 1, 2, 9]).buffer, 1, 2)"), "bytes 0102");
  EXPECT_EQ(Result("new Uint16Array([1])"), "bytes 0100");
  EXPECT_EQ(Result("new Uint8Array(0)"), "bytes ");
  EXPECT_EQ(Result("new Uint8Array([7])", v1::RESULT_FORMAT_BYTES), "bytes 07");
  EXPECT_EQ(Result("'\xC3\xA9'", v1::RESULT_FORMAT_BYTES), "bytes c3a9");
  EXPECT_THAT(Result("17", v1::RESULT_FORMAT_BYTES), StartsWith("throws "));
}

TEST_F(Values, NoResultIsCarriedWhenNoneIsWanted) {
  EXPECT_EQ(Result("(() => 1)", v1::RESULT_FORMAT_NONE), "undefined");
  EXPECT_EQ(Result("'x'.repeat(1000)", v1::RESULT_FORMAT_NONE), "undefined");
  EXPECT_THAT(Result("throw new Error('still')", v1::RESULT_FORMAT_NONE), "throws Error: still");
}

TEST_F(Values, LoneSurrogatesSurvive) {
  EXPECT_EQ(Result("'a\\ud800b'"), "\"a\\ud800b\"");
  EXPECT_EQ(WithGlobal(JsonValue("\"\\ud800\""), "x.charCodeAt(0)"), "55296");
  EXPECT_EQ(Result("'\\ud800'", v1::RESULT_FORMAT_BYTES), "bytes efbfbd");
  EXPECT_EQ(Result("'\\ud800'", v1::RESULT_FORMAT_STRUCTURED), "structured \"\xEF\xBF\xBD\"");
}

TEST_F(Values, LoneSurrogatesInWordsAreReplaced) {
  EXPECT_EQ(Result("throw new Error('a\\ud800b')"),
            "throws Error: a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(Result("throw 'a\\udfff'"), "throws Uncaught: a\xEF\xBF\xBD");
  EXPECT_THAT(Result("({'\\ud800': Symbol()})"), StartsWith("throws DataCloneError: "));
  EXPECT_EQ(Result("({'\\ud800': 1})"), "{\"\\ud800\":1}");
  EXPECT_EQ(Result("({'\\ud800': 1})", v1::RESULT_FORMAT_STRUCTURED), "structured {\"\xEF\xBF\xBD\":1}");
  const absl::StatusOr<Reply> reply = Eval("console.log('a\\ud800'); 1");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->console(0).text(), "a\xEF\xBF\xBD");
}

TEST_F(Values, BigStringsBothWays) {
  // More than gRPC's clients receive by default.
  const std::string text(5 << 20, 'y');
  EXPECT_EQ(WithGlobal(JsonValue("\"" + text + "\""), "x.length"), std::to_string(text.size()));
  const absl::StatusOr<Reply> reply = Eval("'y'.repeat(5 << 20)");
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_TRUE(reply->value().json() == "\"" + text + "\"") << reply->value().json().substr(0, 100);
}

TEST_F(Values, DeepResults) {
  const std::string nest = "let a = []; for (let i = 1; i < DEPTH; i++) a = [a]; a";
  const auto of_depth = [&](const std::string& depth) {
    return std::string(nest).replace(nest.find("DEPTH"), 5, depth);
  };
  EXPECT_EQ(Result(of_depth("900")), std::string(900, '[') + std::string(900, ']'));
  EXPECT_THAT(Result(of_depth("1000000")), StartsWith("fails RESOURCE_EXHAUSTED (RESULT_DEPTH_LIMIT): "));
  // protobuf's own limit on nesting is reached first.
  EXPECT_THAT(Result(of_depth("1000000"), v1::RESULT_FORMAT_STRUCTURED),
              AnyOf(StartsWith("fails RESOURCE_EXHAUSTED (RESULT_DEPTH_LIMIT): "),
                    StartsWith("throws DataCloneError: ")));
}

TEST_F(Values, GlobalsOfEveryKind) {
  EXPECT_EQ(WithGlobal(JsonValue(R"({"a":[1,null]})"), "x.a[0] + String(x.a[1])"), "\"1null\"");
  EXPECT_EQ(WithGlobal(JsonValue("null"), "x === null"), "true");
  v1::Value value;
  EXPECT_EQ(WithGlobal(value, "x === undefined && 'x' in globalThis"), "true");
  value.mutable_undefined();
  EXPECT_EQ(WithGlobal(value, "x === undefined && 'x' in globalThis"), "true");
  value.set_bytes(std::string("\0\xff", 2));
  EXPECT_EQ(WithGlobal(value, "x instanceof Uint8Array && [...x]"), "[0,255]");
  (*value.mutable_structured()->mutable_struct_value()->mutable_fields())["n"].set_number_value(1.5);
  EXPECT_EQ(WithGlobal(value, "x"), R"({"n":1.5})");
  EXPECT_EQ(WithGlobal(JsonValue(R"({"__proto__":{"polluted":1}})"), "[x.polluted, ({}).polluted]"),
            "[null,null]");
}

TEST_F(Values, SeveralGlobals) {
  v1::EvalRequest request = Script("`${name} is ${age}`");
  (*request.mutable_globals())["name"] = JsonValue("\"Ada\"");
  (*request.mutable_globals())["age"] = JsonValue("36");
  EXPECT_EQ(Brief(Eval(request)), "\"Ada is 36\"");
}

TEST_F(Values, PromisesAreAwaited) {
  EXPECT_EQ(Result("Promise.resolve(42)"), "42");
  EXPECT_EQ(Result("(async () => { let n = 0; for (let i = 0; i < 1000; i++) n += await i; return n })()"),
            "499500");
  EXPECT_EQ(Result("Promise.resolve(undefined)"), "undefined");
  EXPECT_EQ(Result("Promise.reject(new RangeError('far'))"), "throws RangeError: far");
}

TEST_F(Values, ModulesGiveTheirDefaultExport) {
  EXPECT_EQ(Brief(Eval(ModuleSource("export default 1 + 1"))), "2");
  EXPECT_EQ(Brief(Eval(ModuleSource("export const other = 1"))), "undefined");
  EXPECT_EQ(Brief(Eval(ModuleSource("const x = await Promise.resolve(20); export default x + 1"))), "21");
  EXPECT_EQ(Brief(Eval(ModuleSource("export default Promise.resolve('p')"))), "\"p\"");
  EXPECT_EQ(Brief(Eval(ModuleSource("import { total } from 'pricing'; export default total([1, 2])"))), "3");
  EXPECT_EQ(
      Brief(Eval(ModuleSource("import d, * as all from 'pricing'; export default [d(2), typeof all.total]"))),
      "[200,\"function\"]");
  EXPECT_EQ(Brief(Eval(ModuleSource("export default (() => this === undefined)()"))), "true");
  EXPECT_EQ(Brief(Eval(ModuleSource("await Promise.reject(new Error('top')); export default 1"))),
            "throws Error: top");
}

TEST_F(Values, ScriptsImportPreloadedModules) {
  EXPECT_EQ(Result("import('pricing').then(pricing => pricing.total([4, 5]))"), "9");
  EXPECT_THAT(Result("import('nowhere')"), AllOf(StartsWith("throws "), HasSubstr("nowhere")));
  EXPECT_THAT(Brief(Eval(ModuleSource("import 'nowhere'"))), HasSubstr("nowhere"));
}

TEST_F(Values, FunctionsAreCalledByName) {
  EXPECT_EQ(Brief(Call(FunctionCall("add", {"2", "3"}))), "5");
  EXPECT_EQ(Brief(Call(FunctionCall("shop.price.total", {"[1,2]"}))), "6");
  EXPECT_EQ(Brief(Call(FunctionCall("shop.price.isThis"))), "true");
  EXPECT_EQ(Brief(Call(FunctionCall("shop.price.later", {"1"}))), "2");
  EXPECT_EQ(Brief(Call(FunctionCall("Math.max", {"3", "7", "5"}))), "7");
}

TEST_F(Values, FunctionsOfPreloadedModulesAreCalled) {
  EXPECT_EQ(Brief(Call(FunctionCall("total", {"[1,2,3]"}, "pricing"))), "6");
  EXPECT_EQ(Brief(Call(FunctionCall("tools.double", {"4"}, "pricing"))), "8");
  EXPECT_EQ(Brief(Call(FunctionCall("default", {"4"}, "pricing"))), "400");
  EXPECT_EQ(Brief(Call(FunctionCall("twice", {"[1,2]"}, "twice"))), "6");
  EXPECT_EQ(Brief(Call(FunctionCall("callsSoFar", {}, "pricing"))), "0")
      << "a module's state is the snapshot's";
}

TEST_F(Values, ArgumentsOfEveryKind) {
  v1::CallFunctionRequest request = FunctionCall("kinds", {"1", "\"s\"", "null", "{}"});
  request.add_args()->set_bytes("b");
  request.add_args()->mutable_undefined();
  request.add_args();
  request.add_args()->mutable_structured()->set_bool_value(true);
  EXPECT_EQ(Brief(Call(request)),
            R"(["number","string","null","object","bytes","undefined","undefined","boolean"])");
}

TEST_F(Values, ConsoleOutputComesInOrderWithItsLevels) {
  const absl::StatusOr<Reply> reply = Eval(
      "console.debug('d'); console.log('l', 1, {a: 1}); console.info('i'); console.warn('w'); "
      "console.error('e'); 0");
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_EQ(reply->console_size(), 5);
  EXPECT_EQ(reply->console(0).level(), v1::ConsoleMessage::LEVEL_DEBUG);
  EXPECT_EQ(reply->console(1).level(), v1::ConsoleMessage::LEVEL_LOG);
  EXPECT_EQ(reply->console(2).level(), v1::ConsoleMessage::LEVEL_INFO);
  EXPECT_EQ(reply->console(3).level(), v1::ConsoleMessage::LEVEL_WARN);
  EXPECT_EQ(reply->console(4).level(), v1::ConsoleMessage::LEVEL_ERROR);
  EXPECT_EQ(reply->console(0).text(), "d");
  EXPECT_THAT(reply->console(1).text(), StartsWith("l 1 "));
  EXPECT_FALSE(reply->console_truncated());
}

TEST_F(Values, ConsoleOutputComesWithAnExceptionToo) {
  const absl::StatusOr<Reply> reply = Eval("console.log('before'); throw new Error('x')");
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_EQ(reply->console_size(), 1);
  EXPECT_EQ(reply->console(0).text(), "before");
}

TEST_F(Values, ConsoleOutputIsBoundedAndCanBeDropped) {
  v1::EvalRequest request = Script("for (let i = 0; i < 1000; i++) console.log('message ' + i); 1");
  absl::StatusOr<Reply> reply = Eval(request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_TRUE(reply->console_truncated());
  EXPECT_GT(reply->console_size(), 10);
  EXPECT_LT(reply->console_size(), 200);
  EXPECT_EQ(reply->console(0).text(), "message 0");
  request.mutable_console()->set_discard(true);
  reply = Eval(request);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->console_size(), 0);
}

TEST_F(Values, TheBuiltInExtensionsAreThere) {
  EXPECT_EQ(Result("new TextDecoder().decode(new TextEncoder().encode('h\xC3\xA9'))"), "\"h\xC3\xA9\"");
  EXPECT_EQ(Result("atob(btoa('evald'))"), "\"evald\"");
  EXPECT_EQ(Result("crypto.getRandomValues(new Uint8Array(8)).length"), "8");
  EXPECT_EQ(Result("/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/"
                   ".test(crypto.randomUUID())"),
            "true");
  EXPECT_EQ(Result("performance.now() >= 0 && performance.now() < 60000"), "true");
}

TEST_F(Values, StatisticsAreFilledIn) {
  const absl::StatusOr<Reply> reply = Eval("let n = 0; for (let i = 0; i < 3e6; i++) n += i; n");
  ASSERT_TRUE(reply.ok()) << reply.status();
  const v1::ExecutionStats& stats = reply->stats();
  EXPECT_GT(stats.wall_time().nanos(), 0);
  EXPECT_GT(stats.cpu_time().nanos() + stats.cpu_time().seconds(), 0);
  EXPECT_GT(stats.heap_bytes(), 100'000u);
  EXPECT_GT(stats.worker_id(), 0u);
  EXPECT_EQ(stats.snapshot_generation(), 1u);
  EXPECT_NE(stats.isolate_origin(), v1::ISOLATE_ORIGIN_UNSPECIFIED);
}

TEST_F(Values, TheSnapshotSaysWhatIsInIt) {
  const auto snapshot = client().GetSnapshot({.timeout = kPatience});
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_THAT(snapshot->snapshot().extensions(),
              ::testing::ElementsAre("console", "dom_exception", "timers", "events", "encoding", "base64",
                                     "random", "performance", "shop"));
  EXPECT_THAT(snapshot->snapshot().modules(), ::testing::ElementsAre("pricing", "twice"));
  EXPECT_TRUE(snapshot->snapshot().serving());
  EXPECT_EQ(snapshot->snapshot().fingerprint().size(), 64u);
  const auto list = client().ListSnapshots({.timeout = kPatience});
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->snapshots_size(), 1);
  EXPECT_EQ(list->snapshots(0).fingerprint(), snapshot->snapshot().fingerprint());
}

}  // namespace
}  // namespace evald::testing
