// The sealed image: what the zygote's writable memory was when it was sealed, page by page.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/outside_memory.h"

namespace evald {

inline constexpr size_t kPageBytes = 4096;

// What the seal knows of a page.
enum class PageKind : uint8_t {
  kAbsent,    // never touched: reads as zeros; put back by dropping it
  kFromFile,  // a private mapping of a file, not written: comes back by itself once dropped
  kPrivate,   // written: its contents are in the image
};

struct Region {
  uintptr_t begin;
  uintptr_t end;
  int protection;     // PROT_*
  size_t first_page;  // index of its first page in `kinds` and `contents`; meaningless where protection is 0

  size_t pages() const { return (end - begin) / kPageBytes; }
};

// All of it lies outside itself. Written once by Seal; read-only from then on.
struct Image {
  static constexpr size_t kMaxRegions = 4096;
  static constexpr size_t kMaxPages = size_t{1} << 20;  // 4 GiB of mappings

  size_t region_count;
  size_t page_count;
  size_t kept_pages;
  // Sorted by address, not overlapping: every private mapping that is writable or anonymous, but for the
  // memory outside the image.
  Region regions[kMaxRegions];
  PageKind kinds[kMaxPages];
  // page_count pages, read-only; those of kinds other than kAbsent are filled in.
  const char* contents;
  uintptr_t program_break;

  const Region* begin() const { return regions; }
  const Region* end() const { return regions + region_count; }
};

// Whether this kernel tells a process which of its pages are its own (bit 56 of /proc/self/pagemap): without
// that there is no rewinding. Null, or why not (static text). `proc` here and below: a descriptor of /proc.
const char* WhyNoRewind(int proc);

// Records this process's memory. Runs on a stack outside the image and changes nothing that belongs to it.
// False: `*error` (static text) says why.
bool Seal(int proc, const OutsideMemory& outside, Image& image, const char** error);

// Reads /proc/self/maps, open as `maps`, and calls `visit(arg, region)` for each mapping that an image
// consists of, in order of address; the regions' first_page is not set. False: it could not be read, or
// `visit` returned false. `buffer` is scratch memory outside the image of kMapsBufferBytes. Changes nothing
// that belongs to an image.
inline constexpr size_t kMapsBufferBytes = 64 * 1024;
bool VisitRegions(int maps, const OutsideMemory& outside, char* buffer,
                  bool (*visit)(void* arg, const Region& region), void* arg);

}  // namespace evald
