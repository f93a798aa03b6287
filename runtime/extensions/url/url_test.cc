#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

using testing::StartsWith;

TEST(Url, ParsesAndSerializes) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("new URL('../c?x=1#y', 'HTTPS://User:pw@EXAMPLE.com:443/a/b/').href"),
            "\"https://User:pw@example.com/a/c?x=1#y\"");
  EXPECT_EQ(isolate.Eval("new URL('http://b\\u00fccher.de/\\u00e4').href"),
            "\"http://xn--bcher-kva.de/%C3%A4\"");
  EXPECT_EQ(isolate.Eval("new URL('nowhere')"), "TypeError: Invalid URL");
}

TEST(Url, ParametersAndQueryFollowEachOther) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("const u = new URL('http://a/?x=1'), p = u.searchParams; p.append('y', '\\u00e9 '); "
                         "const first = u.search; u.search = '?z=3'; [first, p.get('z'), p.get('x')]"),
            "[\"?x=1&y=%C3%A9+\",\"3\",null]");
}

TEST(Url, IsShownAsNodeShowsIt) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Console("console.log(new URL('http://a/?b=1').searchParams, [new URL('x:y')])"),
      "URLSearchParams { 'b' => '1' } [\n  URL {\n    href: 'x:y',\n    origin: 'null',\n    protocol: "
      "'x:',\n    username: '',\n    password: '',\n    host: '',\n    hostname: '',\n    port: '',\n"
      "    pathname: 'y',\n    search: '',\n    searchParams: URLSearchParams {},\n    hash: ''\n  }\n]");
}

TEST(Url, MethodsNeedTheirOwnReceiver) {
  TestIsolate isolate;
  EXPECT_THAT(isolate.Eval("URL.prototype.toString.call({})"), StartsWith("TypeError: "));
  EXPECT_THAT(isolate.Eval("URLSearchParams.prototype.get.call({}, 'a')"), StartsWith("TypeError: "));
}

TEST(UrlPattern, MatchesAndNamesGroups) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("new URLPattern({ pathname: '/books/:id(\\\\d+)' })"
                         ".exec('https://example.com/books/42').pathname.groups.id"),
            "\"42\"");
  EXPECT_EQ(isolate.Eval("new URLPattern('https://*.example.com/*').test('https://a.example.org/')"),
            "false");
  EXPECT_THAT(isolate.Eval("new URLPattern({ pathname: '/(' })"), StartsWith("TypeError: "));
}

}  // namespace
}  // namespace evald
