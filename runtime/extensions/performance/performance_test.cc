#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

using testing::StartsWith;

TEST(Performance, NowStartsAtTheRequestAndNeverGoesBack) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("performance.now() >= 0 && performance.now() < 1000"), "true");
  EXPECT_EQ(
      isolate.Eval("let a = performance.now(), ok = true;"
                   "for (let i = 0; i < 1e5; i++) { const b = performance.now(); ok &&= b >= a; a = b } ok"),
      "true");
}

TEST(Performance, NowCountsTenthsOfMilliseconds) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("const seen = new Set(); while (seen.size < 20) seen.add(performance.now());"
                         "[...seen].every((t) => Math.abs(t * 10 - Math.round(t * 10)) < 1e-6)"),
            "true");
}

TEST(Performance, TimeOriginIsTheRequestsStart) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 50"), "true");
  EXPECT_EQ(isolate.Eval("JSON.stringify(performance) === `{\"timeOrigin\":${performance.timeOrigin}}`"),
            "true");
}

TEST(Performance, LooksAsOnTheWeb) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("String(performance)"), "\"[object Performance]\"");
  EXPECT_EQ(isolate.Eval("new Performance()"), "TypeError: Illegal constructor");
  EXPECT_THAT(isolate.Eval("performance.now.call({})"), StartsWith("TypeError: "));
  EXPECT_EQ(isolate.Eval("performance instanceof EventTarget && Performance.length === 0"), "true");
  EXPECT_EQ(isolate.Eval("'prototype' in performance.now"), "false");
  EXPECT_EQ(isolate.Eval("performance = 5; performance"), "5");
}

}  // namespace
}  // namespace evald
