#include "runtime/array_buffers.h"

#include <cstdlib>

namespace evald {

void* ArrayBuffers::Allocate(size_t length) {
  void* const data = Admit(length) ? std::calloc(length, 1) : nullptr;
  if (data != nullptr) used_ += length;
  return data;
}

void* ArrayBuffers::AllocateUninitialized(size_t length) {
  void* const data = Admit(length) ? std::malloc(length) : nullptr;
  if (data != nullptr) used_ += length;
  return data;
}

void ArrayBuffers::Free(void* data, size_t length) {
  used_ -= length;
  std::free(data);
}

}  // namespace evald
