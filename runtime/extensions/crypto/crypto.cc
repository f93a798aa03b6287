#include "runtime/extensions/crypto/crypto.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "runtime/extensions/bytes.h"
#include "runtime/extensions/crypto/base64url.h"
#include "runtime/extensions/crypto/crypto_bundle.h"
#include "runtime/extensions/crypto/keys.h"
#include "runtime/extensions/crypto/primitives.h"
#include "runtime/extensions/random/draw.h"
#include "runtime/extensions/strings.h"
#include "runtime/host.h"
#include "runtime/v8_compat.h"

namespace evald {
namespace {

// Each op returns undefined where its operation fails, and where an argument is not what crypto.js passes.

using crypto::Bytes;
using crypto::Hash;
using crypto::Key;
using crypto::KeyFormat;
using crypto::KeyKind;
using Info = v8::FunctionCallbackInfo<v8::Value>;

// The arguments of one call, taken one after the other. `ok` is false from the first on that is not of its
// kind.
class Arguments {
 public:
  explicit Arguments(const Info& info) : info_(info) {}

  bool ok() const { return ok_; }

  uint32_t Number(uint32_t below) {
    const v8::Local<v8::Value> value = Next();
    if (!value->IsUint32() || value.As<v8::Uint32>()->Value() >= below) return Refuse(0);
    return value.As<v8::Uint32>()->Value();
  }
  uint32_t Number() {
    const v8::Local<v8::Value> value = Next();
    return value->IsUint32() ? value.As<v8::Uint32>()->Value() : Refuse(0);
  }
  bool Flag() {
    const v8::Local<v8::Value> value = Next();
    return value->IsBoolean() ? value.As<v8::Boolean>()->Value() : Refuse(false);
  }
  // Undefined is no bytes.
  Bytes Data() {
    const v8::Local<v8::Value> value = Next();
    ByteSource& source = sources_[used_++];
    if (!value->IsUndefined() && !source.Open(value)) return Refuse(Bytes());
    return source.bytes();
  }
  Hash Digest() { return Hash{Number(crypto::kHashes)}; }
  KeyKind Kind() { return KeyKind{Number(crypto::kKeyKinds)}; }
  std::optional<Key> AKey(KeyKind kind, bool is_private) {
    const Bytes packed = Data();
    std::optional<Key> key;
    if (ok_) key = crypto::Unpack(kind, is_private, packed);
    return key ? std::move(key) : Refuse(std::optional<Key>());
  }

 private:
  v8::Local<v8::Value> Next() { return info_[at_++]; }
  template <typename T>
  T Refuse(T nothing) {
    ok_ = false;
    return nothing;
  }

  const Info& info_;
  int at_ = 0;
  size_t used_ = 0;
  bool ok_ = true;
  std::array<ByteSource, 4> sources_;  // as many as any op has
};

// Whether the request has to end.
class Stopped {
 public:
  explicit Stopped(const Info& info) : host_(Host::Of(info.GetIsolate())) {}
  bool operator()() const { return host_.Stopping(); }

