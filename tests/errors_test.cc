// What goes wrong in a script is data; what is wrong with a request is a status that names it. Neither leaves
// a trace.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Errors : public SharedDaemonTest<Errors> {
 public:
  static DaemonOptions Options() {
    return {.config = R"pb(modules {
                             specifier: "rules"
                             source: "export const rate = 2; export function apply(x) { return x * rate }"
                           })pb"};
  }

 protected:
  // Whatever came before, the daemon answers the next one rightly.
  void TearDown() override {
    EXPECT_EQ(Brief(Eval("[1,2,3].map(x => x * x)")), "[1,4,9]");
    SharedDaemonTest::TearDown();
  }

  static v1::ScriptException ExceptionOf(const v1::EvalRequest& request) {
    const absl::StatusOr<Reply> reply = Eval(request);
    EXPECT_TRUE(reply.ok() && reply->has_exception())
        << request.source().substr(0, 200) << ": " << Brief(reply);
    return reply.ok() ? reply->exception() : v1::ScriptException();
  }

  // Sends bytes that no client library would.
  static grpc::Status SendRaw(const std::string& method, const std::string& bytes) {
    grpc::GenericStub stub(grpc::CreateChannel(daemon().address(), grpc::InsecureChannelCredentials()));
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, method, {}, &request, &response,
                   [&done](grpc::Status status) { done.set_value(status); });
    return done.get_future().get();
  }
};

TEST_F(Errors, AnErrorComesWithAllThatIsKnownOfIt) {
  v1::EvalRequest request = Script("\n\n  throw new TypeError('bad thing')");
  request.set_resource_name("rules.js");
  const v1::ScriptException exception = ExceptionOf(request);
  EXPECT_EQ(exception.name(), "TypeError");
  EXPECT_EQ(exception.message(), "bad thing");
  EXPECT_THAT(exception.stack(), AllOf(StartsWith("TypeError: bad thing\n"), HasSubstr("rules.js:3:9")));
  EXPECT_EQ(exception.resource_name(), "rules.js");
  EXPECT_EQ(exception.line(), 3);
  EXPECT_EQ(exception.column(), 3);
  EXPECT_EQ(exception.source_line(), "  throw new TypeError('bad thing')");
}

TEST_F(Errors, TheResourceIsCalledEvalJsByDefault) {
  EXPECT_EQ(ExceptionOf(Script("null.x")).resource_name(), "eval.js");
}

TEST_F(Errors, SyntaxErrorsHaveTheirPlace) {
  const v1::ScriptException exception = ExceptionOf(Script("1;\nlet x = ;"));
  EXPECT_EQ(exception.name(), "SyntaxError");
  EXPECT_THAT(exception.message(), HasSubstr("Unexpected token"));
  EXPECT_EQ(exception.line(), 2);
  EXPECT_EQ(exception.column(), 9);
  EXPECT_EQ(exception.source_line(), "let x = ;");
  EXPECT_EQ(ExceptionOf(ModuleSource("export default ;")).name(), "SyntaxError");
}

TEST_F(Errors, ALongSourceLineIsShortened) {
  const v1::ScriptException exception = ExceptionOf(Script(std::string(10000, ' ') + "throw 1 // \xC3\xA9"));
  EXPECT_LE(exception.source_line().size(), 256u);
}

TEST_F(Errors, AnythingCanBeThrown) {
  EXPECT_EQ(Brief(Eval("throw null")), "throws Uncaught: null");
  EXPECT_EQ(Brief(Eval("throw undefined")), "throws Uncaught: undefined");
  EXPECT_EQ(Brief(Eval("throw 'text'")), "throws Uncaught: text");
  EXPECT_EQ(Brief(Eval("throw 17")), "throws Uncaught: 17");
  EXPECT_EQ(Brief(Eval("throw Symbol('s')")), "throws Uncaught: Symbol(s)");
  EXPECT_THAT(Brief(Eval("throw {a: 1}")), StartsWith("throws Uncaught: "));
  EXPECT_THAT(Brief(Eval("throw () => 1")), StartsWith("throws Uncaught: "));
  EXPECT_EQ(Brief(Eval("Promise.reject('no')")), "throws Uncaught: no");
  EXPECT_EQ(Brief(Eval("class MyError extends Error { name = 'MyError' }; throw new MyError('mine')")),
            "throws MyError: mine");
}

