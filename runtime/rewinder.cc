#include "runtime/rewinder.h"

#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "runtime/pagemap.h"
#include "runtime/raw_syscall.h"

namespace evald {
namespace {

[[noreturn]] void ExitNow(WorkerExitCode code) {
  for (;;) RawSyscall(SYS_exit_group, static_cast<long>(code));
}

uint64_t NowMicros() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);  // in the vDSO: no errno on success
  return static_cast<uint64_t>(now.tv_sec) * 1000000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

// One line on stderr, without libc's buffers: for what should never happen.
void Complain(const char* what, uintptr_t address) {
  char line[128];
  size_t n = 0;
  while (what[n] != '\0' && n < 80) {
    line[n] = what[n];
    ++n;
  }
  for (int shift = 60; shift >= 0; shift -= 4) line[n++] = "0123456789abcdef"[(address >> shift) & 15];
  line[n++] = '\n';
  RawSyscall(SYS_write, 2, RawArgument(line), static_cast<long>(n));
}

}  // namespace

Rewinder* Rewinder::Create(OutsideMemory& outside, MappingLog& log, Options options) {
  auto* const rewinder = new (outside.Allocate(sizeof(Rewinder))) Rewinder(outside, log, options);
  rewinder->image_ = static_cast<Image*>(outside.Allocate(sizeof(Image)));
  rewinder->maps_buffer_ = static_cast<char*>(outside.Allocate(kMapsBufferBytes));
  rewinder->entries_ = static_cast<uint64_t*>(outside.Allocate(kBatch * sizeof(uint64_t)));
  rewinder->stack_ = static_cast<char*>(outside.Allocate(kStackBytes));
  return rewinder;
}

void Rewinder::Checkpoint(void (*body)(void*), void* arg) {
  getcontext(&checkpoint_);  // returns once here, and again at each resumption
  if (in_worker_) return;
  RunOnStackOutside(body, arg);
}

void Rewinder::RunOnStackOutside(void (*body)(void*), void* arg) {
  body_ = body;
  body_arg_ = arg;
  getcontext(&outside_context_);
  outside_context_.uc_stack.ss_sp = stack_;
  outside_context_.uc_stack.ss_size = kStackBytes;
  outside_context_.uc_link = nullptr;
  const auto self = reinterpret_cast<uintptr_t>(this);
  makecontext(&outside_context_, reinterpret_cast<void (*)()>(&RunBody), 2, static_cast<unsigned>(self >> 32),
              static_cast<unsigned>(self));
  setcontext(&outside_context_);
  EVALD_CHECK(false, "a context that was made can be entered");
  __builtin_unreachable();
}

// makecontext passes ints only.
void Rewinder::RunBody(unsigned high, unsigned low) {
  auto* const self = reinterpret_cast<Rewinder*>((static_cast<uintptr_t>(high) << 32) | low);
  self->body_(self->body_arg_);
  EVALD_CHECK(false, "what runs outside the image never returns");
}

bool Rewinder::Seal(int proc, const char** error) {
  if (!evald::Seal(proc, outside_, *image_, error)) return false;
  log_.Start();
  return true;
}

bool Rewinder::OpenFiles(int proc) {
  pagemap_ = OpenPagemap(proc);
  if (options_.verify) maps_ = OpenMaps(proc);
  return pagemap_ >= 0 && (maps_ >= 0 || !options_.verify);
}

void Rewinder::Begin() {
  in_worker_ = true;
  stats_ = {};
  setcontext(&checkpoint_);
  ExitNow(WorkerExitCode::kPagemap);
}

void Rewinder::Rewind() {
  if (log_.full()) ExitNow(WorkerExitCode::kMappingLogFull);
  RunOnStackOutside(&RewindNow, this);
}

void Rewinder::RewindNow(void* arg) {
  auto* const self = static_cast<Rewinder*>(arg);
  const uint64_t start = NowMicros();
  self->stats_ = {};
  self->RestoreProtections();
  self->RestorePages();
  self->DropNewMappings();
  self->log_.Clear();
  RawSyscall(SYS_brk, static_cast<long>(self->image_->program_break));
  self->stats_.micros = NowMicros() - start;
  if (self->options_.verify) self->Verify();
  setcontext(&self->checkpoint_);
}

// First, so that pages can be written. What was a reservation holds nothing: its pages are dropped.
void Rewinder::RestoreProtections() {
  for (const MappingLog::Range* changed = log_.changed_begin(); changed != log_.changed_end(); ++changed) {
    const uintptr_t changed_end = changed->begin + changed->length;
    const Region* region = std::partition_point(image_->begin(), image_->end(),
                                                [&](const Region& r) { return r.end <= changed->begin; });
    for (; region != image_->end() && region->begin < changed_end; ++region) {
      const uintptr_t begin = std::max(changed->begin, region->begin),
                      end = std::min(changed_end, region->end);
      const long length = static_cast<long>(end - begin);
      if (region->protection == 0) RawSyscall(SYS_madvise, static_cast<long>(begin), length, MADV_DONTNEED);
      RawSyscall(SYS_mprotect, static_cast<long>(begin), length, region->protection);
    }
  }
}

