// The snapshot is replaced under load, and taken back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/support/concurrently.h"
#include "tests/support/daemon.h"
#include "tests/support/scripts.h"

namespace evald::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kTimes = 20;
using Stages = std::vector<std::string>;

// Two small pools, so that filling them takes little of a busy machine.
std::string Versioned(int version, const std::string& more = "") {
  return absl::StrCat("extensions { name: 'version' source: 'globalThis.version = ", version,
                      ";' } pool { min_idle: 2 max_workers: 8 } ", more);
}

std::string NameOf(v1::SnapshotStage stage) {
  return v1::SnapshotStage_Name(stage).substr(sizeof("SNAPSHOT_STAGE_") - 1);
}

class RegenerateTest : public ::testing::Test {
 protected:
  ~RegenerateTest() override {
    if (daemon_ != nullptr && HasFailure()) GTEST_LOG_(INFO) << daemon_->Log();
    daemon_.reset();
    std::filesystem::remove_all(data_dir_);
  }

  void Start(const std::string& config) {
    absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start({.config = config, .data_dir = data_dir_});
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
  }
  void Restart(const std::string& config) {
    EXPECT_EQ(daemon_->Stop(), 0) << daemon_->Log();
    Start(config);
  }

  absl::StatusOr<v1::SnapshotOutcome> Regenerate(bool force = false) {
    heard_.clear();
    return daemon_->client().RegenerateSnapshot(
        force, [this](const v1::SnapshotProgress& news) { heard_.push_back(news); }, daemon_->Admin());
  }
  absl::StatusOr<v1::SnapshotOutcome> Rollback(uint64_t generation) {
    heard_.clear();
    return daemon_->client().RollbackSnapshot(
        generation, [this](const v1::SnapshotProgress& news) { heard_.push_back(news); }, daemon_->Admin());
  }
  // Of a change that failed.
  v1::SnapshotOutcome Outcome() const {
    return heard_.empty() ? v1::SnapshotOutcome() : heard_.back().outcome();
  }
  Stages Ended() const {
    Stages stages;
    for (const v1::SnapshotProgress& news : heard_) {
      if (news.has_ended()) stages.push_back(NameOf(news.ended().stage()));
    }
    return stages;
  }
  std::string Version() { return Brief(Eval(daemon_->client(), "version")); }
  uint64_t Generation() {
    const auto status = daemon_->client().GetSnapshot({.timeout = kPatience});
    EXPECT_TRUE(status.ok()) << status.status();
    return status.ok() ? status->snapshot().generation() : 0;
  }
  // The change to this configuration fails in `stage` with `why`, and `version` serves on.
  void ExpectFailure(const std::string& config, v1::SnapshotStage stage, const std::string& why,
                     const std::string& version) {
    daemon_->Configure(config);
    const uint64_t before = Generation();
    const absl::Status status = Regenerate().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_SNAPSHOT_FAILED);
    EXPECT_EQ(Outcome().result(), v1::SnapshotOutcome::FAILED);
    EXPECT_EQ(NameOf(Outcome().failed_stage()), NameOf(stage)) << Outcome().error();
    EXPECT_THAT(Outcome().error(), HasSubstr(why));
    EXPECT_EQ(Outcome().generation(), before);
    EXPECT_EQ(Generation(), before);
    EXPECT_EQ(Version(), version);
  }

  const std::string data_dir_ = NewFolder();
  std::unique_ptr<Daemon> daemon_;
  std::vector<v1::SnapshotProgress> heard_;
};

// Asks from several clients at once until it is told to end, and notes which version each generation had.
class Load {
 public:
  explicit Load(Daemon& daemon, int clients = 4)
      : load_([this, &daemon, clients] {
          Concurrently(clients, clients, [&](int client) { Run(*daemon.NewClient(), client); });
        }) {}
  void End() {
    over_ = true;
    load_.join();
  }
  int served() const { return served_; }
  // Generation to all the versions that it was seen to have.
  const std::map<uint64_t, std::set<std::string>>& seen() const { return seen_; }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  void Run(Client& client, int number) {
    while (!over_) {
      v1::EvalRequest request = Script("version");
      request.set_tenant(std::to_string(number));
      // Some take longer than others: the swap finds busy workers.
      if (number == 0)
        request.set_source("{ const end = Date.now() + 20; while (Date.now() < end); } version");
      if (number == 1) request.set_isolation(v1::ISOLATION_REUSED);
      const absl::StatusOr<Reply> reply = Eval(client, request);
      const std::lock_guard lock(mutex_);
      ++served_;
      if (reply.ok() && reply->has_value()) {
        seen_[reply->stats().snapshot_generation()].insert(reply->value().json());
      } else {
        failures_.push_back(Brief(reply));
      }
    }
  }

