// Starting: configurations that are wrong, addresses that are taken, snapshots that are damaged or stale.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_split.h"
#include "tests/support/daemon.h"
#include "tests/support/scripts.h"

namespace evald::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class StartupTest : public ::testing::Test {
 protected:
  ~StartupTest() override { fs::remove_all(folder_); }

  Ending RunDaemon(const DaemonOptions& options, const std::vector<std::string>& more = {}) {
    std::vector<std::string> argv = CommandLine(
        options, folder_, options.listen.empty() ? "unix:" + folder_ + "/socket" : options.listen);
    argv.insert(argv.end(), more.begin(), more.end());
    return RunProgram({.argv = argv, .folder = folder_});
  }

  Ending RunWithConfig(const std::string& text) {
    WriteFile(folder_ + "/raw.textproto", text);
    return RunDaemon({.config_file = folder_ + "/raw.textproto"});
  }

  // Starts a daemon over the store of this test, has it answer, stops it, and gives its log.
  std::string LogOfOneRun(const std::string& config, std::string* generation = nullptr) {
    absl::StatusOr<std::unique_ptr<Daemon>> daemon =
        Daemon::Start({.config = config, .data_dir = data_dir()});
    EXPECT_TRUE(daemon.ok()) << daemon.status();
    if (!daemon.ok()) return "";
    EXPECT_EQ(Brief(Eval((*daemon)->client(), "[1,2,3].map(x => x * x)")), "[1,4,9]");
    const auto status = (*daemon)->client().GetSnapshot({.timeout = kPatience});
    EXPECT_TRUE(status.ok()) << status.status();
    if (generation != nullptr && status.ok()) *generation = std::to_string(status->snapshot().generation());
    EXPECT_EQ((*daemon)->Stop(), 0) << (*daemon)->Log();
    return (*daemon)->Log();
  }

  std::string data_dir() const { return folder_ + "/data"; }

  // The one snapshot in the store.
  std::string StoredFile() const {
    std::string found;
    for (const auto& entry : fs::recursive_directory_iterator(data_dir())) {
      if (entry.is_regular_file() && entry.file_size() > 1000) {
        EXPECT_EQ(found, "") << "more than one";
        found = entry.path();
      }
    }
    EXPECT_NE(found, "") << "nothing is stored";
    return found;
  }

  static std::vector<std::string> LinesWith(const std::string& text, const std::string& part) {
    std::vector<std::string> lines;
    for (const auto& line : absl::StrSplit(text, '\n')) {
      const std::string copy(line);
      if (copy.find(part) != std::string::npos) lines.push_back(copy);
    }
    return lines;
  }

  const std::string folder_ = NewFolder();
};

TEST_F(StartupTest, AConfigurationThatCannotBeReadIsNamed) {
  const Ending ending = RunDaemon({.config_file = "/no/such/evald.textproto"});
  EXPECT_EQ(ending.code, 2);
  EXPECT_THAT(ending.err + ending.out,
              AllOf(HasSubstr("/no/such/evald.textproto"), HasSubstr("No such file")));
}

TEST_F(StartupTest, AMistakeInTheConfigurationIsShownByItsLine) {
  Ending ending = RunWithConfig("pool {\n  min_idle: 1\n  no_such_field: 2\n}\n");
  EXPECT_EQ(ending.code, 2);
  EXPECT_THAT(ending.err + ending.out, AllOf(HasSubstr("raw.textproto:3:"), HasSubstr("no_such_field")));
  ending = RunWithConfig("pool {\n  min_idle: \"many\"\n}\n");
  EXPECT_EQ(ending.code, 2);
  EXPECT_THAT(ending.err + ending.out, HasSubstr("raw.textproto:2:"));
}

TEST_F(StartupTest, AValueThatCannotBeIsNamedByItsPath) {
  Ending ending = RunWithConfig("pool { min_idle: 10 max_workers: 5 }");
  EXPECT_EQ(ending.code, 2);
  EXPECT_THAT(ending.err + ending.out, HasSubstr("pool.min_idle"));
  ending = RunWithConfig("extensions { builtin: \"console\" name: \"x\" }");
  EXPECT_EQ(ending.code, 2);
  EXPECT_THAT(ending.err + ending.out, HasSubstr("extensions[0]"));
}

TEST_F(StartupTest, AnExtensionThatThrowsIsNamedWithItsLine) {
  const Ending ending = RunWithConfig("extensions { name: \"broken\" source: \"var a = 1;\\nnull.x\" }");
  EXPECT_NE(ending.code, 0);
  EXPECT_THAT(ending.err + ending.out, AllOf(HasSubstr("broken"), HasSubstr(":2:"), HasSubstr("TypeError")));
}

TEST_F(StartupTest, AnExtensionThatNeverEndsIsGivenUp) {
  const Ending ending = RunWithConfig(
      "extensions { name: \"endless\" source: \"for (;;);\" } snapshot_build_timeout { seconds: 1 }");
  EXPECT_GT(ending.code, 0);
  EXPECT_THAT(ending.err + ending.out, AllOf(HasSubstr("snapshot"), HasSubstr("1s")));
}

