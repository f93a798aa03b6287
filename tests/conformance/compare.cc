// The main of a conformance test: runs a file of cases (prelude.js says what that is) in an evald isolate and
// in Node.js, and compares the lines. They have to be the same, but for the differences that the file
// accepts, up to the number that it gives for each.
//
// usage: compare NODE PRELUDE CASES
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/extensions/testing/isolate.h"
#include "tests/support/process.h"

namespace evald {
namespace {

constexpr size_t kShownDifferences = 10;
constexpr uint64_t kMaxConsoleBytes = 64 << 20;

std::vector<std::string> arguments;

// What one side printed.
struct Output {
  struct Accepted {
    int count = 0;
    std::string reason;
  };
  std::vector<Accepted> accepted;
  struct Line {
    int reason = -1;  // in `accepted`
    std::string text;
  };
  std::vector<Line> lines;
};

// The first field of a line as a number, and the rest.
std::pair<int, std::string> Split(const std::string& line) {
  const size_t tab = line.find('\t');
  int number = -1;
  EXPECT_TRUE(absl::SimpleAtoi(line.substr(0, tab), &number)) << line;
  return {number, tab == std::string::npos ? "" : line.substr(tab + 1)};
}

Output Parse(const std::string& text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  Output output;
  const int heads = Split(lines[0]).first;
  for (size_t i = 1; i < lines.size(); ++i) {
    auto [number, rest] = Split(lines[i]);
    if (static_cast<int>(i) <= heads) {
      output.accepted.push_back({number, rest});
    } else {
      output.lines.push_back({number, rest});
    }
  }
  return output;
}

// Node's console, into a list, to be printed as messages are shown below.
constexpr char kKeepConsole[] = R"js(
const written = [];
{
  const sink = new (require('stream').Writable)({
    write(chunk, encoding, done) {
      written.push(chunk.toString('latin1').slice(0, -1));
      done();
    },
  });
  globalThis.console = new (require('console').Console)({ stdout: sink, stderr: sink });
}
const printed = (text) =>
  [text, ...written.map((message) => `-1\tconsole: ${message.replace(/[^ -~]|\\/g, (byte) =>
      byte === '\n' ? '\\n' : `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)}`)].join('\n');
)js";

// A console message as one line of ASCII.
std::string Shown(const std::string& message) {
  std::string out = "console: ";
  for (const char c : message) {
    if (c == '\n') {
      out += "\\n";
    } else if (c >= ' ' && c <= '~' && c != '\\') {
      out += c;
    } else {
      out += absl::StrCat("\\x", absl::Hex(static_cast<uint8_t>(c), absl::kZeroPad2));
    }
  }
  return out;
}

// Both lines, without much of what they have in common.
std::string Compared(std::string_view ours, std::string_view theirs) {
  constexpr size_t kBefore = 100, kShown = 300;
  const auto same = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end()).first;
  const auto at = static_cast<size_t>(same - ours.begin());
  const auto shown = [&](std::string_view line) {
    return at < kShown ? std::string(line.substr(0, at + kShown))
                       : "..." + std::string(line.substr(at - kBefore, kShown));
  };
  return "evald: " + shown(ours) + "\n node: " + shown(theirs);
}

std::string Script() {
  return absl::StrCat(testing::ReadFile(arguments[1]),
                      "\nconformance(async (random, check, show, attempt, accept) => {\n",
                      testing::ReadFile(arguments[2]), "\n})");
}

Output InTheIsolate() {
  const std::string prefix = "bytes:";
  TestIsolate isolate;
  std::string text = isolate.Eval(
      absl::StrCat(Script(), ".then((text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0)))"),
      kMaxConsoleBytes);
  if (!text.starts_with(prefix)) {
    ADD_FAILURE() << "in the isolate: " << text;
    return {};
  }
  Output output = Parse(text.substr(prefix.size()));
  for (const v1::ConsoleMessage& message : isolate.console())
    output.lines.push_back({-1, Shown(message.text())});
  return output;
}

Output InNode() {
  const testing::Ending ending = testing::RunProgram(
      {.argv = {arguments[0], "--no-warnings", "-"},
       .input = absl::StrCat(kKeepConsole, Script(), ".then((text) => process.stdout.write(printed(text)),",
                             " (error) => { process.stderr.write(error.stack); process.exit(1); })")});
  if (ending.code != 0) {
    ADD_FAILURE() << "in Node.js: " << ending.err;
    return {};
  }
  return Parse(ending.out);
}

TEST(Conformance, BothPrintTheSame) {
  const Output node = InNode();
  const Output isolate = InTheIsolate();
  if (HasFailure()) return;
  std::vector<int> counts(node.accepted.size(), 0);
  size_t differences = 0;
  for (size_t i = 0; i < std::min(node.lines.size(), isolate.lines.size()); ++i) {
    const Output::Line& theirs = node.lines[i];
    const Output::Line& ours = isolate.lines[i];
    if (ours.text == theirs.text) continue;
    if (theirs.reason >= 0 && ours.reason == theirs.reason) {
      ++counts[static_cast<size_t>(theirs.reason)];
    } else if (++differences <= kShownDifferences) {
      ADD_FAILURE() << Compared(ours.text, theirs.text);
    }
  }
  EXPECT_EQ(isolate.lines.size(), node.lines.size()) << "cases";
  EXPECT_GT(node.lines.size(), 0u);
  EXPECT_EQ(differences, 0u) << "of " << node.lines.size() << " cases differ, the first of which are above";
  std::cout << node.lines.size() << " cases\n";
  for (size_t i = 0; i < counts.size(); ++i) {
    std::cout << counts[i] << " differ: " << node.accepted[i].reason << "\n";
    EXPECT_LE(counts[i], node.accepted[i].count)
        << "cases differ for the reason: " << node.accepted[i].reason;
  }
}

}  // namespace
}  // namespace evald

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  evald::arguments.assign(argv + 1, argv + argc);
  return evald::arguments.size() == 3 ? RUN_ALL_TESTS() : 2;
}