  std::atomic<bool> over_ = false;
  std::atomic<int> served_ = 0;
  std::mutex mutex_;
  std::map<uint64_t, std::set<std::string>> seen_;
  std::vector<std::string> failures_;
  std::jthread load_;
};

TEST_F(RegenerateTest, NoRequestFailsAndNoReplyIsOfAnotherGenerationThanItSays) {
  Start(Versioned(1));
  Load load(*daemon_);
  std::map<uint64_t, std::string> versions = {{Generation(), "1"}};
  for (int i = 0; i < kTimes; ++i) {
    const bool changes = i % 2 == 0;
    const int version = 2 + i / 2;
    if (changes) daemon_->Configure(Versioned(version));
    const auto outcome = Regenerate(/*force=*/!changes);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->result(), v1::SnapshotOutcome::SWAPPED);
    EXPECT_EQ(outcome->previous_generation(), versions.rbegin()->first);
    EXPECT_GT(outcome->generation(), outcome->previous_generation());
    EXPECT_THAT(Ended(), ElementsAre("CONFIG", "BUILD", "BOOT", "CANARY", "FILL", "SWAP", "DRAIN"));
    versions[outcome->generation()] = std::to_string(version);
    // Whoever asks after the swap gets what is new.
    EXPECT_EQ(Version(), std::to_string(version));
  }
  load.End();
  GTEST_LOG_(INFO) << load.served() << " served from " << load.seen().size() << " generations";
  EXPECT_THAT(load.failures(), ElementsAre());
  EXPECT_GT(load.seen().size(), kTimes / 2u);
  for (const auto& [generation, seen] : load.seen()) {
    EXPECT_THAT(seen, ElementsAre(versions[generation])) << "generation " << generation;
  }
  const auto status = daemon_->client().GetSnapshot({.timeout = kPatience});
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->pool().zygote_restarts(), 0u);
  EXPECT_EQ(status->pool().retired().count("lost"), 0u);
  EXPECT_TRUE(status->snapshot().serving());
  // The old zygotes have gone.
  EXPECT_EQ(daemon_->Stop(), 0) << daemon_->Log();
}

TEST_F(RegenerateTest, WhatServesIsNotLeftInTheBackgroundWhereItBooted) {
  Start(Versioned(1));
  daemon_->Configure(Versioned(2));
  ASSERT_TRUE(Regenerate().ok());
  const int ordinary = getpriority(PRIO_PROCESS, static_cast<id_t>(daemon_->pid()));
  ASSERT_NE(daemon_->ZygotePid(), 0);
  EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(daemon_->ZygotePid())), ordinary);
  const std::vector<pid_t> workers = daemon_->WorkerPids();
  ASSERT_FALSE(workers.empty());
  EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(workers.front())), ordinary);
}

TEST_F(RegenerateTest, WithoutAChangeNothingIsDone) {
  Start(Versioned(1));
  const pid_t zygote = daemon_->ZygotePid();
  const auto outcome = Regenerate();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->result(), v1::SnapshotOutcome::UNCHANGED);
  EXPECT_THAT(Ended(), ElementsAre("CONFIG", "BUILD"));
  EXPECT_EQ(daemon_->ZygotePid(), zygote);
}

