// The dashboard in Chromium, against the real daemon. What is checked is in checks.mjs; this starts the
// daemon and a browser for each check.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/daemon.h"

namespace evald::testing {
namespace {

constexpr std::chrono::seconds kBrowserPatience{180};

// The snapshot is built from a file that a check may change: pricing.js, whose price() adds a fifth.
class DashboardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteFile(extension_, "globalThis.price = (net) => net * 12 / 10;\n");
    absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start(
        {.config = absl::StrCat("extensions { builtin: 'console' } extensions { name: 'pricing' file: '",
                                extension_, "' } pool { min_idle: 2 max_workers: 8 }"),
         .admin = address_});
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
  }

  ~DashboardTest() override { std::filesystem::remove_all(folder_); }

  void Check(const std::string& name) {
    const Ending ending =
        RunProgram({.argv = {PathFromEnvironment("NODE"), PathFromEnvironment("DASHBOARD_CHECKS"), name},
                    .environment = {{"DAEMON_PID", absl::StrCat(daemon_->pid())},
                                    {"DASHBOARD_URL", absl::StrCat("http://", address_, "/")},
                                    {"EXTENSION_FILE", extension_},
                                    {"PLAYWRIGHT", PathFromEnvironment("PLAYWRIGHT")},
                                    {"TOKEN_FILE", daemon_->data_dir() + "/admin-token"}}},
                   kBrowserPatience);
    EXPECT_EQ(ending.code, 0) << ending.err << ending.out << "\nthe daemon's log:\n" << daemon_->Log();
  }

 private:
  const std::string folder_ = NewFolder();
  const std::string extension_ = folder_ + "/pricing.js";
  const std::string address_ = absl::StrCat("127.0.0.1:", FreePort());
  std::unique_ptr<Daemon> daemon_;
};

#define DASHBOARD_CHECK(name) \
  TEST_F(DashboardTest, name) { Check(#name); }

DASHBOARD_CHECK(LoadsUnderItsPolicy)
DASHBOARD_CHECK(ShowsTrafficAsItComes)
DASHBOARD_CHECK(PlaygroundRunsScript)
DASHBOARD_CHECK(PlaygroundShowsException)
DASHBOARD_CHECK(PlaygroundShowsLimit)
DASHBOARD_CHECK(RegeneratesStageByStage)
DASHBOARD_CHECK(FailedBuildSaysFileAndLine)
DASHBOARD_CHECK(RollsBack)
DASHBOARD_CHECK(TakesTokenOutOfAddress)
DASHBOARD_CHECK(SaysThatDaemonIsGone)
DASHBOARD_CHECK(FitsPhones)
DASHBOARD_CHECK(WorksByKeyboardAlone)
DASHBOARD_CHECK(FollowsLightAndDark)

}  // namespace
}  // namespace evald::testing
