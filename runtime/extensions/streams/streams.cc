#include "runtime/extensions/streams/streams.h"

#include <memory>
#include <span>
#include <unordered_set>

#include "runtime/extensions/streams/codec.h"
#include "runtime/extensions/streams/streams_bundle.h"
#include "runtime/v8_compat.h"

namespace evald {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// What streams_codec_run returns besides a number of bytes of output; compression.js has the words for them.
enum Answer : int {
  kConsumed = 0,
  kAgain = -1,
  kInvalid = -2,
  kTruncated = -3,
  kTrailing = -4,
  kForeign = -5,
};

// A codec lives in the memory of the array buffer by which JavaScript holds it: it counts as such, and goes
// when the buffer goes. What is in here is one for certain; a buffer that came with a snapshot is only a copy
// of one.
std::unordered_set<const void*>& LiveCodecs() {
  static auto* const codecs = new std::unordered_set<const void*>;
  return *codecs;
}

void EndCodec(void* memory, size_t size, void* allocator) {
  LiveCodecs().erase(memory);
  static_cast<v8::ArrayBuffer::Allocator*>(allocator)->Free(memory, size);
}

void ThrowTypeError(v8::Isolate* isolate, v8::Local<v8::String> message) {
  isolate->ThrowException(v8::Exception::TypeError(message));
}

// Null: that would be more than the request may have.
uint8_t* AllocateMemory(v8::Isolate* isolate, size_t size) {
  v8::ArrayBuffer::Allocator* const allocator = isolate->GetArrayBufferAllocator();
  void* memory = allocator->AllocateUninitialized(size);
  if (memory == nullptr) {
    // As V8 does for buffers of its own: forgotten ones may be in the way.
    isolate->LowMemoryNotification();
    memory = allocator->AllocateUninitialized(size);
  }
  return static_cast<uint8_t*>(memory);
}

// streams_codec_new(compress, format): an array buffer that stands for the codec.
void NewCodec(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  const auto direction = info[0]->IsTrue() ? Codec::Direction::kCompress : Codec::Direction::kDecompress;
  if (!info[1]->IsUint32() ||
      info[1].As<v8::Uint32>()->Value() > static_cast<uint32_t>(Codec::Format::kGzip)) {
    return ThrowTypeError(isolate, v8::String::NewFromUtf8Literal(isolate, "not a format"));
  }
  const auto format = static_cast<Codec::Format>(info[1].As<v8::Uint32>()->Value());
  const size_t size = Codec::BytesNeeded(direction);
  v8::ArrayBuffer::Allocator* const allocator = isolate->GetArrayBufferAllocator();
  uint8_t* const memory = AllocateMemory(isolate, size);
  Codec* const codec = memory == nullptr ? nullptr : Codec::CreateIn({memory, size}, direction, format);
  if (codec == nullptr) {
    if (memory != nullptr) allocator->Free(memory, size);
    isolate->ThrowException(v8::Exception::RangeError(
        v8::String::NewFromUtf8Literal(isolate, "There is no memory left for a compression stream")));
    return;
  }
  LiveCodecs().insert(codec);
  info.GetReturnValue().Set(
      v8::ArrayBuffer::New(isolate, v8::ArrayBuffer::NewBackingStore(memory, size, EndCodec, allocator)));
}

// The bytes of a Uint8Array while `store` holds them; none if it is no such thing.
std::span<uint8_t> BytesOf(v8::Local<v8::Value> value, std::shared_ptr<v8::BackingStore>& store) {
  if (!value->IsUint8Array()) return {};
  const auto view = value.As<v8::Uint8Array>();
  const v8::Local<v8::Value> buffer = view->Buffer();
  if (!buffer->IsArrayBuffer()) return {};
  store = buffer.As<v8::ArrayBuffer>()->GetBackingStore();
  if (store == nullptr || store->Data() == nullptr || store->ByteLength() == 0) return {};
  return {static_cast<uint8_t*>(store->Data()) + view->ByteOffset(), view->ByteLength()};
}

int RunCodec(const Info& info) {
  if (!info[0]->IsArrayBuffer()) return kForeign;
  const std::shared_ptr<v8::BackingStore> memory = info[0].As<v8::ArrayBuffer>()->GetBackingStore();
  if (memory == nullptr || !LiveCodecs().contains(memory->Data())) return kForeign;
  std::shared_ptr<v8::BackingStore> input_store, output_store;
  const std::span<const uint8_t> input = BytesOf(info[1], input_store);
  const std::span<uint8_t> output = BytesOf(info[3], output_store);
  if (output.empty()) return kForeign;
  const Codec::Result result = static_cast<Codec*>(memory->Data())->Run(input, info[2]->IsTrue(), output);
  switch (result.status) {
    case Codec::Status::kOutput:
      return static_cast<int>(result.produced);
    case Codec::Status::kConsumed:
      return kConsumed;
    case Codec::Status::kAgain:
      return kAgain;
    case Codec::Status::kInvalid:
      return kInvalid;
    case Codec::Status::kTruncated:
      return kTruncated;
    case Codec::Status::kTrailing:
      return kTrailing;
  }
  return kInvalid;
}

// streams_codec_run(codec, input, last, output): a number, see Answer. The arrays are Uint8Arrays.
void RunCodecOp(const Info& info) { info.GetReturnValue().Set(RunCodec(info)); }

// streams_transfer(buffer): a new ArrayBuffer with its memory; the old one has none any more.
void Transfer(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  const auto refuse = [&] {
    ThrowTypeError(isolate, v8::String::NewFromUtf8Literal(isolate, "The ArrayBuffer cannot be transferred"));
  };
  if (!info[0]->IsArrayBuffer()) return refuse();
  const auto buffer = info[0].As<v8::ArrayBuffer>();
  std::shared_ptr<v8::BackingStore> store = buffer->GetBackingStore();
  if (!v8_compat::Detach(buffer)) return refuse();
  info.GetReturnValue().Set(v8::ArrayBuffer::New(isolate, std::move(store)));
}

}  // namespace

Extension StreamsExtension() {
  return WithOps(
      StreamsBundle(),
      {{"streams_codec_new", NewCodec}, {"streams_codec_run", RunCodecOp}, {"streams_transfer", Transfer}});
}

}  // namespace evald
