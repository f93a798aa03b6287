#include "daemon/workers/pool.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "daemon/loop/proto_time.h"

namespace evald {
namespace {

constexpr Duration kHousekeepingInterval = std::chrono::seconds(1);
constexpr Duration kClosePatience = std::chrono::milliseconds(500);

// What a worker that was not retired by the pool counts as.
struct NameOfEnd {
  std::string operator()(const WorkerExited& end) const { return end.exit.name; }
  std::string operator()(const WorkerGarbled&) const { return "garbage"; }
  std::string operator()(const WorkerLost&) const { return "lost"; }
  std::string operator()(const WorkerNotForked&) const { return "not_forked"; }
};

void Remove(std::vector<WorkerId>& from, WorkerId id) {
  // The one that is looked for was nearly always used last.
  const auto at = std::find(from.rbegin(), from.rend(), id);
  if (at != from.rend()) from.erase(std::next(at).base());
}

}  // namespace

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    Release();
    owner_ = std::move(other.owner_);
    worker_id_ = std::exchange(other.worker_id_, 0);
    uses_ = other.uses_;
    origin_ = other.origin_;
    generation_ = other.generation_;
  }
  return *this;
}

void Lease::Send(const internal::WorkerRequest& request) {
  if (const auto owner = owner_.lock()) owner->pool->host_->Send(worker_id_, request);
}

void Lease::Kill(std::string_view reason) {
  if (const auto owner = owner_.lock()) {
    const auto found = owner->pool->workers_.find(worker_id_);
    if (found != owner->pool->workers_.end()) owner->pool->Kill(*found->second, reason);
  }
  owner_.reset();
  worker_id_ = 0;
}

void Lease::Release() {
  if (const auto owner = owner_.lock()) owner->pool->EndLease(worker_id_);
  owner_.reset();
  worker_id_ = 0;
}

Pool::Pool(PoolOptions options, WorkerHost* host, TimerQueue* timers)
    : options_(options),
      host_(host),
      timers_(timers),
      owner_(std::make_shared<Lease::Owner>(Lease::Owner{this})) {}

Pool::~Pool() = default;

void Pool::Open(bool rewind) {
  rewind_ = rewind;
  StartKeeping();
  while (WantsRefill()) Fork();
}

void Pool::StartKeeping() {
  open_ = true;
  if (!house_timer_.armed()) KeepHouse();
}

void Pool::Adopt(const std::vector<AdoptedWorker>& adopted, const PoolOptions& options, bool rewind) {
  std::vector<Worker*> old;
  for (const auto& [id, worker] : workers_) {
    if (worker->state != State::kRetiring && worker->state != State::kEnding) old.push_back(worker.get());
  }
  for (Worker* worker : old) Outdate(*worker, "replaced");
  image_ = host_->image();
  has_outdated_ = false;
  // That was for the old one's troubles.
  fork_pause_.Cancel();
  options_ = options;
  rewind_ = rewind;
  for (const AdoptedWorker& newcomer : adopted) {
    Worker& worker = Add(newcomer.id, newcomer.born);
    worker.origin = v1::ISOLATE_ORIGIN_FORKED;
    SetState(worker, State::kIdle);
    unused_.push_back(worker.id);
    ++forks_;
  }
  StartKeeping();
  NotifyAvailable();
  ScheduleTidying();
}

void Pool::SetOptions(const PoolOptions& options) {
  options_ = options;
  std::vector<Worker*> idle_ones;
  for (const auto& [id, worker] : workers_) {
    if (worker->state == State::kIdle) idle_ones.push_back(worker.get());
  }
  // The longest idle first.
  std::sort(idle_ones.begin(), idle_ones.end(),
            [](const Worker* a, const Worker* b) { return a->since < b->since; });
  const size_t staying = Live() - Count(State::kRetiring);
  const size_t surplus = staying - std::min(staying, options_.max_workers);
  for (size_t i = 0; i < std::min(surplus, idle_ones.size()); ++i) Retire(*idle_ones[i], "max_workers");
  NotifyAvailable();
  ScheduleTidying();
}

