// ArrayBuffers: the memory behind array buffers, counted and bounded.
#pragma once

#include <v8.h>

#include <cstdint>

namespace evald {

// One per isolate, used on its thread. A buffer that would exceed the bound is refused, which a script sees
// as a RangeError.
class ArrayBuffers final : public v8::ArrayBuffer::Allocator {
 public:
  // Bytes of all buffers together. The bound holds for what comes; buffers that are there stay.
  void set_limit(uint64_t bytes) { limit_ = bytes; }
  uint64_t used() const { return used_; }

  void* Allocate(size_t length) override;
  void* AllocateUninitialized(size_t length) override;
  void Free(void* data, size_t length) override;

 private:
  bool Admit(size_t length) const { return length <= limit_ && used_ <= limit_ - length; }

  uint64_t limit_ = UINT64_MAX;
  uint64_t used_ = 0;
};

}  // namespace evald
