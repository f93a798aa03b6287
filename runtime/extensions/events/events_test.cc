#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

constexpr char kSetup[] =
    "globalThis.early = new EventTarget(); globalThis.heard = [];"
    "early.addEventListener('x', (event) => heard.push(event.type));";

TEST(Events, ListenersAreCalledInOrderAndOnce) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval(R"(
    const target = new EventTarget(), log = [];
    const twice = (e) => log.push('twice');
    target.addEventListener('a', twice); target.addEventListener('a', twice);
    target.addEventListener('a', twice, true);
    target.addEventListener('a', () => log.push('once'), { once: true });
    target.addEventListener('a', { handleEvent(e) { log.push(this.name + e.type) }, name: 'object ' });
    target.addEventListener('a', null);
    target.dispatchEvent(new Event('a')); target.dispatchEvent(new Event('a')); target.dispatchEvent(new Event('b'));
    log.join())"),
            "\"twice,twice,once,object a,twice,twice,object a\"");
}

TEST(Events, ChangesToTheListenersCountFromTheNextDispatchButForRemovals) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval(R"(
    const target = new EventTarget(), log = [];
    const removed = () => log.push('removed'), added = () => log.push('added');
    target.addEventListener('a', () => { log.push('first'); target.removeEventListener('a', removed);
                                         target.addEventListener('a', added) });
    target.addEventListener('a', removed);
    target.dispatchEvent(new Event('a')); target.dispatchEvent(new Event('a'));
    log.join())"),
            "\"first,first,added\"");
}

TEST(Events, CanBeStoppedAndCanceled) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval(R"(
    const target = new EventTarget(), log = [];
    target.addEventListener('a', (e) => e.stopImmediatePropagation(), { capture: true });
    target.addEventListener('a', () => log.push('not reached'));
    target.addEventListener('b', (e) => e.stopPropagation(), { capture: true });
    target.addEventListener('b', () => log.push('nor this'));
    target.addEventListener('c', (e) => e.preventDefault(), { passive: true });
    target.addEventListener('d', (e) => { e.returnValue = false });
    for (const [type, cancelable] of [['a', 1], ['b', 1], ['c', 1], ['d', 0], ['d', 1]])
      log.push(target.dispatchEvent(new Event(type, { cancelable })));
    log)"),
            "[true,true,true,true,false]");
  EXPECT_EQ(isolate.Eval(R"(
    const again = new Event('a'), inside = new EventTarget(), seen = [];
    inside.addEventListener('a', (e) => { try { inside.dispatchEvent(e) } catch (error) { seen.push(error.name) }
      seen.push(e.eventPhase, e.currentTarget === inside, e.composedPath().length, e.isTrusted) });
    inside.dispatchEvent(again); seen.push(again.eventPhase, again.currentTarget, again.target === inside); seen)"),
            "[\"InvalidStateError\",2,true,1,false,0,null,true]");
}

TEST(Events, ListenersOfTheSnapshotAreThere) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("early.dispatchEvent(new Event('x')); heard"), "[\"x\"]");
}

TEST(Events, ClassesSayWhatTheyWereMadeWith) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(
      isolate.Eval("const e = new Event(5, { bubbles: 1, cancelable: 'yes' });"
                   "[e.type, e.bubbles, e.cancelable, e.composed, e.timeStamp >= 0, e.defaultPrevented]"),
      "[\"5\",true,true,false,true,false]");
  EXPECT_EQ(isolate.Eval("[new CustomEvent('x', { detail: 7 }).detail, new CustomEvent('x').detail]"),
            "[7,null]");
  EXPECT_EQ(isolate.Eval(
                "const error = new ErrorEvent('error', { message: 'm', filename: 'f', lineno: 3, colno: '4',"
                " error: 5 }); [error.message, error.filename, error.lineno, error.colno, error.error]"),
            "[\"m\",\"f\",3,4,5]");
  EXPECT_EQ(isolate.Eval(
                "const rejection = new PromiseRejectionEvent('x', { promise: Promise.resolve(), reason: 6 });"
                "[rejection.promise instanceof Promise, rejection.reason]"),
            "[true,6]");
  EXPECT_EQ(isolate.Eval("new PromiseRejectionEvent('x', {})"),
            "TypeError: The \"options.promise\" property must be specified");
  EXPECT_EQ(isolate.Eval("new Event()"), "TypeError: 1 argument required, but only 0 present");
  EXPECT_EQ(isolate.Eval("const legacy = new CustomEvent('x'); legacy.initCustomEvent('y', true, false, 3);"
                         "[legacy.type, legacy.bubbles, legacy.detail]"),
            "[\"y\",true,3]");
}

TEST(Events, WrongArgumentsAreTypeErrors) {
  TestIsolate isolate(kSetup);
  for (const char* source :
       {"new EventTarget().dispatchEvent({})", "new EventTarget().addEventListener('a', 5)",
        "new EventTarget().addEventListener('a')",
        "new EventTarget().addEventListener('a', () => {}, { signal: 1 })", "new Event('a', 5)",
        "EventTarget.prototype.addEventListener.call({}, 'a', () => {})", "Event.prototype.type",
        "new Event(Symbol())", "CustomEvent.prototype.initCustomEvent.call(new Event('a'), 'b')"}) {
    EXPECT_THAT(isolate.Eval(source), testing::StartsWith("TypeError: ")) << source;
  }
}

