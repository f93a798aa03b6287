#include "daemon/requests/tenants.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

namespace evald {
namespace {

using testing::StartsWith;

constexpr uint64_t kMiB = 1 << 20;

absl::StatusOr<Tenants> Resolve(const std::string& text, uint32_t max_workers = 64) {
  v1::EvaldConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  config.mutable_pool()->set_max_workers(max_workers);
  return ResolveTenants(config);
}

TenantRules Rules(const std::string& text, const std::string& tenant, uint32_t max_workers = 64) {
  const absl::StatusOr<Tenants> tenants = Resolve(text, max_workers);
  EXPECT_TRUE(tenants.ok()) << tenants.status();
  return tenants.ok() ? tenants->RulesOf(tenant) : TenantRules();
}

std::string ErrorOf(const std::string& text) { return std::string(Resolve(text).status().message()); }

TEST(Tenants, EveryLimitHasADefaultAndACeiling) {
  const TenantRules rules = Rules("", "anybody");
  const v1::Limits& defaults = rules.limits.defaults;
  EXPECT_EQ(defaults.wall_time().seconds(), 5);
  EXPECT_EQ(defaults.cpu_time().seconds(), 5);
  EXPECT_EQ(defaults.heap_bytes(), 64 * kMiB);
  EXPECT_EQ(defaults.memory_bytes(), 256 * kMiB);
  EXPECT_EQ(defaults.output_bytes(), 16 * kMiB);
  EXPECT_EQ(defaults.console_bytes(), kMiB);
  EXPECT_EQ(defaults.source_bytes(), 16 * kMiB);
  EXPECT_EQ(defaults.result_depth(), 1000u);
  const v1::Limits& ceilings = rules.limits.ceilings;
  EXPECT_EQ(ceilings.wall_time().seconds(), 60);
  EXPECT_EQ(ceilings.cpu_time().seconds(), 60);
  EXPECT_EQ(ceilings.heap_bytes(), 64 * kMiB);
  EXPECT_EQ(ceilings.memory_bytes(), 512 * kMiB);
  EXPECT_EQ(ceilings.output_bytes(), 64 * kMiB);
  EXPECT_EQ(ceilings.console_bytes(), 16 * kMiB);
  EXPECT_EQ(ceilings.source_bytes(), 64 * kMiB);
  EXPECT_EQ(ceilings.result_depth(), 2000u);
  EXPECT_EQ(rules.max_queue, 256u);
  EXPECT_EQ(rules.max_running, 48u);
}

TEST(Tenants, TheSmallestPoolAndQueueStillServe) {
  const TenantRules rules = Rules("admission { max_queue: 3 }", "", /*max_workers=*/1);
  EXPECT_EQ(rules.max_queue, 1u);
  EXPECT_EQ(rules.max_running, 1u);
  EXPECT_EQ(Rules("", "", /*max_workers=*/2).max_running, 1u);
}

TEST(Tenants, ANamedOneDiffersOnlyInWhatIsSet) {
  const std::string text = R"pb(
    admission { max_queue_per_tenant: 7 max_running_per_tenant: 5 }
    default_limits { console_bytes: 1000 }
    tenants {
      tenant: "big"
      default_limits { wall_time { seconds: 20 } }
      max_limits {
        wall_time { seconds: 120 }
        heap_bytes: 200000000
      }
      max_running: 30
    }
    tenants {
      tenant: "small"
      max_limits {
        heap_bytes: 1000000
        wall_time { seconds: 1 }
      }
      max_queue: 1
    })pb";
  const TenantRules big = Rules(text, "big");
  EXPECT_EQ(big.limits.defaults.wall_time().seconds(), 20);
  EXPECT_EQ(big.limits.defaults.cpu_time().seconds(), 20) << "more time is more CPU time too";
  EXPECT_EQ(big.limits.defaults.console_bytes(), 1000u);
  EXPECT_EQ(big.limits.ceilings.wall_time().seconds(), 120);
  EXPECT_EQ(big.limits.ceilings.heap_bytes(), 200000000u);
  EXPECT_EQ(big.limits.defaults.heap_bytes(), 64 * kMiB);
  EXPECT_EQ(big.max_queue, 7u);
  EXPECT_EQ(big.max_running, 30u);
  const TenantRules small = Rules(text, "small");
  EXPECT_EQ(small.limits.defaults.heap_bytes(), 1000000u) << "a general default yields to a lower ceiling";
  EXPECT_EQ(small.limits.defaults.wall_time().seconds(), 1);
  EXPECT_EQ(small.max_queue, 1u);
  EXPECT_EQ(small.max_running, 5u);
  const TenantRules other = Rules(text, "other");
  EXPECT_EQ(other.limits.ceilings.heap_bytes(), 64 * kMiB);
  EXPECT_EQ(other.max_running, 5u);
}

TEST(Tenants, TheEmptyOneMayBeNamedToo) {
  EXPECT_EQ(Rules("tenants { max_running: 2 }", "").max_running, 2u);
  EXPECT_EQ(Rules("tenants { max_running: 2 }", "a").max_running, 48u);
}

TEST(Tenants, TheLargestCeilingsAreTakenFieldByField) {
  const absl::StatusOr<Tenants> tenants = Resolve(R"pb(
    max_limits { memory_bytes: 1000 }
    tenants {
      tenant: "a"
      max_limits { heap_bytes: 200000000 output_bytes: 10 }
    }
    tenants {
      tenant: "b"
      max_limits { heap_bytes: 1000 memory_bytes: 5000 }
    })pb");
  ASSERT_TRUE(tenants.ok()) << tenants.status();
  const v1::Limits largest = tenants->LargestCeilings();
  EXPECT_EQ(largest.heap_bytes(), 200000000u);
  EXPECT_EQ(largest.memory_bytes(), 5000u);
  EXPECT_EQ(largest.output_bytes(), 64 * kMiB);
}

TEST(Tenants, ErrorsNameTheEntry) {
  EXPECT_THAT(ErrorOf("tenants { tenant: 'a' } tenants { tenant: 'b' } tenants { tenant: 'a' }"),
              StartsWith("tenants[2].tenant: a second entry for \"a\""));
  EXPECT_THAT(ErrorOf("tenants { } tenants { }"), StartsWith("tenants[1].tenant: "));
  EXPECT_THAT(ErrorOf("tenants { tenant: 'a' default_limits { heap_bytes: 100000000 } }"),
              StartsWith("tenants[0].default_limits.heap_bytes: 100000000 is more than the 67108864 bytes"));
  EXPECT_THAT(ErrorOf("tenants { tenant: 'a' max_limits { cpu_time { } } }"),
              StartsWith("tenants[0].max_limits.cpu_time: must be more than 0"));
  EXPECT_THAT(ErrorOf("max_limits { result_depth: 4001 }"),
              StartsWith("max_limits.result_depth: 4001 is more than the 4000 levels"));
  EXPECT_THAT(ErrorOf("max_limits { console_bytes: 1000000000 }"), StartsWith("max_limits.console_bytes: "));
  EXPECT_THAT(ErrorOf("default_limits { source_bytes: 100000000 }"),
              StartsWith("default_limits.source_bytes: "));
}

}  // namespace
}  // namespace evald