TEST_F(StartupTest, AWrongFlagIsWrongUsage) {
  const Ending ending = RunDaemon({}, {"--no_such_flag"});
  EXPECT_EQ(ending.code, 2);
  EXPECT_THAT(ending.err + ending.out, HasSubstr("no_such_flag"));
  EXPECT_EQ(RunDaemon({.listen = "nonsense"}).code, 2);
}

TEST_F(StartupTest, CheckConfigStartsNothing) {
  EXPECT_EQ(RunDaemon({.config = "pool { min_idle: 1 }"}, {"--check_config"}).code, 0);
  EXPECT_FALSE(fs::exists(data_dir()));
}

TEST_F(StartupTest, VersionIsOneLine) {
  const Ending ending = RunProgram({.argv = {PathFromEnvironment("EVALD_DAEMON"), "--version"}});
  EXPECT_EQ(ending.code, 0);
  EXPECT_THAT(ending.out, HasSubstr("evald"));
}

TEST_F(StartupTest, AnAddressThatIsTakenIsNamed) {
  const std::string address = "127.0.0.1:" + std::to_string(FreePort());
  const auto first = Daemon::Start({.listen = address});
  ASSERT_TRUE(first.ok()) << first.status();
  const Ending second = RunDaemon({.listen = address});
  EXPECT_NE(second.code, 0);
  EXPECT_THAT(second.err + second.out, HasSubstr(address));
  EXPECT_EQ(Brief(Eval((*first)->client(), "1")), "1") << "the first one serves on";
}

TEST_F(StartupTest, ASocketLeftBehindIsNoObstacle) {
  const std::string address = "unix:" + folder_ + "/left.socket";
  {
    const auto first = Daemon::Start({.listen = address});
    ASSERT_TRUE(first.ok()) << first.status();
    (*first)->Signal(SIGKILL);
    ASSERT_TRUE((*first)->Wait());
  }
  const auto second = Daemon::Start({.listen = address});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(Brief(Eval((*second)->client(), "1")), "1");
}

TEST_F(StartupTest, AStoredSnapshotIsUsedAgain) {
  std::string first, second;
  LogOfOneRun("", &first);
  const auto written = fs::last_write_time(StoredFile());
  LogOfOneRun("", &second);
  EXPECT_EQ(first, second);
  EXPECT_EQ(fs::last_write_time(StoredFile()), written);
}

TEST_F(StartupTest, ADamagedSnapshotIsBuiltAgainAndTheLogSaysWhy) {
  LogOfOneRun("");
  const std::string good = ReadFile(StoredFile());
  std::string flipped = good;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  const std::pair<const char*, std::string> damages[] = {
      {"flipped bit", flipped},
      {"truncated", good.substr(0, good.size() / 2)},
      {"truncated to its first bytes", good.substr(0, 20)},
      {"emptied", ""},
      {"followed by more", good + "more"},
      {"something else", std::string(good.size(), 'x')},
  };
  for (const auto& [what, bytes] : damages) {
    // What is built in its place has a file of its own, and the damaged one goes.
    WriteFile(StoredFile(), bytes);
    const std::string log = LogOfOneRun("");
    const std::vector<std::string> why = LinesWith(log, " built in ");
    ASSERT_EQ(why.size(), 1u) << what << "; the log:\n" << log;
    // The reason stands in parentheses.
    EXPECT_THAT(why.front(), ::testing::ContainsRegex(
                                 "\\(.*(damage|truncate|not a snapshot|too short|altered|follow).*\\)"))
        << what;
    EXPECT_EQ(LinesWith(LogOfOneRun(""), " loaded").size(), 1u) << what << ": it is stored whole again";
  }
}

TEST_F(StartupTest, AnotherOrderOfExtensionsIsAnotherSnapshot) {
  std::string first, second;
  LogOfOneRun(
      "extensions { name: \"a\" source: \"var a = 1\" } extensions { name: \"b\" source: \"var b = 1\" }",
      &first);
  const std::string log = LogOfOneRun(
      "extensions { name: \"b\" source: \"var b = 1\" } extensions { name: \"a\" source: \"var a = 1\" }",
      &second);
  EXPECT_NE(first, second);
  EXPECT_THAT(log, HasSubstr("order"));
}

TEST_F(StartupTest, AStoreThatCannotBeWrittenIsWorthAWarning) {
  // Nobody, root included, can make a folder there.
  const auto daemon = Daemon::Start({.data_dir = "/proc/evald-test"});
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  EXPECT_EQ(Brief(Eval((*daemon)->client(), "1 + 1")), "2");
  EXPECT_THAT((*daemon)->Log(), HasSubstr("/proc/evald-test"));
}

TEST_F(StartupTest, AStoreThatOthersCanWriteIsRefused) {
  LogOfOneRun("");
  fs::permissions(fs::path(StoredFile()).parent_path(), fs::perms::all);
  const Ending ending = RunDaemon({});
  EXPECT_NE(ending.code, 0);
  EXPECT_THAT(ending.err + ending.out, HasSubstr(fs::path(data_dir())));
}

}  // namespace
}  // namespace evald::testing
