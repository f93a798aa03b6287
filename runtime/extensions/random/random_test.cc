#include <gtest/gtest.h>

#include <set>
#include <string>

#include "runtime/extensions/testing/forkable.h"
#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

// The snapshot is built by somebody who draws from every source, and keeps what was drawn.
constexpr char kSetup[] =
    "globalThis.drawnAtBuild = [Math.random(), crypto.randomUUID(), crypto.getRandomValues(new "
    "Uint32Array(4)).join()];"
    "globalThis.drawAll = () => [Math.random(), crypto.randomUUID(), crypto.getRandomValues(new "
    "Uint32Array(4)).join()];";

std::string Draw(TestIsolate& isolate) { return isolate.Eval("JSON.stringify(drawAll())"); }

TEST(MathRandom, IsInRangeAndSpreadOut) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(
      isolate.Eval(
          "let sum = 0, low = 1, high = 0; for (let i = 0; i < 1e5; i++) { const x = Math.random();"
          "if (!(x >= 0 && x < 1)) throw x; sum += x; low = Math.min(low, x); high = Math.max(high, x) }"
          "Math.abs(sum / 1e5 - 0.5) < 0.01 && low < 0.001 && high > 0.999"),
      "true");
  EXPECT_EQ(isolate.Eval(
                "const many = new Set(); for (let i = 0; i < 1e5; i++) many.add(Math.random()); many.size"),
            "100000");
}

TEST(MathRandom, UsesAllBits) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("let ones = 0; for (let i = 0; i < 1000; i++) ones += (Math.random() * 2 ** 53) % 2;"
                         "ones > 400 && ones < 600"),
            "true");
}

TEST(MathRandom, IsolatesFromOneSnapshotDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 3; ++i) {
    TestIsolate isolate(kSetup);
    for (int request = 0; request < 3; ++request) EXPECT_TRUE(seen.insert(Draw(isolate)).second);
  }
}

// What a zygote does: an isolate that has been used already is cloned by fork.
TEST(MathRandom, ForksOfAUsedIsolateDiffer) {
  TestIsolate isolate(kSetup);
  Draw(isolate);
  LetForksInheritPages();
  std::set<std::string> seen;
  for (int i = 0; i < 4; ++i) {
    const std::string drawn = InAFork([&] { return isolate.Eval("Math.random()"); });
    EXPECT_TRUE(seen.insert(drawn).second) << "two forks drew the same number";
  }
}

TEST(MathRandom, WhatAScriptSavedOfItIsOfNoUseLater) {
  TestIsolate isolate(kSetup);
  isolate.Eval("globalThis.saved = Math.random; saved()");
  EXPECT_EQ(isolate.Eval("const x = saved(); x >= 0 && x < 1"), "true");
}

TEST(MathRandom, LooksNative) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("[Math.random.name, Math.random.length, 'prototype' in Math.random,"
                         "Object.getOwnPropertyDescriptor(Math, 'random').enumerable]"),
            "[\"random\",0,false,false]");
}

TEST(GetRandomValues, FillsEveryIntegerArray) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval(
                "[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,"
                "BigInt64Array, BigUint64Array].every((Type) => { const a = new Type(64);"
                "return crypto.getRandomValues(a) === a && new Set(a).size > 20 })"),
            "true");
  EXPECT_EQ(isolate.Eval("crypto.getRandomValues(new Uint8Array(0)).length"), "0");
  EXPECT_EQ(isolate.Eval("const b = new Uint8Array(64); crypto.getRandomValues(b.subarray(16, 48));"
                         "[...b.slice(0, 16), ...b.slice(48)].every((x) => x === 0) && new Set(b).size > 10"),
            "true");
  EXPECT_EQ(isolate.Eval("crypto.getRandomValues(new Uint8Array(65536)).length"), "65536");
}

TEST(GetRandomValues, RefusesWhatTheStandardRefuses) {
  TestIsolate isolate(kSetup);
  const auto error = [&](const std::string& argument) {
    return isolate.Eval("try { crypto.getRandomValues(" + argument +
                        "); 'none' } catch (e) { `${e.name} ${e.code} ${e instanceof Error}` }");
  };
  EXPECT_EQ(error("new Uint8Array(65537)"), "\"QuotaExceededError 22 true\"");
  EXPECT_EQ(error("new Float64Array(1)"), "\"TypeMismatchError 17 true\"");
  EXPECT_EQ(error("new DataView(new ArrayBuffer(1))"), "\"TypeMismatchError 17 true\"");
  EXPECT_EQ(error("[1]"), "\"TypeError undefined true\"");
  EXPECT_EQ(error(""), "\"TypeError undefined true\"");
  EXPECT_EQ(error("new Uint8Array(new SharedArrayBuffer(8))"), "\"TypeError undefined true\"");
}

TEST(RandomUuid, HasTheFormOfVersion4) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("const ids = new Set(); for (let i = 0; i < 1000; i++) ids.add(crypto.randomUUID());"
                         "ids.size === 1000 && [...ids].every((id) =>"
                         "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))"),
            "true");
}

TEST(Crypto, LooksAsOnTheWeb) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.Eval("String(crypto)"), "\"[object Crypto]\"");
  EXPECT_EQ(isolate.Eval("new Crypto()"), "TypeError: Illegal constructor");
  EXPECT_EQ(isolate.Eval("crypto.randomUUID.call({})"), "TypeError: Illegal invocation");
  EXPECT_EQ(isolate.Eval("'use strict'; crypto = 1"),
            "TypeError: Cannot set property crypto of #<Object> which has only a getter");
}

}  // namespace
}  // namespace evald
