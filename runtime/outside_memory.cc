#include "runtime/outside_memory.h"

#include <sys/mman.h>

#include "base/check.h"
#include "runtime/image.h"

namespace evald {

OutsideMemory* OutsideMemory::Create(size_t bytes) {
  const size_t size = (bytes + 3 * kPageBytes - 1) / kPageBytes * kPageBytes + kPageBytes;
  void* const mapping = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  EVALD_CHECK(mapping != MAP_FAILED, "there is address space for the rewinder");
  const auto begin = reinterpret_cast<uintptr_t>(mapping);
  char* const first = static_cast<char*>(mapping) + kPageBytes;
  EVALD_CHECK(mprotect(first, size - 2 * kPageBytes, PROT_READ | PROT_WRITE) == 0,
              "fresh pages can be opened");
  return new (first)
      OutsideMemory(begin, begin + size, reinterpret_cast<uintptr_t>(first) + sizeof(OutsideMemory));
}

void* OutsideMemory::Allocate(size_t bytes) {
  constexpr size_t kAlignment = 64;
  const uintptr_t at = (next_ + kAlignment - 1) / kAlignment * kAlignment;
  EVALD_CHECK(bytes <= end_ - kPageBytes - at, "the memory outside the image is sized for all its users");
  next_ = at + bytes;
  return reinterpret_cast<void*>(at);
}

}  // namespace evald
