// Whatever a script does: its caller gets a typed answer in a known time, its neighbours get theirs, and
// nothing of it is left.
//
// Environment:
//   EVALD_HOSTILE_ROUNDS   how often the whole corpus is run (default 1): a soak
//   EVALD_HOSTILE_TABLE    a copy of docs/security.md whose table of outcomes is written anew
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "tests/hostile/corpus.h"
#include "tests/hostile/outcome_table.h"
#include "tests/hostile/suite.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

// What may differ between two quiet moments. Requests and results of tens of megabytes went through, and the
// allocator keeps what it has of them for a while: one round says little, the least of several says whether
// something grows.
constexpr size_t kDaemonBytes = 128 << 20;
constexpr size_t kDaemonGrowth = 16 << 20;
constexpr size_t kZygoteBytes = 8 << 20;
constexpr size_t kDescriptors = 4;

std::vector<HostileScript> WholeCorpus() {
  std::vector<HostileScript> all;
  for (const char* file : {"TIME", "MEMORY", "RESULTS", "REALM", "SOURCE", "CRYPTO", "STREAMS", "MODULES"}) {
    for (HostileScript& script : LoadCorpus(PathFromEnvironment(file))) all.push_back(std::move(script));
  }
  return all;
}

int Rounds() {
  const char* const text = std::getenv("EVALD_HOSTILE_ROUNDS");
  int rounds = 1;
  EXPECT_TRUE(text == nullptr || absl::SimpleAtoi(text, &rounds)) << text;
  return rounds;
}

class HostileTest : public SharedDaemonTest<HostileTest> {
 public:
  static DaemonOptions Options() { return {.config = HostileConfig()}; }
};

void ExpectContained(const SuiteResult& result) {
  for (const HostileOutcome& outcome : result.outcomes) EXPECT_EQ(Complaint(outcome), "");
  EXPECT_THAT(result.neighbour_wrong, ::testing::IsEmpty());
}

TEST_F(HostileTest, EveryScriptIsContained) {
  const std::vector<HostileScript> scripts = WholeCorpus();
  ASSERT_GE(scripts.size(), 60u);
  const Holdings before = MeasureHoldings(daemon());
  ASSERT_GT(before.processes, 0u) << daemon().Log();
  Lateness lateness;
  bench::Samples neighbour;
  const int rounds = Rounds();
  std::vector<size_t> daemon_bytes;
  for (int round = 1; round <= rounds; ++round) {
    ASSERT_TRUE(daemon().running()) << daemon().Log();
    const SuiteResult result = RunSuite(daemon(), scripts);
    ExpectContained(result);
    lateness.soft.AddAll(result.lateness.soft);
    lateness.hard.AddAll(result.lateness.hard);
    neighbour.AddAll(result.neighbour);
    const Holdings after = MeasureHoldings(daemon());
    std::cout << "round " << round << " of " << scripts.size() << " scripts; " << after << "\n";
    EXPECT_EQ(after.zygote, before.zygote);
    EXPECT_EQ(after.zygote_restarts, before.zygote_restarts);
    EXPECT_EQ(after.processes, before.processes);
    EXPECT_LE(after.descriptors, before.descriptors + kDescriptors);
    EXPECT_LE(after.daemon_bytes, before.daemon_bytes + kDaemonBytes);
    daemon_bytes.push_back(after.daemon_bytes);
    EXPECT_LE(after.zygote_bytes, before.zygote_bytes + kZygoteBytes);
    if (const char* const path = std::getenv("EVALD_HOSTILE_TABLE"); path != nullptr && round == rounds) {
      WriteOutcomeTable(path, "scripts", result.outcomes, lateness, neighbour);
    }
  }
  if (rounds >= 8) {
    const auto middle = daemon_bytes.begin() + rounds / 2;
    EXPECT_LE(*std::min_element(middle, daemon_bytes.end()),
              *std::min_element(daemon_bytes.begin(), middle) + kDaemonGrowth);
  }
  std::cout << Describe("past the limit, interrupted", lateness.soft) << "\n"
            << Describe("past the limit, killed", lateness.hard) << "\n"
            << Describe("the neighbour's requests", neighbour) << "\n";
}

TEST(HostileCorpus, IsWhatTheDocumentListsWithTheSameOutcomes) {
  EXPECT_EQ(DifferencesFromTable(PathFromEnvironment("SECURITY_MD"), "scripts", WholeCorpus()), "");
}

TEST(HostileCorpus, OutcomesAreMatchedUpToAColonOrTheirEnd) {
  EXPECT_TRUE(Matches("[1]", "value"));
  EXPECT_TRUE(Matches("[1]", "value [1]"));
  EXPECT_FALSE(Matches("[1]", "value [1"));
  EXPECT_FALSE(Matches("throws Error: x", "value"));
  EXPECT_TRUE(Matches("throws Error: x", "throws"));
  EXPECT_TRUE(Matches("throws Error: x", "throws Error"));
  EXPECT_TRUE(Matches("throws Error: x", "throws Error: x"));
  EXPECT_FALSE(Matches("throws Errors: x", "throws Error"));
  EXPECT_TRUE(Matches("fails CANCELLED (CANCELLED): y", "fails CANCELLED (CANCELLED)"));
}

}  // namespace
}  // namespace evald::testing