size_t Pool::Staying() const {
  const auto staying = std::count_if(workers_.begin(), workers_.end(), [](const auto& entry) {
    const Worker& worker = *entry.second;
    return worker.state != State::kRetiring && worker.state != State::kEnding && worker.outdated.empty();
  });
  return static_cast<size_t>(staying);
}

bool Pool::CanFork() const {
  return open_ && host_->CanFork() && !fork_pause_.armed() && starting() < options_.max_starting;
}

bool Pool::WantsRefill() const {
  return unused_.size() + starting() < options_.min_idle && Live() < options_.max_workers && CanFork();
}

bool Pool::Expired(const Worker& worker) const {
  return timers_->clock().Now() - worker.born >= options_.max_age;
}

Pool::Worker* Pool::PickIdle(std::vector<WorkerId>& from) {
  while (!from.empty()) {
    Worker& worker = *workers_.at(from.back());
    if (!Expired(worker)) return &worker;
    Retire(worker, "max_age");
  }
  return nullptr;
}

std::optional<Lease> Pool::TryAcquire(const std::string& tenant, v1::Isolation isolation,
                                      LeaseHolder* holder) {
  if (!open_) return std::nullopt;
  const bool keep = isolation == v1::ISOLATION_REUSED;
  // Retiring an expired worker may end the tenant's share, so it is looked up for each step.
  const auto pick = [&](std::vector<WorkerId> Share::*list) -> Worker* {
    const auto share = shares_.find(tenant);
    if (share == shares_.end() || (share->second.*list).empty()) return nullptr;
    return PickIdle(share->second.*list);
  };
  Worker* worker = keep ? pick(&Share::kept) : pick(&Share::clean);
  if (worker == nullptr) worker = PickIdle(unused_);
  if (worker == nullptr && keep) worker = pick(&Share::clean);
  if (worker == nullptr) return std::nullopt;

  TakeFromIdle(*worker);
  if (!worker->used) {
    if (used_up_.has_value()) ++*used_up_;
    worker->used = true;
    worker->tenant = tenant;
    ++shares_[tenant].size;
  }
  EVALD_CHECK(worker->tenant == tenant, "a worker serves one tenant only");
  worker->keeps_state = keep;
  worker->holder = holder;
  SetState(*worker, State::kBusy);
  last_activity_ = worker->since;
  ScheduleTidying();

  Lease lease;
  lease.owner_ = owner_;
  lease.worker_id_ = worker->id;
  lease.uses_ = worker->uses;
  lease.origin_ = worker->origin;
  lease.generation_ = worker->generation;
  return lease;
}

bool Pool::ForkFor(const std::string& tenant, absl::FunctionRef<bool(const std::string&)> waits) {
  if (!CanFork()) return false;
  if (HasSurplus()) return false;
  if (Live() >= options_.max_workers) {
    // One that retires makes room only where those that stay leave some.
    Worker* leaver = Staying() < options_.max_workers ? TakeRetiring() : nullptr;
    if (leaver == nullptr) {
      leaver = PickVictim(tenant, waits);
      if (leaver == nullptr) return false;
      leaver->retired_by = leaver->tenant == tenant ? "other_isolation" : "other_tenant";
    }
    HangUp(*leaver);
  }
  Fork();
  return true;
}

Pool::Worker* Pool::PickVictim(const std::string& tenant, absl::FunctionRef<bool(const std::string&)> waits) {
  if (idle() == 0) return nullptr;
  const auto own = shares_.find(tenant);
  const size_t own_size = own == shares_.end() ? 0 : own->second.size;
  Worker* victim = nullptr;
  for (const auto& [id, worker] : workers_) {
    if (worker->state != State::kIdle || !worker->used) continue;
    if (victim != nullptr && worker->since >= victim->since) continue;
    // Between tenants that both wait, taking turns must not mean a fork for each turn.
    const bool spared = worker->tenant != tenant && own_size != 0 && waits(worker->tenant) &&
                        shares_.at(worker->tenant).size <= own_size + 1;
    if (!spared) victim = worker.get();
  }
  return victim;
}

