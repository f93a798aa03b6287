// What the kernel says of this process.
#pragma once

#include <cstdint>

namespace evald {

// In bytes; 0 where the kernel does not say.
uint64_t ResidentBytes();

struct ProcessStats {
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  double cpu_seconds = 0;
  uint64_t open_descriptors = 0;
  uint64_t max_descriptors = 0;
};
// Reads a folder with an entry for each open descriptor: for scrapes, not for requests.
ProcessStats ReadProcessStats();

}  // namespace evald
