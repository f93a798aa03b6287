#include "daemon/snapshots/snapshot_life.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace evald {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Subscription = SnapshotChanges::Subscription;

// Each step waits until the test says what comes of it.
class FakeSteps final : public SnapshotSteps {
 public:
  uint64_t generation() const override { return serving; }
  uint64_t OlderGeneration() const override { return older; }
  bool Keeps(uint64_t generation) const override { return generation != missing; }
  const ResolvedConfig& config() const override { return in_force; }
  absl::StatusOr<ResolvedConfig> ReadConfig() override {
    did.push_back("read");
    if (!config_error.ok()) return config_error;
    return in_force;
  }
  void Build(const ResolvedConfig&, const BuildOptions& options,
             absl::AnyInvocable<void(const std::string&)> log,
             absl::AnyInvocable<void(absl::StatusOr<BuiltSnapshot>)> done) override {
    did.push_back(absl::StrCat("build", options.force ? " force" : "", options.resume ? " resume" : "",
                               options.generation == 0 ? "" : absl::StrCat(" ", options.generation)));
    on_log = std::move(log);
    built = std::move(done);
  }
  Difference Compare(const ResolvedConfig&, const internal::SnapshotReady&) const override {
    return difference;
  }
  absl::Status Prove(const ResolvedConfig&, BuiltSnapshot, ProofHandlers handlers) override {
    did.push_back("prove");
    proof = std::move(handlers);
    return prove_error;
  }
  void Abandon() override {
    did.push_back("abandon");
    built = nullptr;
    proof = ProofHandlers();
  }
  std::vector<std::string> Swap(const ResolvedConfig&, const internal::SnapshotReady& ready,
                                absl::AnyInvocable<void()> on_drained) override {
    serving = ready.snapshot().generation();
    did.push_back(absl::StrCat("swap ", serving));
    drained.push_back(std::move(on_drained));
    return warnings;
  }
  std::vector<std::string> Apply(const ResolvedConfig&) override {
    did.push_back("apply");
    return warnings;
  }
  void Note(const internal::ServingRecord& record,
            absl::AnyInvocable<void(const absl::Status&)> done) override {
    did.push_back(absl::StrCat("note ", record.generation(), " ", record.config_fingerprint()));
    noted.push_back(std::move(done));
  }

  void FinishBuild(uint64_t generation, const std::string& reason = "") {
    BuiltSnapshot snapshot;
    snapshot.ready.mutable_snapshot()->set_generation(generation);
    snapshot.ready.set_build_reason(reason);
    snapshot.ready.set_config_fingerprint("fp");
    std::exchange(built, nullptr)(std::move(snapshot));
  }
  void FailBuild(const absl::Status& why) { std::exchange(built, nullptr)(why); }
  void Pass(v1::SnapshotStage stage) {
    // The last of them may end the proof.
    auto on_passed = std::move(proof.on_passed);
    on_passed(stage, "fine");
    if (stage != v1::SNAPSHOT_STAGE_FILL) proof.on_passed = std::move(on_passed);
  }
  void PassAll() {
    for (const auto stage : {v1::SNAPSHOT_STAGE_BOOT, v1::SNAPSHOT_STAGE_CANARY, v1::SNAPSHOT_STAGE_FILL})
      Pass(stage);
  }
  void FailProof(const std::string& why) {
    std::exchange(proof.on_failed, nullptr)(absl::UnavailableError(why));
  }
  void FinishNote(const absl::Status& status = absl::OkStatus()) {
    auto done = std::move(noted.front());
    noted.erase(noted.begin());
    done(status);
  }
  void FinishDrain() {
    auto done = std::move(drained.front());
    drained.erase(drained.begin());
    done();
  }
  std::vector<std::string> Take() { return std::exchange(did, {}); }

  uint64_t serving = 0;
  uint64_t older = 0;
  uint64_t missing = 0;
  ResolvedConfig in_force;
  absl::Status config_error;
  absl::Status prove_error;
  Difference difference = Difference::kImage;
  std::vector<std::string> warnings;
  std::vector<std::string> did;
  absl::AnyInvocable<void(const std::string&)> on_log;
  absl::AnyInvocable<void(absl::StatusOr<BuiltSnapshot>)> built;
  ProofHandlers proof;
  std::vector<absl::AnyInvocable<void()>> drained;
  std::vector<absl::AnyInvocable<void(const absl::Status&)>> noted;
};

