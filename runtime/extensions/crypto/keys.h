// Asymmetric keys: their numbers, and the formats that they come and go in. No V8.
//
// A key is kept as its numbers alone, so that there is nothing of OpenSSL's in an isolate: each operation
// makes an EVP_PKEY of them and lets go of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "runtime/extensions/crypto/library.h"
#include "runtime/extensions/crypto/secret_bytes.h"

namespace evald::crypto {

// Numbers that crypto.js knows.
enum class KeyKind : uint32_t { kRsa, kP256, kP384, kP521, kEd25519, kX25519 };
inline constexpr uint32_t kKeyKinds = 6;
enum class KeyFormat : uint32_t { kRaw, kSpki, kPkcs8 };
inline constexpr uint32_t kKeyFormats = 3;

// OpenSSL's own bound. A larger modulus, or any number of an RSA key that is longer, is refused.
inline constexpr uint32_t kMaxRsaBits = 16384;
// Many times what such a key takes. DER that is longer is refused unread.
inline constexpr size_t kMaxDerBytes = 64 << 10;

// The size of a coordinate, of a private scalar or of half a signature. 0 for RSA.
size_t FieldBytes(KeyKind kind);
bool IsElliptic(KeyKind kind);  // P-256, P-384, P-521

// Numbers are big-endian, in the order of their names in a JSON Web Key:
//   RSA: n, e; of a private key also d, p, q, dp, dq, qi. Without leading zeros.
//   P-256, P-384, P-521: x, y; of a private key also d. All of FieldBytes.
//   Ed25519, X25519: x; of a private key also d. 32 bytes, in their own order.
struct Key {
  KeyKind kind = KeyKind::kRsa;
  bool is_private = false;
  std::vector<SecretBytes> numbers;
};

// A key as one run of bytes, which is what a CryptoKey holds, and back. Nothing: these are no such bytes.
SecretBytes Pack(const Key& key);
std::optional<Key> Unpack(KeyKind kind, bool is_private, std::span<const uint8_t> bytes);

// What of a private key is public.
Key PublicHalf(Key key);

// A key of these numbers, in their canonical form, if they are one: the right count and sizes, a point on the
// curve, a public half that belongs to the private one. Of RSA only what is cheap is looked at: no number is
// tested for being prime.
std::optional<Key> Checked(Key key);

// Raw is the public point or bytes. SPKI is public, PKCS #8 private. Nothing: not this format, not a valid
// key, not one of this kind, or more bytes than the key.
std::optional<Key> Import(KeyFormat format, KeyKind kind, std::span<const uint8_t> bytes);
// Nothing: such a key has no such format, or there is no memory.
std::optional<SecretBytes> Export(KeyFormat format, const Key& key);

// A private key. `rsa_bits` and `rsa_exponent` count for RSA alone. Nothing: they cannot be, or `stopping`
// said so.
std::optional<Key> Generate(KeyKind kind, uint32_t rsa_bits, uint32_t rsa_exponent,
                            absl::FunctionRef<bool()> stopping);

// For OpenSSL. Null: it takes it for no key.
EvpKey ToEvp(const Key& key);

}  // namespace evald::crypto
