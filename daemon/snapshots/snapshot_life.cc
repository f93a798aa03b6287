#include "daemon/snapshots/snapshot_life.h"

#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "daemon/loop/proto_time.h"

namespace evald {
namespace {

// What is kept, and told, of the lines that a builder writes; the news of one change stay under a megabyte.
constexpr size_t kMostLogLines = 500;
constexpr size_t kLongestLogLine = 1000;
// Of the last lines in the status.
constexpr int kStatusLogLines = 50;
constexpr size_t kLongestError = 64 << 10;

std::string Shorten(const std::string& text, size_t longest) {
  if (text.size() <= longest) return text;
  size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string NameOf(v1::SnapshotStage stage) {
  return v1::SnapshotStage_Name(stage).substr(sizeof("SNAPSHOT_STAGE_") - 1);
}

std::string Text(Duration duration) { return absl::FormatDuration(absl::FromChrono(duration)); }

std::string Describe(const internal::SnapshotReady& ready) {
  const uint64_t generation = ready.snapshot().generation();
  if (ready.build_reason().empty()) return absl::StrCat("loaded generation ", generation);
  return absl::StrCat("built generation ", generation, " (", ready.build_reason(), ")");
}

}  // namespace

// Somebody who listens.
struct SnapshotLife::Hearer {
  Sink sink;
  bool gone = false;
};

class SnapshotLife::Hearing final : public Subscription {
 public:
  explicit Hearing(std::shared_ptr<Hearer> hearer) : hearer_(std::move(hearer)) {}
  ~Hearing() override { hearer_->gone = true; }

 private:
  const std::shared_ptr<Hearer> hearer_;
};

struct SnapshotLife::Change {
  struct Listener {
    std::shared_ptr<Hearer> hearer;
    size_t heard = 0;  // of the news
  };