// Writes down what it is told, in short.
class Ear {
 public:
  SnapshotChanges::Sink sink() {
    return [this](const v1::SnapshotProgress& news) {
      if (news.has_began()) heard.push_back("+" + NameOf(news.began().stage()));
      if (news.has_ended()) heard.push_back("-" + NameOf(news.ended().stage()));
      if (!news.log().empty()) heard.push_back("log " + news.log());
      if (!news.has_outcome()) return;
      outcome = news.outcome();
      heard.push_back(v1::SnapshotOutcome::Result_Name(outcome.result()));
    };
  }
  static std::string NameOf(v1::SnapshotStage stage) { return v1::SnapshotStage_Name(stage).substr(15); }

  std::vector<std::string> heard;
  v1::SnapshotOutcome outcome;
};

class SnapshotLifeTest : public testing::Test {
 protected:
  void Settle() {
    for (int i = 0; i < 4; ++i) timers_.RunDue();
  }
  void Boot() {
    life_.Boot([this](const absl::Status& status) { booted_ = status; });
    steps_.FinishBuild(1);
    steps_.PassAll();
    steps_.FinishNote();
    Settle();
    ASSERT_EQ(booted_, absl::OkStatus());
    steps_.Take();
    // Nothing served before.
    steps_.drained.clear();
  }
  [[nodiscard]] std::unique_ptr<Subscription> Regenerate(Ear& ear, bool force = false) {
    return life_.Regenerate(force, "test", ear.sink());
  }
  [[nodiscard]] std::unique_ptr<Subscription> Rollback(Ear& ear, uint64_t generation) {
    return life_.Rollback(generation, "test", ear.sink());
  }
  // What is under way swaps, and is over.
  void Complete(uint64_t generation) {
    steps_.FinishBuild(generation);
    steps_.PassAll();
    steps_.FinishNote();
    steps_.FinishDrain();
    Settle();
  }

  FakeClock clock_;
  TimerQueue timers_{&clock_};
  FakeSteps steps_;
  SnapshotLife life_{&steps_, &timers_};
  absl::Status booted_ = absl::UnknownError("not told");
};

TEST_F(SnapshotLifeTest, TheBootIsAChangeLikeAnyOther) {
  Ear ear;
  const auto subscription = life_.Observe(ear.sink());
  life_.Boot([this](const absl::Status& status) { booted_ = status; });
  EXPECT_THAT(steps_.Take(), ElementsAre("build resume"));
  steps_.FinishBuild(7, "no snapshot is stored");
  steps_.PassAll();
  EXPECT_EQ(booted_, absl::OkStatus());
  EXPECT_THAT(steps_.Take(), ElementsAre("prove", "swap 7", "note 7 fp"));
  steps_.FinishNote();
  Settle();
  EXPECT_THAT(ear.heard, ElementsAre("+BUILD", "-BUILD", "+BOOT", "-BOOT", "+CANARY", "-CANARY", "+FILL",
                                     "-FILL", "+SWAP", "-SWAP", "SWAPPED"));
  EXPECT_EQ(ear.outcome.generation(), 7u);
  EXPECT_EQ(ear.outcome.previous_generation(), 0u);
  EXPECT_EQ(ear.outcome.trigger(), "boot");
}

TEST_F(SnapshotLifeTest, ABootThatFailsSaysWhereAndWhy) {
  life_.Boot([this](const absl::Status& status) { booted_ = status; });
  steps_.FinishBuild(1);
  steps_.Pass(v1::SNAPSHOT_STAGE_BOOT);
  steps_.FailProof("canary \"a\" threw");
  EXPECT_EQ(std::string(booted_.message()), "the boot failed (CANARY): canary \"a\" threw");
}

