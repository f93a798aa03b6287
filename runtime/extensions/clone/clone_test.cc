#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

using testing::StartsWith;

TEST(Clone, KeepsKindsCyclesAndIdentity) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Eval("const a = { d: new Date(5), m: new Map([[1, new Set([2])]]), b: new Uint8Array([1, 2]) };"
                   "a.self = a; a.again = a.m; const c = structuredClone(a);"
                   "c !== a && c.self === c && c.again === c.m && c.m.get(1).has(2) && c.d.getTime() === 5 &&"
                   "c.b[1] === 2 && c.b.buffer !== a.b.buffer"),
      "true");
}

TEST(Clone, MovesWhatIsTransferred) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("const b = new Uint8Array([7, 8]).buffer;"
                         "const c = structuredClone({ b, v: new Uint8Array(b, 1) }, { transfer: [b] });"
                         "[b.byteLength, c.b.byteLength, c.v[0], c.v.buffer === c.b]"),
            "[0,2,8,true]");
  EXPECT_THAT(isolate.Eval("const d = new ArrayBuffer(3); structuredClone(() => {}, { transfer: [d] })"),
              StartsWith("DataCloneError: () => {} could not be cloned."));
  EXPECT_EQ(isolate.Eval("d.byteLength"), "3");
}

TEST(Clone, ABufferThatAGetterMovedIsNotMovedTwice) {
  TestIsolate isolate;
  EXPECT_THAT(isolate.Eval("const b = new ArrayBuffer(4); let inner;"
                           "structuredClone({ get x() { inner = structuredClone(b, { transfer: [b] }); } },"
                           " { transfer: [b] })"),
              StartsWith("DataCloneError: "));
}

TEST(Clone, ExceptionsAndBlobsStayWhatTheyAre) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("const e = structuredClone([new DOMException('m', 'AbortError')])[0];"
                         "[e instanceof DOMException, e.name, e.message, e.code]"),
            "[true,\"AbortError\",\"m\",20]");
  EXPECT_EQ(
      isolate.Eval(
          "const f = structuredClone({ f: new File(['text'], 'n.txt', { type: 'a/b', lastModified: 5 }) }).f;"
          "f.text().then((t) => [t, f instanceof File, f.name, f.type, f.lastModified])"),
      "[\"text\",true,\"n.txt\",\"a/b\",5]");
}

TEST(Clone, StaysWithinItsBounds) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Eval("let deep = {}; for (let i = 0; i < 1e6; ++i) deep = { deep }; structuredClone(deep)"),
      "RangeError: Maximum call stack size exceeded");
  EXPECT_EQ(isolate.Eval("const sparse = []; sparse[2 ** 32 - 2] = 1; structuredClone(sparse).length"),
            "4294967295");
}

TEST(Clone, SettersOfPrototypesAreNotRun) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval(
                "let ran = 0; Object.defineProperty(Object.prototype, 'x', { set() { ++ran; } });"
                "Object.defineProperty(Array.prototype, 0, { set() { ++ran; } });"
                "const c = structuredClone(Object.defineProperty({}, 'x', { value: Object.defineProperty([], "
                "0, { value: 1, enumerable: true }), enumerable: true })); [ran, c.x[0]]"),
            "[0,1]");
}

}  // namespace
}  // namespace evald
