#include "daemon/telemetry/process_stats.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace evald {
namespace {

// All of it, and what is resident.
struct Memory {
  uint64_t all = 0;
  uint64_t resident = 0;
};

Memory ReadMemory() {
  uint64_t all_pages = 0, resident_pages = 0;
  std::ifstream("/proc/self/statm") >> all_pages >> resident_pages;
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return {all_pages * page, resident_pages * page};
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

uint64_t ResidentBytes() { return ReadMemory().resident; }

ProcessStats ReadProcessStats() {
  ProcessStats stats;
  const Memory memory = ReadMemory();
  stats.resident_bytes = memory.resident;
  stats.virtual_bytes = memory.all;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    stats.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error)) {
    ++stats.open_descriptors;
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_descriptors = limit.rlim_cur;
  return stats;
}

}  // namespace evald