TEST_F(SnapshotLifeTest, ARegenerationGoesStageByStage) {
  Boot();
  Ear ear;
  const auto subscription = Regenerate(ear);
  EXPECT_THAT(ear.heard, IsEmpty()) << "never from inside the call";
  Settle();
  EXPECT_THAT(ear.heard, ElementsAre("+CONFIG", "-CONFIG", "+BUILD"));
  steps_.on_log("hello");
  clock_.Advance(milliseconds(300));
  steps_.warnings = {"restart for that"};
  steps_.FinishBuild(2);
  steps_.PassAll();
  EXPECT_THAT(steps_.Take(), ElementsAre("read", "build", "prove", "swap 2", "note 2 fp"));
  Settle();
  EXPECT_EQ(ear.heard.back(), "+DRAIN");
  v1::SnapshotChange change;
  life_.FillChange(change);
  EXPECT_TRUE(change.under_way());
  EXPECT_EQ(change.stage(), v1::SNAPSHOT_STAGE_DRAIN);
  EXPECT_THAT(change.log(), ElementsAre("hello"));
  steps_.FinishDrain();
  Settle();
  EXPECT_EQ(ear.heard.back(), "-DRAIN") << "it is not over until it is noted";
  steps_.FinishNote(absl::UnavailableError("disk full"));
  Settle();
  EXPECT_THAT(ear.heard,
              ElementsAre("+CONFIG", "-CONFIG", "+BUILD", "log hello", "-BUILD", "+BOOT", "-BOOT", "+CANARY",
                          "-CANARY", "+FILL", "-FILL", "+SWAP", "-SWAP", "+DRAIN", "-DRAIN", "SWAPPED"));
  EXPECT_EQ(ear.outcome.generation(), 2u);
  EXPECT_EQ(ear.outcome.previous_generation(), 1u);
  EXPECT_EQ(ear.outcome.took().nanos(), 300000000);
  EXPECT_THAT(ear.outcome.stages(), SizeIs(7));
  EXPECT_THAT(ear.outcome.warnings(), ElementsAre("restart for that", HasSubstr("disk full")));
  EXPECT_EQ(ear.outcome.trigger(), "regenerate (test)");
  change.Clear();
  life_.FillChange(change);
  EXPECT_FALSE(change.under_way());
  EXPECT_EQ(change.outcome().result(), v1::SnapshotOutcome::SWAPPED);
}

TEST_F(SnapshotLifeTest, WithoutADifferenceNothingIsProved) {
  Boot();
  for (const auto& [difference, result] : {std::pair(SnapshotSteps::Difference::kNone, "UNCHANGED"),
                                           {SnapshotSteps::Difference::kSettings, "APPLIED"}}) {
    steps_.difference = difference;
    Ear ear;
    const auto subscription = Regenerate(ear);
    steps_.FinishBuild(1);
    Settle();
    EXPECT_THAT(ear.heard, ElementsAre("+CONFIG", "-CONFIG", "+BUILD", "-BUILD", result));
    EXPECT_THAT(steps_.Take(), ElementsAre("read", "build", "apply"));
  }
  Ear forced;
  const auto subscription = Regenerate(forced, true);
  steps_.FinishBuild(1);
  EXPECT_THAT(steps_.Take(), ElementsAre("read", "build force", "prove"));
}

