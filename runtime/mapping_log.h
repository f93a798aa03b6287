// MappingLog: which mappings V8 made and changed since the seal, so that a rewind can undo it or refuse.
#pragma once

#include <cstddef>
#include <cstdint>

namespace evald {

// Filled by the page allocator (runtime/platform.h), read and cleared by the rewinder. Lies outside the image
// (fixed size, no pointers into the heap). One thread.
class MappingLog {
 public:
  static constexpr size_t kMaxAdded = 8192;
  static constexpr size_t kMaxChanged = 1024;

  struct Range {
    uintptr_t begin;
    size_t length;
  };

  // Before this nothing is written down.
  void Start() { started_ = true; }

  void Added(uintptr_t begin, size_t length) {
    if (!started_) return;
    if (added_count_ == kMaxAdded) {
      full_ = true;
      return;
    }
    added_[added_count_++] = {begin, length};
  }

  // A mapping made since the seal was given back (`keep` == 0) or shortened to `keep` bytes. False: it is not
  // one of those.
  bool Removed(uintptr_t begin, size_t keep) {
    if (!started_) return true;
    for (size_t i = added_count_; i-- > 0;) {
      if (added_[i].begin != begin) continue;
      if (keep > 0) {
        added_[i].length = keep;
      } else {
        added_[i] = added_[--added_count_];
      }
      return true;
    }
    return false;
  }

  // The protection, or the contents, of a range was changed other than by writing to it.
  void Changed(uintptr_t begin, size_t length) {
    if (!started_) return;
    for (size_t i = 0; i < added_count_; ++i) {
      if (begin >= added_[i].begin && begin < added_[i].begin + added_[i].length) return;
    }
    for (size_t i = 0; i < changed_count_; ++i) {
      if (changed_[i].begin == begin && changed_[i].length == length) return;
    }
    if (changed_count_ == kMaxChanged) {
      full_ = true;
      return;
    }
    changed_[changed_count_++] = {begin, length};
  }

  // There was more to write down than there is room for: it cannot be rewound.
  bool full() const { return full_; }

  const Range* added_begin() const { return added_; }
  const Range* added_end() const { return added_ + added_count_; }
  const Range* changed_begin() const { return changed_; }
  const Range* changed_end() const { return changed_ + changed_count_; }

  // All of it has been undone.
  void Clear() { added_count_ = changed_count_ = 0; }

 private:
  bool started_ = false;
  bool full_ = false;
  size_t added_count_ = 0;
  size_t changed_count_ = 0;
  Range added_[kMaxAdded];
  Range changed_[kMaxChanged];
};

}  // namespace evald
