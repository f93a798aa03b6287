// The examples of the README, and of other documents like it, do what the document says. A comment before a
// fenced block says what it is:
//
//   <!-- test: file NAME -->   its text is written to NAME
//   <!-- test: run -->         a console: each line that starts with "$ " is run, and has to print the lines
//   below it
//
// All of it happens in one folder, which is also the home of the user, and in which bazel-bin/client/evalctl
// and proto/ are where a checkout has them, against a daemon whose configuration is the file evald.textproto
// if there is one. Its data are where those of a daemon are that was not told where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/support/daemon.h"

namespace evald::testing {
namespace {

namespace fs = std::filesystem;

// Where the examples take evald to be.
constexpr char kAddress[] = "127.0.0.1:50051";
constexpr char kAdmin[] = "127.0.0.1:9080";

struct Block {
  std::string marker;  // "file NAME" or "run"
  std::vector<std::string> lines;
};

std::vector<Block> MarkedBlocks(const std::string& markdown) {
  std::vector<Block> blocks;
  std::string marker;
  bool inside = false;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(markdown, '\n'))) {
    if (absl::StartsWith(line, "```")) {
      if (!inside && !marker.empty()) blocks.push_back({marker, {}});
      if (inside) marker.clear();
      inside = !inside;
    } else if (inside && !marker.empty()) {
      blocks.back().lines.push_back(line);
    } else if (absl::StartsWith(line, "<!-- test: ") && absl::EndsWith(line, " -->")) {
      marker = std::string(absl::StripSuffix(absl::StripPrefix(line, "<!-- test: "), " -->"));
    }
  }
  return blocks;
}

class ReadmeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    blocks_ = MarkedBlocks(ReadFile(PathFromEnvironment("DOCUMENT")));
    for (const Block& block : blocks_) {
      const std::string name(absl::StripPrefix(block.marker, "file "));
      if (name != block.marker)
        WriteFile(folder_ + "/" + name, Local(absl::StrJoin(block.lines, "\n") + "\n"));
    }
    // Python's modules for gRPC are those of Debian's python3; another one may come first in PATH.
    for (const char* folder : {"/bin", "/bazel-bin/client"}) fs::create_directories(folder_ + folder);
    fs::create_symlink("/usr/bin/python3", folder_ + "/bin/python3");
    fs::create_symlink(PathFromEnvironment("EVALCTL"), folder_ + "/bazel-bin/client/evalctl");
    fs::create_symlink(
        fs::path(PathFromEnvironment("SCRIPT_PROTO")).parent_path().parent_path().parent_path(),
        folder_ + "/proto");
    DaemonOptions options{.listen = address_, .admin = admin_, .data_dir = folder_ + "/.local/state/evald"};
    const std::string config_file = folder_ + "/evald.textproto";
    if (fs::exists(config_file)) options.config_file = config_file;
    absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start(options);
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
  }

  ~ReadmeTest() override { fs::remove_all(folder_); }

  std::string Local(const std::string& text) const {
    return absl::StrReplaceAll(text, {{kAddress, address_}, {kAdmin, admin_}});
  }

  // What a terminal would show.
  std::string Shown(const std::string& command) const {
    const Ending ending = RunProgram({
        .argv = {"/bin/bash", "-c", "exec 2>&1; " + Local(command)},
        .environment = {{"EVALD_SERVER", address_},
                        {"HOME", folder_},
                        {"PATH", folder_ + "/bin:/usr/bin:/bin"}},
        .folder = folder_,
    });
    return ending.out;
  }

  void RunConsole(const std::vector<std::string>& lines) const {
    for (size_t i = 0; i < lines.size();) {
      ASSERT_TRUE(absl::StartsWith(lines[i], "$ ")) << lines[i];
      const std::string command = lines[i++].substr(2);
      std::string expected;
      for (; i < lines.size() && !absl::StartsWith(lines[i], "$ "); ++i) expected += lines[i] + "\n";
      EXPECT_EQ(Shown(command), Local(expected)) << "$ " << command;
    }
  }

  const std::string folder_ = NewFolder();
  const std::string address_ = "127.0.0.1:" + std::to_string(FreePort());
  const std::string admin_ = "127.0.0.1:" + std::to_string(FreePort());
  std::vector<Block> blocks_;
  std::unique_ptr<Daemon> daemon_;
};

TEST_F(ReadmeTest, ExamplesPrintWhatTheDocumentShows) {
  int consoles = 0;
  for (const Block& block : blocks_) {
    if (block.marker != "run") continue;
    ++consoles;
    RunConsole(block.lines);
  }
  EXPECT_GE(consoles, 3) << "the examples are found by their markers";
  EXPECT_EQ(daemon_->Stop(), 0) << daemon_->Log();
}

}  // namespace
}  // namespace evald::testing
