// Memory outside the image: what has to survive a rewind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

namespace evald {

// One mapping between two guard pages, made before V8 starts and never given back; pieces are handed out and
// never taken back. The guards also keep the kernel from merging it with a neighbour that belongs to the
// image. Its object lies in it, too.
class OutsideMemory {
 public:
  // Address space only: a page costs memory once it is written. Ends the process if the kernel has none.
  static OutsideMemory* Create(size_t bytes);

  // Zeroed, aligned for anything; a CHECK if there is no more.
  void* Allocate(size_t bytes);

  template <typename T>
  T* New() {
    return new (Allocate(sizeof(T))) T();
  }

  // Guards included.
  uintptr_t begin() const { return begin_; }
  uintptr_t end() const { return end_; }

 private:
  OutsideMemory(uintptr_t begin, uintptr_t end, uintptr_t next) : begin_(begin), end_(end), next_(next) {}

  const uintptr_t begin_;
  const uintptr_t end_;
  uintptr_t next_;
};

}  // namespace evald
