#include <gtest/gtest.h>

#include <string>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

// Gives what `body`, that of an async function, appends to `log`.
std::string Log(TestIsolate& isolate, const std::string& body) {
  return isolate.Eval(
      "(async () => { const log = []; const sleep = (ms) => new Promise((r) => setTimeout(r, ms));"
      "const until = async (count) => { while (log.length < count) await sleep(1) };" +
      body + "; return log.join(' ') })()");
}

TEST(Timers, RunWhenTheyAreDueAndThenInTheOrderOfTheirMaking) {
  TestIsolate isolate;
  EXPECT_EQ(Log(isolate,
                "for (const ms of [1, 0, 400, 200, 200, 1, -5, NaN, 2 ** 31, '50']) "
                "setTimeout((x) => log.push(x), ms, String(ms)); await until(10)"),
            "\"1 0 1 -5 NaN 2147483648 50 200 200 400\"");
}

TEST(Timers, WaitAsLongAsTheyShould) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Eval("const from = performance.now();"
                   "new Promise((r) => setTimeout(r, 25)).then(() => performance.now() - from >= 24.9)"),
      "true");
}

TEST(Timers, MicrotasksRunAfterEachCallback) {
  TestIsolate isolate;
  EXPECT_EQ(Log(isolate,
                "for (const n of [1, 2]) setTimeout(() => { log.push(`t${n}`);"
                "queueMicrotask(() => log.push(`m${n}`)); Promise.resolve().then(() => log.push(`p${n}`)) });"
                "log.push('now'); await null; log.push('then'); await sleep(2)"),
            "\"now then t1 m1 p1 t2 m2 p2\"");
}

TEST(Timers, NestedOnesWaitTheirTurn) {
  TestIsolate isolate;
  EXPECT_EQ(Log(isolate,
                "setTimeout(() => { log.push('a'); setTimeout(() => log.push('c')) });"
                "setTimeout(() => log.push('b')); await until(3)"),
            "\"a b c\"");
}

TEST(Timers, ClearedOnesDoNotRun) {
  TestIsolate isolate;
  EXPECT_EQ(
      Log(isolate,
          "const gone = setTimeout(() => log.push('gone'));"
          "setTimeout(() => { log.push('first'); clearTimeout(later); clearInterval(String(last)) });"
          "const later = setTimeout(() => log.push('later')), last = setTimeout(() => log.push('last'), 2);"
          "setTimeout(() => log.push('stays'), 3);"
          "clearTimeout(gone); clearTimeout(gone); clearTimeout(); clearTimeout(-1); clearTimeout({});"
          "await sleep(10)"),
      "\"first stays\"");
}

TEST(Timers, ThoseThatAreLeftAreInOrderWhateverWasCleared) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval(R"((async () => {
    const ids = [], seen = [];
    let seed = 7;
    const below = (n) => (seed = (seed * 48271) % 2147483647) % n;
    const timers = Array.from({ length: 500 }, (_, i) => ({ i, ms: 1 + below(20) }));
    for (const t of timers) t.id = setTimeout(() => seen.push(t), t.ms);
    for (let n = 0; n < 300; n++) { const t = timers[below(500)]; clearTimeout(t.id); t.gone = true; }
    await new Promise((r) => setTimeout(r, 25));
    const left = timers.filter((t) => !t.gone);
    const late = seen.some((t, n) => n > 0 && seen[n - 1].ms === t.ms && seen[n - 1].i > t.i);
    return left.length > 100 && left.length === seen.length && !late;
  })())"),
            "true");
}

TEST(Timers, IntervalsGoOnUntilTheyAreClearedAndEndWithTheResult) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("new Promise((resolve) => { let n = 0;"
                         "const id = setInterval((by) => { n += by; if (n === 6) { clearInterval(id); "
                         "setTimeout(() => resolve(n), 10) } }, 1, 2) })"),
            "6");
  EXPECT_EQ(isolate.Eval("setInterval(() => {}, 1); new Promise((r) => setTimeout(r, 5, 'done'))"),
            "\"done\"");
}

TEST(Timers, NothingOfARequestRunsInALaterOne) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("globalThis.ran = []; setInterval(() => ran.push('interval'));"
                         "setTimeout(() => ran.push('timeout'), 5); 1"),
            "1");
  EXPECT_EQ(
      isolate.Eval(
          "queueMicrotask(() => ran.push('microtask')); (async () => { await null; ran.push('async') })();"
          "Promise.reject(1); throw 2"),
      "Uncaught: 2");
  EXPECT_EQ(
      isolate.Eval("setTimeout(() => ran.push('late')); setTimeout(() => { throw new Error('stop') }, 0);"
                   "setTimeout(() => ran.push('later')); new Promise(() => {})"),
      "Error: stop");
  EXPECT_EQ(isolate.Eval("new Promise((r) => setTimeout(() => r(ran), 20))"), "[\"late\"]");
  EXPECT_EQ(isolate.Eval("setTimeout(() => {})"), "1");
}

TEST(Timers, APromiseThatNothingIsLeftToSettleIsFoundOut) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("setTimeout(() => {}, 2); new Promise(() => {})"),
            "UnsettledPromiseError: the result is a promise that can never settle: nothing is left to run");
}

TEST(Timers, ExceptionsOfCallbacksAreTheRequests) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("setTimeout(() => null.x); new Promise(() => {})"),
            "TypeError: Cannot read properties of null (reading 'x')");
  EXPECT_EQ(isolate.Eval("queueMicrotask(() => { throw 5 }); 1"), "Uncaught: 5");
  EXPECT_EQ(isolate.Eval("(async () => { throw new RangeError('nobody waits') })(); 1"),
            "RangeError: nobody waits");
  EXPECT_EQ(isolate.Eval("const p = Promise.reject(1); new Promise((r) => setTimeout(r, 1)).then(() => p)"),
            "Uncaught: 1");
  EXPECT_EQ(
      isolate.Eval(
          "const q = Promise.reject(1); Promise.resolve().then(() => q.catch(() => 0)).then(() => 'kept')"),
      "\"kept\"");
}

TEST(Timers, CallbacksAreFunctions) {
  TestIsolate isolate;
  for (const char* name : {"setTimeout", "setInterval", "queueMicrotask"}) {
    EXPECT_EQ(isolate.Eval(std::string(name) + "('code()')"),
              "TypeError: The \"callback\" argument must be of type function");
  }
  EXPECT_EQ(isolate.Eval("setTimeout(() => {}, Symbol())"),
            "TypeError: Cannot convert a Symbol value to a number");
  EXPECT_EQ(isolate.Eval("new Promise((r) => setTimeout(function () { r(this === globalThis) }))"), "true");
  EXPECT_EQ(
      isolate.Eval(
          "[setTimeout.length, 'prototype' in setTimeout, Object.keys(globalThis).includes('setTimeout')]"),
      "[1,false,true]");
}

TEST(Timers, ASpoiledArrayPrototypeDoesNotMatter) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("for (let i = 0; i < 20; i++) Object.defineProperty(Array.prototype, i, { set() { "
                         "throw 'spoiled' } });"
                         "Array.prototype.push = Map.prototype.get = Map.prototype.set = Reflect.apply = () "
                         "=> { throw 'spoiled' };"
                         "let n = 0; for (let i = 0; i < 9; i++) setTimeout(() => n++, i);"
                         "new Promise((resolve) => setTimeout(() => resolve(n), 12))"),
            "9");
}

}  // namespace
}  // namespace evald