TEST_F(Errors, HostileErrorsAreDataToo) {
  for (const char* source : {
           "const e = new Error('x'); Object.defineProperty(e, 'stack', {get() { throw 1 }}); throw e",
           "const e = new Error('x'); Object.defineProperty(e, 'message', {get() { throw e }}); throw e",
           "const e = new Error('x'); Object.defineProperty(e, 'name', {get() { for (;;); }}); throw e",
           "throw {toString() { throw 1 }}",
           "throw {toString() { for (;;); }}",
           "throw new Proxy({}, {get() { throw 1 }, getPrototypeOf() { throw 2 }})",
           "Error.prepareStackTrace = () => { throw 1 }; throw new Error('x')",
           "throw new Error('x'.repeat(1e7))",
           "const e = new Error('x'); e.stack = 'y'.repeat(1e7); throw e",
           "Error.stackTraceLimit = Infinity; (function f() { f() })()",
       }) {
    v1::EvalRequest request = Script(source);
    *request.mutable_limits()->mutable_wall_time() = ToProto(seconds(3));
    const absl::StatusOr<Reply> reply = Eval(request);
    ASSERT_TRUE(reply.ok()) << source << ": " << reply.status();
    EXPECT_TRUE(reply->has_exception()) << source;
    EXPECT_LT(reply->ByteSizeLong(), 1u << 20) << source;
  }
}

TEST_F(Errors, WhatCannotBeCarriedIsNamedByItsPath) {
  EXPECT_THAT(Brief(Eval("({items: [1, {callback() {}}]})")),
              AllOf(StartsWith("throws DataCloneError: "), HasSubstr("result.items[1].callback")));
  EXPECT_THAT(Brief(Eval("({a: Symbol('s')})")),
              AllOf(StartsWith("throws DataCloneError: "), HasSubstr("result.a")));
  EXPECT_THAT(Brief(Eval("[0, 1n]")), AllOf(StartsWith("throws DataCloneError: "), HasSubstr("result[1]")));
  EXPECT_THAT(Brief(Eval("const a = {b: {}}; a.b.again = a; a")),
              AllOf(StartsWith("throws DataCloneError: "), HasSubstr("result.b.again")));
  EXPECT_THAT(Brief(Eval("() => 1")), AllOf(StartsWith("throws DataCloneError: "), HasSubstr("result")));
  EXPECT_THAT(Brief(Eval("10n")), StartsWith("throws DataCloneError: "));
  EXPECT_THAT(Brief(Eval("Symbol('s')")), StartsWith("throws DataCloneError: "));
  EXPECT_EQ(Brief(Eval("const shared = {}; [shared, shared]")), "[{},{}]")
      << "the same object twice is no cycle";
}

TEST_F(Errors, AGetterThatThrowsIsTheScriptsOwnException) {
  EXPECT_EQ(Brief(Eval("({get a() { throw new RangeError('got') }})")), "throws RangeError: got");
  EXPECT_EQ(Brief(Eval("({toJSON() { throw new RangeError('json') }})")), "throws RangeError: json");
}

TEST_F(Errors, APromiseThatNeverSettlesIsFoundOutAtOnce) {
  v1::EvalRequest request = Script("new Promise(() => {})");
  *request.mutable_limits()->mutable_wall_time() = ToProto(seconds(30));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(Brief(Eval(request)), StartsWith("throws UnsettledPromiseError: "));
  EXPECT_THAT(Brief(Eval(ModuleSource("await new Promise(() => {}); export default 1"))),
              StartsWith("throws UnsettledPromiseError: "));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(10));
}

TEST_F(Errors, MissingFunctionsAndModulesAreNamed) {
  EXPECT_THAT(Brief(Call(FunctionCall("noSuchThing"))),
              AllOf(StartsWith("fails NOT_FOUND (FUNCTION_NOT_FOUND)"), HasSubstr("noSuchThing")));
  EXPECT_THAT(Brief(Call(FunctionCall("Math.noSuch"))),
              AllOf(StartsWith("fails NOT_FOUND (FUNCTION_NOT_FOUND)"), HasSubstr("Math.noSuch")));
  EXPECT_THAT(Brief(Call(FunctionCall("Math.PI"))), StartsWith("fails NOT_FOUND (FUNCTION_NOT_FOUND)"));
  EXPECT_THAT(Brief(Call(FunctionCall("a.b.c.d"))), StartsWith("fails NOT_FOUND (FUNCTION_NOT_FOUND)"));
  EXPECT_THAT(Brief(Call(FunctionCall("rate", {}, "rules"))),
              StartsWith("fails NOT_FOUND (FUNCTION_NOT_FOUND)"));
  EXPECT_THAT(Brief(Call(FunctionCall("missing", {}, "rules"))),
              AllOf(StartsWith("fails NOT_FOUND (FUNCTION_NOT_FOUND)"), HasSubstr("missing")));
  EXPECT_THAT(Brief(Call(FunctionCall("f", {}, "no/such/module"))),
              AllOf(StartsWith("fails NOT_FOUND (MODULE_NOT_FOUND)"), HasSubstr("no/such/module")));
}

struct BadEval {
  const char* name;
  void (*spoil)(v1::EvalRequest&);
  const char* field;
};

class BadEvals : public Errors, public ::testing::WithParamInterface<BadEval> {};

