#include <gtest/gtest.h>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

TEST(Navigator, SaysWhereAScriptRuns) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("navigator.userAgent"), "\"evald\"");
  EXPECT_EQ(isolate.Eval("String(navigator)"), "\"[object Navigator]\"");
  EXPECT_EQ(isolate.Console("console.log(navigator)"), "Navigator { userAgent: 'evald' }");
}

TEST(Navigator, IsMadeAndAskedAsOnTheWeb) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("new Navigator()"), "TypeError: Illegal constructor");
  EXPECT_EQ(isolate.Eval("try { Navigator.prototype.userAgent } catch (e) { e instanceof TypeError }"),
            "true");
  EXPECT_EQ(isolate.Eval("navigator.userAgent = 'other'; navigator.userAgent"), "\"evald\"");
}

}  // namespace
}  // namespace evald