Pool::Worker* Pool::TakeRetiring() {
  while (!retiring_.empty()) {
    const auto found = workers_.find(retiring_.front());
    retiring_.pop_front();
    if (found != workers_.end() && found->second->state == State::kRetiring) return found->second.get();
  }
  return nullptr;
}

Pool::Worker& Pool::Add(WorkerId id, MonotonicTime born) {
  auto worker = std::make_unique<Worker>();
  worker->id = id;
  worker->born = born;
  worker->since = timers_->clock().Now();
  worker->generation = host_->generation();
  worker->image = host_->image();
  ++counts_[static_cast<size_t>(State::kStarting)];
  return *workers_.emplace(id, std::move(worker)).first->second;
}

void Pool::Fork() { Add(host_->Fork(), timers_->clock().Now()); }

void Pool::SetState(Worker& worker, State state) {
  --counts_[static_cast<size_t>(worker.state)];
  ++counts_[static_cast<size_t>(state)];
  worker.state = state;
  worker.since = timers_->clock().Now();
  if (state == State::kEnding) LeaveShare(worker);
}

void Pool::TakeFromIdle(const Worker& worker) {
  if (worker.state != State::kIdle) return;
  if (!worker.used) return Remove(unused_, worker.id);
  Share& share = shares_.at(worker.tenant);
  Remove(worker.keeps_state ? share.kept : share.clean, worker.id);
}

void Pool::LeaveShare(Worker& worker) {
  if (!worker.used) return;
  const auto share = shares_.find(worker.tenant);
  if (--share->second.size == 0) shares_.erase(share);
}

void Pool::Retire(Worker& worker, std::string_view reason) {
  TakeFromIdle(worker);
  worker.retired_by = reason;
  SetState(worker, State::kRetiring);
  retiring_.push_back(worker.id);
  ScheduleTidying();
}

void Pool::HangUp(Worker& worker) {
  TakeFromIdle(worker);
  SetState(worker, State::kEnding);
  host_->HangUp(worker.id);
}

void Pool::Kill(Worker& worker, std::string_view reason) {
  TakeFromIdle(worker);
  worker.holder = nullptr;
  if (worker.retired_by.empty()) worker.retired_by = reason;
  if (!std::exchange(worker.killed, true)) ++kills_[std::string(reason)];
  if (worker.state != State::kEnding) SetState(worker, State::kEnding);
  host_->Kill(worker.id);
}

void Pool::EndLease(WorkerId id) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  found->second->holder = nullptr;
  if (found->second->state == State::kBusy) Kill(*found->second, "abandoned");
}

void Pool::OnWorkerReady(WorkerId id, const internal::WorkerReady& ready) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  Worker& worker = *found->second;
  if (ready.isolate_origin() == v1::ISOLATE_ORIGIN_REWOUND) ++rewinds_;
  if (worker.state != State::kStarting && worker.state != State::kResetting) return;
  if (worker.state == State::kStarting) ++forks_;
  worker.origin = ready.isolate_origin();
  SetState(worker, State::kIdle);
  // Into its list first: retiring takes it out again.
  if (!worker.used) {
    unused_.push_back(id);
  } else {
    Share& share = shares_.at(worker.tenant);
    (worker.keeps_state ? share.kept : share.clean).push_back(id);
  }
  last_activity_ = worker.since;
  if (!worker.outdated.empty()) {
    Retire(worker, worker.outdated);
  } else if (worker.uses >= options_.max_uses) {
    Retire(worker, "max_uses");
  } else if (Expired(worker)) {
    Retire(worker, "max_age");
  } else if (HasSurplus()) {
    Retire(worker, "max_workers");
  }
  ScheduleTidying();
  NotifyAvailable();
}

void Pool::OnWorkerReply(WorkerId id, internal::WorkerReply& reply) {
  const auto found = workers_.find(id);
  if (found == workers_.end() || found->second->state != State::kBusy) return;
  Worker& worker = *found->second;
  ++worker.uses;
  LeaseHolder* holder = std::exchange(worker.holder, nullptr);
  SetState(worker, State::kResetting);
  last_activity_ = worker.since;
  const bool last = !worker.outdated.empty() || (!rewind_ && !worker.keeps_state);
  if (last) Retire(worker, worker.outdated.empty() ? "fork_only" : worker.outdated);
  if (holder != nullptr) holder->OnReply(reply);
  // It will not be ready again, which is when those are looked at who wait for the end of this request.
  if (last) NotifyAvailable();
}

