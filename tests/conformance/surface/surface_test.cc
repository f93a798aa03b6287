// docs/conformance.md says what there is of ECMA-429, and this keeps it true: it looks at an isolate and at
// Node.js 20, writes the table anew, and compares it with the one in the document.
//
//   EVALD_CONFORMANCE_TABLE   a copy of docs/conformance.md whose table is written anew
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/extensions/testing/isolate.h"
#include "tests/support/process.h"

namespace evald::testing {
namespace {

constexpr char kBegin[] = "<!-- table: begin -->\n", kEnd[] = "<!-- table: end -->\n";

struct Entry {
  std::string name, standard, tests, note;
  bool there = false;
  std::vector<std::pair<std::string, std::string>> members;  // name, shape
};

// The lines that describe.js makes.
std::vector<Entry> Parse(const std::string& text) {
  std::vector<Entry> entries;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields.size() < 5) {
      ADD_FAILURE() << line;
      continue;
    }
    Entry& entry =
        entries.emplace_back(Entry{fields[0], fields[1], fields[2], fields[3], !fields[4].empty(), {}});
    for (size_t i = 5; i + 1 < fields.size(); i += 2) entry.members.emplace_back(fields[i], fields[i + 1]);
  }
  return entries;
}

std::string Script() {
  return absl::StrCat(ReadFile(PathFromEnvironment("INTERFACES")), "\n",
                      ReadFile(PathFromEnvironment("DESCRIBE")));
}

std::vector<Entry> InTheIsolate() {
  // As bytes, or the text would come as JSON.
  const std::string script =
      absl::StrCat(ReadFile(PathFromEnvironment("INTERFACES")), "\nnew TextEncoder().encode(",
                   absl::StripSuffix(ReadFile(PathFromEnvironment("DESCRIBE")), ";\n"), ")");
  return Parse(std::string(absl::StripPrefix(TestIsolate().Eval(script), "bytes:")));
}

std::vector<Entry> InNode() {
  const Ending ending =
      RunProgram({.argv = {PathFromEnvironment("NODE"), "--no-warnings", "--print", Script()}});
  EXPECT_EQ(ending.code, 0) << ending.err;
  return Parse(std::string(absl::StripSuffix(ending.out, "\n")));
}

std::string Status(const Entry& entry) {
  if (!entry.there) return "**missing**";
  std::vector<std::string> missing;
  for (const auto& [name, shape] : entry.members) {
    if (shape.empty()) missing.push_back(absl::StrCat("`", name, "`"));
  }
  if (!missing.empty()) return absl::StrCat("lacks ", absl::StrJoin(missing, ", "));
  return entry.members.empty() ? "there" : absl::StrCat("all ", entry.members.size(), " members");
}

// What is defined otherwise than in Node.js: attributes, accessors, names and lengths of functions.
std::string AgainstNode(const Entry& ours, const Entry& theirs) {
  if (!theirs.there) return ours.there ? "Node.js has none" : "the same";
  std::vector<std::string> different;
  for (size_t i = 0; i < ours.members.size(); ++i) {
    const std::string &mine = ours.members[i].second, &other = theirs.members[i].second;
    if (mine != other && !mine.empty() && !other.empty())
      different.push_back(absl::StrCat("`", ours.members[i].first, "`"));
  }
  return different.empty() ? "the same" : absl::StrCat("differs in ", absl::StrJoin(different, ", "));
}

std::string PathOf(const Entry& entry) {
  return absl::StartsWith(entry.tests, "conformance/") ? absl::StrCat("tests/", entry.tests) : entry.tests;
}

std::string TestedBy(const Entry& entry) {
  if (entry.tests == "engine") return "V8's own";
  const std::string path = PathOf(entry);
  return absl::StrCat("[", path.substr(path.rfind('/') + 1), "](../", path, ")");
}

std::string Table(const std::vector<Entry>& ours, const std::vector<Entry>& theirs) {
  std::string table = "\n| | standard | in evald | against Node.js 20 | tested by |\n|---|---|---|---|---|\n";
  for (size_t i = 0; i < ours.size(); ++i) {
    absl::StrAppend(&table, "| `", ours[i].name, "` | ", ours[i].standard, " | ", Status(ours[i]),
                    ours[i].note.empty() ? "" : ". ", ours[i].note, " | ", AgainstNode(ours[i], theirs[i]),
                    " | ", TestedBy(ours[i]), " |\n");
  }
  return table + "\n";
}

TEST(Surface, IsWhatTheDocumentSays) {
  const std::vector<Entry> ours = InTheIsolate(), theirs = InNode();
  ASSERT_EQ(ours.size(), theirs.size());
  ASSERT_GT(ours.size(), 70u);
  const std::string table = Table(ours, theirs);

  const char* const rewritten = std::getenv("EVALD_CONFORMANCE_TABLE");
  const std::string path = rewritten == nullptr ? PathFromEnvironment("CONFORMANCE_MD") : rewritten;
  std::string document = ReadFile(path);
  const size_t begin = document.find(kBegin), end = document.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const size_t start = begin + sizeof(kBegin) - 1;
  if (rewritten != nullptr) {
    WriteFile(path, document.replace(start, end - start, table));
    return;
  }
  EXPECT_EQ(document.substr(start, end - start), table)
      << "write it anew: bazel test //tests/conformance/surface:surface_test "
         "--sandbox_writable_path=$PWD/docs "
         "--test_env=EVALD_CONFORMANCE_TABLE=$PWD/docs/conformance.md";
}

TEST(Surface, EveryTestThatTheDocumentNamesIsThere) {
  for (const Entry& entry : InNode()) {
    EXPECT_TRUE(entry.tests == "engine" || std::filesystem::exists(PathOf(entry))) << PathOf(entry);
  }
}

}  // namespace
}  // namespace evald::testing
