// The load generator: when calls are made. What comes of each is recorded; what it means is the driver's.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/calls.h"

namespace evald::bench {

// Calls under way at the most: an open loop that finds nobody to answer has to end somewhere.
constexpr int64_t kMostUnderWay = 20000;

struct Load {
  // Open loop: calls a second, at fixed times, whatever becomes of those before. 0: closed loop.
  double rate = 0;
  // Closed loop: calls under way at any time, each followed by the next.
  int in_flight = 1;
  double seconds = 1;
  // Calls at the most; 0: as many as the time allows.
  int64_t most = 0;
};

// All calls have ended when it returns. A latency counts from when the call was due: a generator that is held
// up, by the server or by the machine, does not leave out what it was late for.
std::vector<Record> Run(Calls& calls, const Load& load);

}  // namespace evald::bench
