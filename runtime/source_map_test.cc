#include "runtime/source_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace evald {
namespace {

using testing::ElementsAre;

std::string Map(const std::string& mappings, const std::string& rest = "") {
  return R"({"version":3,"sources":["a.ts","b.ts"],"names":[],"mappings":")" + mappings + "\"" + rest + "}";
}

// "source:line:column" for each place, "-" where it came from nowhere.
std::vector<std::string> Find(const std::string& json, const std::vector<SourceMap::Place>& places) {
  const auto map = SourceMap::Parse(json);
  if (!map) return {"no map"};
  std::vector<std::string> found;
  for (const auto& original : map->Find(places)) {
    found.push_back(!original
                        ? "-"
                        : map->SourceName(original->source) + ":" + std::to_string(original->place.line) +
                              ":" + std::to_string(original->place.column));
  }
  return found;
}

TEST(SourceMap, FindsTheSegmentAtOrBefore) {
  // Line 0: column 0 from a.ts 0:0, column 4 from a.ts 2:5, column 8 from nowhere. Line 2: column 2 from
  // b.ts.
  const std::string json = Map("AAAA,IAEK,I;;ECCA");
  EXPECT_THAT(Find(json, {{0, 0}, {0, 3}, {0, 4}, {0, 7}, {0, 8}, {0, 900}}),
              ElementsAre("a.ts:0:0", "a.ts:0:0", "a.ts:2:5", "a.ts:2:5", "-", "-"));
  EXPECT_THAT(Find(json, {{1, 0}, {2, 1}, {2, 2}, {2, 3}, {3, 0}}),
              ElementsAre("-", "-", "b.ts:3:5", "b.ts:3:5", "-"));
}

TEST(SourceMap, SourcesHaveTheirRootAndTheirText) {
  const auto map = SourceMap::Parse(
      Map("AAAA,CCAA",
          R"(,"sourceRoot":"src","sourcesContent":["one\ntwo\r\n\u0074\"\u00e9\ud83d\ude00",null])"));
  ASSERT_TRUE(map);
  EXPECT_EQ(map->SourceName(0), "src/a.ts");
  EXPECT_EQ(map->SourceLine(0, 0), "one");
  EXPECT_EQ(map->SourceLine(0, 1), "two");
  EXPECT_EQ(map->SourceLine(0, 2), "t\"\u00e9\U0001F600");
  EXPECT_EQ(map->SourceLine(0, 3), std::nullopt);
  EXPECT_EQ(map->SourceLine(1, 0), std::nullopt);
}

TEST(SourceMap, SectionsFollowOneAnother) {
  const std::string json = R"({"version":3,"sections":[{"offset":{"line":0,"column":0},"map":)" +
                           Map("AAAA") + R"(},{"offset":{"line":1,"column":10},"map":)" + Map("ACEA;AAEA") +
                           "}]}";
  EXPECT_THAT(Find(json, {{0, 5}, {1, 5}, {1, 10}, {2, 0}, {3, 0}}),
              ElementsAre("a.ts:0:0", "-", "b.ts:2:0", "b.ts:4:0", "-"));
}

TEST(SourceMap, WhatIsMalformedEndsWhatIsKnown) {
  EXPECT_THAT(Find(Map("AAAA,!!!!,CAAC"), {{0, 0}, {0, 9}}), ElementsAre("-", "-"));
  EXPECT_THAT(Find(Map("AAAA;!!!!;AAAC"), {{0, 0}, {1, 0}, {2, 0}}), ElementsAre("a.ts:0:0", "-", "-"));
  EXPECT_THAT(Find(Map("gggggggggA"), {{0, 0}}), ElementsAre("-"));
  EXPECT_THAT(Find(Map("AA"), {{0, 0}}), ElementsAre("-"));
  EXPECT_THAT(Find(Map("IAAA,JAAA"), {{0, 4}}), ElementsAre("-"));
  // To a source that is not there, and to a line before the first.
  EXPECT_THAT(Find(Map("AEAA"), {{0, 0}}), ElementsAre("-"));
  EXPECT_THAT(Find(Map("AADA"), {{0, 0}}), ElementsAre("-"));
}

TEST(SourceMap, WhatIsNoMapIsNone) {
  for (const char* json :
       {"", "{", "[]", "null", "{}", "\"", R"({"version":3})", R"({"version":2,"mappings":""})",
        R"({"version":3,"mappings":5})", R"({"version":3,"mappings":"","sources":5})",
        R"({"version":3,"mappings":"AAAA")", R"({"version":3,"sections":[{"offset":{"line":-1}}]})",
        R"({"version":3,"sections":[{"offset":{"line":9},"map":{"version":3,"mappings":""}},
            {"offset":{"line":8},"map":{"version":3,"mappings":""}}]})",
        R"({"version":3,"sections":[{"offset":{},"map":{"version":3,"sections":[]}}]})"}) {
    EXPECT_FALSE(SourceMap::Parse(json)) << json;
  }
  EXPECT_FALSE(SourceMap::Parse(std::string(SourceMap::kMaxBytes + 1, ' ')));
  std::string many = R"({"version":3,"mappings":"","sources":[""")";
  for (size_t i = 0; i <= SourceMap::kMaxSources; ++i) many += R"(,"")";
  EXPECT_FALSE(SourceMap::Parse(many + "]}"));
}

// It reads whatever it is given, and stays within it.
TEST(SourceMap, SurvivesDamage) {
  const std::string json = R"({"version":3,"sections":[{"offset":{"line":0,"column":0},"map":)" +
                           Map("AAAA,IAEK,I;;ECCA", R"(,"sourcesContent":["a\nb\u0041","c"])") + "}]}";
  std::mt19937 random(7);
  const std::string bytes = "\"\\{}[],:;A/g0u\n";
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = json;
    for (int n = 0; n < 3; ++n) damaged[random() % damaged.size()] = bytes[random() % bytes.size()];
    if (random() % 4 == 0) damaged.resize(random() % damaged.size());
    const auto map = SourceMap::Parse(damaged);
    if (!map) continue;
    for (const auto& original : map->Find({{0, 0}, {0, 4}, {2, 2}, {9, 9}})) {
      if (!original) continue;
      map->SourceName(original->source);
      map->SourceLine(original->source, original->place.line);
    }
  }
}

// Time is in proportion to the length: no row of brackets, quotes or semicolons takes more.
TEST(SourceMap, LongOnesAreReadOnce) {
  constexpr size_t kLength = 8 << 20;
  EXPECT_FALSE(SourceMap::Parse(std::string(kLength, '[')));
  EXPECT_FALSE(SourceMap::Parse("{\"a\":" + std::string(kLength, '[')));
  EXPECT_THAT(Find(Map(std::string(kLength, ';') + "AAAA"), {{0, 0}, {kLength, 0}}),
              ElementsAre("-", "a.ts:0:0"));
  std::vector<SourceMap::Place> places;
  for (uint32_t i = 0; i < 100000; ++i) places.push_back({i, 0});
  std::string mappings;
  for (int i = 0; i < 100000; ++i) mappings += "AACA;";
  const auto map = SourceMap::Parse(Map(mappings));
  ASSERT_TRUE(map);
  const auto found = map->Find(places);
  EXPECT_EQ(found[99999]->place.line, 100000u);
}

}  // namespace
}  // namespace evald