TEST_F(RegenerateTest, SettingsAreAppliedWithoutAnotherImage) {
  Start(Versioned(1, "max_limits { wall_time { seconds: 2 } } default_limits { wall_time { seconds: 1 } }"));
  const pid_t zygote = daemon_->ZygotePid();
  EXPECT_THAT(Brief(Eval(daemon_->client(), "for (;;);")), HasSubstr("WALL_TIME_LIMIT"));
  v1::EvalRequest request = Script("1");
  request.mutable_limits()->mutable_wall_time()->set_seconds(3);
  EXPECT_THAT(Brief(Eval(daemon_->client(), request)), HasSubstr("limits.wall_time"));
  daemon_->Configure(Versioned(1, "max_limits { wall_time { seconds: 4 } } max_request_bytes: 1000000"));
  const auto outcome = Regenerate();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->result(), v1::SnapshotOutcome::APPLIED);
  EXPECT_THAT(outcome->warnings(), ElementsAre(HasSubstr("max_request_bytes")));
  EXPECT_EQ(Brief(Eval(daemon_->client(), request)), "1");
  EXPECT_EQ(daemon_->ZygotePid(), zygote);
}

TEST_F(RegenerateTest, ARollbackBringsBackWhatWasAndOutlivesARestart) {
  Start(Versioned(1));
  const uint64_t first = Generation();
  daemon_->Configure(Versioned(2));
  ASSERT_TRUE(Regenerate().ok());
  EXPECT_EQ(Version(), "2");
  const auto back = Rollback(0);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->result(), v1::SnapshotOutcome::SWAPPED);
  EXPECT_EQ(back->generation(), first);
  EXPECT_THAT(Ended(), ElementsAre("BUILD", "BOOT", "CANARY", "FILL", "SWAP", "DRAIN"));
  EXPECT_EQ(Version(), "1");
  const auto stored = daemon_->client().ListSnapshots({.timeout = kPatience});
  ASSERT_TRUE(stored.ok()) << stored.status();
  for (const v1::Snapshot& snapshot : stored->snapshots()) {
    EXPECT_EQ(snapshot.serving(), snapshot.generation() == first) << snapshot.generation();
  }
  Restart(Versioned(2));
  EXPECT_EQ(Version(), "1") << "until the files change or a regeneration is asked for";
  const auto forward = Regenerate();
  ASSERT_TRUE(forward.ok()) << forward.status();
  EXPECT_EQ(Version(), "2");
  EXPECT_EQ(ReasonOf(Rollback(4711).status()), v1::ERROR_REASON_SNAPSHOT_NOT_FOUND);
  EXPECT_EQ(Version(), "2");
}

TEST_F(RegenerateTest, TheWayBackDoesNotLeadToWhatFailed) {
  Start(Versioned(1));
  ExpectFailure(Versioned(2, "canaries { name: 'never' source: '1' expect: '2' }"), v1::SNAPSHOT_STAGE_CANARY,
                "canary \"never\"", "1");
  daemon_->Configure(Versioned(3));
  ASSERT_TRUE(Regenerate().ok());
  const auto back = Rollback(0);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->generation(), 1u);
  EXPECT_EQ(Version(), "1");
}

TEST_F(RegenerateTest, ARollbackAfterAFailureOutlivesARestartWithTheBrokenFiles) {
  Start(Versioned(1));
  daemon_->Configure(Versioned(2));
  ASSERT_TRUE(Regenerate().ok());
  const std::string broken = Versioned(3, "canaries { name: 'never' source: '1' expect: '2' }");
  ExpectFailure(broken, v1::SNAPSHOT_STAGE_CANARY, "canary \"never\"", "2");
  ASSERT_TRUE(Rollback(1).ok());
  Restart(broken);
  EXPECT_EQ(Version(), "1");
}

