#include "runtime/extensions/random/random.h"

#include <array>
#include <cstdint>
#include <memory>

#include "base/check.h"
#include "runtime/extensions/random/draw.h"
#include "runtime/extensions/random/random_bundle.h"
#include "runtime/host.h"

namespace evald {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

constexpr size_t kPoolEntries = Host::kRequestScratchBytes / sizeof(double);
constexpr size_t kMaxFillBytes = 65536;  // as the Web Cryptography API has it

// All 53 bits that a number in [0, 1) can have.
double ToUnit(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

void Pool(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  std::shared_ptr<v8::BackingStore> scratch = Host::Of(isolate).RequestScratch(isolate);
  if (scratch == nullptr) return;
  const v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate, std::move(scratch));
  info.GetReturnValue().Set(v8::Float64Array::New(buffer, 0, kPoolEntries));
}

// REQUIRES: Pool returned one. Returns how many numbers there are now.
void Refill(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  const std::shared_ptr<v8::BackingStore> scratch = Host::Of(isolate).RequestScratch(isolate);
  EVALD_CHECK(scratch != nullptr, "who has a pool has a scratch");
  std::array<uint64_t, kPoolEntries - 1> bits;
  DrawBytes(bits.data(), sizeof(bits));
  auto* const pool = static_cast<double*>(scratch->Data());
  for (size_t i = 0; i < bits.size(); ++i) pool[i + 1] = ToUnit(bits[i]);
  info.GetReturnValue().Set(static_cast<uint32_t>(bits.size()));
}

void Number(const Info& info) {
  uint64_t bits;
  DrawBytes(&bits, sizeof(bits));
  info.GetReturnValue().Set(ToUnit(bits));
}

bool IsIntegerArray(v8::Local<v8::Value> value) {
  return value->IsUint8Array() || value->IsInt8Array() || value->IsUint8ClampedArray() ||
         value->IsUint16Array() || value->IsInt16Array() || value->IsUint32Array() || value->IsInt32Array() ||
         value->IsBigUint64Array() || value->IsBigInt64Array();
}

// One argument: what to fill. Returns "filled", "type", "quota" or "view": the first thing that is wrong with
// it.
void Fill(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  const auto answer = [&](const auto& literal) {
    info.GetReturnValue().Set(
        v8::String::NewFromUtf8Literal(isolate, literal, v8::NewStringType::kInternalized));
  };
  if (!info[0]->IsArrayBufferView()) return answer("view");
  if (!IsIntegerArray(info[0])) return answer("type");
  const v8::Local<v8::ArrayBufferView> view = info[0].As<v8::ArrayBufferView>();
  const size_t size = view->ByteLength();
  if (size > kMaxFillBytes) return answer("quota");
  const v8::Local<v8::Value> buffer = view->Buffer();
  if (buffer->IsSharedArrayBuffer()) return answer("view");
  if (size > 0) {
    const std::shared_ptr<v8::BackingStore> store = buffer.As<v8::ArrayBuffer>()->GetBackingStore();
    DrawBytes(static_cast<uint8_t*>(store->Data()) + view->ByteOffset(), size);
  }
  answer("filled");
}

// A version 4 UUID (RFC 4122).
void Uuid(const Info& info) {
  std::array<uint8_t, 16> bytes;
  DrawBytes(bytes.data(), bytes.size());
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  constexpr char kDigits[] = "0123456789abcdef";
  char text[36];
  size_t at = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text[at++] = '-';
    text[at++] = kDigits[bytes[i] >> 4];
    text[at++] = kDigits[bytes[i] & 15];
  }
  info.GetReturnValue().Set(v8::String::NewFromOneByte(info.GetIsolate(),
                                                       reinterpret_cast<const uint8_t*>(text),
                                                       v8::NewStringType::kNormal, sizeof(text))
                                .ToLocalChecked());
}

}  // namespace

Extension RandomExtension() {
  return WithOps(RandomBundle(), {
                                     {"random_fill", Fill},
                                     {"random_number", Number},
                                     {"random_pool", Pool},
                                     {"random_refill", Refill},
                                     {"random_uuid", Uuid},
                                 });
}

}  // namespace evald