void Pool::OnWorkerLeaving(WorkerId id) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  Worker& worker = *found->second;
  switch (worker.state) {
    case State::kIdle:
    case State::kResetting:
    case State::kRetiring:
      TakeFromIdle(worker);
      SetState(worker, State::kEnding);
      ScheduleTidying();
      break;
    // How it ends decides what comes of it.
    case State::kStarting:
    case State::kBusy:
    case State::kEnding:
      break;
  }
}

void Pool::OnWorkerEnded(WorkerId id, const WorkerEnd& end) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  const std::unique_ptr<Worker> worker = std::move(found->second);
  TakeFromIdle(*worker);
  if (worker->state != State::kEnding) LeaveShare(*worker);
  --counts_[static_cast<size_t>(worker->state)];
  workers_.erase(found);
  // The host has killed it.
  if (!worker->killed && std::holds_alternative<WorkerGarbled>(end)) ++kills_[NameOfEnd()(WorkerGarbled())];
  ++retired_[worker->retired_by.empty() ? std::visit(NameOfEnd(), end) : worker->retired_by];
  if (worker->state == State::kStarting && !std::holds_alternative<WorkerLost>(end)) {
    fork_pause_ = timers_->After(options_.fork_pause, [this] { OnForksPossible(); });
  }
  if (worker->holder != nullptr) worker->holder->OnWorkerEnded(end);
  ScheduleTidying();
  NotifyAvailable();
  if (workers_.empty() && closed_hook_) std::exchange(closed_hook_, nullptr)();
}

void Pool::OnForksPossible() {
  if (std::exchange(image_, host_->image()) != host_->image()) has_outdated_ = true;
  NotifyAvailable();
  ScheduleTidying();
}

void Pool::NotifyAvailable() {
  if (open_ && available_hook_) available_hook_();
}

void Pool::ScheduleTidying() {
  if (tidy_timer_.armed() || !open_) return;
  if (retiring_.empty() && !has_outdated_ && !WantsRefill()) return;
  untidy_since_ = timers_->clock().Now();
  used_up_.reset();
  tidy_timer_ = timers_->After(options_.quiet, [this] { Tidy(); });
}

void Pool::Outdate(Worker& worker, std::string_view reason) {
  worker.outdated = reason;
  if (worker.state == State::kIdle || worker.state == State::kResetting) Retire(worker, reason);
}

void Pool::RetireOutdated() {
  std::vector<Worker*> some;
  for (const auto& [id, worker] : workers_) {
    const bool stays = worker->state != State::kRetiring && worker->state != State::kEnding;
    if (stays && worker->image != image_ && worker->outdated.empty()) some.push_back(worker.get());
    if (some.size() == options_.tidy_batch) break;
  }
  has_outdated_ = some.size() == options_.tidy_batch;
  for (Worker* worker : some) Outdate(*worker, "renewed");
}

void Pool::Tidy() {
  const MonotonicTime now = timers_->clock().Now();
  const MonotonicTime due = std::min(last_activity_ + options_.quiet, *untidy_since_ + options_.max_deferral);
  if (now < due) {
    tidy_timer_ = timers_->After(due - now, [this] { Tidy(); });
    return;
  }
  // Under load as many as were used up meanwhile, so that it keeps up, and one: a burst of forks and exits
  // would hold up the requests.
  const bool quiet = now >= last_activity_ + options_.quiet;
  const size_t batch = quiet ? options_.tidy_batch : std::min(used_up_.value_or(0) + 1, options_.tidy_batch);
  used_up_ = 0;
  if (has_outdated_) RetireOutdated();
  for (size_t i = 0; i < batch; ++i) {
    if (Worker* leaver = TakeRetiring()) HangUp(*leaver);
  }
  for (size_t i = 0; i < batch && WantsRefill(); ++i) Fork();
  if (!retiring_.empty() || has_outdated_ || WantsRefill()) {
    tidy_timer_ = timers_->After(quiet ? options_.tidy_interval : options_.busy_interval, [this] { Tidy(); });
  }
}

