#include "snapshot/build_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace evald::snapshot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(BuildLog, KeepsWhatIsSaid) {
  BuildLog log;
  EXPECT_THAT(log.Lines(), IsEmpty());
  log.Add("one");
  log.Add("");
  log.Add("two");
  EXPECT_THAT(log.Lines(), ElementsAre("one", "", "two"));
}

TEST(BuildLog, KeepsTheFirstLinesAndCountsTheRest) {
  BuildLog log;
  for (size_t i = 0; i < BuildLog::kMaxLines + 3; ++i) log.Add("line " + std::to_string(i));
  const std::vector<std::string> lines = log.Lines();
  ASSERT_THAT(lines, SizeIs(BuildLog::kMaxLines + 1));
  EXPECT_EQ(lines[0], "line 0");
  EXPECT_EQ(lines[BuildLog::kMaxLines - 1], "line 199");
  EXPECT_EQ(lines.back(), "(not kept: what followed, in 3 lines)");
}

TEST(BuildLog, ALongLineIsCutAtTheEndOfACharacter) {
  BuildLog log;
  log.Add("x");
  std::string line;
  while (line.size() < BuildLog::kMaxBytes) line += "\xE4\xB8\xAD";
  log.Add(line);
  log.Add("after");
  const std::vector<std::string> lines = log.Lines();
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[1].size(), (BuildLog::kMaxBytes - 1) / 3 * 3);
  EXPECT_EQ(lines[2], "(not kept: what followed, in 2 lines)");
}

TEST(BuildLog, ALineThatJustFitsIsWhole) {
  BuildLog log;
  log.Add(std::string(BuildLog::kMaxBytes, 'x'));
  EXPECT_THAT(log.Lines(), SizeIs(1));
  log.Add("");
  EXPECT_THAT(log.Lines(), SizeIs(2));
}

}  // namespace
}  // namespace evald::snapshot
