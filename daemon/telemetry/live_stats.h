// LiveStats: what became of the requests of the last ten seconds, and which of them stood out.
//
// The window is a ring of slots of a quarter of a second each, the one that is being filled besides: memory
// and the cost of a request do not depend on how many there are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "daemon/requests/outcome.h"
#include "daemon/requests/request_observer.h"
#include "daemon/telemetry/log_histogram.h"
#include "evald/v1/status.pb.h"

namespace evald {

// Loop thread only.
class LiveStats final : public RequestObserver {
 public:
  // `clock` outlives it.
  explicit LiveStats(const Clock* clock);

  void OnFinished(const FinishedRequest& request) override;

  // From `requests_per_second` to `outcomes_window`, and `recent`.
  void Fill(v1::LiveStatus& status);

 private:
  static constexpr Duration kSlotLength = std::chrono::milliseconds(250);
  static constexpr uint64_t kSlotsPerSecond = std::chrono::seconds(1) / kSlotLength;
  static constexpr uint64_t kWindowSlots = 10 * kSlotsPerSecond;
  static constexpr size_t kSlots = kWindowSlots + 1;
  static constexpr std::array kColdStartBounds = {
      Duration(10'000),     Duration(20'000),     Duration(30'000),     Duration(50'000),
      Duration(70'000),     Duration(100'000),    Duration(150'000),    Duration(200'000),
      Duration(300'000),    Duration(500'000),    Duration(700'000),    Duration(1'000'000),
      Duration(1'500'000),  Duration(2'000'000),  Duration(3'000'000),  Duration(5'000'000),
      Duration(10'000'000), Duration(20'000'000), Duration(50'000'000), Duration(100'000'000)};

  struct Latency {
    void Add(Duration value);
    void Add(const Latency& other);
    void Fill(v1::LatencySummary& summary) const;

    LogHistogram histogram;
    Duration max{};
  };
  // What is counted over some time.
  struct Counts {
    void Add(const Counts& other);

    uint64_t requests = 0;
    std::array<uint32_t, kOutcomes> outcomes{};
    Latency end_to_end;
    Latency queue_time;
    Latency cold_start;
    Latency run_time;
    std::array<uint32_t, kColdStartBounds.size() + 1> cold_starts{};
  };

  // Of the requests that stood out. What failed does not displace what was slow, nor the other way round.
  struct Noted {
    uint64_t number = 0;  // 0: none yet
    v1::RecentRequest request;
  };
  static constexpr size_t kFailures = 30;
  static constexpr size_t kSlow = 20;
  static constexpr uint64_t kSlowPerSecond = 2;

  // To the slot of this moment.
  void Advance();
  // The last `slots` whole ones, and the one that is being filled.
  Counts Sum(uint64_t slots) const;
  double RequestsPerSecond(const Counts& counts, uint64_t slots) const;
  void NoteFailure(const FinishedRequest& request);
  void NoteSlow(const FinishedRequest& request);
  void Note(const FinishedRequest& request, Noted& noted);

  const Clock* const clock_;
  const MonotonicTime start_;
  std::array<Counts, kSlots> slots_;
  uint64_t slot_ = 0;  // the one that is being filled, counted from the start
  std::array<uint64_t, kOutcomes> outcomes_{};
  // What is slower than nearly all others of late.
  Duration slow_{};

  uint64_t noted_ = 0;
  uint64_t failures_ = 0;
  std::array<Noted, kFailures> failed_;
  // The slowest of each second.
  uint64_t slow_second_ = 0;
  uint64_t slow_in_second_ = 0;
  uint64_t slow_count_ = 0;
  std::array<Noted, kSlow> slowest_;
};

}  // namespace evald
