#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "runtime/extensions/builtin.h"
#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

TEST(TopLevelAwait, TheLastExpressionsValueIsTheScripts) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("await 5"), "5");
  EXPECT_EQ(isolate.Eval("const f = async () => ({ x: 1 }); const r = await f(); r.x + 1"), "2");
  EXPECT_EQ(isolate.Eval("const s = await Promise.resolve(3)\n;[s, 4]\n  .map((x) => x * 2) // doubled"),
            "[6,8]");
  EXPECT_EQ(isolate.Eval("let n = 0; for await (const x of [1, Promise.resolve(2)]) n += x\nn"), "3");
  EXPECT_EQ(isolate.Eval("await g(); function g() { return 'hoisted' } ;;"), "\"hoisted\"");
  EXPECT_EQ(isolate.Eval("const only = await 1"), "undefined");
  EXPECT_EQ(isolate.Eval("const u = await (async () => ({ x: 1 }))(); u.x + 1"), "2");
  EXPECT_EQ(isolate.Eval("await [1]; (async () => await (5))()"), "5");
  EXPECT_EQ(isolate.Eval("var inside = async () => await (6); inside()"), "6");
  EXPECT_EQ(isolate.Eval("typeof inside"), "\"function\"");
  EXPECT_EQ(isolate.Eval("await new Promise((r) => setTimeout(r, 2)), 'later'"), "\"later\"");
  EXPECT_EQ(isolate.Eval("#! /usr/bin/env evalctl\nawait 7"), "7");
  EXPECT_EQ(isolate.Eval("await 1; this === globalThis"), "true");
  EXPECT_EQ(isolate.Eval("await 1; typeof arguments"), "\"undefined\"");
}

TEST(TopLevelAwait, StrictnessStays) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("'use strict'; await 1; (function () { return this === undefined })()"), "true");
  EXPECT_EQ(isolate.Eval("await 1; (function () { return this === globalThis })()"), "true");
}

TEST(TopLevelAwait, WhatItDeclaresIsItsOwn) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("var v = await 1; function f() {} v"), "1");
  EXPECT_EQ(isolate.Eval("typeof v + typeof f"), "\"undefinedundefined\"");
}

TEST(TopLevelAwait, OtherSyntaxErrorsStayWhatTheyAre) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("await 1; return 2"),
            "SyntaxError: await is only valid in async functions and the top level bodies of modules");
  EXPECT_EQ(isolate.Eval("let x; let x; async () => await 1"),
            "SyntaxError: Identifier 'x' has already been declared");
  EXPECT_EQ(isolate.Eval("await }"), "SyntaxError: Unexpected token '}'");
  EXPECT_EQ(isolate.Eval("(() => { await 1 })()"),
            "SyntaxError: await is only valid in async functions and the top level bodies of modules");
  // Not a keyword here.
  EXPECT_EQ(isolate.Eval("var await = 3; await + 1"), "4");
}

// Where a script that threw says that it did.
std::string Place(TestIsolate& isolate, const std::string& source) {
  const v1::ScriptException thrown = isolate.Thrown(source);
  return std::to_string(thrown.line()) + ":" + std::to_string(thrown.column()) + " " + thrown.source_line() +
         "\n" + thrown.stack();
}

TEST(TopLevelAwait, PlacesAreThoseOfTheScript) {
  TestIsolate isolate;
  EXPECT_EQ(Place(isolate, "await 1; null.x; 5"),
            "1:15 await 1; null.x; 5\nTypeError: Cannot read properties of null (reading 'x')\n    at "
            "eval.js:1:15");
  EXPECT_EQ(Place(isolate, "const r = await null; r.x"),
            "1:25 const r = await null; r.x\nTypeError: Cannot read properties of null (reading 'x')\n    at "
            "eval.js:1:25");
  EXPECT_EQ(Place(isolate, "\nconst r =\n  await null;\n  r\n  .x + 1"),
            "5:4   .x + 1\nTypeError: Cannot read properties of null (reading 'x')\n    at eval.js:5:4");
  EXPECT_EQ(Place(isolate, "const t = () => { throw new Error('e') }; await 1;\r\n [2].forEach(() => t())"),
            "1:25 const t = () => { throw new Error('e') }; await 1;\nError: e\n    at t (eval.js:1:25)\n"
            "    at eval.js:2:20\n    at Array.forEach (<anonymous>)\n    at eval.js:2:6");
}

}  // namespace
}  // namespace evald