TEST_F(SnapshotLifeTest, AnyStageMayFailAndWhatServesServesOn) {
  Boot();
  const auto fails = [this](const char* stage, auto act) {
    Ear ear;
    const auto subscription = Regenerate(ear);
    act();
    Settle();
    EXPECT_EQ(ear.outcome.result(), v1::SnapshotOutcome::FAILED) << stage;
    EXPECT_EQ(Ear::NameOf(ear.outcome.failed_stage()), stage);
    EXPECT_EQ(ear.outcome.error(), "why") << stage;
    EXPECT_EQ(ear.outcome.reason(), v1::ERROR_REASON_SNAPSHOT_FAILED);
    EXPECT_EQ(ear.outcome.generation(), 1u);
    EXPECT_EQ(steps_.Take().back(), "abandon");
    EXPECT_EQ(steps_.serving, 1u);
  };
  steps_.config_error = absl::InvalidArgumentError("why");
  fails("CONFIG", [] {});
  steps_.config_error = absl::OkStatus();
  fails("BUILD", [this] { steps_.FailBuild(absl::DeadlineExceededError("why")); });
  steps_.prove_error = absl::FailedPreconditionError("why");
  fails("BOOT", [this] { steps_.FinishBuild(2); });
  steps_.prove_error = absl::OkStatus();
  fails("BOOT", [this] {
    steps_.FinishBuild(2);
    steps_.FailProof("why");
  });
  fails("CANARY", [this] {
    steps_.FinishBuild(2);
    steps_.Pass(v1::SNAPSHOT_STAGE_BOOT);
    steps_.FailProof("why");
  });
  fails("FILL", [this] {
    steps_.FinishBuild(2);
    steps_.Pass(v1::SNAPSHOT_STAGE_BOOT);
    steps_.Pass(v1::SNAPSHOT_STAGE_CANARY);
    steps_.FailProof("why");
  });
  Ear after;
  const auto subscription = Regenerate(after);
  Complete(3);
  EXPECT_EQ(after.outcome.result(), v1::SnapshotOutcome::SWAPPED);
}

TEST_F(SnapshotLifeTest, CallersJoinAndAreToldWhatWasToldAlready) {
  Boot();
  Ear first, second, third;
  const auto one = Regenerate(first);
  Settle();
  const auto two = Regenerate(second);
  Settle();
  EXPECT_EQ(second.heard, first.heard);
  steps_.FinishBuild(2);
  steps_.Pass(v1::SNAPSHOT_STAGE_BOOT);
  const auto three = Regenerate(third);
  steps_.Pass(v1::SNAPSHOT_STAGE_CANARY);
  steps_.Pass(v1::SNAPSHOT_STAGE_FILL);
  steps_.FinishNote();
  steps_.FinishDrain();
  Settle();
  EXPECT_THAT(first.heard, SizeIs(15));
  EXPECT_EQ(second.heard, first.heard);
  EXPECT_EQ(third.heard, first.heard);
  EXPECT_THAT(steps_.Take(), ElementsAre("read", "build", "prove", "swap 2", "note 2 fp"));
}

TEST_F(SnapshotLifeTest, WhoInsistsOnABuildDoesNotJoinOneThatMayDoNothing) {
  Boot();
  steps_.difference = SnapshotSteps::Difference::kNone;
  Ear first, forced, joins;
  const auto one = Regenerate(first);
  const auto two = Regenerate(forced, true);
  steps_.FinishBuild(1);
  Settle();
  EXPECT_EQ(first.outcome.result(), v1::SnapshotOutcome::UNCHANGED);
  EXPECT_THAT(steps_.Take(), ElementsAre("read", "build", "apply", "read", "build force"));
  const auto three = Regenerate(joins);
  Complete(2);
  EXPECT_EQ(forced.outcome.result(), v1::SnapshotOutcome::SWAPPED);
  EXPECT_EQ(joins.outcome.generation(), 2u);
}

TEST_F(SnapshotLifeTest, WhoeverLeavesHearsNoMoreAndStopsNothing) {
  Boot();
  Ear ear;
  auto subscription = Regenerate(ear);
  Settle();
  subscription.reset();
  Complete(2);
  EXPECT_THAT(ear.heard, SizeIs(3));
  EXPECT_EQ(steps_.serving, 2u);
}

TEST_F(SnapshotLifeTest, WhoeverIsToldMayLeaveOrAskForMore) {
  Boot();
  Ear other;
  std::unique_ptr<Subscription> more;
  std::unique_ptr<Subscription> subscription;
  subscription = life_.Regenerate(false, "test", [&](const v1::SnapshotProgress& news) {
    if (!news.has_began() || news.began().stage() != v1::SNAPSHOT_STAGE_BUILD) return;
    more = Rollback(other, 1);
    subscription.reset();
  });
  Settle();
  EXPECT_EQ(steps_.Take().back(), "build 1");
  Complete(1);
  EXPECT_EQ(other.outcome.result(), v1::SnapshotOutcome::SWAPPED);
}

