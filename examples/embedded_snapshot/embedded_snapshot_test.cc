#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/daemon.h"
#include "tests/support/process.h"

namespace evald::testing {
namespace {

using ::testing::HasSubstr;

std::string Snapshot() { return PathFromEnvironment("RULES_SNAPSHOT"); }

TEST(EmbeddedSnapshot, AProgramRunsWhatItCarries) {
  const Ending ending = RunProgram({.argv = {PathFromEnvironment("QUOTE"), "50", "student"}});
  EXPECT_EQ(ending.out, "40\n") << ending.err;
  EXPECT_EQ(ending.code, 0);
}

TEST(EmbeddedSnapshot, TheDaemonServesTheSameFile) {
  auto daemon = Daemon::Start({.config = "snapshot_file: \"" + Snapshot() + "\""});
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  v1::CallFunctionRequest call;
  call.set_module("rules");
  call.set_function("price");
  call.add_args()->set_json("50");
  call.add_args()->set_json("\"senior\"");
  const auto response = (*daemon)->client().CallFunction(call, CallOptions());
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->value().json(), "45");
  EXPECT_THAT((*daemon)->Log(), HasSubstr("snapshot generation 1"));
}

TEST(EmbeddedSnapshot, ADamagedOrOpenFileIsRefused) {
  const std::string folder = NewFolder(), copy = folder + "/copy.snapshot";
  std::filesystem::copy_file(Snapshot(), copy, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::permissions(copy, std::filesystem::perms(0666));
  const auto failure = [&](const std::string& more = "") {
    auto daemon = Daemon::Start({.config = "snapshot_file: \"" + copy + "\"" + more});
    return daemon.ok() ? "it started" : std::string(daemon.status().message());
  };
  EXPECT_THAT(failure(), HasSubstr("others than its owner can write it"));
  std::filesystem::permissions(copy, std::filesystem::perms(0600));
  EXPECT_THAT(failure(" warmup { source: '1' }"), HasSubstr("has its own warmup"));
  {
    std::fstream file(copy, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-1000, std::ios::end);
    file.put('!');
    file.put('?');
  }
  EXPECT_THAT(failure(), HasSubstr("copy.snapshot: "));
  std::filesystem::resize_file(copy, 100);
  EXPECT_THAT(failure(), HasSubstr("copy.snapshot: "));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace evald::testing
