#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

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

struct Match {
  const char* pattern;  // arguments of the constructor
  const char* input;    // arguments of exec
  const char* groups;   // null, or the groups of all components in one
};

// From the text of the URL Pattern Standard.
constexpr Match kMatches[] = {
    {"{ pathname: '/foo' }", "{ pathname: '/foo' }", "{}"},
    {"{ pathname: '/foo' }", "{ pathname: '/foo/' }", "null"},
    {"{ pathname: '/foo' }", "{ pathname: '/Foo' }", "null"},
    {"{ pathname: '/foo' }, { ignoreCase: true }", "{ pathname: '/FOO' }", "{}"},
    {"{ pathname: '/:a' }", "{ pathname: '/x' }", R"({"a":"x"})"},
    {"{ pathname: '/:a' }", "{ pathname: '/x/y' }", "null"},
    {"{ pathname: '/:a/:b' }", "{ pathname: '/x/y' }", R"({"a":"x","b":"y"})"},
    {"{ pathname: '/:a?' }", "{ pathname: '/' }", "null"},
    {"{ pathname: '/p/:a?' }", "{ pathname: '/p' }", "{}"},
    {"{ pathname: '/p/:a?' }", "{ pathname: '/p/x' }", R"({"a":"x"})"},
    {"{ pathname: '/p/:a+' }", "{ pathname: '/p/x/y' }", R"({"a":"x/y"})"},
    {"{ pathname: '/p/:a+' }", "{ pathname: '/p' }", "null"},
    {"{ pathname: '/p/:a*' }", "{ pathname: '/p' }", "{}"},
    {"{ pathname: '/p/:a*' }", "{ pathname: '/p/x/y/z' }", R"({"a":"x/y/z"})"},
    {"{ pathname: '/p/*' }", "{ pathname: '/p/x/y' }", R"({"0":"x/y"})"},
    {"{ pathname: '/p/*' }", "{ pathname: '/p' }", "null"},
    {"{ pathname: '*/q' }", "{ pathname: '/a/q' }", R"({"0":"/a"})"},
    {"{ pathname: '/:id(\\\\d+)' }", "{ pathname: '/12' }", R"({"id":"12"})"},
    {"{ pathname: '/:id(\\\\d+)' }", "{ pathname: '/1x' }", "null"},
    {"{ pathname: '/(a|b)' }", "{ pathname: '/b' }", R"({"0":"b"})"},
    {"{ pathname: '/a{/b}?' }", "{ pathname: '/a' }", "{}"},
    {"{ pathname: '/a{/b}?' }", "{ pathname: '/a/b' }", "{}"},
    {"{ pathname: '/a{/b}+' }", "{ pathname: '/a/b/b' }", "{}"},
    {"{ pathname: '/:a{-:b}?' }", "{ pathname: '/x-y' }", R"({"a":"x","b":"y"})"},
    {"{ pathname: '/a\\\\:b' }", "{ pathname: '/a:b' }", "{}"},
    {"{ pathname: '/caf\u00e9' }", "{ pathname: '/caf%C3%A9' }", "{}"},
    {"{ hostname: '*.example.com' }", "'https://a.b.example.com/'", R"({"0":"a.b"})"},
    {"{ hostname: '*.example.com' }", "'https://example.com/'", "null"},
    {"{ hostname: '{*.}?example.com' }", "'https://example.com/'", "{}"},
    {"{ protocol: 'http{s}?' }", "'https://x/'", "{}"},
    {"{ protocol: 'http{s}?' }", "'ftp://x/'", "null"},
    {"{ port: '8080' }", "'http://x:8080/'", "{}"},
    {"{ protocol: 'https', port: '443' }", "'https://x/'", "{}"},
    {"{ port: '8080' }", "'http://x/'", "null"},
    {"{ search: 'q=:q' }", "'http://x/?q=1'", R"({"q":"1"})"},
    {"{ hash: ':h' }", "'http://x/#top'", R"({"h":"top"})"},
    {"{ username: 'u', password: '*' }", "'http://u:p@x/'", R"({"0":"p"})"},
    {"'https://example.com/:a'", "'https://example.com/b'", R"({"a":"b"})"},
    {"'https://example.com/:a'", "'http://example.com/b'", "null"},
    {"'/books/:id', 'https://example.com'", "'https://example.com/books/7'", R"({"id":"7"})"},
    {"'../c', 'https://example.com/a/b'", "'https://example.com/c'", "{}"},
    {"'/books/:id', 'https://example.com'", "'/books/7', 'https://example.com'", R"({"id":"7"})"},
    {"{ pathname: '/a', baseURL: 'https://example.com' }", "'https://example.com/a'", "{}"},
    {"{ pathname: '/a', baseURL: 'https://example.com' }", "'https://other.com/a'", "null"},
    {"{ pathname: '/a' }", "'not a url'", "null"},
};

TEST(UrlPattern, MatchesAsTheStandardHasIt) {
  TestIsolate isolate;
  for (const Match& match : kMatches) {
    const std::string source = std::string("{ const found = new URLPattern(") + match.pattern + ").exec(" +
                               match.input +
                               R"js(), groups = {};
        for (const [part, { groups: those } = {}] of Object.entries(found ?? {})) {
          for (const [name, value] of Object.entries(those ?? {}))
            if (value !== undefined && CHOSEN.some((chosen) => chosen === part)) groups[name] = value;
        }
        found && groups })js";
    std::string text = source;
    const std::string chosen = std::string("Object.keys(Object(") +
                               (match.pattern[0] == '{' ? "{ ...[" : "{ ...[{ pathname: 1 }, ") +
                               match.pattern + "][0] }))";
    text.replace(text.find("CHOSEN"), 6, chosen);
    EXPECT_EQ(isolate.Eval(text), match.groups) << match.pattern << " and " << match.input;
  }
}

TEST(UrlPattern, RefusesWhatIsNoPattern) {
  TestIsolate isolate;
  for (const char* arguments : {"'/no/base'", "{ pathname: '/:' }", "{ pathname: '/(?a)' }",
                                "{ pathname: '/:a/:a' }", "{ pathname: '/{a' }", "{ pathname: '/(\\u00e9)' }",
                                "{ hostname: 'a b' }", "{ port: '100000' }", "5"}) {
    EXPECT_THAT(isolate.Eval(std::string("new URLPattern(") + arguments + ")"), StartsWith("TypeError: "))
        << arguments;
  }
}

}  // namespace
}  // namespace evald
