// /proc/self/pagemap: one 64-bit entry for each page of the address space. Touches nothing that belongs to an
// image.
#pragma once

#include <fcntl.h>

#include <cstddef>
#include <cstdint>

#include "runtime/raw_syscall.h"

namespace evald {

// Bits as the kernel's Documentation/admin-guide/mm/pagemap.rst has them.
inline bool IsPresent(uint64_t entry) { return (entry >> 63) & 1; }
inline bool IsSwapped(uint64_t entry) { return (entry >> 62) & 1; }
// A page of a file or of shared memory, not one that this process made its own.
inline bool IsFilePage(uint64_t entry) { return (entry >> 61) & 1; }
// Mapped by nobody else: for a private page of a forked process, written since the fork (or by its parent
// since).
inline bool IsExclusive(uint64_t entry) { return (entry >> 56) & 1; }

// `proc` is a descriptor which works even where the process's root has become an empty one. A descriptor, or
// negative.
inline int OpenPagemap(int proc) {
  return static_cast<int>(RawSyscall(SYS_openat, proc, RawArgument("self/pagemap"), O_RDONLY | O_CLOEXEC));
}
inline int OpenMaps(int proc) {
  return static_cast<int>(RawSyscall(SYS_openat, proc, RawArgument("self/maps"), O_RDONLY | O_CLOEXEC));
}

// The entries of `count` pages from `address` on.
inline bool ReadPagemap(int pagemap, uintptr_t address, size_t count, uint64_t* entries) {
  const long bytes = static_cast<long>(count * sizeof(uint64_t));
  return RawSyscall(SYS_pread64, pagemap, RawArgument(entries), bytes,
                    static_cast<long>(address / 4096 * sizeof(uint64_t))) == bytes;
}

}  // namespace evald