 private:
  const Host& host_;
};

// Returns a new ArrayBuffer of the first bytes of `capacity`, as many as `fill` says, or nothing.
template <typename Fill>
void ReturnFilled(const Info& info, size_t capacity, const Fill& fill) {
  NewBuffer buffer(info.GetIsolate(), capacity);
  if (!buffer.ok()) return;
  if (const std::optional<size_t> size = fill(buffer.bytes())) info.GetReturnValue().Set(buffer.Take(*size));
}

void ReturnBuffer(const Info& info, Bytes bytes) {
  ReturnFilled(info, bytes.size(), [&](std::span<uint8_t> out) {
    std::ranges::copy(bytes, out.data());
    return std::optional(bytes.size());
  });
}

// Empty: there is no memory.
v8::MaybeLocal<v8::Uint8Array> ByteArray(v8::Isolate* isolate, Bytes bytes) {
  NewBuffer buffer(isolate, bytes.size());
  if (!buffer.ok()) return {};
  std::ranges::copy(bytes, buffer.bytes().data());
  return v8::Uint8Array::New(buffer.Take(bytes.size()), 0, bytes.size());
}

void ReturnArray(const Info& info, Bytes bytes) {
  v8::Local<v8::Uint8Array> array;
  if (ByteArray(info.GetIsolate(), bytes).ToLocal(&array)) info.GetReturnValue().Set(array);
}

void ReturnKey(const Info& info, const std::optional<Key>& key) {
  if (key) ReturnArray(info, crypto::Pack(*key).span());
}

// crypto_source(value): 0 if it is no buffer or view, 2 if its memory is shared, else 1.
void Source(const Info& info) {
  const v8::Local<v8::Value> value = info[0];
  bool shared = value->IsSharedArrayBuffer();
  // Shared memory is never inside the heap, so a view without a buffer has none.
  if (value->IsArrayBufferView() && value.As<v8::ArrayBufferView>()->HasBuffer())
    shared = value.As<v8::ArrayBufferView>()->Buffer().As<v8::Value>()->IsSharedArrayBuffer();
  const bool is_source = shared || value->IsArrayBufferView() || value->IsArrayBuffer();
  info.GetReturnValue().Set(shared ? 2 : is_source ? 1 : 0);
}

// crypto_copy(source): a Uint8Array.
void Copy(const Info& info) {
  Arguments arguments(info);
  const Bytes bytes = arguments.Data();
  if (arguments.ok()) ReturnArray(info, bytes);
}

// crypto_random(size): a Uint8Array.
void Random(const Info& info) {
  Arguments arguments(info);
  const uint32_t size = arguments.Number();
  if (!arguments.ok()) return;
  NewBuffer buffer(info.GetIsolate(), size);
  if (!buffer.ok()) return;
  DrawBytes(buffer.bytes().data(), size);
  info.GetReturnValue().Set(v8::Uint8Array::New(buffer.Take(size), 0, size));
}

// crypto_digest(hash, data): an ArrayBuffer.
void DigestOp(const Info& info) {
  Arguments arguments(info);
  const Hash hash = arguments.Digest();
  const Bytes data = arguments.Data();
  if (!arguments.ok()) return;
  const size_t size = crypto::Library::Get().digest_bytes(hash);
  ReturnFilled(info, size, [&](std::span<uint8_t> out) {
    return crypto::Digest(hash, data, out, Stopped(info)) ? std::optional(size) : std::nullopt;
  });
}

// crypto_hmac(hash, key, data): an ArrayBuffer.
void HmacOp(const Info& info) {
  Arguments arguments(info);
  const Hash hash = arguments.Digest();
  const Bytes key = arguments.Data(), data = arguments.Data();
  if (!arguments.ok()) return;
  const size_t size = crypto::Library::Get().digest_bytes(hash);
  ReturnFilled(info, size, [&](std::span<uint8_t> out) {
    return crypto::Hmac(hash, key, data, out, Stopped(info)) ? std::optional(size) : std::nullopt;
  });
}

// crypto_hmac_verify(hash, key, data, signature): whether it is the one.
void HmacVerify(const Info& info) {
  Arguments arguments(info);
  const Hash hash = arguments.Digest();
  const Bytes key = arguments.Data(), data = arguments.Data(), signature = arguments.Data();
  if (!arguments.ok()) return;
  crypto::SecretBytes expected(crypto::Library::Get().digest_bytes(hash));
  if (!crypto::Hmac(hash, key, data, expected.span(), Stopped(info))) return;
  info.GetReturnValue().Set(signature.size() == expected.size() &&
                            CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) == 0);
}

// crypto_aes(mode, encrypt, key, data, iv, number, additional data): an ArrayBuffer. The number is GCM's size
// of a tag in bytes or CTR's of a counter in bits.
void AesOp(const Info& info) {
  Arguments arguments(info);
  const crypto::AesMode mode{arguments.Number(crypto::kAesModes)};
  const bool encrypt = arguments.Flag();
  const Bytes key = arguments.Data(), data = arguments.Data(), iv = arguments.Data();
  const uint32_t number = arguments.Number();
  const Bytes additional_data = arguments.Data();
  if (!arguments.ok()) return;
  const crypto::AesCall call{mode, encrypt, key, data, iv, additional_data, number, number};
  const std::optional<size_t> capacity = crypto::AesCapacity(call);
  if (!capacity) return;
  ReturnFilled(info, *capacity,
               [&](std::span<uint8_t> out) { return crypto::Aes(call, out, Stopped(info)); });
}

// crypto_hkdf(hash, secret, salt, info, size): an ArrayBuffer.
void HkdfOp(const Info& info) {
  Arguments arguments(info);
  const Hash hash = arguments.Digest();
  const Bytes secret = arguments.Data(), salt = arguments.Data(), context = arguments.Data();
  const uint32_t size = arguments.Number();
  if (!arguments.ok()) return;
  ReturnFilled(info, size, [&](std::span<uint8_t> out) {
    return crypto::Hkdf(hash, secret, salt, context, out, Stopped(info)) ? std::optional<size_t>(size)
                                                                         : std::nullopt;
  });
}

// crypto_pbkdf2(hash, password, salt, iterations, size): an ArrayBuffer.
void Pbkdf2Op(const Info& info) {
  Arguments arguments(info);
  const Hash hash = arguments.Digest();
  const Bytes password = arguments.Data(), salt = arguments.Data();
  const uint32_t iterations = arguments.Number(), size = arguments.Number();
  if (!arguments.ok()) return;
  ReturnFilled(info, size, [&](std::span<uint8_t> out) {
    return crypto::Pbkdf2(hash, password, salt, iterations, out, Stopped(info)) ? std::optional<size_t>(size)
                                                                                : std::nullopt;
  });
}

// crypto_generate(kind, RSA bits, RSA exponent): a private key, packed.
void GenerateOp(const Info& info) {
  Arguments arguments(info);
  const KeyKind kind = arguments.Kind();
  const uint32_t bits = arguments.Number(), exponent = arguments.Number();
  if (arguments.ok()) ReturnKey(info, crypto::Generate(kind, bits, exponent, Stopped(info)));
}

// crypto_import(format, kind, bytes): a key, packed.
void ImportOp(const Info& info) {
  Arguments arguments(info);
  const KeyFormat format{arguments.Number(crypto::kKeyFormats)};
  const KeyKind kind = arguments.Kind();
  const Bytes bytes = arguments.Data();
  if (arguments.ok()) ReturnKey(info, crypto::Import(format, kind, bytes));
}

// crypto_export(format, kind, whether private, key): an ArrayBuffer.
void ExportOp(const Info& info) {
  Arguments arguments(info);
  const KeyFormat format{arguments.Number(crypto::kKeyFormats)};
  const KeyKind kind = arguments.Kind();
  const bool is_private = arguments.Flag();
  const std::optional<Key> key = arguments.AKey(kind, is_private);
  if (!arguments.ok()) return;
  if (const auto bytes = crypto::Export(format, *key)) ReturnBuffer(info, bytes->span());
}

// crypto_numbers(kind, whether private, key): an array of Uint8Arrays (keys.h says which).
void Numbers(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  Arguments arguments(info);
  const KeyKind kind = arguments.Kind();
  const bool is_private = arguments.Flag();
  const std::optional<Key> key = arguments.AKey(kind, is_private);
  if (!arguments.ok()) return;
  std::vector<v8::Local<v8::Value>> numbers;
  for (const crypto::SecretBytes& number : key->numbers) {
    v8::Local<v8::Uint8Array> array;
    if (!ByteArray(isolate, number.span()).ToLocal(&array)) return;
    numbers.push_back(array);
  }
  info.GetReturnValue().Set(v8::Array::New(isolate, numbers.data(), numbers.size()));
}

// crypto_from_numbers(kind, whether private, number...): a key, packed.
void FromNumbers(const Info& info) {
  Arguments arguments(info);
  Key key;
  key.kind = arguments.Kind();
  key.is_private = arguments.Flag();
  constexpr int kBefore = 2, kMost = 8;
  if (!arguments.ok() || info.Length() > kBefore + kMost) return;
  for (int i = kBefore; i < info.Length(); ++i) {
    ByteSource source;
    if (!source.Open(info[i]) || source.bytes().size() > crypto::kMaxDerBytes) return;
    key.numbers.emplace_back(source.bytes());
  }
  ReturnKey(info, crypto::Checked(std::move(key)));
}

// crypto_public_half(kind, private key): its public key, packed.
void PublicHalf(const Info& info) {
  Arguments arguments(info);
  const KeyKind kind = arguments.Kind();
  std::optional<Key> key = arguments.AKey(kind, true);
  if (arguments.ok()) ReturnKey(info, crypto::PublicHalf(*std::move(key)));
}

crypto::Signing SigningOf(Arguments& arguments) {
  crypto::Signing signing{crypto::Scheme{arguments.Number(crypto::kSchemes)}};
  signing.hash = arguments.Digest();
  signing.salt_bytes = arguments.Number();
  return signing;
}

// crypto_sign(kind, private key, scheme, hash, salt bytes, data): an ArrayBuffer.
void SignOp(const Info& info) {
  Arguments arguments(info);
  const KeyKind kind = arguments.Kind();
  const std::optional<Key> key = arguments.AKey(kind, true);
  const crypto::Signing signing = SigningOf(arguments);
  const Bytes data = arguments.Data();
  if (!arguments.ok()) return;
  if (const auto signature = crypto::Sign(*key, signing, data, Stopped(info))) ReturnBuffer(info, *signature);
}

// crypto_verify(kind, public key, scheme, hash, salt bytes, data, signature): whether it is one.
void VerifyOp(const Info& info) {
  Arguments arguments(info);
  const KeyKind kind = arguments.Kind();
  const std::optional<Key> key = arguments.AKey(kind, false);
  const crypto::Signing signing = SigningOf(arguments);
  const Bytes data = arguments.Data(), signature = arguments.Data();
  if (!arguments.ok()) return;
  if (const auto good = crypto::Verify(*key, signing, data, signature, Stopped(info)))
    info.GetReturnValue().Set(*good);
}

// crypto_rsa_oaep(encrypt, hash, key, label, data): an ArrayBuffer.
void RsaOaepOp(const Info& info) {
  Arguments arguments(info);
  const bool encrypt = arguments.Flag();
  const Hash hash = arguments.Digest();
  const std::optional<Key> key = arguments.AKey(KeyKind::kRsa, !encrypt);
  const Bytes label = arguments.Data(), data = arguments.Data();
  if (!arguments.ok()) return;
  if (const auto text = crypto::RsaOaep(*key, encrypt, hash, label, data)) ReturnBuffer(info, text->span());
}

// crypto_derive(kind, private key, public key): an ArrayBuffer.
void DeriveOp(const Info& info) {
  Arguments arguments(info);
  const KeyKind kind = arguments.Kind();
  const std::optional<Key> mine = arguments.AKey(kind, true), theirs = arguments.AKey(kind, false);
  if (!arguments.ok()) return;
  if (const auto secret = crypto::Derive(*mine, *theirs)) ReturnBuffer(info, secret->span());
}

// crypto_base64url_encode(bytes): a string.
void Base64UrlEncodeOp(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  Arguments arguments(info);
  const Bytes bytes = arguments.Data();
  const size_t length = crypto::Base64UrlLength(bytes.size());
  if (!arguments.ok() || length > v8::String::kMaxLength) return;
  const NewBuffer text(isolate, length);
  if (!text.ok()) return;
  crypto::Base64UrlEncode(bytes, text.bytes());
  v8::Local<v8::String> string;
  if (v8::String::NewFromOneByte(isolate, text.bytes().data(), v8::NewStringType::kNormal,
                                 static_cast<int>(length))
          .ToLocal(&string)) {
    info.GetReturnValue().Set(string);
  }
}

// crypto_base64url_decode(text): a Uint8Array.
void Base64UrlDecodeOp(const Info& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  if (!info[0]->IsString()) return;
  const v8::Local<v8::String> string = info[0].As<v8::String>();
  if (!string->ContainsOnlyOneByte()) return;
  NewBuffer text(isolate, static_cast<size_t>(string->Length()));
  if (!text.ok()) return;
  if (string->IsOneByte()) {
    v8_compat::WriteOneByte(isolate, string, text.bytes().data());
  } else {
    const Utf16Text wide(isolate, string);
    std::ranges::copy(wide.view(), text.bytes().data());
  }
  if (const auto size = crypto::Base64UrlDecode(text.bytes()))
    info.GetReturnValue().Set(v8::Uint8Array::New(text.Take(*size), 0, *size));
}

}  // namespace

