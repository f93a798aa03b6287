// Concurrently: many calls from several threads.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

namespace evald::testing {

// Runs work(0) to work(count - 1) on `threads` threads, in no particular order, and waits for all.
template <typename Work>
void Concurrently(int count, int threads, Work work) {
  std::atomic<int> next = 0;
  std::vector<std::jthread> pool;
  for (int i = 0; i < threads; ++i) {
    pool.emplace_back([&] {
      for (int index; (index = next++) < count;) work(index);
    });
  }
}

}  // namespace evald::testing