TEST_F(RegenerateTest, AnyFailureLeavesWhatServesAndSaysWhichStageItWas) {
  Start(Versioned(1));
  ExpectFailure("extensions { name: 'a' }", v1::SNAPSHOT_STAGE_CONFIG, "extensions[0]", "1");
  ExpectFailure("extensions { name: 'broken' source: 'var a = 1;\\nnull.x' }", v1::SNAPSHOT_STAGE_BUILD,
                "TypeError", "1");
  EXPECT_THAT(Outcome().error(), AllOf(HasSubstr("broken"), HasSubstr(":2:")));
  ExpectFailure("extensions { name: 'endless' source: 'for (;;);' } snapshot_build_timeout { seconds: 1 }",
                v1::SNAPSHOT_STAGE_BUILD, "snapshot_build_timeout (1s)", "1");
  ExpectFailure(Versioned(2, "warmup { source: 'no_such_function()' }"), v1::SNAPSHOT_STAGE_BOOT,
                "no_such_function", "1");
  ExpectFailure(Versioned(3, "canaries { name: 'price' source: '6 * 7' expect: '43' }"),
                v1::SNAPSHOT_STAGE_CANARY, "canary \"price\" came to 42 instead of 43", "1");
  ExpectFailure(Versioned(4,
                          "canaries { name: 'fine' source: 'version' expect: '4.0' }"
                          "canaries { name: 'broken' source: 'null.x' }"),
                v1::SNAPSHOT_STAGE_CANARY, "canary \"broken\" threw TypeError", "1");
  daemon_->Configure(Versioned(5, "canaries { name: 'fine' source: 'version' expect: '5' }"));
  ASSERT_TRUE(Regenerate().ok());
  EXPECT_EQ(Version(), "5");
}

TEST_F(RegenerateTest, AHangupRegenerates) {
  Start(Versioned(1));
  daemon_->Configure(Versioned(2));
  daemon_->Signal(SIGHUP);
  EXPECT_TRUE(Eventually([&] { return Version() == "2"; }));
}

TEST_F(RegenerateTest, CallsNeedTheToken) {
  Start(Versioned(1));
  const absl::Status without =
      daemon_->client().RegenerateSnapshot(true, {}, {.timeout = kPatience}).status();
  EXPECT_EQ(without.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonOf(without), v1::ERROR_REASON_UNAUTHENTICATED);
  EXPECT_THAT(std::string(without.message()), HasSubstr(data_dir_ + "/admin-token"));
  const absl::Status wrong =
      daemon_->client().RollbackSnapshot(0, {}, {.timeout = kPatience, .token = "0123456789abcdef"}).status();
  EXPECT_EQ(wrong.code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(RegenerateTest, CallersJoinAndLeave) {
  Start(Versioned(1));
  daemon_->Configure(Versioned(2));
  std::mutex mutex;
  std::set<uint64_t> generations;
  // One of them gives up at once, and stops nothing.
  Concurrently(5, 5, [&](int caller) {
    CallOptions options = daemon_->Admin();
    if (caller == 0) options.timeout = std::chrono::milliseconds(1);
    const auto outcome = daemon_->NewClient()->RegenerateSnapshot(true, {}, options);
    const std::lock_guard lock(mutex);
    if (caller != 0) {
      EXPECT_TRUE(outcome.ok()) << outcome.status();
      if (outcome.ok()) generations.insert(outcome->generation());
    }
  });
  EXPECT_EQ(Version(), "2");
  EXPECT_LT(generations.size(), 4u) << "they shared";
}

TEST_F(RegenerateTest, AKillAtAnyStageLeavesAStoreThatBoots) {
  int version = 1;
  Start(Versioned(version));
  for (const v1::SnapshotStage stage :
       {v1::SNAPSHOT_STAGE_CONFIG, v1::SNAPSHOT_STAGE_BUILD, v1::SNAPSHOT_STAGE_BOOT,
        v1::SNAPSHOT_STAGE_CANARY, v1::SNAPSHOT_STAGE_FILL, v1::SNAPSHOT_STAGE_SWAP,
        v1::SNAPSHOT_STAGE_DRAIN}) {
    const std::string config = Versioned(++version);
    daemon_->Configure(config);
    bool reached = false;
    const auto outcome = daemon_->client().RegenerateSnapshot(
        false,
        [&](const v1::SnapshotProgress& news) {
          if (news.began().stage() != stage || std::exchange(reached, true)) return;
          daemon_->Signal(SIGKILL);
        },
        daemon_->Admin());
    EXPECT_TRUE(reached) << NameOf(stage);
    ASSERT_TRUE(daemon_->Wait());
    Start(config);
    EXPECT_EQ(Version(), std::to_string(version)) << "killed in " << NameOf(stage);
  }
}

}  // namespace
}  // namespace evald::testing