Extension CryptoExtension() {
  Extension extension = WithOps(CryptoBundle(), {
                                                    {"crypto_aes", AesOp},
                                                    {"crypto_base64url_decode", Base64UrlDecodeOp},
                                                    {"crypto_base64url_encode", Base64UrlEncodeOp},
                                                    {"crypto_copy", Copy},
                                                    {"crypto_derive", DeriveOp},
                                                    {"crypto_digest", DigestOp},
                                                    {"crypto_export", ExportOp},
                                                    {"crypto_from_numbers", FromNumbers},
                                                    {"crypto_generate", GenerateOp},
                                                    {"crypto_hkdf", HkdfOp},
                                                    {"crypto_hmac", HmacOp},
                                                    {"crypto_hmac_verify", HmacVerify},
                                                    {"crypto_import", ImportOp},
                                                    {"crypto_numbers", Numbers},
                                                    {"crypto_pbkdf2", Pbkdf2Op},
                                                    {"crypto_public_half", PublicHalf},
                                                    {"crypto_random", Random},
                                                    {"crypto_rsa_oaep", RsaOaepOp},
                                                    {"crypto_sign", SignOp},
                                                    {"crypto_source", Source},
                                                    {"crypto_verify", VerifyOp},
                                                });
  extension.warm_up = crypto::WarmUp;
  return extension;
}

}  // namespace evald
