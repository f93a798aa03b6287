#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

constexpr char kSetup[] = "globalThis.early = new AbortController()";

TEST(AbortController, AbortsItsSignalOnce) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval(R"(
    const controller = new AbortController(), { signal } = controller, log = [signal.aborted, signal.reason];
    signal.addEventListener('abort', (e) => log.push(e.type, e.isTrusted, signal.aborted));
    controller.abort('why'); controller.abort('again');
    log.push(signal.reason, signal === controller.signal); log)"),
            "[false,null,\"abort\",true,true,\"why\",true]");
  EXPECT_EQ(isolate.Eval("early.abort(); early.signal.throwIfAborted()"),
            "AbortError: This operation was aborted");
  EXPECT_EQ(isolate.Eval("new AbortController().signal.throwIfAborted()"), "undefined");
}

TEST(AbortSignal, IsMadeByItsFunctionsOnly) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("new AbortSignal()"), "TypeError: Illegal constructor");
  EXPECT_EQ(isolate.Eval("AbortSignal.abort(5).reason"), "5");
  EXPECT_EQ(isolate.Eval("AbortSignal.abort().reason.code"), "20");
}

TEST(AbortSignal, TimeoutKeepsTheLoopRunning) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("new Promise((_, reject) => { const s = AbortSignal.timeout(5);"
                         "s.onabort = () => reject(s.reason) })"),
            "TimeoutError: The operation was aborted due to timeout");
  for (const char* wait : {"-1", "NaN", "Infinity", "'x'", "2 ** 53", "5n", "", "{}"}) {
    EXPECT_THAT(isolate.Eval(std::string("AbortSignal.timeout(") + wait + ")"),
                testing::StartsWith("TypeError: "))
        << wait;
  }
  EXPECT_EQ(isolate.Eval("const far = AbortSignal.timeout(2 ** 53 - 1); new Promise((r) => setTimeout(() => "
                         "r(far.aborted), 5))"),
            "false");
}

TEST(AbortSignal, AnyFollowsAll) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval(R"(
    const a = new AbortController(), b = new AbortController(), log = [];
    const one = AbortSignal.any([a.signal, b.signal]), two = AbortSignal.any([one, b.signal, b.signal]);
    two.onabort = () => log.push('two', one.aborted); one.onabort = () => log.push('one', two.aborted);
    b.signal.onabort = () => log.push('b', one.aborted, two.aborted);
    b.abort('b'); a.abort('a');
    [...log, one.reason, two.reason, AbortSignal.any([a.signal, b.signal]).reason, AbortSignal.any([]).aborted])"),
            "[\"b\",true,true,\"one\",true,\"two\",true,\"b\",\"b\",\"a\",false]");
  EXPECT_THAT(isolate.Eval("AbortSignal.any([{}])"), testing::StartsWith("TypeError: "));
  EXPECT_THAT(isolate.Eval("AbortSignal.any(5)"), testing::StartsWith("TypeError: "));
}

TEST(AbortSignal, TakesListenersAway) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval(R"(
    const target = new EventTarget(), remover = new AbortController(); let heard = 0;
    target.addEventListener('x', () => heard++, { signal: remover.signal });
    target.addEventListener('x', () => heard++, { signal: AbortSignal.abort() });
    target.dispatchEvent(new Event('x')); remover.abort(); target.dispatchEvent(new Event('x'));
    heard)"),
            "1");
}

TEST(AbortSignal, LooksAsOnTheWeb) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("[AbortSignal.length, AbortController.length, String(new AbortController()), "
                         "String(AbortSignal.abort()),"
                         "AbortSignal.abort() instanceof EventTarget, Object.keys(AbortSignal).join(), "
                         "Object.keys(AbortSignal.prototype).join()]"),
            "[0,0,\"[object AbortController]\",\"[object AbortSignal]\",true,\"abort,timeout,any\","
            "\"aborted,reason,throwIfAborted,onabort\"]");
}

}  // namespace
}  // namespace evald
