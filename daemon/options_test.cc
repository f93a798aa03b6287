#include "daemon/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <vector>

namespace evald {
namespace {

using testing::HasSubstr;

ParsedOptions Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "evald");
  return ParseOptions(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Options, TheDefaultsServeOnLoopback) {
  setenv("HOME", "/home/somebody", 1);
  unsetenv("XDG_STATE_HOME");
  const ParsedOptions parsed = Parse({});
  ASSERT_FALSE(parsed.exit) << parsed.text;
  EXPECT_EQ(parsed.options.listen.ToString(), "127.0.0.1:50051");
  EXPECT_EQ(parsed.options.admin.ToString(), "127.0.0.1:9080");
  EXPECT_EQ(parsed.options.data_dir, "/home/somebody/.local/state/evald");
  EXPECT_EQ(parsed.options.admin_token_file, "/home/somebody/.local/state/evald/admin-token");
  EXPECT_EQ(parsed.options.config_file, "");
  EXPECT_EQ(parsed.options.log.format, LogFormat::kText);
}

TEST(Options, XdgStateHomeGoesBeforeHome) {
  setenv("XDG_STATE_HOME", "/state", 1);
  EXPECT_EQ(Parse({}).options.data_dir, "/state/evald");
}

TEST(Options, FlagsAreTaken) {
  const ParsedOptions parsed =
      Parse({"--config", "a.conf", "--listen=unix:/tmp/s", "--admin", "[::1]:1", "--data_dir", "/d",
             "--snapshot_tool", "/s", "--zygote", "/z", "--admin_token_file", "/t", "--check_config",
             "--log_format", "json", "--log_level", "debug"});
  ASSERT_FALSE(parsed.exit) << parsed.text;
  EXPECT_EQ(parsed.options.config_file, "a.conf");
  EXPECT_EQ(parsed.options.listen.unix_path, "/tmp/s");
  EXPECT_EQ(parsed.options.admin.host, "::1");
  EXPECT_EQ(parsed.options.data_dir, "/d");
  EXPECT_EQ(parsed.options.snapshot_tool, "/s");
  EXPECT_EQ(parsed.options.zygote, "/z");
  EXPECT_EQ(parsed.options.admin_token_file, "/t");
  EXPECT_TRUE(parsed.options.check_config);
  EXPECT_EQ(parsed.options.log.format, LogFormat::kJson);
  EXPECT_EQ(parsed.options.log.level, "debug");
}

TEST(Options, VersionAndHelpExitWith0) {
  EXPECT_EQ(Parse({"--version"}).exit_code, 0);
  EXPECT_THAT(Parse({"--version"}).text, HasSubstr("evald 0."));
  EXPECT_EQ(Parse({"--help"}).exit_code, 0);
  EXPECT_THAT(Parse({"--help"}).text, HasSubstr("--listen"));
}

TEST(Options, UsageErrorsExitWith2AndNameTheFlag) {
  for (const auto& [arguments, flag] : std::vector<std::pair<std::vector<const char*>, const char*>>{
           {{"--listen", "nonsense"}, "--listen"},
           {{"--admin", ":"}, "--admin"},
           {{"--log_format", "xml"}, "--log_format"},
           {{"--log_level", "loud"}, "--log_level"},
           {{"--no_such_flag"}, "no_such_flag"},
           {{"--config"}, "--config"}}) {
    const ParsedOptions parsed = Parse(arguments);
    EXPECT_TRUE(parsed.exit);
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_THAT(parsed.text, HasSubstr(flag));
  }
}

}  // namespace
}  // namespace evald
