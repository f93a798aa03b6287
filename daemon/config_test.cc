#include "daemon/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace evald {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

absl::StatusOr<ResolvedConfig> Resolve(absl::string_view text) {
  absl::StatusOr<v1::EvaldConfig> config = ParseConfig(text, "test.conf");
  if (!config.ok()) return config.status();
  return ResolveConfig(*std::move(config), "/etc/evald");
}

std::string ErrorOf(absl::string_view text) { return std::string(Resolve(text).status().message()); }

TEST(Config, AnEmptyOneIsValidAndComplete) {
  const absl::StatusOr<ResolvedConfig> config = Resolve("");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->rewind);
  EXPECT_EQ(config->proto.pool().min_idle(), 8u);
  EXPECT_EQ(config->proto.pool().max_workers(), 64u);
  EXPECT_EQ(config->proto.pool().mode(), v1::PoolConfig::REWIND);
  EXPECT_EQ(config->proto.sandbox().level(), v1::SandboxConfig::BEST_EFFORT);
  EXPECT_EQ(config->max_age, std::chrono::minutes(10));
  EXPECT_EQ(config->zygote_max_age, std::chrono::hours(1));
  EXPECT_EQ(config->kill_grace, std::chrono::milliseconds(250));
  EXPECT_EQ(config->proto.max_request_bytes(), 64u << 20);
  EXPECT_EQ(config->proto.kept_generations(), 8u);
  EXPECT_EQ(config->proto.admission().max_queue(), 1024u);
  EXPECT_EQ(config->proto.admission().max_queue_bytes(), 256u << 20);
  EXPECT_EQ(config->proto.max_limits().wall_time().seconds(), 60);
  EXPECT_EQ(config->tenants.RulesOf("").limits.defaults.wall_time().seconds(), 5);
}

TEST(Config, TypescriptIsThereOnDemand) {
  const auto config = Resolve("");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->proto.typescript().mode(), v1::TypescriptConfig::ON_DEMAND);
  EXPECT_EQ(config->proto.typescript().min_idle(), 1u);
  EXPECT_EQ(config->proto.typescript().max_workers(), 4u);
  EXPECT_EQ(Resolve("typescript { min_idle: 9 }")->proto.typescript().max_workers(), 9u);
  EXPECT_THAT(std::string(Resolve("typescript { min_idle: 3 max_workers: 2 }").status().message()),
              testing::StartsWith("typescript.min_idle: 3 is more than typescript.max_workers (2)"));
}

TEST(Config, BuiltInDefaultsYieldToCeilingsThatWereSetLower) {
  const absl::StatusOr<ResolvedConfig> config =
      Resolve("max_limits { wall_time { seconds: 2 } heap_bytes: 1000000 }");
  ASSERT_TRUE(config.ok()) << config.status();
  const v1::Limits& defaults = config->tenants.RulesOf("").limits.defaults;
  EXPECT_EQ(defaults.wall_time().seconds(), 2);
  EXPECT_EQ(defaults.cpu_time().seconds(), 2);
  EXPECT_EQ(defaults.heap_bytes(), 1000000u);
}

TEST(Config, SyntaxErrorsSayWhere) {
  EXPECT_THAT(ErrorOf("pool {\n  min_idle: many\n}"), StartsWith("test.conf:2:13: "));
  EXPECT_THAT(ErrorOf("\n\nporl { }"), StartsWith("test.conf:3:"));
  EXPECT_THAT(ErrorOf("\n\nporl { }"), HasSubstr("porl"));
  EXPECT_THAT(ErrorOf("pool { mode: SOMETIMES }"), HasSubstr("SOMETIMES"));
}

TEST(Config, WrongValuesNameTheField) {
  EXPECT_THAT(ErrorOf("pool { min_idle: 9 max_workers: 4 }"),
              StartsWith("pool.min_idle: 9 is more than pool.max_workers (4)"));
  EXPECT_THAT(ErrorOf("pool { max_age { seconds: -1 } }"), StartsWith("pool.max_age: "));
  EXPECT_THAT(ErrorOf("pool { zygote_max_age { } }"), StartsWith("pool.zygote_max_age: must be more than 0"));
  EXPECT_THAT(ErrorOf("default_limits { wall_time { seconds: 61 } }"),
              StartsWith("default_limits.wall_time: "));
  EXPECT_THAT(ErrorOf("default_limits { heap_bytes: 70000000 }"), StartsWith("default_limits.heap_bytes: "));
  EXPECT_THAT(ErrorOf("max_limits { wall_time { } }"),
              StartsWith("max_limits.wall_time: must be more than 0"));
  EXPECT_THAT(ErrorOf("kill_grace { seconds: -1 }"), StartsWith("kill_grace: must not be negative"));
  EXPECT_THAT(ErrorOf("drain_timeout { seconds: 9223372035 nanos: 2147483647 }"),
              StartsWith("drain_timeout: must be less than a year"));
  EXPECT_THAT(ErrorOf("zygote_boot_timeout { }"), StartsWith("zygote_boot_timeout: must be more than 0"));
  EXPECT_THAT(ErrorOf("max_request_bytes: 2000000000"), StartsWith("max_request_bytes: "));
  EXPECT_THAT(ErrorOf("kept_generations: 101"), StartsWith("kept_generations: must be at most 100"));
}

TEST(Config, SourcesAreGivenOnce) {
  EXPECT_THAT(ErrorOf("extensions { name: 'x' }"), StartsWith("extensions[0]: has neither file nor source"));
  EXPECT_THAT(ErrorOf("extensions { file: 'x.js' }"),
              StartsWith("extensions[0]: has neither builtin nor name"));
  EXPECT_THAT(ErrorOf("extensions { builtin: 'console' file: 'x.js' }"), StartsWith("extensions[0]: "));
  EXPECT_THAT(ErrorOf("extensions { builtin: 'console' } extensions { builtin: 'console' }"),
              StartsWith("extensions[1]: "));
  EXPECT_THAT(ErrorOf("modules { file: 'x.mjs' }"), StartsWith("modules[0].specifier: "));
  EXPECT_THAT(ErrorOf("modules { specifier: 'a' file: 'x.mjs' source: '1' }"),
              StartsWith("modules[0]: has both"));
  EXPECT_THAT(ErrorOf("warmup { }"), StartsWith("warmup[0]: has neither"));
  EXPECT_THAT(ErrorOf("canaries { name: 'x' }"), StartsWith("canaries[0]: has neither"));
  EXPECT_THAT(ErrorOf("canaries { source: '1' expect: 'one' }"),
              StartsWith("canaries[0].expect: is not JSON"));
}

TEST(Config, AFileThatCannotBeReadIsNamedWithTheReason) {
  const absl::Status status = ReadConfigFile("/nowhere/evald.conf").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/evald.conf"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("No such file"));
  EXPECT_THAT(std::string(ReadConfigFile("/").status().message()), HasSubstr("Is a directory"));
}

TEST(Config, ReadsAFile) {
  const std::string path = testing::TempDir() + "/evald_config_test.conf";
  std::ofstream(path) << "# a comment\npool { max_workers: 3 }\n";
  const absl::StatusOr<v1::EvaldConfig> config = ReadConfigFile(path);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->pool().max_workers(), 3u);
}

}  // namespace
}  // namespace evald