TEST_F(SnapshotLifeTest, DuringTheDrainTheNextChangeMayBegin) {
  Boot();
  Ear first, second;
  const auto one = Regenerate(first);
  steps_.FinishBuild(2);
  steps_.PassAll();
  const auto two = Regenerate(second);
  steps_.FinishBuild(3);
  steps_.PassAll();
  EXPECT_EQ(steps_.serving, 3u);
  steps_.FinishNote();
  steps_.FinishNote();
  steps_.FinishDrain();
  Settle();
  EXPECT_EQ(first.outcome.generation(), 2u);
  EXPECT_EQ(second.outcome.result(), v1::SnapshotOutcome::RESULT_UNSPECIFIED);
  steps_.FinishDrain();
  Settle();
  EXPECT_EQ(second.outcome.generation(), 3u);
  EXPECT_EQ(second.outcome.previous_generation(), 2u);
}

TEST_F(SnapshotLifeTest, ARollbackReadsNoConfigurationAndBuildsNothing) {
  Boot();
  steps_.serving = 5;
  steps_.older = 3;
  Ear ear;
  const auto subscription = Rollback(ear, 0);
  EXPECT_THAT(steps_.Take(), ElementsAre("build 3"));
  Complete(3);
  EXPECT_THAT(ear.heard, ElementsAre("+BUILD", "-BUILD", "+BOOT", "-BOOT", "+CANARY", "-CANARY", "+FILL",
                                     "-FILL", "+SWAP", "-SWAP", "+DRAIN", "-DRAIN", "SWAPPED"));
  EXPECT_EQ(ear.outcome.previous_generation(), 5u);
  EXPECT_EQ(ear.outcome.trigger(), "rollback to 3 (test)");
}

TEST_F(SnapshotLifeTest, ARollbackToWhatServesIsNotedAllTheSame) {
  Boot();
  steps_.difference = SnapshotSteps::Difference::kNone;
  Ear ear;
  const auto subscription = Rollback(ear, 1);
  steps_.FinishBuild(1);
  EXPECT_THAT(steps_.Take(), ElementsAre("build 1", "apply", "note 1 fp"));
  Settle();
  EXPECT_THAT(ear.heard, ElementsAre("+BUILD", "-BUILD"));
  steps_.FinishNote();
  Settle();
  EXPECT_EQ(ear.outcome.result(), v1::SnapshotOutcome::UNCHANGED);
  EXPECT_EQ(ear.outcome.generation(), 1u);
}

TEST_F(SnapshotLifeTest, ARollbackToWhatIsNotThereSaysSo) {
  Boot();
  Ear none, gone;
  const auto one = Rollback(none, 0);
  Settle();
  EXPECT_THAT(none.heard, ElementsAre("FAILED"));
  EXPECT_EQ(none.outcome.reason(), v1::ERROR_REASON_SNAPSHOT_NOT_FOUND);
  EXPECT_THAT(steps_.Take(), IsEmpty());
  const auto two = Rollback(gone, 9);
  steps_.FailBuild(absl::NotFoundError("9 is not stored"));
  Settle();
  EXPECT_EQ(gone.outcome.reason(), v1::ERROR_REASON_SNAPSHOT_NOT_FOUND);
  EXPECT_EQ(gone.outcome.error(), "9 is not stored");
}

TEST_F(SnapshotLifeTest, ARollbackToWhatIsNotThereStopsNothing) {
  Boot();
  Ear regeneration, waiting, gone;
  const auto one = Regenerate(regeneration);
  const auto two = Regenerate(waiting, true);
  steps_.Take();
  steps_.missing = 4711;
  const auto three = Rollback(gone, 4711);
  Settle();
  EXPECT_THAT(gone.heard, ElementsAre("FAILED"));
  EXPECT_EQ(gone.outcome.reason(), v1::ERROR_REASON_SNAPSHOT_NOT_FOUND);
  EXPECT_THAT(gone.outcome.error(), HasSubstr("generation 4711 is not kept"));
  EXPECT_THAT(steps_.Take(), IsEmpty());
  Complete(2);
  EXPECT_EQ(regeneration.outcome.result(), v1::SnapshotOutcome::SWAPPED);
  Complete(3);
  EXPECT_EQ(waiting.outcome.result(), v1::SnapshotOutcome::SWAPPED);
}