TEST_P(BadEvals, AreInvalidArgumentsAndTheFieldIsNamed) {
  v1::EvalRequest request = Script("1");
  GetParam().spoil(request);
  EXPECT_THAT(Brief(Eval(request)),
              AllOf(StartsWith("fails INVALID_ARGUMENT (INVALID_REQUEST): "), HasSubstr(GetParam().field)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadEvals,
    ::testing::Values(
        BadEval{"EmptySource", [](v1::EvalRequest& r) { r.clear_source(); }, "source"},
        BadEval{"UnknownSourceKind",
                [](v1::EvalRequest& r) { r.set_source_kind(static_cast<v1::SourceKind>(99)); },
                "source_kind"},
        BadEval{"UnknownIsolation",
                [](v1::EvalRequest& r) { r.set_isolation(static_cast<v1::Isolation>(99)); }, "isolation"},
        BadEval{"UnknownResultFormat",
                [](v1::EvalRequest& r) { r.set_result_format(static_cast<v1::ResultFormat>(99)); },
                "result_format"},
        BadEval{"WallTimeOverTheCeiling",
                [](v1::EvalRequest& r) { r.mutable_limits()->mutable_wall_time()->set_seconds(3600); },
                "limits.wall_time"},
        BadEval{"NegativeWallTime",
                [](v1::EvalRequest& r) { r.mutable_limits()->mutable_wall_time()->set_seconds(-1); },
                "limits.wall_time"},
        BadEval{"ImpossibleWallTime",
                [](v1::EvalRequest& r) { r.mutable_limits()->mutable_wall_time()->set_nanos(2'000'000'000); },
                "limits.wall_time"},
        BadEval{"CpuTimeOverTheCeiling",
                [](v1::EvalRequest& r) { r.mutable_limits()->mutable_cpu_time()->set_seconds(3600); },
                "limits.cpu_time"},
        BadEval{"HeapOverTheCeiling",
                [](v1::EvalRequest& r) { r.mutable_limits()->set_heap_bytes(uint64_t{1} << 40); },
                "limits.heap_bytes"},
        BadEval{"OutputOverTheCeiling",
                [](v1::EvalRequest& r) { r.mutable_limits()->set_output_bytes(uint64_t{1} << 40); },
                "limits.output_bytes"},
        BadEval{"LongTenant", [](v1::EvalRequest& r) { r.set_tenant(std::string(257, 't')); }, "tenant"},
        BadEval{"GlobalThatIsNoIdentifier",
                [](v1::EvalRequest& r) { (*r.mutable_globals())["not a name"].set_json("1"); }, "globals"},
        BadEval{"GlobalThatIsNoJson",
                [](v1::EvalRequest& r) { (*r.mutable_globals())["x"].set_json("{a:1}"); }, "globals"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(Errors, AnArgumentThatIsNoJsonIsNamed) {
  EXPECT_THAT(Brief(Call(FunctionCall("Math.max", {"1", "hello"}))),
              AllOf(StartsWith("fails INVALID_ARGUMENT (INVALID_REQUEST): "), HasSubstr("args[1]")));
  EXPECT_THAT(Brief(Call(FunctionCall("", {}))),
              AllOf(StartsWith("fails INVALID_ARGUMENT (INVALID_REQUEST): "), HasSubstr("function")));
}

TEST_F(Errors, ATenantMayBe256BytesLong) {
  v1::EvalRequest request = Script("1");
  request.set_tenant(std::string(256, 't'));
  EXPECT_EQ(Brief(Eval(request)), "1");
}

TEST_F(Errors, AMessageOverTheLimitIsRefused) {
  const absl::StatusOr<Reply> reply = Eval("'" + std::string(65 << 20, 'x') + "'");
  EXPECT_THAT(Brief(reply),
              AnyOf(StartsWith("fails RESOURCE_EXHAUSTED"), StartsWith("fails INVALID_ARGUMENT")));
}

TEST_F(Errors, BytesThatAreNoRequestAreRefused) {
  const std::string eval = "/evald.v1.ScriptService/Eval";
  // Field 1, source: a string of two bytes that are not UTF-8.
  EXPECT_THAT(SendRaw(eval, "\x0a\x02\xff\xfe").error_code(),
              AnyOf(grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::INTERNAL));
  EXPECT_FALSE(SendRaw(eval, "\xff\xff\xff\xff\xff").ok());
  EXPECT_FALSE(SendRaw(eval, "").ok());
  EXPECT_EQ(SendRaw("/evald.v1.ScriptService/NoSuchMethod", "").error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(Errors, EndlessRecursionIsTheScriptsOwnException) {
  EXPECT_THAT(Brief(Eval("(function f() { return f() + 1 })()")), StartsWith("throws RangeError: "));
}

}  // namespace
}  // namespace evald::testing
