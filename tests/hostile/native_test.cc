// What machine code in a worker gets: nothing but its own end, with a name to it; or, where it misuses what
// it has, the same typed answers as any script.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "tests/hostile/corpus.h"
#include "tests/hostile/outcome_table.h"
#include "tests/hostile/suite.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using ::testing::Contains;
using ::testing::StartsWith;

std::vector<HostileScript> NativeCorpus() { return LoadCorpus(PathFromEnvironment("NATIVE")); }

TEST(NativeTest, EveryCallIsContained) {
  absl::StatusOr<std::unique_ptr<Daemon>> started = Daemon::Start({.config = HostileConfig()});
  ASSERT_TRUE(started.ok()) << started.status();
  Daemon& daemon = **started;
  const auto status = daemon.client().GetSnapshot({.timeout = kPatience});
  ASSERT_TRUE(status.ok()) << status.status();
  ASSERT_THAT(status->pool().sandbox_in_force(), Contains(StartsWith("seccomp filter"))) << "nothing to test";
  const std::vector<HostileScript> scripts = NativeCorpus();
  const Holdings before = MeasureHoldings(daemon);
  ASSERT_GT(before.processes, 0u) << daemon.Log();
  const SuiteResult result = RunSuite(daemon, scripts);
  for (const HostileOutcome& outcome : result.outcomes) EXPECT_EQ(Complaint(outcome), "");
  EXPECT_THAT(result.neighbour_wrong, ::testing::IsEmpty());
  const Holdings after = MeasureHoldings(daemon);
  EXPECT_EQ(after.zygote, before.zygote);
  EXPECT_EQ(after.zygote_restarts, before.zygote_restarts);
  EXPECT_EQ(after.processes, before.processes);
  EXPECT_LE(after.descriptors, before.descriptors + 4);
  std::cout << Describe("the neighbour's requests", result.neighbour) << "\n";
  EXPECT_EQ(daemon.Stop(), 0);
  if (const char* const path = std::getenv("EVALD_HOSTILE_TABLE"); path != nullptr) {
    WriteOutcomeTable(path, "native", result.outcomes, result.lateness, result.neighbour);
  }
}

TEST(NativeCorpus, IsWhatTheDocumentListsWithTheSameOutcomes) {
  EXPECT_EQ(DifferencesFromTable(PathFromEnvironment("SECURITY_MD"), "native", NativeCorpus()), "");
}

}  // namespace
}  // namespace evald::testing
