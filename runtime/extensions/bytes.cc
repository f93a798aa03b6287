#include "runtime/extensions/bytes.h"

#include <algorithm>
#include <utility>

namespace evald {
namespace {

// Who gives a buffer's memory back: more may have been taken than the buffer shows.
struct Owner {
  v8::ArrayBuffer::Allocator* allocator;
  size_t capacity;
};

}  // namespace

bool ByteSource::Open(v8::Local<v8::Value> value) {
  if (value->IsArrayBufferView()) {
    OpenView(value.As<v8::ArrayBufferView>());
  } else if (value->IsArrayBuffer()) {
    OpenStore(value.As<v8::ArrayBuffer>()->GetBackingStore(), 0, SIZE_MAX);
  } else if (value->IsSharedArrayBuffer()) {
    OpenStore(value.As<v8::SharedArrayBuffer>()->GetBackingStore(), 0, SIZE_MAX);
  } else {
    return false;
  }
  return true;
}

void ByteSource::OpenView(v8::Local<v8::ArrayBufferView> view) {
  // A small array has its bytes inside the heap: asking for its buffer would move them out.
  if (!view->HasBuffer() && view->ByteLength() <= small_.size()) {
    bytes_ = {small_.data(), view->CopyContents(small_.data(), small_.size())};
    return;
  }
  const v8::Local<v8::Value> buffer = view->Buffer();
  OpenStore(buffer->IsSharedArrayBuffer() ? buffer.As<v8::SharedArrayBuffer>()->GetBackingStore()
                                          : buffer.As<v8::ArrayBuffer>()->GetBackingStore(),
            view->ByteOffset(), view->ByteLength());
}

void ByteSource::OpenStore(std::shared_ptr<v8::BackingStore> store, size_t offset, size_t length) {
  store_ = std::move(store);
  const size_t size = store_->ByteLength();
  if (size > 0 && offset <= size)
    bytes_ = {static_cast<const uint8_t*>(store_->Data()) + offset, std::min(length, size - offset)};
}

NewBuffer::NewBuffer(v8::Isolate* isolate, size_t capacity)
    : isolate_(isolate), allocator_(isolate->GetArrayBufferAllocator()), capacity_(capacity) {
  if (capacity > 0) data_ = static_cast<uint8_t*>(allocator_->AllocateUninitialized(capacity));
}

NewBuffer::~NewBuffer() {
  if (data_ == nullptr) return;
  std::fill_n(data_, capacity_, uint8_t{0});
  allocator_->Free(data_, capacity_);
}

v8::Local<v8::ArrayBuffer> NewBuffer::Take(size_t size) {
  if (size == 0) return v8::ArrayBuffer::New(isolate_, 0);
  std::unique_ptr<v8::BackingStore> store = v8::ArrayBuffer::NewBackingStore(
      std::exchange(data_, nullptr), size,
      [](void* data, size_t, void* owner) {
        const std::unique_ptr<Owner> last(static_cast<Owner*>(owner));
        last->allocator->Free(data, last->capacity);
      },
      new Owner{allocator_, capacity_});
  return v8::ArrayBuffer::New(isolate_, std::move(store));
}

}  // namespace evald
