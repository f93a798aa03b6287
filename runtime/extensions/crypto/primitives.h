// The operations of the Web Cryptography API as functions over bytes. No V8, no state.
//
// `stopping` is asked every so often, so that what takes long ends with the request; an operation that it
// stops fails. Failing says no more than that: the standard has one error for all reasons.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "runtime/extensions/crypto/keys.h"
#include "runtime/extensions/crypto/library.h"

namespace evald::crypto {

using Bytes = std::span<const uint8_t>;
using Stopping = absl::FunctionRef<bool()>;

// `out` has digest_bytes(hash) bytes.
bool Digest(Hash hash, Bytes data, std::span<uint8_t> out, Stopping stopping);
bool Hmac(Hash hash, Bytes key, Bytes data, std::span<uint8_t> out, Stopping stopping);

// Fill `out`. HKDF fails past 255 digests.
bool Hkdf(Hash hash, Bytes secret, Bytes salt, Bytes info, std::span<uint8_t> out, Stopping stopping);
bool Pbkdf2(Hash hash, Bytes password, Bytes salt, uint32_t iterations, std::span<uint8_t> out,
            Stopping stopping);

struct AesCall {
  AesMode mode;
  bool encrypt;
  Bytes key;
  Bytes data;                 // of GCM's decryption: the tag at its end
  Bytes iv;                   // of CTR: the counter block. None for KW
  Bytes additional_data;      // of GCM
  uint32_t tag_bytes = 0;     // of GCM
  uint32_t counter_bits = 0;  // of CTR
};
// Room for what Aes gives. Nothing: it would fail.
std::optional<size_t> AesCapacity(const AesCall& call);
// How much of `out` it filled.
std::optional<size_t> Aes(const AesCall& call, std::span<uint8_t> out, Stopping stopping);

enum class Scheme : uint32_t { kRsaPkcs1, kRsaPss, kEcdsa, kEddsa };
inline constexpr uint32_t kSchemes = 4;
struct Signing {
  Scheme scheme;
  Hash hash = Hash::kSha256;  // not of EdDSA
  uint32_t salt_bytes = 0;    // of PSS
};
// An ECDSA signature is its two numbers one after the other.
std::optional<std::vector<uint8_t>> Sign(const Key& key, const Signing& signing, Bytes data,
                                         Stopping stopping);
// Nothing: it could not be found out.
std::optional<bool> Verify(const Key& key, const Signing& signing, Bytes data, Bytes signature,
                           Stopping stopping);

std::optional<SecretBytes> RsaOaep(const Key& key, bool encrypt, Hash hash, Bytes label, Bytes data);

// The shared secret of two keys of one kind. Nothing: the other's key has none to share.
std::optional<SecretBytes> Derive(const Key& mine, const Key& theirs);

// Does each of these once, so that what OpenSSL looks up and keeps is there in every fork.
void WarmUp();

}  // namespace evald::crypto
