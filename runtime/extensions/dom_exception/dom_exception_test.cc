#include <gtest/gtest.h>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

constexpr char kSetup[] = "globalThis.early = new DOMException('of the snapshot', 'AbortError')";

TEST(DomException, HasNameMessageAndCode) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("const e = new DOMException('m', 'AbortError'); [e.name, e.message, e.code]"),
            "[\"AbortError\",\"m\",20]");
  EXPECT_EQ(isolate.Eval("const plain = new DOMException(); [plain.name, plain.message, plain.code]"),
            "[\"Error\",\"\",0]");
  EXPECT_EQ(isolate.Eval("[new DOMException(null, null), new DOMException(undefined, 'toString')]"
                         ".map((e) => [e.name, e.message, e.code])"),
            "[[\"null\",\"null\",0],[\"toString\",\"\",0]]");
  EXPECT_EQ(isolate.Eval("const caused = new DOMException('m', { name: 'DataCloneError', cause: 5 });"
                         "[caused.name, caused.code, caused.cause, Object.keys(caused)]"),
            "[\"DataCloneError\",25,5,[]]");
  EXPECT_EQ(isolate.Eval("new DOMException(Symbol())"),
            "TypeError: Cannot convert a Symbol value to a string");
}

TEST(DomException, IsAnErrorWithAStackThatBeginsAtItsMaker) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("function f() { return new DOMException('m', 'AbortError') } f().stack"),
            R"("AbortError: m\n    at f (eval.js:1:23)\n    at eval.js:1:61")");
  EXPECT_EQ(isolate.Eval("class Mine extends DOMException {} const own = new Mine('q');"
                         "[own instanceof Mine, own instanceof Error, own.message, own.stack]"),
            R"([true,true,"q","Error: q\n    at eval.js:1:48"])");
  EXPECT_EQ(
      isolate.Eval("[String(own), Object.prototype.toString.call(own), Object.getOwnPropertyNames(own)]"),
      R"(["Error: q","[object DOMException]",["stack"]])");
}

TEST(DomException, ThrownItIsTheRequestsException) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("throw new DOMException('no more', 'AbortError')"), "AbortError: no more");
  EXPECT_EQ(isolate.Eval("throw early"), "AbortError: of the snapshot");
  EXPECT_EQ(isolate.Eval("Promise.reject(new DOMException('late', 'TimeoutError'))"), "TimeoutError: late");
}

TEST(DomException, ConsoleShowsItAsNodeDoes) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Console("console.log(new DOMException('m', 'AbortError'))"),
            "DOMException [AbortError]: m\n    at eval.js:1:13");
}

TEST(DomException, LooksAsOnTheWeb) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("DOMException()"),
            "TypeError: Class constructor DOMException cannot be invoked without 'new'");
  EXPECT_EQ(isolate.Eval("DOMException.prototype.name"),
            "TypeError: Value of \"this\" must be of DOMException");
  EXPECT_EQ(
      isolate.Eval("[DOMException.ABORT_ERR, DOMException.prototype.DATA_CLONE_ERR, DOMException.length,"
                   "Object.keys(DOMException).length, Object.keys(DOMException.prototype).length]"),
      "[20,25,0,25,28]");
  EXPECT_EQ(isolate.Eval("Object.getPrototypeOf(DOMException) === Function.prototype &&"
                         "Object.getPrototypeOf(DOMException.prototype) === Error.prototype &&"
                         "!Object.keys(globalThis).includes('DOMException')"),
            "true");
  // The legacy code of each name that has one is the constant of that value.
  EXPECT_EQ(
      isolate.Eval("Object.keys(DOMException).map((key) => key.replace(/_ERR$/, '')"
                   ".replace(/(^|_)([A-Z])([A-Z]*)/g, (all, _, first, rest) => first + "
                   "rest.toLowerCase()))"
                   ".filter((name, index) => new DOMException('', ({ Inuse: 1 }, "
                   "name.replace('Inuse', 'InUse').replace('Url', 'URL')) + 'Error').code !== index + 1)"),
      "[\"DomstringSize\",\"NoDataAllowed\",\"Validation\"]");
}

}  // namespace
}  // namespace evald
