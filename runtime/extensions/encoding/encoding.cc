#include "runtime/extensions/encoding/encoding.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/extensions/bytes.h"
#include "runtime/extensions/encoding/encoding_bundle.h"
#include "runtime/extensions/encoding/legacy.h"
#include "runtime/extensions/encoding/transcode.h"
#include "runtime/extensions/strings.h"

namespace evald {
namespace {

using Info = v8::FunctionCallbackInfo<v8::Value>;

// Flags of a decode, as encoding.js has them.
constexpr uint32_t kFatal = 1, kIgnoreBom = 2, kStream = 4;

// An encoding is a number to JavaScript: first those that are read here, then the legacy ones.
constexpr int32_t kFirstLegacy = static_cast<int32_t>(Encoding::kWindows1252) + 1;

// The memory of a Uint8Array or a Uint32Array, to be written.
std::span<uint8_t> Writable(v8::Local<v8::ArrayBufferView> view) {
  const v8::Local<v8::ArrayBuffer> buffer = view->Buffer();
  if (buffer->ByteLength() == 0) return {};
  return {static_cast<uint8_t*>(buffer->GetBackingStore()->Data()) + view->ByteOffset(), view->ByteLength()};
}

void Throw(v8::Isolate* isolate, v8::Local<v8::String> message) {
  isolate->ThrowException(v8::Exception::RangeError(message));
}

// encoding_label(label): the encoding's number, or -1.
void FindLabel(const Info& info) {
  const Utf16Text label(info.GetIsolate(), info[0].As<v8::String>());
  const std::string text = ToUtf8String(label.view());
  if (const std::optional<Encoding> encoding = EncodingOfLabel(text)) {
    info.GetReturnValue().Set(static_cast<int32_t>(*encoding));
  } else if (const std::optional<LegacyEncoding> legacy = LegacyOfLabel(text)) {
    info.GetReturnValue().Set(kFirstLegacy + static_cast<int32_t>(*legacy));
  } else {
    info.GetReturnValue().Set(-1);
  }
}

// encoding_name(number)
void Name(const Info& info) {
  constexpr std::string_view kNames[] = {"utf-8", "utf-16le", "utf-16be", "windows-1252"};
  const int32_t number = info[0].As<v8::Int32>()->Value();
  ReturnLatin1(info, number < kFirstLegacy ? kNames[number]
                                           : NameOf(static_cast<LegacyEncoding>(number - kFirstLegacy)));
}

// encoding_encode(text): a new Uint8Array. Memory that is not there is a RangeError, not the end of the
// process.
void Encode(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  const Utf16Text text(isolate, info[0].As<v8::String>());
  const size_t size = Utf8Length(text.view());
  NewBuffer buffer(isolate, size);
  if (!buffer.ok())
    return Throw(isolate, v8::String::NewFromUtf8Literal(isolate, "Array buffer allocation failed"));
  EncodeUtf8(text.view(), buffer.bytes());
  info.GetReturnValue().Set(v8::Uint8Array::New(buffer.Take(size), 0, size));
}

// encoding_encode_into(text, destination, done): done[0] code units became done[1] bytes of the destination.
// False: that is no Uint8Array.
void EncodeInto(const Info& info) {
  if (!info[1]->IsUint8Array()) {
    info.GetReturnValue().Set(false);
    return;
  }
  const Utf16Text text(info.GetIsolate(), info[0].As<v8::String>());
  const EncodedLength length = EncodeUtf8(text.view(), Writable(info[1].As<v8::ArrayBufferView>()));
  const std::array<uint32_t, 2> done = {static_cast<uint32_t>(length.read),
                                        static_cast<uint32_t>(length.written)};
  std::memcpy(Writable(info[2].As<v8::ArrayBufferView>()).data(), done.data(), sizeof(done));
  info.GetReturnValue().Set(true);
}

static_assert(sizeof(LegacyState) <= 16);

// A decoder between two pieces of a stream, as the first bytes of a Uint8Array that encoding.js keeps.
struct StreamState {
  uint8_t started;  // a byte order mark is no longer one
  uint8_t pending_size;
  uint8_t pending[3];
  LegacyState legacy;
};

void DecodeLegacyPiece(const Info& info, LegacyEncoding encoding, std::span<const uint8_t> bytes,
                       uint32_t flags, StreamState* state) {
  LegacyState none;
  std::u16string text;
  text.reserve(bytes.size());
  if (DecodeLegacy(encoding, bytes, (flags & kFatal) != 0 ? Errors::kFatal : Errors::kReplace,
                   (flags & kStream) != 0 ? Cut::kIsPending : Cut::kIsError,
                   state == nullptr ? none : state->legacy, text)) {
    ReturnString(info, text);
  }
}

// Decodes one piece. `state` may be null: the piece is all there is.
void DecodePiece(const Info& info, Encoding encoding, std::span<const uint8_t> bytes, uint32_t flags,
                 StreamState* state) {
  std::vector<uint8_t> joined;
  if (state != nullptr && state->pending_size > 0) {
    joined.assign(state->pending,
                  state->pending + std::min<size_t>(state->pending_size, sizeof(state->pending)));
    joined.insert(joined.end(), bytes.begin(), bytes.end());
    bytes = joined;
  }
  std::u16string text;
  text.reserve(encoding == Encoding::kUtf16Le || encoding == Encoding::kUtf16Be ? bytes.size() / 2 + 1
                                                                                : bytes.size());
  const std::optional<size_t> left =
      Decode(encoding, bytes, (flags & kFatal) != 0 ? Errors::kFatal : Errors::kReplace,
             (flags & kStream) != 0 ? Cut::kIsPending : Cut::kIsError, text);
  if (!left) return;  // undefined
  std::u16string_view result = text;
  const bool at_start = state == nullptr || state->started == 0;
  if (at_start && (flags & kIgnoreBom) == 0 && encoding != Encoding::kWindows1252 &&
      result.starts_with(u'\uFEFF')) {
    result.remove_prefix(1);
  }
  if (state != nullptr) {
    if (!text.empty()) state->started = 1;
    state->pending_size = static_cast<uint8_t>(*left);
    std::copy(bytes.end() - static_cast<ptrdiff_t>(*left), bytes.end(), state->pending);
  }
  ReturnString(info, result);
}

// encoding_decode(encoding, input, flags, state): the text; undefined after a fatal error; null if the input
// holds no bytes. The state is a Uint8Array of 24 bytes, or undefined where no stream is going on.
void DecodeOp(const Info& info) {
  const int32_t encoding = info[0].As<v8::Int32>()->Value();
  const uint32_t flags = info[2].As<v8::Uint32>()->Value();
  ByteSource source;
  if (!info[1]->IsUndefined() && !source.Open(info[1])) {
    info.GetReturnValue().SetNull();
    return;
  }
  StreamState* const state =
      info[3]->IsUndefined()
          ? nullptr
          : reinterpret_cast<StreamState*>(Writable(info[3].As<v8::ArrayBufferView>()).data());
  if (encoding < kFirstLegacy)
    return DecodePiece(info, static_cast<Encoding>(encoding), source.bytes(), flags, state);
  DecodeLegacyPiece(info, static_cast<LegacyEncoding>(encoding - kFirstLegacy), source.bytes(), flags, state);
}

}  // namespace

Extension EncodingExtension() {
  return WithOps(EncodingBundle(), {
                                       {"encoding_decode", DecodeOp},
                                       {"encoding_encode", Encode},
                                       {"encoding_encode_into", EncodeInto},
                                       {"encoding_label", FindLabel},
                                       {"encoding_name", Name},
                                   });
}

}  // namespace evald