TEST_F(SnapshotLifeTest, GoingBackTwiceWhileItDrainsGoesBackOnce) {
  Boot();
  steps_.serving = 7;
  steps_.older = 6;
  Ear first, again, next;
  const auto one = Rollback(first, 0);
  steps_.FinishBuild(6);
  steps_.PassAll();
  EXPECT_THAT(steps_.Take(), ElementsAre("build 6", "prove", "swap 6", "note 6 fp"));
  steps_.older = 5;
  const auto two = Rollback(again, 0);
  EXPECT_THAT(steps_.Take(), IsEmpty());
  steps_.FinishNote();
  steps_.FinishDrain();
  Settle();
  EXPECT_EQ(again.heard, first.heard);
  EXPECT_EQ(again.outcome.generation(), 6u);
  // Once that is over, it is another step back.
  const auto three = Rollback(next, 0);
  EXPECT_THAT(steps_.Take(), ElementsAre("build 5"));
}

TEST_F(SnapshotLifeTest, GoingBackAfterAnotherChangeDoesNotJoinTheOneBefore) {
  Boot();
  steps_.serving = 7;
  steps_.older = 6;
  Ear first, regeneration, again;
  const auto one = Rollback(first, 0);
  steps_.FinishBuild(6);
  steps_.PassAll();
  const auto two = Regenerate(regeneration);
  steps_.FinishBuild(8);
  steps_.PassAll();
  steps_.Take();
  steps_.older = 7;
  const auto three = Rollback(again, 0);
  EXPECT_THAT(steps_.Take(), ElementsAre("build 7"));
}

TEST_F(SnapshotLifeTest, ARollbackThatIsGivenAnotherGenerationFails) {
  Boot();
  Ear ear;
  const auto subscription = Rollback(ear, 9);
  steps_.FinishBuild(8);
  Settle();
  EXPECT_EQ(ear.outcome.result(), v1::SnapshotOutcome::FAILED);
  EXPECT_EQ(steps_.serving, 1u);
}

TEST_F(SnapshotLifeTest, ARollbackTakesOverFromARegenerationUntilItHasSwapped) {
  Boot();
  Ear regeneration, waiting, rollback, joined, later;
  const auto one = Regenerate(regeneration);
  const auto two = Regenerate(waiting, true);
  steps_.FinishBuild(2);
  const auto three = Rollback(rollback, 1);
  const auto four = Rollback(joined, 1);
  Settle();
  for (const Ear* ear : {&regeneration, &waiting}) {
    EXPECT_EQ(ear->outcome.result(), v1::SnapshotOutcome::SUPERSEDED);
    EXPECT_EQ(ear->outcome.reason(), v1::ERROR_REASON_SNAPSHOT_SUPERSEDED);
  }
  EXPECT_THAT(steps_.Take(), ElementsAre("read", "build", "prove", "abandon", "build 1"));
  const auto five = Regenerate(later);
  Complete(1);
  EXPECT_EQ(joined.heard, rollback.heard);
  EXPECT_EQ(rollback.outcome.result(), v1::SnapshotOutcome::SWAPPED);
  // The one that was asked for during the rollback runs now.
  EXPECT_THAT(steps_.Take(), ElementsAre("prove", "swap 1", "note 1 fp", "read", "build"));
  Complete(2);
  EXPECT_EQ(later.outcome.generation(), 2u);
}

TEST_F(SnapshotLifeTest, AnotherRollbackTakesOverToo) {
  Boot();
  Ear first, second;
  const auto one = Rollback(first, 2);
  const auto two = Rollback(second, 3);
  Settle();
  EXPECT_EQ(first.outcome.result(), v1::SnapshotOutcome::SUPERSEDED);
  Complete(3);
  EXPECT_EQ(second.outcome.generation(), 3u);
}

TEST_F(SnapshotLifeTest, AHangupReadsTheFilesAgainAfterWhatIsUnderWay) {
  Boot();
  Ear ear;
  const auto subscription = Regenerate(ear);
  life_.Reload();
  life_.Reload();
  steps_.FinishBuild(2);
  steps_.PassAll();
  EXPECT_THAT(steps_.Take(), ElementsAre("read", "build", "prove", "swap 2", "note 2 fp", "read", "build"));
  steps_.FailBuild(absl::UnavailableError("why"));
  Settle();
  EXPECT_THAT(steps_.Take(), ElementsAre("abandon")) << "two of them are one";
}

