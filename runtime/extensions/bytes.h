// What the native halves of extensions do with array buffers and views.
#pragma once

#include <v8.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>

namespace evald {

// The bytes of an ArrayBuffer, a SharedArrayBuffer or a view, while this object lives. One that is detached,
// or a view that its buffer has become too small for, has what is left of it.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // False: it is none of these.
  bool Open(v8::Local<v8::Value> value);
  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  void OpenView(v8::Local<v8::ArrayBufferView> view);
  void OpenStore(std::shared_ptr<v8::BackingStore> store, size_t offset, size_t length);

  std::array<uint8_t, 64> small_;
  std::shared_ptr<v8::BackingStore> store_;
  std::span<const uint8_t> bytes_;
};

// Memory that becomes an ArrayBuffer. It counts against the request's bound on array buffers.
class NewBuffer {
 public:
  NewBuffer(v8::Isolate* isolate, size_t capacity);
  ~NewBuffer();
  NewBuffer(const NewBuffer&) = delete;
  NewBuffer& operator=(const NewBuffer&) = delete;

  // False: there is no memory for it.
  bool ok() const { return capacity_ == 0 || data_ != nullptr; }
  std::span<uint8_t> bytes() const { return {data_, capacity_}; }

  // The first `size` bytes, which are all that a script ever sees. Once. REQUIRES: ok, size <= capacity.
  v8::Local<v8::ArrayBuffer> Take(size_t size);

 private:
  v8::Isolate* const isolate_;
  v8::ArrayBuffer::Allocator* const allocator_;
  const size_t capacity_;
  uint8_t* data_ = nullptr;
};

}  // namespace evald
