#include "daemon/telemetry/live_stats.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "daemon/loop/proto_time.h"

namespace evald {
namespace {

constexpr Duration kWindow = std::chrono::seconds(10);
// Slow whatever the others are.
constexpr Duration kAlwaysSlow = std::chrono::milliseconds(100);
// Fewer do not say what is usual.
constexpr uint64_t kEnoughToCompare = 100;
constexpr size_t kMaxMessageBytes = 300;

template <typename Count>
void FillOutcomes(const std::array<Count, kOutcomes>& counts,
                  google::protobuf::Map<std::string, uint64_t>& into) {
  for (Outcome outcome = 0; outcome < kOutcomes; ++outcome) {
    if (counts[outcome] != 0) into[std::string(OutcomeName(outcome))] = counts[outcome];
  }
}

}  // namespace

void LiveStats::Latency::Add(Duration value) {
  histogram.Add(value);
  max = std::max(max, value);
}

void LiveStats::Latency::Add(const Latency& other) {
  histogram.Add(other.histogram);
  max = std::max(max, other.max);
}

void LiveStats::Latency::Fill(v1::LatencySummary& summary) const {
  summary.set_count(histogram.count());
  // The middle of a bucket may be above all that is in it.
  const auto quantile = [this](double q) { return std::min(histogram.Quantile(q), max); };
  FromDuration(quantile(0.5), *summary.mutable_p50());
  FromDuration(quantile(0.9), *summary.mutable_p90());
  FromDuration(quantile(0.99), *summary.mutable_p99());
  FromDuration(max, *summary.mutable_max());
}

void LiveStats::Counts::Add(const Counts& other) {
  requests += other.requests;
  for (size_t i = 0; i < outcomes.size(); ++i) outcomes[i] += other.outcomes[i];
  end_to_end.Add(other.end_to_end);
  queue_time.Add(other.queue_time);
  cold_start.Add(other.cold_start);
  run_time.Add(other.run_time);
  for (size_t i = 0; i < cold_starts.size(); ++i) cold_starts[i] += other.cold_starts[i];
}

LiveStats::LiveStats(const Clock* clock) : clock_(clock), start_(clock->Now()), slow_(kAlwaysSlow) {}

void LiveStats::Advance() {
  const auto now = static_cast<uint64_t>((clock_->Now() - start_) / kSlotLength);
  if (now == slot_) return;
  const uint64_t passed = std::min<uint64_t>(now - slot_, kSlots);
  slot_ = now;
  for (uint64_t i = 0; i < passed; ++i) slots_[(slot_ - i) % kSlots] = Counts();
  Latency end_to_end;
  for (const Counts& slot : slots_) end_to_end.Add(slot.end_to_end);
  const bool comparable = end_to_end.histogram.count() >= kEnoughToCompare;
  slow_ = comparable ? std::min(end_to_end.histogram.Quantile(0.99), kAlwaysSlow) : kAlwaysSlow;
}

void LiveStats::OnFinished(const FinishedRequest& request) {
  Advance();
  const Outcome outcome = OutcomeOf(request);
  Counts& counts = slots_[slot_ % kSlots];
  ++counts.requests;
  ++counts.outcomes[outcome];
  ++outcomes_[outcome];
  // What is turned away at once says nothing of how long requests take.
  if (!RefusedAtOnce(outcome)) counts.end_to_end.Add(request.end_to_end);
  if (request.stats != nullptr) {
    const Duration cold_start = ToDuration(request.stats->cold_start());
    counts.queue_time.Add(ToDuration(request.stats->queue_time()));
    counts.cold_start.Add(cold_start);
    counts.run_time.Add(ToDuration(request.stats->wall_time()));
    const auto bound = std::lower_bound(kColdStartBounds.begin(), kColdStartBounds.end(), cold_start);
    ++counts.cold_starts[static_cast<size_t>(bound - kColdStartBounds.begin())];
  }
  if (outcome != kOutcomeOk) {
    NoteFailure(request);
  } else if (request.end_to_end > slow_) {
    NoteSlow(request);
  }
}

void LiveStats::NoteFailure(const FinishedRequest& request) {
  Note(request, failed_[failures_++ % kFailures]);
}

void LiveStats::NoteSlow(const FinishedRequest& request) {
  if (const uint64_t second = slot_ / kSlotsPerSecond; second != slow_second_) {
    slow_second_ = second;
    slow_in_second_ = 0;
  }
  if (slow_in_second_ < kSlowPerSecond) {
    ++slow_in_second_;
    return Note(request, slowest_[slow_count_++ % kSlow]);
  }
  Noted* fastest = nullptr;
  for (uint64_t i = 1; i <= kSlowPerSecond; ++i) {
    Noted& noted = slowest_[(slow_count_ - i) % kSlow];
    if (fastest == nullptr ||
        ToDuration(noted.request.end_to_end()) < ToDuration(fastest->request.end_to_end())) {
      fastest = &noted;
    }
  }
  if (request.end_to_end > ToDuration(fastest->request.end_to_end())) Note(request, *fastest);
}

void LiveStats::Note(const FinishedRequest& request, Noted& noted) {
  noted.number = ++noted_;
  v1::RecentRequest& recent = noted.request;
  // Field by field: what was there before leaves its memory to this.
  SetTimestamp(std::chrono::system_clock::now(), *recent.mutable_time());
  recent.mutable_request_id()->assign(request.request_id);
  recent.mutable_method()->assign(MethodName(request.method));
  recent.mutable_tenant()->assign(request.tenant);
  recent.mutable_outcome()->assign(OutcomeName(OutcomeOf(request)));
  recent.mutable_message()->assign(CutUtf8(request.message, kMaxMessageBytes));
  if (request.message.size() > kMaxMessageBytes) recent.mutable_message()->append("...");
  FromDuration(request.end_to_end, *recent.mutable_end_to_end());
  if (request.stats != nullptr) {
    *recent.mutable_stats() = *request.stats;
  } else {
    recent.clear_stats();
  }
}

LiveStats::Counts LiveStats::Sum(uint64_t slots) const {
  Counts sum;
  for (uint64_t i = 0; i <= std::min(slots, slot_); ++i) sum.Add(slots_[(slot_ - i) % kSlots]);
  return sum;
}

double LiveStats::RequestsPerSecond(const Counts& counts, uint64_t slots) const {
  const MonotonicTime from = start_ + kSlotLength * (slot_ - std::min(slots, slot_));
  // The first moments would make much of a single request.
  const Duration took = std::max(clock_->Now() - from, kSlotLength);
  return static_cast<double>(counts.requests) / std::chrono::duration<double>(took).count();
}

void LiveStats::Fill(v1::LiveStatus& status) {
  Advance();
  const Counts window = Sum(kWindowSlots);
  status.set_requests_per_second(RequestsPerSecond(Sum(kSlotsPerSecond), kSlotsPerSecond));
  status.set_requests_per_second_window(RequestsPerSecond(window, kWindowSlots));
  FromDuration(kWindow, *status.mutable_window());
  window.end_to_end.Fill(*status.mutable_end_to_end());
  window.queue_time.Fill(*status.mutable_queue_time());
  window.cold_start.Fill(*status.mutable_cold_start());
  window.run_time.Fill(*status.mutable_run_time());
  for (size_t i = 0; i < window.cold_starts.size(); ++i) {
    v1::LatencyBucket& bucket = *status.add_cold_start_histogram();
    if (i < kColdStartBounds.size()) FromDuration(kColdStartBounds[i], *bucket.mutable_at_most());
    bucket.set_count(window.cold_starts[i]);
  }
  FillOutcomes(outcomes_, *status.mutable_outcomes());
  FillOutcomes(window.outcomes, *status.mutable_outcomes_window());

  std::vector<const Noted*> noted;
  for (const Noted& failure : failed_) noted.push_back(&failure);
  for (const Noted& slow : slowest_) noted.push_back(&slow);
  std::erase_if(noted, [](const Noted* one) { return one->number == 0; });
  std::sort(noted.begin(), noted.end(), [](const Noted* a, const Noted* b) { return a->number > b->number; });
  for (const Noted* one : noted) *status.add_recent() = one->request;
}

}  // namespace evald
