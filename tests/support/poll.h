// Waiting for something to become true, with a bound.
#pragma once

#include <chrono>
#include <thread>

namespace evald::testing {

// What is waited for comes soon or not at all; the bound only says when to give up on a machine that is busy
// with other things.
inline constexpr std::chrono::seconds kPatience{30};

// Asks `condition` until it holds. False: it did not within `bound`.
template <typename Condition>
[[nodiscard]] bool Eventually(Condition condition, std::chrono::nanoseconds bound = kPatience) {
  const auto end = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace evald::testing