TEST_F(SnapshotLifeTest, AHangupDuringTheBootRunsAfterIt) {
  life_.Boot([](const absl::Status&) {});
  life_.Reload();
  steps_.FinishBuild(1);
  steps_.PassAll();
  EXPECT_THAT(steps_.Take(), ElementsAre("build resume", "prove", "swap 1", "note 1 fp", "read", "build"));
}

TEST_F(SnapshotLifeTest, WhileBootingOthersAreRefused) {
  life_.Boot([](const absl::Status&) {});
  Ear regeneration, rollback, observer;
  const auto zero = life_.Observe(observer.sink());
  const auto one = Regenerate(regeneration);
  const auto two = Rollback(rollback, 1);
  Settle();
  for (const Ear* ear : {&regeneration, &rollback}) {
    EXPECT_THAT(ear->heard, ElementsAre("FAILED"));
    EXPECT_EQ(ear->outcome.reason(), v1::ERROR_REASON_NOT_READY);
  }
  EXPECT_THAT(observer.heard, IsEmpty()) << "nothing has changed";
}

TEST_F(SnapshotLifeTest, StoppingEndsWhatIsUnderWay) {
  Boot();
  Ear draining, running, waiting, late;
  const auto one = Regenerate(draining);
  steps_.FinishBuild(2);
  steps_.PassAll();
  const auto two = Rollback(running, 1);
  const auto three = Regenerate(waiting);
  life_.Stop();
  const auto four = Regenerate(late);
  life_.Reload();
  Settle();
  EXPECT_EQ(draining.outcome.result(), v1::SnapshotOutcome::SWAPPED);
  for (const Ear* ear : {&running, &waiting, &late}) {
    EXPECT_EQ(ear->outcome.result(), v1::SnapshotOutcome::FAILED);
    EXPECT_EQ(ear->outcome.reason(), v1::ERROR_REASON_DRAINING);
  }
  EXPECT_EQ(steps_.Take().back(), "abandon");
  // What comes after that is no news.
  steps_.FinishNote();
  steps_.FinishDrain();
  Settle();
  EXPECT_EQ(draining.heard.back(), "SWAPPED");
}

TEST_F(SnapshotLifeTest, StoppingDuringTheBootTellsNobodyThatItFailed) {
  life_.Boot([this](const absl::Status& status) { booted_ = status; });
  life_.Stop();
  Settle();
  EXPECT_EQ(booted_.code(), absl::StatusCode::kUnknown);
}

TEST_F(SnapshotLifeTest, WhatIsToldIsBounded) {
  Boot();
  Ear ear;
  const auto subscription = Regenerate(ear);
  for (int i = 0; i < 2000; ++i) steps_.on_log(std::string(100000, 'x'));
  Settle();
  size_t bytes = 0;
  for (const std::string& line : ear.heard) bytes += line.size();
  EXPECT_LT(ear.heard.size(), 600u);
  EXPECT_LT(bytes, 1u << 20);
  EXPECT_THAT(ear.heard.back(), HasSubstr("more was written"));
  v1::SnapshotChange change;
  life_.FillChange(change);
  EXPECT_THAT(change.log(), SizeIs(50));
}

TEST_F(SnapshotLifeTest, ObserversHearOfEveryChangeToCome) {
  Boot();
  Ear before, ear;
  const auto running = Regenerate(before);
  auto observer = life_.Observe(ear.sink());
  Settle();
  EXPECT_THAT(ear.heard, IsEmpty()) << "it began before";
  Complete(2);
  const auto next = Rollback(before, 1);
  Complete(1);
  EXPECT_EQ(ear.heard.back(), "SWAPPED");
  observer.reset();
  const auto last = Regenerate(before);
  Complete(3);
  EXPECT_EQ(ear.outcome.generation(), 1u);
}

}  // namespace
}  // namespace evald