void Pool::KeepHouse() {
  const MonotonicTime now = timers_->clock().Now();
  std::vector<Worker*> expired;
  std::vector<Worker*> stuck;
  for (const auto& [id, worker] : workers_) {
    switch (worker->state) {
      case State::kIdle:
        if (Expired(*worker)) expired.push_back(worker.get());
        break;
      case State::kStarting:
      case State::kResetting:
      case State::kEnding:
        if (now - worker->since >= options_.patience) stuck.push_back(worker.get());
        break;
      case State::kBusy:
      case State::kRetiring:
        break;
    }
  }
  for (Worker* worker : expired) Retire(*worker, "max_age");
  for (Worker* worker : stuck) Kill(*worker, "stuck");
  house_timer_ = timers_->After(std::min(kHousekeepingInterval, options_.max_age / 4 + Duration(1)),
                                [this] { KeepHouse(); });
}

void Pool::Close(absl::AnyInvocable<void()> done) {
  open_ = false;
  tidy_timer_.Cancel();
  for (const auto& [id, worker] : workers_) {
    if (worker->state == State::kEnding) continue;
    if (worker->retired_by.empty()) worker->retired_by = "shutdown";
    if (worker->state == State::kBusy) {
      Kill(*worker, "shutdown");
    } else {
      HangUp(*worker);
    }
  }
  if (workers_.empty()) return done();
  closed_hook_ = std::move(done);
  house_timer_ = timers_->After(kClosePatience, [this] {
    for (const auto& [id, worker] : workers_) Kill(*worker, "shutdown");
  });
}

void Pool::FillStatus(v1::PoolStatus& status) const {
  status.set_idle(idle());
  status.set_busy(Count(State::kBusy) + Count(State::kResetting));
  status.set_starting(starting());
  status.set_max_workers(options_.max_workers);
  status.set_forks(forks_);
  status.set_rewinds(rewinds_);
  status.set_rewind(rewind_);
  for (const auto& [reason, count] : retired_) (*status.mutable_retired())[reason] = count;
}

v1::WorkerStatus::State Pool::PublicStateOf(const Worker& worker) {
  switch (worker.state) {
    case State::kStarting:
      return v1::WorkerStatus::STARTING;
    case State::kIdle:
      return worker.used ? v1::WorkerStatus::IDLE : v1::WorkerStatus::UNUSED;
    case State::kBusy:
      return v1::WorkerStatus::BUSY;
    case State::kResetting:
      return v1::WorkerStatus::RESETTING;
    case State::kRetiring:
      return v1::WorkerStatus::RETIRING;
    case State::kEnding:
      return v1::WorkerStatus::ENDING;
  }
  return v1::WorkerStatus::STATE_UNSPECIFIED;
}

void Pool::FillWorkers(size_t most, google::protobuf::RepeatedPtrField<v1::WorkerStatus>& workers) const {
  std::vector<const Worker*> oldest_first;
  for (const auto& [id, worker] : workers_) oldest_first.push_back(worker.get());
  const size_t count = std::min(most, oldest_first.size());
  std::partial_sort(oldest_first.begin(), oldest_first.begin() + static_cast<ptrdiff_t>(count),
                    oldest_first.end(), [](const Worker* a, const Worker* b) { return a->id < b->id; });
  oldest_first.resize(count);
  const MonotonicTime now = timers_->clock().Now();
  for (const Worker* worker : oldest_first) {
    v1::WorkerStatus& status = *workers.Add();
    status.set_worker_id(worker->id);
    status.set_state(PublicStateOf(*worker));
    FromDuration(now - worker->born, *status.mutable_age());
    FromDuration(now - worker->since, *status.mutable_since());
    status.set_uses(worker->uses);
    status.set_generation(worker->generation);
    status.set_tenant(worker->tenant);
  }
}

}  // namespace evald