  Kind kind;
  bool force = false;
  uint64_t target = 0;    // of a rollback
  bool to_older = false;  // the target was not named: the one before what served
  std::string trigger;
  MonotonicTime began{};
  MonotonicTime stage_began{};
  v1::SnapshotChange status;
  v1::SnapshotOutcome outcome;
  std::optional<ResolvedConfig> config;
  internal::SnapshotReady ready;
  // Decided, but not over yet.
  v1::SnapshotOutcome::Result result = v1::SnapshotOutcome::RESULT_UNSPECIFIED;
  bool drained = false;
  bool noted = false;
  bool over = false;
  size_t log_lines = 0;
  std::deque<v1::SnapshotProgress> news;
  std::vector<Listener> listeners;
};

SnapshotLife::SnapshotLife(SnapshotSteps* steps, TimerQueue* timers) : steps_(steps), timers_(timers) {}

SnapshotLife::~SnapshotLife() = default;

SnapshotLife::ChangePtr SnapshotLife::Make(Kind kind, const std::string& trigger) {
  auto change = std::make_shared<Change>();
  change->kind = kind;
  change->trigger = trigger;
  return change;
}

void SnapshotLife::Boot(absl::AnyInvocable<void(const absl::Status&)> done) {
  EVALD_CHECK(current_ == nullptr && mode_ == Mode::kBooting, "booted once");
  boot_done_ = std::move(done);
  Begin(Make(Kind::kBoot, "boot"));
}

SnapshotLife::ChangePtr SnapshotLife::Queue(bool force, const std::string& trigger) {
  if (queued_ == nullptr) queued_ = Make(Kind::kRegenerate, absl::StrCat("regenerate (", trigger, ")"));
  queued_->force |= force;
  return queued_;
}

void SnapshotLife::Reload() {
  if (mode_ == Mode::kStopped) return;
  Queue(false, "SIGHUP");
  if (current_ == nullptr && mode_ == Mode::kOpen) BeginNext();
}

std::unique_ptr<SnapshotChanges::Subscription> SnapshotLife::Regenerate(bool force,
                                                                        const std::string& trigger,
                                                                        Sink sink) {
  // One that is to build anyway may be joined by those who do not insist, not the other way round.
  const bool joins =
      current_ != nullptr && current_->kind == Kind::kRegenerate && (current_->force || !force);
  if (mode_ == Mode::kOpen && joins) return Listen(*current_, std::move(sink));
  if (mode_ != Mode::kOpen) {
    const bool booting = mode_ == Mode::kBooting;
    return Refuse(Make(Kind::kRegenerate, absl::StrCat("regenerate (", trigger, ")")),
                  booting ? v1::ERROR_REASON_NOT_READY : v1::ERROR_REASON_DRAINING,
                  booting ? "evald is still booting" : "evald is shutting down", std::move(sink));
  }
  const ChangePtr change = Queue(force, trigger);
  std::unique_ptr<Subscription> subscription = Listen(*change, std::move(sink));
  if (current_ == nullptr) BeginNext();
  return subscription;
}

std::unique_ptr<SnapshotChanges::Subscription> SnapshotLife::Rollback(uint64_t generation,
                                                                      const std::string& trigger, Sink sink) {
  if (mode_ == Mode::kOpen) {
    if (const ChangePtr same = RollbackToJoin(generation)) return Listen(*same, std::move(sink));
  }
  const uint64_t target = generation == 0 ? steps_->OlderGeneration() : generation;
  ChangePtr change =
      Make(Kind::kRollback,
           absl::StrCat("rollback", target == 0 ? "" : absl::StrCat(" to ", target), " (", trigger, ")"));
  change->target = target;
  change->to_older = generation == 0;
  if (mode_ == Mode::kBooting)
    return Refuse(change, v1::ERROR_REASON_NOT_READY, "evald is still booting", std::move(sink));
  if (mode_ == Mode::kStopped)
    return Refuse(change, v1::ERROR_REASON_DRAINING, "evald is shutting down", std::move(sink));
  if (target == 0) {
    return Refuse(
        change, v1::ERROR_REASON_SNAPSHOT_NOT_FOUND,
        absl::StrCat("no generation older than the one that serves (", steps_->generation(), ") is kept"),
        std::move(sink));
  }
  // What is under way is not given up for a slip of the pen. Where nothing is, the store is asked itself.
  if ((current_ != nullptr || queued_ != nullptr) && !steps_->Keeps(target)) {
    return Refuse(
        change, v1::ERROR_REASON_SNAPSHOT_NOT_FOUND,
        absl::StrCat("generation ", target,
                     " is not kept: list the snapshots to see which are; what is under way goes on"),
        std::move(sink));
  }
  const std::string why = absl::StrCat("a rollback to generation ", target, " took over");
  if (current_ != nullptr) {
    steps_->Abandon();
    GiveUp(std::exchange(current_, nullptr), v1::SnapshotOutcome::SUPERSEDED,
           v1::ERROR_REASON_SNAPSHOT_SUPERSEDED, why);
  }
  if (queued_ != nullptr) {
    GiveUp(std::exchange(queued_, nullptr), v1::SnapshotOutcome::SUPERSEDED,
           v1::ERROR_REASON_SNAPSHOT_SUPERSEDED, why);
  }
  std::unique_ptr<Subscription> subscription = Listen(*change, std::move(sink));
  Begin(std::move(change));
  return subscription;
}

SnapshotLife::ChangePtr SnapshotLife::RollbackToJoin(uint64_t generation) const {
  // The one that swapped last may be draining yet: what served before it is not what is meant by now.
  const ChangePtr& change = current_ == nullptr && generation == 0 ? last_ : current_;
  if (change == nullptr || change->kind != Kind::kRollback || change->over) return nullptr;
  const bool same = generation == 0 ? change->to_older : change->target == generation;
  return same ? change : nullptr;
}

std::unique_ptr<SnapshotChanges::Subscription> SnapshotLife::Observe(Sink sink) {
  observers_.push_back(std::make_shared<Hearer>(Hearer{std::move(sink)}));
  return std::make_unique<Hearing>(observers_.back());
}

std::unique_ptr<SnapshotChanges::Subscription> SnapshotLife::Listen(Change& change, Sink sink) {
  auto hearer = std::make_shared<Hearer>(Hearer{std::move(sink)});
  change.listeners.push_back({hearer});
  DeliverSoon();
  return std::make_unique<Hearing>(hearer);
}

std::unique_ptr<SnapshotChanges::Subscription> SnapshotLife::Refuse(ChangePtr change, v1::ErrorReason reason,
                                                                    const std::string& why, Sink sink) {
  std::unique_ptr<Subscription> subscription = Listen(*change, std::move(sink));
  GiveUp(std::move(change), v1::SnapshotOutcome::FAILED, reason, why);
  return subscription;
}

void SnapshotLife::GiveUp(ChangePtr change, v1::SnapshotOutcome::Result result, v1::ErrorReason reason,
                          const std::string& why) {
  if (std::find(changes_.begin(), changes_.end(), change) == changes_.end()) changes_.push_back(change);
  Conclude(*change, result, reason, why);
}

void SnapshotLife::Begin(ChangePtr begun) {
  current_ = last_ = std::move(begun);
  Change& change = *current_;
  changes_.push_back(current_);
  std::erase_if(observers_, [](const std::shared_ptr<Hearer>& hearer) { return hearer->gone; });
  for (const std::shared_ptr<Hearer>& hearer : observers_) change.listeners.push_back({hearer});
  change.began = timers_->clock().Now();
  *change.outcome.mutable_started_at() = google::protobuf::util::TimeUtil::GetCurrentTime();
  change.status.set_under_way(true);
  spdlog::info("{} begins", change.trigger);

  if (change.kind == Kind::kRegenerate) {
    BeginStage(change, v1::SNAPSHOT_STAGE_CONFIG);
    absl::StatusOr<ResolvedConfig> config = steps_->ReadConfig();
    if (!config.ok()) return Fail(config.status());
    change.config = *std::move(config);
    EndStage(change, "");
  } else {
    change.config = steps_->config();
  }
  BeginStage(change, v1::SNAPSHOT_STAGE_BUILD);
  steps_->Build(
      *change.config,
      {.force = change.force, .resume = change.kind == Kind::kBoot, .generation = change.target},
      [this](const std::string& line) { OnLog(line); },
      [this](absl::StatusOr<BuiltSnapshot> built) { OnBuilt(std::move(built)); });
}

void SnapshotLife::BeginNext() {
  if (queued_ != nullptr && mode_ == Mode::kOpen) Begin(std::exchange(queued_, nullptr));
}

void SnapshotLife::OnBuilt(absl::StatusOr<BuiltSnapshot> built) {
  if (!built.ok()) return Fail(built.status());
  Change& change = *current_;
  change.ready = built->ready;
  const uint64_t generation = change.ready.snapshot().generation();
  if (change.target != 0 && generation != change.target) {
    return Fail(absl::InternalError(
        absl::StrCat("evald-snapshot gave generation ", generation, " instead of ", change.target)));
  }
  EndStage(change, Describe(change.ready));
  if (!change.force && change.kind != Kind::kBoot) {
    const SnapshotSteps::Difference difference = steps_->Compare(*change.config, change.ready);
    if (difference != SnapshotSteps::Difference::kImage) return Keep(difference);
  }
  BeginStage(change, v1::SNAPSHOT_STAGE_BOOT);
  const absl::Status proving = steps_->Prove(
      *change.config, *std::move(built),
      {.on_passed = [this](v1::SnapshotStage stage, const std::string& detail) { OnPassed(stage, detail); },
       .on_failed = [this](const absl::Status& why) { Fail(why); }});
  if (!proving.ok()) Fail(proving);
}

void SnapshotLife::OnPassed(v1::SnapshotStage stage, const std::string& detail) {
  Change& change = *current_;
  EVALD_CHECK(change.status.stage() == stage, "the stages come in their order");
  EndStage(change, detail);
  if (stage == v1::SNAPSHOT_STAGE_FILL) return Swap();
  BeginStage(change, stage == v1::SNAPSHOT_STAGE_BOOT ? v1::SNAPSHOT_STAGE_CANARY : v1::SNAPSHOT_STAGE_FILL);
}

void SnapshotLife::Keep(SnapshotSteps::Difference difference) {
  const ChangePtr change = std::exchange(current_, nullptr);
  // Even if nothing changed, what only a restart can change is still to be said.
  for (std::string& warning : steps_->Apply(*change->config))
    change->outcome.add_warnings(std::move(warning));
  change->result = difference == SnapshotSteps::Difference::kSettings ? v1::SnapshotOutcome::APPLIED
                                                                      : v1::SnapshotOutcome::UNCHANGED;
  change->outcome.set_previous_generation(steps_->generation());
  change->drained = true;
  if (change->kind == Kind::kRollback) {
    // It is to stay after a restart too, whatever the files say by now.
    Note(change);
  } else {
    change->noted = true;
    ConcludeIfOver(*change);
  }
  BeginNext();
}

void SnapshotLife::Swap() {
  const ChangePtr change = std::exchange(current_, nullptr);
  BeginStage(*change, v1::SNAPSHOT_STAGE_SWAP);
  const uint64_t previous = steps_->generation();
  change->outcome.set_previous_generation(previous);
  for (std::string& warning : steps_->Swap(*change->config, change->ready, [this, change] {
         if (change->over) return;
         EndStage(*change, "");
         change->drained = true;
         ConcludeIfOver(*change);
       })) {
    change->outcome.add_warnings(std::move(warning));
  }
  change->result = v1::SnapshotOutcome::SWAPPED;
  EndStage(*change, absl::StrCat("generation ", steps_->generation(), " serves"));
  if (change->kind == Kind::kBoot) {
    change->drained = true;
  } else {
    BeginStage(*change, v1::SNAPSHOT_STAGE_DRAIN);
  }
  Note(change);
  if (mode_ == Mode::kBooting) mode_ = Mode::kOpen;
  if (boot_done_) std::exchange(boot_done_, nullptr)(absl::OkStatus());
  BeginNext();
}

void SnapshotLife::Note(const ChangePtr& change) {
  internal::ServingRecord record;
  record.set_generation(steps_->generation());
  record.set_config_fingerprint(change->ready.config_fingerprint());
  steps_->Note(record, [this, change](const absl::Status& noted) {
    if (change->over) return;
    if (!noted.ok()) {
      change->outcome.add_warnings(absl::StrCat(
          "the store could not note that this generation serves: after a restart another one may: ",
          noted.message()));
    }
    change->noted = true;
    ConcludeIfOver(*change);
  });
}

void SnapshotLife::ConcludeIfOver(Change& change) {
  if (change.drained && change.noted) {
    Conclude(change, change.result, v1::ERROR_REASON_UNSPECIFIED, "");
  }
}

void SnapshotLife::Fail(const absl::Status& why) {
  const ChangePtr change = std::exchange(current_, nullptr);
  steps_->Abandon();
  change->outcome.set_failed_stage(change->status.stage());
  Conclude(*change, v1::SnapshotOutcome::FAILED,
           absl::IsNotFound(why) && change->kind == Kind::kRollback ? v1::ERROR_REASON_SNAPSHOT_NOT_FOUND
                                                                    : v1::ERROR_REASON_SNAPSHOT_FAILED,
           std::string(why.message()));
  if (boot_done_) {
    const std::string stage = NameOf(change->outcome.failed_stage());
    std::exchange(boot_done_, nullptr)(
        absl::UnavailableError(absl::StrCat("the boot failed (", stage, "): ", why.message())));
    return;
  }
  BeginNext();
}

void SnapshotLife::Stop() {
  if (mode_ == Mode::kStopped) return;
  mode_ = Mode::kStopped;
  boot_done_ = nullptr;
  const char* const why = "evald is shutting down";
  if (current_ != nullptr) {
    steps_->Abandon();
    current_->outcome.set_failed_stage(current_->status.stage());
    GiveUp(std::exchange(current_, nullptr), v1::SnapshotOutcome::FAILED, v1::ERROR_REASON_DRAINING, why);
  }
  if (queued_ != nullptr)
    GiveUp(std::exchange(queued_, nullptr), v1::SnapshotOutcome::FAILED, v1::ERROR_REASON_DRAINING, why);
  for (const ChangePtr& change : changes_) {
    if (change->result != v1::SnapshotOutcome::RESULT_UNSPECIFIED && !change->over)
      Conclude(*change, change->result, v1::ERROR_REASON_UNSPECIFIED, "");
  }
}

void SnapshotLife::Conclude(Change& change, v1::SnapshotOutcome::Result result, v1::ErrorReason reason,
                            const std::string& why) {
  v1::SnapshotOutcome& outcome = change.outcome;
  outcome.set_result(result);
  // What it brought about itself is known; a later change may have swapped since.
  const bool decided = change.result != v1::SnapshotOutcome::RESULT_UNSPECIFIED;
  outcome.set_generation(decided ? change.ready.snapshot().generation() : steps_->generation());
  if (!decided) outcome.set_previous_generation(outcome.generation());
  const bool began = change.began != MonotonicTime();
  FromDuration(began ? timers_->clock().Now() - change.began : Duration(0), *outcome.mutable_took());
  if (!began) *outcome.mutable_started_at() = google::protobuf::util::TimeUtil::GetCurrentTime();
  *outcome.mutable_stages() = change.status.stages();
  outcome.set_reason(reason);
  outcome.set_error(Shorten(why, kLongestError));
  outcome.set_trigger(change.trigger);
  change.status.set_under_way(false);
  *change.status.mutable_outcome() = outcome;
  change.over = true;

  const std::string took = Text(ToDuration(outcome.took()));
  if (result == v1::SnapshotOutcome::FAILED) {
    const std::string stage = outcome.failed_stage() == v1::SNAPSHOT_STAGE_UNSPECIFIED
                                  ? ""
                                  : " in " + NameOf(outcome.failed_stage());
    const std::string serves =
        outcome.generation() == 0 ? "" : absl::StrCat("; generation ", outcome.generation(), " serves on");
    spdlog::error("{} failed{} after {}{}: {}", change.trigger, stage, took, serves, outcome.error());
  } else {
    spdlog::info("{}: {} after {}, generation {} serves", change.trigger,
                 v1::SnapshotOutcome::Result_Name(result), took, outcome.generation());
  }
  for (const std::string& warning : outcome.warnings()) spdlog::warn("{}: {}", change.trigger, warning);

  v1::SnapshotProgress news;
  *news.mutable_outcome() = outcome;
  Tell(change, std::move(news));
}

void SnapshotLife::BeginStage(Change& change, v1::SnapshotStage stage, const std::string& detail) {
  change.status.set_stage(stage);
  change.stage_began = timers_->clock().Now();
  v1::SnapshotProgress news;
  news.mutable_began()->set_stage(stage);
  news.mutable_began()->set_detail(detail);
  Tell(change, std::move(news));
}

void SnapshotLife::EndStage(Change& change, const std::string& detail) {
  v1::SnapshotProgress news;
  v1::SnapshotStageReport& ended = *news.mutable_ended();
  ended.set_stage(change.status.stage());
  FromDuration(timers_->clock().Now() - change.stage_began, *ended.mutable_took());
  ended.set_detail(Shorten(detail, kLongestLogLine));
  *change.status.add_stages() = ended;
  Tell(change, std::move(news));
}

void SnapshotLife::OnLog(const std::string& line) {
  Change& change = *current_;
  if (++change.log_lines > kMostLogLines) return;
  v1::SnapshotProgress news;
  news.set_log(change.log_lines == kMostLogLines ? "(more was written; it is in evald's log)"
                                                 : Shorten(line, kLongestLogLine));
  if (change.status.log_size() == kStatusLogLines) change.status.mutable_log()->DeleteSubrange(0, 1);
  change.status.add_log(news.log());
  Tell(change, std::move(news));
}

void SnapshotLife::Tell(Change& change, v1::SnapshotProgress news) {
  change.news.push_back(std::move(news));
  DeliverSoon();
}

void SnapshotLife::DeliverSoon() {
  if (!delivery_.armed()) delivery_ = timers_->After(Duration(0), [this] { Deliver(); });
}

void SnapshotLife::Deliver() {
  // Whoever is told may ask for more changes, and listen to more of them, meanwhile.
  const std::vector<ChangePtr> changes = changes_;
  for (const ChangePtr& change : changes) {
    for (size_t i = 0; i < change->listeners.size(); ++i) {
      const std::shared_ptr<Hearer> hearer = change->listeners[i].hearer;
      while (!hearer->gone && change->listeners[i].heard < change->news.size()) {
        hearer->sink(change->news[change->listeners[i].heard++]);
      }
    }
    std::erase_if(change->listeners, [](const Change::Listener& listener) { return listener.hearer->gone; });
  }
  std::erase_if(changes_, [](const ChangePtr& change) {
    return change->over && std::all_of(change->listeners.begin(), change->listeners.end(),
                                       [&](const Change::Listener& listener) {
                                         return listener.heard == change->news.size();
                                       });
  });
}

void SnapshotLife::FillChange(v1::SnapshotChange& change) const {
  if (last_ != nullptr) change = last_->status;
}

}  // namespace evald