// Reading what the kernel knows of a few pages costs as much as reading it of some hundred: regions that lie
// close together are read at once, with the gaps between them.
void Rewinder::RestorePages() {
  for (const Region* region = image_->begin(); region != image_->end();) {
    if (region->protection == 0) {
      ++region;
      continue;
    }
    const Region* next = region + 1;
    while (next != image_->end() && (next->end - region->begin) / kPageBytes <= kBatch) ++next;
    const uintptr_t end = next[-1].end;
    for (uintptr_t begin = region->begin; begin < end;) {
      const size_t count = std::min(kBatch, (end - begin) / kPageBytes);
      if (!ReadPagemap(pagemap_, begin, count, entries_)) ExitNow(WorkerExitCode::kPagemap);
      for (const Region* part = region; part != next; ++part) RestoreRegion(*part, begin, count);
      begin += count * kPageBytes;
    }
    region = next;
    if (stats_.pages_restored + stats_.pages_zeroed > options_.max_pages)
      ExitNow(WorkerExitCode::kTooManyPages);
  }
}

// Those of its pages that `entries_`, read for `count` pages from `read_begin` on, tells of.
void Rewinder::RestoreRegion(const Region& region, uintptr_t read_begin, size_t count) {
  if (region.protection == 0) return;
  const bool writable = (region.protection & PROT_WRITE) != 0;
  bool opened = false;
  uintptr_t drop_begin = 0, drop_end = 0;  // a run of pages to drop, not dropped yet
  const auto drop = [&] {
    if (drop_end > drop_begin) {
      RawSyscall(SYS_madvise, static_cast<long>(drop_begin), static_cast<long>(drop_end - drop_begin),
                 MADV_DONTNEED);
    }
  };
  const uintptr_t end = std::min(region.end, read_begin + count * kPageBytes);
  for (uintptr_t address = std::max(region.begin, read_begin); address < end; address += kPageBytes) {
    const uint64_t entry = entries_[(address - read_begin) / kPageBytes];
    const size_t page = region.first_page + (address - region.begin) / kPageBytes;
    const PageKind kind = image_->kinds[page];
    // Still shared with the zygote, or never touched: as it was.
    if (IsPresent(entry) ? !IsExclusive(entry) : !IsSwapped(entry) && kind != PageKind::kPrivate) continue;
    if (kind == PageKind::kAbsent) {
      ++stats_.pages_zeroed;
      if (drop_end != address) {
        drop();
        drop_begin = address;
      }
      drop_end = address + kPageBytes;
      continue;
    }
    if (!writable && !opened) {  // generated code
      RawSyscall(SYS_mprotect, static_cast<long>(region.begin), static_cast<long>(region.end - region.begin),
                 PROT_READ | PROT_WRITE);
      opened = true;
    }
    std::memcpy(reinterpret_cast<void*>(address), image_->contents + page * kPageBytes, kPageBytes);
    ++stats_.pages_restored;
  }
  drop();
  if (opened) {
    RawSyscall(SYS_mprotect, static_cast<long>(region.begin), static_cast<long>(region.end - region.begin),
               region.protection);
  }
}

void Rewinder::DropNewMappings() {
  for (const MappingLog::Range* added = log_.added_begin(); added != log_.added_end(); ++added) {
    RawSyscall(SYS_munmap, static_cast<long>(added->begin), static_cast<long>(added->length));
  }
}

bool Rewinder::PageEqualsImage(const Region& region, size_t index, uint64_t entry) const {
  const PageKind kind = region.protection == 0 ? PageKind::kAbsent : image_->kinds[region.first_page + index];
  if (!IsPresent(entry) && !IsSwapped(entry)) return kind != PageKind::kPrivate;
  if (region.protection == 0) return false;  // a page in a reservation: nothing may be there
  const char* const page = reinterpret_cast<const char*>(region.begin + index * kPageBytes);
  if (kind == PageKind::kAbsent) return page[0] == 0 && std::memcmp(page, page + 1, kPageBytes - 1) == 0;
  return std::memcmp(page, image_->contents + (region.first_page + index) * kPageBytes, kPageBytes) == 0;
}

// The kernel may have merged or split mappings that are alike: what counts is that each address has the
// protection it had.
bool Rewinder::SameRegion(void* arg, const Region& region) {
  auto* const self = static_cast<Rewinder*>(arg);
  for (uintptr_t at = region.begin; at < region.end;) {
    const Region* const sealed = self->image_->begin() + self->verified_regions_;
    if (sealed == self->image_->end() || at < sealed->begin || sealed->protection != region.protection ||
        at != std::max(sealed->begin, self->verified_to_)) {
      Complain("after a rewind a mapping differs from the sealed image at ", at);
      return false;
    }
    at = self->verified_to_ = std::min(sealed->end, region.end);
    if (at == sealed->end) ++self->verified_regions_;
  }
  return true;
}

void Rewinder::Verify() {
  verified_regions_ = verified_to_ = 0;
  if (!VisitRegions(maps_, outside_, maps_buffer_, SameRegion, this) ||
      verified_regions_ != image_->region_count) {
    Complain("after a rewind the mappings are not those of the sealed image, from number ",
             verified_regions_);
    ExitNow(WorkerExitCode::kVerifyMismatch);
  }
  for (const Region& region : *image_) {
    for (size_t base = 0; base < region.pages(); base += kBatch) {
      const size_t count = std::min(kBatch, region.pages() - base);
      if (!ReadPagemap(pagemap_, region.begin + base * kPageBytes, count, entries_)) {
        ExitNow(WorkerExitCode::kVerifyMismatch);
      }
      for (size_t i = 0; i < count; ++i) {
        if (PageEqualsImage(region, base + i, entries_[i])) continue;
        Complain("after a rewind a page differs from the sealed image at ",
                 region.begin + (base + i) * kPageBytes);
        ExitNow(WorkerExitCode::kVerifyMismatch);
      }
    }
  }
}

}  // namespace evald
