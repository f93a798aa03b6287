#include "runtime/image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "runtime/pagemap.h"
#include "runtime/raw_syscall.h"

namespace evald {
namespace {

// One line of /proc/self/maps: "begin-end perms offset device inode path".
struct MapsLine {
  uintptr_t begin = 0, end = 0;
  int protection = 0;
  bool is_private = false;
  uint64_t inode = 0;
  bool is_kernels = false;  // [vdso], [vvar], [vsyscall]
};

uint64_t ParseNumber(const char*& at, int base) {
  uint64_t number = 0;
  for (;; ++at) {
    const char c = *at;
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
    if (digit >= base) return number;
    number = number * static_cast<uint64_t>(base) + static_cast<uint64_t>(digit);
  }
}

// `line` ends with '\n'.
MapsLine ParseMapsLine(const char* line) {
  MapsLine parsed;
  parsed.begin = ParseNumber(line, 16);
  ++line;
  parsed.end = ParseNumber(line, 16);
  ++line;
  parsed.protection =
      (line[0] == 'r' ? PROT_READ : 0) | (line[1] == 'w' ? PROT_WRITE : 0) | (line[2] == 'x' ? PROT_EXEC : 0);
  parsed.is_private = line[3] == 'p';
  line += 5;
  ParseNumber(line, 16);  // offset
  while (*line == ' ') ++line;
  while (*line != ' ') ++line;  // device
  ++line;
  parsed.inode = ParseNumber(line, 10);
  while (*line == ' ') ++line;
  parsed.is_kernels = line[0] == '[' && line[1] == 'v';
  return parsed;
}

bool BelongsToImage(const MapsLine& line) {
  if (!line.is_private || line.is_kernels) return false;
  return (line.protection & PROT_WRITE) != 0 || line.inode == 0;
}

// Visits what of the mapping lies outside `hole`.
bool VisitAround(const OutsideMemory& hole, const MapsLine& line, bool (*visit)(void*, const Region&),
                 void* arg) {
  if (line.end <= hole.begin() || line.begin >= hole.end()) {
    return visit(arg, {line.begin, line.end, line.protection, 0});
  }
  if (line.begin < hole.begin() && !visit(arg, {line.begin, hole.begin(), line.protection, 0})) return false;
  return line.end <= hole.end() || visit(arg, {hole.end(), line.end, line.protection, 0});
}

bool AddRegion(void* arg, const Region& region) {
  Image& image = *static_cast<Image*>(arg);
  if (image.region_count == Image::kMaxRegions) return false;
  Region& added = image.regions[image.region_count++];
  added = region;
  if (region.protection == 0) return true;  // a reservation: nothing is in it
  added.first_page = image.page_count;
  image.page_count += region.pages();
  return image.page_count <= Image::kMaxPages;
}

// Copies every page that is there into `contents`.
bool CopyPages(int proc, Image& image, char* contents) {
  const int pagemap = OpenPagemap(proc);
  if (pagemap < 0) return false;
  uint64_t entries[512];
  for (const Region& region : image) {
    if (region.protection == 0) continue;
    for (size_t base = 0; base < region.pages(); base += 512) {
      const size_t count = std::min<size_t>(512, region.pages() - base);
      if (!ReadPagemap(pagemap, region.begin + base * kPageBytes, count, entries)) return false;
      for (size_t i = 0; i < count; ++i) {
        if (!IsPresent(entries[i]) && !IsSwapped(entries[i])) continue;
        const size_t page = region.first_page + base + i;
        image.kinds[page] = IsFilePage(entries[i]) ? PageKind::kFromFile : PageKind::kPrivate;
        std::memcpy(contents + page * kPageBytes,
                    reinterpret_cast<const void*>(region.begin + (base + i) * kPageBytes), kPageBytes);
        ++image.kept_pages;
      }
    }
  }
  RawSyscall(SYS_close, pagemap);
  return true;
}

}  // namespace

const char* WhyNoRewind(int proc) {
  if (sysconf(_SC_PAGESIZE) != static_cast<long>(kPageBytes)) return "pages are not 4 KiB here";
  const int pagemap = OpenPagemap(proc);
  if (pagemap < 0) return "/proc/self/pagemap cannot be opened";
  void* const page = mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const char* why = nullptr;
  uint64_t entry = 0;
  if (page == MAP_FAILED) {
    why = "no memory for a probe";
  } else {
    const auto address = reinterpret_cast<uintptr_t>(page);
    if (!ReadPagemap(pagemap, address, 1, &entry)) {
      why = "/proc/self/pagemap cannot be read";
    } else if (IsPresent(entry)) {
      why = "/proc/self/pagemap shows a page that was never touched as present";
    } else {
      *static_cast<volatile char*>(page) = 1;
      if (!ReadPagemap(pagemap, address, 1, &entry) || !IsPresent(entry) || !IsExclusive(entry)) {
        why = "/proc/self/pagemap does not tell which pages are this process's own";
      }
    }
    munmap(page, kPageBytes);
  }
  close(pagemap);
  return why;
}

bool VisitRegions(int maps, const OutsideMemory& outside, char* buffer, bool (*visit)(void*, const Region&),
                  void* arg) {
  if (RawSyscall(SYS_lseek, maps, 0, SEEK_SET) != 0) return false;
  bool good = true;
  size_t held = 0;
  while (good) {
    const long n =
        RawSyscall(SYS_read, maps, RawArgument(buffer + held), static_cast<long>(kMapsBufferBytes - held));
    if (n <= 0) {
      good = n == 0 && held == 0;
      break;
    }
    held += static_cast<size_t>(n);
    size_t done = 0;
    for (size_t i = 0; good && i < held; ++i) {
      if (buffer[i] != '\n') continue;
      const MapsLine line = ParseMapsLine(buffer + done);
      if (BelongsToImage(line)) good = VisitAround(outside, line, visit, arg);
      done = i + 1;
    }
    held -= done;
    std::memmove(buffer, buffer + done, held);
  }
  return good;
}

bool Seal(int proc, const OutsideMemory& outside, Image& image, const char** error) {
  // The image's own tables are still unused: the maps are read through the part of them that is filled last.
  char* const buffer = reinterpret_cast<char*>(image.kinds);
  const int maps = OpenMaps(proc);
  const bool listed = maps >= 0 && VisitRegions(maps, outside, buffer, AddRegion, &image);
  RawSyscall(SYS_close, maps);
  if (!listed) {
    *error = "/proc/self/maps cannot be read, or there are more mappings than an image can hold";
    return false;
  }
  std::memset(buffer, 0, kMapsBufferBytes);
  image.program_break = static_cast<uintptr_t>(RawSyscall(SYS_brk, 0));

  const long bytes = static_cast<long>(image.page_count * kPageBytes);
  const long fd = RawSyscall(SYS_memfd_create, RawArgument("evald-image"), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0 || RawSyscall(SYS_ftruncate, fd, bytes) < 0) {
    *error = "no memory for the image";
    return false;
  }
  const long writable = RawSyscall(SYS_mmap, 0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (writable < 0 && writable > -4096) {
    *error = "no address space for the image";
    return false;
  }
  const bool copied = CopyPages(proc, image, reinterpret_cast<char*>(writable));
  RawSyscall(SYS_munmap, writable, bytes);
  if (!copied) {
    *error = "/proc/self/pagemap cannot be read";
    return false;
  }
  // From here on nobody can change it, a worker that was taken over included.
  RawSyscall(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  const long contents = RawSyscall(SYS_mmap, 0, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
  RawSyscall(SYS_close, fd);
  if (contents < 0 && contents > -4096) {
    *error = "no address space for the image";
    return false;
  }
  image.contents = reinterpret_cast<const char*>(contents);
  return true;
}

}  // namespace evald