TEST(Events, TheGlobalObjectIsATarget) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("const got = []; addEventListener('x', function (e) { got.push(this === globalThis, "
                         "e.target === self) });"
                         "globalThis.addEventListener('x', (e) => got.push(e.currentTarget === globalThis));"
                         "dispatchEvent(new Event('x')); [globalThis instanceof EventTarget, ...got]"),
            "[true,true,true,true]");
}

TEST(Events, WhatAListenerThrowsIsTheRequests) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval(
                "const t = new EventTarget(); t.addEventListener('a', () => null.x);"
                "t.addEventListener('a', () => console.log('goes on')); t.dispatchEvent(new Event('a')); 1"),
            "TypeError: Cannot read properties of null (reading 'x')");
  ASSERT_EQ(isolate.console().size(), 1u);
  EXPECT_EQ(isolate.Eval("t.addEventListener('b', {}); t.dispatchEvent(new Event('b'))"),
            "TypeError: The listener has no handleEvent method");
}

TEST(ErrorEvents, AreAListenersToHandle) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval(R"(
    addEventListener('error', (e) => { e.preventDefault(); globalThis.last = e }, { once: true });
    setTimeout(() => {
null.x });
    new Promise((r) => setTimeout(() => r([last.message, last.filename, last.lineno, last.colno, last.error.name,
                                           last.isTrusted]), 5)))"),
            "[\"Uncaught TypeError: Cannot read properties of null (reading "
            "'x')\",\"eval.js\",4,6,\"TypeError\",true]");
  EXPECT_EQ(isolate.Eval("setTimeout(() => null.x); new Promise((r) => setTimeout(r, 5))"),
            "TypeError: Cannot read properties of null (reading 'x')");
  EXPECT_EQ(isolate.Eval("onerror = (...args) => { globalThis.args = args; return true };"
                         "queueMicrotask(() => { throw 'text' }); Promise.resolve().then(() => args)"),
            "[\"Uncaught text\",\"\",0,0,\"text\"]");
  EXPECT_EQ(isolate.Eval("onerror = () => 1; reportError(new RangeError('mine')); 1"), "RangeError: mine");
  EXPECT_EQ(isolate.Eval("onerror = () => { throw new Error('of the handler') }; reportError(5); 1"),
            "Error: of the handler");
  EXPECT_EQ(isolate.Eval("onerror = null; onerror"), "null");
}

TEST(RejectionEvents, AreAListenersToHandle) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval(R"(
    const log = [];
    onunhandledrejection = (e) => { log.push(`${e.type} ${e.reason} ${e.promise === rejected}`); e.preventDefault() };
    onrejectionhandled = (e) => { log.push(`${e.type} ${e.reason} ${e.promise === rejected}`); done(log) };
    const rejected = Promise.reject(5);
    Promise.reject(6).catch(() => {});
    setTimeout(() => { log.push('later'); rejected.catch(() => {}); log.push('caught') }, 1);
    let done; new Promise((r) => { done = r; setTimeout(r, 60000) }))"),
            "[\"unhandledrejection 5 true\",\"later\",\"caught\",\"rejectionhandled 5 true\"]");
  EXPECT_EQ(isolate.Eval("onunhandledrejection = () => {}; Promise.reject(new Error('kept')); 1"),
            "Error: kept");
  EXPECT_EQ(isolate.Eval("onunhandledrejection = () => false; Promise.reject(1); 'handled'"), "\"handled\"");
  EXPECT_EQ(isolate.Eval("let told = 0; onunhandledrejection = () => { told++; return false };"
                         "Promise.resolve().then(() => { throw new Error('the result') })"),
            "Error: the result");
  EXPECT_EQ(
      isolate.Eval(
          "for (let i = 0; i < 1000; i++) Promise.reject(i); new Promise((r) => setTimeout(() => r(told)))"),
      "1000");
}

TEST(EventHandlers, KeepTheirPlace) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval(R"(
    const log = [], signal = AbortSignal.any([]), controller = new AbortController(), on = controller.signal;
    on.onabort = () => log.push('replaced');
    on.addEventListener('abort', () => log.push('listener'));
    on.onabort = () => log.push('handler');
    controller.abort();
    on.onabort = {}; log.push(typeof on.onabort); on.onabort = 5; log.push(on.onabort);
    log)"),
            "[\"handler\",\"listener\",\"object\",null]");
}

TEST(Events, LookAsOnTheWeb) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(
      isolate.Eval(
          "[Event.length, EventTarget.length, CustomEvent.length, Event.AT_TARGET, String(new Event('x')),"
          "String(new EventTarget()), Object.keys(EventTarget.prototype).length, reportError.length,"
          "'prototype' in reportError, Object.keys(globalThis).includes('Event'), self === globalThis]"),
      "[1,0,1,2,\"[object Event]\",\"[object EventTarget]\",3,1,false,false,true]");
}

}  // namespace
}  // namespace evald
