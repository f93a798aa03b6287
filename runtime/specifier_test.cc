#include "runtime/specifier.h"

#include <gtest/gtest.h>

namespace evald {
namespace {

TEST(Specifier, PathsBeginWithADotOrASlash) {
  for (const char* path : {"./a", "../a", "/a", "./", "/"}) EXPECT_TRUE(IsPath(path)) << path;
  for (const char* name : {"", "a", ".", "..", ".a/b", "a/b", "@a/b", "https://a/b"})
    EXPECT_FALSE(IsPath(name)) << name;
}

TEST(Specifier, APathIsSeenFromTheFolderOfWhoeverImportsIt) {
  const struct {
    const char *path, *base, *expected;
  } kCases[] = {
      {"./b.js", "./lib/a.js", "./lib/b.js"},
      {"../b.js", "./lib/a.js", "./b.js"},
      {"../../b.js", "./lib/a.js", "../b.js"},
      {"../b.js", "../a.js", "../../b.js"},
      {"./x/../b.js", "../lib/a.js", "../lib/b.js"},
      {"./b.js", "shop", "./b.js"},
      {"./b.js", "shop/a.js", "shop/b.js"},
      {"../b.js", "@shop/lib/a.js", "@shop/b.js"},
      {"../b.js", "shop/a.js", "./b.js"},
      {"../../b.js", "shop/a.js", "../b.js"},
      {"./b.js", "/lib/a.js", "/lib/b.js"},
      {"../../b.js", "/lib/a.js", "/b.js"},
      {"/b.js", "./lib/a.js", "/b.js"},
      {"./b.js", "https://x.org/lib/a.js?v=/1", "https://x.org/lib/b.js"},
      {"/b.js", "https://x.org/lib/a.js", "https://x.org/b.js"},
      {"../../../b.js", "https://x.org/lib/a.js", "https://x.org/b.js"},
      {"./b.js", "https://x.org", "https://x.org/b.js"},
      {"./b.js", "npm:a", "npm:b.js"},
      {"/b.js", "npm:a", "/b.js"},
      {"./b/", "./a.js", "./b/"},
      {"./b/..", "./lib/a.js", "./lib/"},
      {"./", "./a.js", "./"},
      {".//b.js", "./a.js", "./b.js"},
      {"./b.js", "", "./b.js"},
      {"../", "", "../"},
  };
  for (const auto& one : kCases)
    EXPECT_EQ(ResolvePath(one.path, one.base), one.expected) << one.path << " seen from " << one.base;
}

TEST(Specifier, APathHasOneWayToBeWrittenAndANameIsExact) {
  EXPECT_EQ(CanonicalSpecifier("./lib/../a.js"), "./a.js");
  EXPECT_EQ(CanonicalSpecifier("/x/./y/../a.js"), "/x/a.js");
  EXPECT_EQ(CanonicalSpecifier("../../a.js"), "../../a.js");
  EXPECT_EQ(CanonicalSpecifier("lib/../a.js"), "lib/../a.js");
  EXPECT_EQ(CanonicalSpecifier("https://x/../a.js"), "https://x/../a.js");
  EXPECT_EQ(CanonicalSpecifier(CanonicalSpecifier("./a/../../b/./c/")), "../b/c/");
}

TEST(Specifier, AScriptIsWhereItsNameSays) {
  EXPECT_EQ(BaseOfScript("eval.js"), "./eval.js");
  EXPECT_EQ(BaseOfScript("src/main.mjs"), "./src/main.mjs");
  EXPECT_EQ(BaseOfScript("../main.mjs"), "../main.mjs");
  EXPECT_EQ(BaseOfScript("/home/main.mjs"), "/home/main.mjs");
  EXPECT_EQ(BaseOfScript("https://x/main.mjs"), "https://x/main.mjs");
}

}  // namespace
}  // namespace evald
