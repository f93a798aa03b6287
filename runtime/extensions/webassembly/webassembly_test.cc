#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// `bytes` is a module that exports add(a, b); `response` makes what is asked of a Response.
constexpr char kSetup[] = R"(
  const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1,
                                3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]);
  const response = (more = {}, type = 'application/wasm') => ({
    ok: true, status: 200, bodyUsed: false, headers: { get: (name) => (name === 'content-type' ? type : null) },
    arrayBuffer: async () => bytes.buffer, ...more });
)";

std::string Eval(TestIsolate& isolate, const std::string& source) {
  return isolate.Eval("{" + std::string(kSetup) + source + "}");
}

TEST(WebAssembly, CompilesAndInstantiatesAsynchronously) {
  TestIsolate isolate;
  EXPECT_EQ(Eval(isolate, "WebAssembly.instantiate(bytes).then((it) => it.instance.exports.add(2, 3))"), "5");
  EXPECT_EQ(Eval(isolate,
                 "WebAssembly.compile(bytes).then((module) => WebAssembly.instantiate(module))"
                 ".then((instance) => instance.exports.add(20, 22))"),
            "42");
  EXPECT_EQ(Eval(isolate,
                 "Promise.all(Array.from({ length: 50 }, () => WebAssembly.instantiate(bytes)))"
                 ".then((all) => all.reduce((sum, it) => it.instance.exports.add(sum, 1), 0))"),
            "50");
  EXPECT_THAT(Eval(isolate, "WebAssembly.compile(new Uint8Array([1, 2]))"), StartsWith("CompileError"));
  EXPECT_EQ(Eval(isolate, "WebAssembly.validate(bytes)"), "true");
}

TEST(WebAssembly, StreamingTakesAResponseOrAPromiseOfOne) {
  TestIsolate isolate;
  EXPECT_EQ(Eval(isolate,
                 "WebAssembly.instantiateStreaming(response()).then((it) =>"
                 " [it.instance.exports.add(2, 3), it.module instanceof WebAssembly.Module])"),
            "[5,true]");
  EXPECT_EQ(Eval(isolate,
                 "WebAssembly.compileStreaming(Promise.resolve(response({}, ' Application/WASM ')))"
                 ".then((module) => module instanceof WebAssembly.Module)"),
            "true");
  EXPECT_EQ(Eval(isolate,
                 "WebAssembly.instantiateStreaming(new Response(bytes, { headers: { 'content-type':"
                 " 'application/wasm' } })).then((it) => it.instance.exports.add(1, 2))"),
            "3");
  EXPECT_EQ(Eval(isolate, "[WebAssembly.compileStreaming.length, WebAssembly.instantiateStreaming.name]"),
            "[1,\"instantiateStreaming\"]");
}

TEST(WebAssembly, StreamingRefusesWhatIsNoWasmResponse) {
  TestIsolate isolate;
  for (const char* other : {"undefined", "null", "7", "bytes", "{}", "() => 1", "{ ok: true }"}) {
    EXPECT_THAT(Eval(isolate, std::string("WebAssembly.compileStreaming(") + other + ")"),
                HasSubstr("TypeError: WebAssembly.compileStreaming(): Argument 0 must be a Response"));
  }
  EXPECT_THAT(Eval(isolate, "WebAssembly.instantiateStreaming(response({}, 'application/wasm;'))"),
              HasSubstr("has the MIME type 'application/wasm;' instead of"));
  EXPECT_THAT(Eval(isolate, "WebAssembly.compileStreaming(response({}, null))"), HasSubstr("MIME type ''"));
  EXPECT_THAT(Eval(isolate, "WebAssembly.compileStreaming(response({ ok: false, status: 404 }))"),
              HasSubstr("the status 404"));
  EXPECT_THAT(Eval(isolate, "WebAssembly.compileStreaming(response({ bodyUsed: true }))"),
              HasSubstr("been used"));
  EXPECT_THAT(Eval(isolate,
                   "WebAssembly.compileStreaming(response({ arrayBuffer: async () => new ArrayBuffer(3) }))"),
              StartsWith("CompileError"));
  EXPECT_EQ(Eval(isolate, "WebAssembly.compileStreaming(Promise.reject(new RangeError('mine')))"),
            "RangeError: mine");
}

}  // namespace
}  // namespace evald
