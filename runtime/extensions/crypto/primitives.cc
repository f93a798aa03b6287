#include "runtime/extensions/crypto/primitives.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <climits>
#include <limits>

#include "base/check.h"

namespace evald::crypto {
namespace {

// How much is worked on between two questions whether to stop: a few milliseconds.
constexpr size_t kSliceBytes = 1 << 20;
constexpr uint32_t kSliceIterations = 1 << 12;
constexpr size_t kAesBlock = 16;
constexpr size_t kWrapBlock = 8;

// Gives `data` to `take`, a slice at a time.
template <typename Take>
bool InSlices(Bytes data, Stopping stopping, const Take& take) {
  while (!data.empty()) {
    const Bytes slice = data.first(std::min(data.size(), kSliceBytes));
    if (!take(slice)) return false;
    data = data.subspan(slice.size());
    if (!data.empty() && stopping()) return false;
  }
  return true;
}

// HMAC under one key, of one message after the other.
class Authenticator {
 public:
  Authenticator(Hash hash, Bytes key) : context_(EVP_MAC_CTX_new(Library::Get().hmac())) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                         const_cast<char*>(Library::Get().digest_name(hash)), 0),
        OSSL_PARAM_construct_end()};
    // A key that is empty is one too; a null pointer would be none.
    static constexpr uint8_t kNothing = 0;
    ok_ = context_ != nullptr &&
          EVP_MAC_init(context_.get(), key.empty() ? &kNothing : key.data(), key.size(), parameters) == 1;
  }

  void Again() { ok_ = ok_ && EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1; }
  bool Add(Bytes data) { return ok_ = ok_ && EVP_MAC_update(context_.get(), data.data(), data.size()) == 1; }
  bool Finish(std::span<uint8_t> out) {
    size_t size = 0;
    return ok_ =
               ok_ && EVP_MAC_final(context_.get(), out.data(), &size, out.size()) == 1 && size == out.size();
  }

 private:
  const EvpMac context_;
  bool ok_;
};

// HMAC for the many short messages of PBKDF2: half the cost of EVP_MAC's.
class IteratedAuthenticator {
 public:
  IteratedAuthenticator(Hash hash, Bytes key)
      : inner_(EVP_MD_CTX_new()), outer_(EVP_MD_CTX_new()), running_(EVP_MD_CTX_new()) {
    const EVP_MD* const digest = Library::Get().digest(hash);
    SecretBytes block(static_cast<size_t>(EVP_MD_get_block_size(digest)));
    ok_ = inner_ != nullptr && outer_ != nullptr && running_ != nullptr;
    if (key.size() > block.size()) {
      ok_ = ok_ && EVP_DigestInit_ex2(running_.get(), digest, nullptr) == 1 &&
            EVP_DigestUpdate(running_.get(), key.data(), key.size()) == 1 &&
            EVP_DigestFinal_ex(running_.get(), block.data(), nullptr) == 1;
    } else {
      std::ranges::copy(key, block.data());
    }
    for (uint8_t& byte : block.span()) byte ^= 0x36;
    ok_ = ok_ && EVP_DigestInit_ex2(inner_.get(), digest, nullptr) == 1 &&
          EVP_DigestUpdate(inner_.get(), block.data(), block.size()) == 1;
    for (uint8_t& byte : block.span()) byte ^= 0x36 ^ 0x5c;
    ok_ = ok_ && EVP_DigestInit_ex2(outer_.get(), digest, nullptr) == 1 &&
          EVP_DigestUpdate(outer_.get(), block.data(), block.size()) == 1;
  }

  // `out` may be one of the messages.
  bool Of(Bytes first, Bytes second, std::span<uint8_t> out) {
    return ok_ = ok_ && EVP_MD_CTX_copy_ex(running_.get(), inner_.get()) == 1 &&
                 EVP_DigestUpdate(running_.get(), first.data(), first.size()) == 1 &&
                 EVP_DigestUpdate(running_.get(), second.data(), second.size()) == 1 &&
                 EVP_DigestFinal_ex(running_.get(), out.data(), nullptr) == 1 &&
                 EVP_MD_CTX_copy_ex(running_.get(), outer_.get()) == 1 &&
                 EVP_DigestUpdate(running_.get(), out.data(), out.size()) == 1 &&
                 EVP_DigestFinal_ex(running_.get(), out.data(), nullptr) == 1;
  }

 private:
  const EvpDigest inner_, outer_, running_;
  bool ok_;
};

// Runs `data` through a cipher that gives as many bytes as it takes, but for its last block. `at` is moved
// on.
bool Update(EVP_CIPHER_CTX* context, Bytes data, uint8_t*& at, Stopping stopping) {
  return InSlices(data, stopping, [&](Bytes slice) {
    int written = 0;
    if (EVP_CipherUpdate(context, at, &written, slice.data(), static_cast<int>(slice.size())) != 1)
      return false;
    at += written;
    return true;
  });
}

EvpCipher NewCipher(const AesCall& call, const uint8_t* iv) {
  EvpCipher context(EVP_CIPHER_CTX_new());
  const EVP_CIPHER* const cipher = Library::Get().cipher(call.mode, call.key.size());
  if (context == nullptr || cipher == nullptr) return nullptr;
  if (call.mode == AesMode::kKw) EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  if (call.mode == AesMode::kGcm) {
    // The size of the IV comes before the IV.
    size_t size = call.iv.size();
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, &size),
                               OSSL_PARAM_construct_end()};
    if (EVP_CipherInit_ex2(context.get(), cipher, nullptr, nullptr, call.encrypt ? 1 : 0, parameters) != 1)
      return nullptr;
    if (EVP_CipherInit_ex2(context.get(), nullptr, call.key.data(), iv, call.encrypt ? 1 : 0, nullptr) != 1)
      return nullptr;
    return context;
  }
  if (EVP_CipherInit_ex2(context.get(), cipher, call.key.data(), iv, call.encrypt ? 1 : 0, nullptr) != 1)
    return nullptr;
  return context;
}

std::optional<size_t> AesCbc(const AesCall& call, std::span<uint8_t> out, Stopping stopping) {
  const EvpCipher context = NewCipher(call, call.iv.data());
  uint8_t* at = out.data();
  int last = 0;
  if (context == nullptr || !Update(context.get(), call.data, at, stopping) ||
      EVP_CipherFinal_ex(context.get(), at, &last) != 1) {
    return std::nullopt;
  }
  return static_cast<size_t>(at - out.data() + last);
}

std::optional<size_t> AesGcm(const AesCall& call, std::span<uint8_t> out, Stopping stopping) {
  const EvpCipher context = NewCipher(call, call.iv.data());
  if (context == nullptr) return std::nullopt;
  const bool authenticated = InSlices(call.additional_data, stopping, [&](Bytes slice) {
    int none = 0;
    return EVP_CipherUpdate(context.get(), nullptr, &none, slice.data(), static_cast<int>(slice.size())) == 1;
  });
  const Bytes text = call.encrypt ? call.data : call.data.first(call.data.size() - call.tag_bytes);
  uint8_t* at = out.data();
  if (!authenticated || !Update(context.get(), text, at, stopping)) return std::nullopt;
  const int tag_bytes = static_cast<int>(call.tag_bytes);
  std::array<uint8_t, kAesBlock> tag{};
  if (!call.encrypt) {
    std::ranges::copy(call.data.last(call.tag_bytes), tag.data());
    if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) != 1)
      return std::nullopt;
  }
  int last = 0;
  if (EVP_CipherFinal_ex(context.get(), at, &last) != 1) return std::nullopt;
  if (!call.encrypt) return text.size();
  if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, at) != 1) return std::nullopt;
  return text.size() + call.tag_bytes;
}

// The standard's counter is the last bits of the block alone, OpenSSL's is all of it. So what comes after the
// counter has come around to 0 is a call of its own.
std::optional<size_t> AesCtr(const AesCall& call, std::span<uint8_t> out, Stopping stopping) {
  std::array<uint8_t, kAesBlock> first, around;
  std::ranges::copy(call.iv, first.data());
  around = first;
  uint64_t left_high = 0, left_low = 0;  // how far the counter is from its largest value
  for (size_t i = 0; i < kAesBlock; ++i) {
    const size_t bits_below = 8 * (kAesBlock - 1 - i);
    const size_t counting =
        call.counter_bits <= bits_below ? 0 : std::min<size_t>(8, call.counter_bits - bits_below);
    const auto mask = static_cast<uint8_t>((1u << counting) - 1);
    const auto left = static_cast<uint8_t>(~first[i] & mask);
    left_high = left_high << 8 | left_low >> 56;
    left_low = left_low << 8 | left;
    around[i] = static_cast<uint8_t>(first[i] & ~mask);
  }
  const uint64_t blocks = call.data.size() / kAesBlock + (call.data.size() % kAesBlock != 0 ? 1 : 0);
  if (call.counter_bits < 64 && blocks > uint64_t{1} << call.counter_bits) return std::nullopt;
  const bool comes_around = left_high == 0 && left_low < blocks && blocks - left_low > 1;
  const size_t before = comes_around ? (left_low + 1) * kAesBlock : call.data.size();
  uint8_t* at = out.data();
  for (const auto& [part, counter] :
       {std::pair(call.data.first(before), &first), std::pair(call.data.subspan(before), &around)}) {
    if (part.empty()) continue;
    const EvpCipher context = NewCipher(call, counter->data());
    if (context == nullptr || !Update(context.get(), part, at, stopping)) return std::nullopt;
  }
  return call.data.size();
}

std::optional<size_t> AesKw(const AesCall& call, std::span<uint8_t> out) {
  const EvpCipher context = NewCipher(call, nullptr);
  int written = 0;
  if (context == nullptr ||
      EVP_CipherUpdate(context.get(), out.data(), &written, call.data.data(),
                       static_cast<int>(call.data.size())) != 1 ||
      written < 0) {
    return std::nullopt;
  }
  return static_cast<size_t>(written);
}

// Sets a context up for one signature or one verification.
bool Begin(EVP_MD_CTX* context, EVP_PKEY* key, const Signing& signing, bool sign) {
  const char* const digest =
      signing.scheme == Scheme::kEddsa ? nullptr : Library::Get().digest_name(signing.hash);
  EVP_PKEY_CTX* settings = nullptr;
  const auto init = sign ? EVP_DigestSignInit_ex : EVP_DigestVerifyInit_ex;
  if (init(context, &settings, digest, Library::Get().context(), nullptr, key, nullptr) != 1) return false;
  if (signing.scheme == Scheme::kRsaPkcs1)
    return EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PADDING) == 1;
  if (signing.scheme != Scheme::kRsaPss) return true;
  // Less than nothing has meanings of its own to OpenSSL.
  return signing.salt_bytes <= kMaxRsaBits / 8 &&
         EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, static_cast<int>(signing.salt_bytes)) == 1;
}

bool Fits(const Key& key, Scheme scheme) {
  switch (scheme) {
    case Scheme::kRsaPkcs1:
    case Scheme::kRsaPss:
      return key.kind == KeyKind::kRsa;
    case Scheme::kEcdsa:
      return IsElliptic(key.kind);
    case Scheme::kEddsa:
      return key.kind == KeyKind::kEd25519;
  }
  return false;
}

// DER to two numbers of `field` bytes each.
std::optional<std::vector<uint8_t>> Plain(Bytes der, size_t field) {
  const uint8_t* at = der.data();
  const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::vector<uint8_t> plain(2 * field);
  const int size = static_cast<int>(field);
  if (signature == nullptr || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), plain.data(), size) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), plain.data() + field, size) < 0) {
    return std::nullopt;
  }
  return plain;
}

// And back.
std::optional<std::vector<uint8_t>> Encoded(Bytes plain) {
  const int field = static_cast<int>(plain.size() / 2);
  const EcdsaSignature signature(ECDSA_SIG_new());
  BigNumber r(BN_bin2bn(plain.data(), field, nullptr)), s(BN_bin2bn(plain.data() + field, field, nullptr));
  if (signature == nullptr || r == nullptr || s == nullptr ||
      ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
    return std::nullopt;
  }
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  const int size = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (size <= 0) return std::nullopt;
  std::vector<uint8_t> der(static_cast<size_t>(size));
  uint8_t* at = der.data();
  if (i2d_ECDSA_SIG(signature.get(), &at) != size) return std::nullopt;
  return der;
}

}  // namespace

bool Digest(Hash hash, Bytes data, std::span<uint8_t> out, Stopping stopping) {
  const ErrorsForgotten errors;
  const EvpDigest context(EVP_MD_CTX_new());
  return context != nullptr && EVP_DigestInit_ex2(context.get(), Library::Get().digest(hash), nullptr) == 1 &&
         InSlices(
             data, stopping,
             [&](Bytes slice) { return EVP_DigestUpdate(context.get(), slice.data(), slice.size()) == 1; }) &&
         EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1;
}

bool Hmac(Hash hash, Bytes key, Bytes data, std::span<uint8_t> out, Stopping stopping) {
  const ErrorsForgotten errors;
  Authenticator authenticator(hash, key);
  return InSlices(data, stopping, [&](Bytes slice) { return authenticator.Add(slice); }) &&
         authenticator.Finish(out);
}

// RFC 5869. OpenSSL's own bounds the size of `info`, and takes no empty secret.
bool Hkdf(Hash hash, Bytes secret, Bytes salt, Bytes info, std::span<uint8_t> out, Stopping stopping) {
  const ErrorsForgotten errors;
  const size_t step = Library::Get().digest_bytes(hash);
  if (out.size() > 255 * step) return false;
  SecretBytes extracted(step), block(step);
  if (!Hmac(hash, salt, secret, extracted.span(), stopping)) return false;
  Authenticator authenticator(hash, extracted.span());
  for (uint8_t round = 1; !out.empty(); ++round) {
    if (round > 1) {
      authenticator.Again();
      authenticator.Add(block.span());
    }
    if (!authenticator.Add(info) || !authenticator.Add({&round, 1}) || !authenticator.Finish(block.span()))
      return false;
    const size_t taken = std::min(step, out.size());
    std::copy_n(block.data(), taken, out.data());
    out = out.subspan(taken);
    if (stopping()) return false;
  }
  return true;
}

// RFC 8018. OpenSSL's own cannot be stopped, and is no faster.
bool Pbkdf2(Hash hash, Bytes password, Bytes salt, uint32_t iterations, std::span<uint8_t> out,
            Stopping stopping) {
  const ErrorsForgotten errors;
  const size_t step = Library::Get().digest_bytes(hash);
  IteratedAuthenticator authenticator(hash, password);
  SecretBytes next(step), sum(step);
  for (uint32_t number = 1; !out.empty(); ++number) {
    const std::array<uint8_t, 4> index = {static_cast<uint8_t>(number >> 24),
                                          static_cast<uint8_t>(number >> 16),
                                          static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)};
    if (!authenticator.Of(salt, index, next.span())) return false;
    std::ranges::copy(next.span(), sum.data());
    for (uint32_t i = 1; i < iterations; ++i) {
      if (i % kSliceIterations == 0 && stopping()) return false;
      if (!authenticator.Of(next.span(), {}, next.span())) return false;
      for (size_t at = 0; at < step; ++at) sum.data()[at] ^= next.data()[at];
    }
    const size_t taken = std::min(step, out.size());
    std::copy_n(sum.data(), taken, out.data());
    out = out.subspan(taken);
    if (number % kSliceIterations == 0 && stopping()) return false;
  }
  return true;
}

std::optional<size_t> AesCapacity(const AesCall& call) {
  constexpr size_t kMost = INT_MAX - 2 * kAesBlock;  // as Node.js has it
  const size_t size = call.data.size();
  if (size > kMost || call.iv.size() > kMost || call.additional_data.size() > kMost) return std::nullopt;
  switch (call.mode) {
    case AesMode::kCbc:
      if (call.iv.size() != kAesBlock) return std::nullopt;
      return size + kAesBlock;
    case AesMode::kCtr:
      if (call.iv.size() != kAesBlock || call.counter_bits == 0 || call.counter_bits > 8 * kAesBlock)
        return std::nullopt;
      return size;
    case AesMode::kGcm:
      if (call.iv.empty() || call.tag_bytes == 0 || call.tag_bytes > kAesBlock) return std::nullopt;
      if (call.encrypt) return size + call.tag_bytes;
      return size < call.tag_bytes ? std::nullopt : std::optional(size - call.tag_bytes);
    case AesMode::kKw:
      if (size % kWrapBlock != 0 || size < (call.encrypt ? 2 : 3) * kWrapBlock) return std::nullopt;
      return size + kWrapBlock;
  }
  return std::nullopt;
}

std::optional<size_t> Aes(const AesCall& call, std::span<uint8_t> out, Stopping stopping) {
  const ErrorsForgotten errors;
  const std::optional<size_t> capacity = AesCapacity(call);
  if (!capacity || out.size() < *capacity) return std::nullopt;
  switch (call.mode) {
    case AesMode::kCbc:
      return AesCbc(call, out, stopping);
    case AesMode::kCtr:
      return AesCtr(call, out, stopping);
    case AesMode::kGcm:
      return AesGcm(call, out, stopping);
    case AesMode::kKw:
      return AesKw(call, out);
  }
  return std::nullopt;
}

std::optional<std::vector<uint8_t>> Sign(const Key& key, const Signing& signing, Bytes data,
                                         Stopping stopping) {
  const ErrorsForgotten errors;
  if (!Fits(key, signing.scheme) || !key.is_private) return std::nullopt;
  const EvpKey evp = ToEvp(key);
  const EvpDigest context(EVP_MD_CTX_new());
  if (evp == nullptr || context == nullptr || !Begin(context.get(), evp.get(), signing, true))
    return std::nullopt;
  std::vector<uint8_t> signature(static_cast<size_t>(EVP_PKEY_get_size(evp.get())));
  size_t size = signature.size();
  if (signing.scheme == Scheme::kEddsa) {
    if (EVP_DigestSign(context.get(), signature.data(), &size, data.data(), data.size()) != 1)
      return std::nullopt;
  } else if (!InSlices(data, stopping,
                       [&](Bytes slice) {
                         return EVP_DigestSignUpdate(context.get(), slice.data(), slice.size()) == 1;
                       }) ||
             EVP_DigestSignFinal(context.get(), signature.data(), &size) != 1) {
    return std::nullopt;
  }
  signature.resize(size);
  if (signing.scheme == Scheme::kEcdsa) return Plain(signature, FieldBytes(key.kind));
  return signature;
}

std::optional<bool> Verify(const Key& key, const Signing& signing, Bytes data, Bytes signature,
                           Stopping stopping) {
  const ErrorsForgotten errors;
  if (!Fits(key, signing.scheme)) return std::nullopt;
  std::vector<uint8_t> der;
  if (signing.scheme == Scheme::kEcdsa) {
    if (signature.size() != 2 * FieldBytes(key.kind)) return false;
    std::optional<std::vector<uint8_t>> encoded = Encoded(signature);
    if (!encoded) return std::nullopt;
    der = *std::move(encoded);
    signature = der;
  }
  const EvpKey evp = ToEvp(key);
  const EvpDigest context(EVP_MD_CTX_new());
  if (evp == nullptr || context == nullptr || !Begin(context.get(), evp.get(), signing, false))
    return std::nullopt;
  if (signing.scheme == Scheme::kEddsa)
    return EVP_DigestVerify(context.get(), signature.data(), signature.size(), data.data(), data.size()) == 1;
  const bool hashed = InSlices(data, stopping, [&](Bytes slice) {
    return EVP_DigestVerifyUpdate(context.get(), slice.data(), slice.size()) == 1;
  });
  if (!hashed) return std::nullopt;
  return EVP_DigestVerifyFinal(context.get(), signature.data(), signature.size()) == 1;
}

std::optional<SecretBytes> RsaOaep(const Key& key, bool encrypt, Hash hash, Bytes label, Bytes data) {
  const ErrorsForgotten errors;
  if (key.kind != KeyKind::kRsa || key.is_private == encrypt || label.size() > INT_MAX) return std::nullopt;
  const EvpKey evp = ToEvp(key);
  if (evp == nullptr) return std::nullopt;
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_pkey(Library::Get().context(), evp.get(), nullptr));
  const EVP_MD* const digest = Library::Get().digest(hash);
  if (context == nullptr || (encrypt ? EVP_PKEY_encrypt_init : EVP_PKEY_decrypt_init)(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), digest) != 1 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), digest) != 1) {
    return std::nullopt;
  }
  if (!label.empty()) {
    void* const copy = OPENSSL_memdup(label.data(), label.size());
    if (copy == nullptr) return std::nullopt;
    if (EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), copy, static_cast<int>(label.size())) != 1) {
      OPENSSL_free(copy);
      return std::nullopt;
    }
  }
  SecretBytes out(static_cast<size_t>(EVP_PKEY_get_size(evp.get())));
  size_t size = out.size();
  // An empty text is one too; a null pointer would be none.
  static constexpr uint8_t kNothing = 0;
  const auto run = encrypt ? EVP_PKEY_encrypt : EVP_PKEY_decrypt;
  if (run(context.get(), out.data(), &size, data.empty() ? &kNothing : data.data(), data.size()) != 1)
    return std::nullopt;
  return SecretBytes(out.span().first(size));
}

std::optional<SecretBytes> Derive(const Key& mine, const Key& theirs) {
  const ErrorsForgotten errors;
  if (mine.kind != theirs.kind || !mine.is_private || theirs.is_private) return std::nullopt;
  const EvpKey key = ToEvp(mine), peer = ToEvp(theirs);
  if (key == nullptr || peer == nullptr) return std::nullopt;
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_pkey(Library::Get().context(), key.get(), nullptr));
  SecretBytes secret(FieldBytes(mine.kind));
  size_t size = secret.size();
  if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer_ex(context.get(), peer.get(), 0) !=
          1 ||  // it was checked when it was imported
      EVP_PKEY_derive(context.get(), secret.data(), &size) != 1 ||
      size != secret.size()) {
    return std::nullopt;
  }
  return secret;
}

void WarmUp() {
  const auto never = [] { return false; };
  const std::array<uint8_t, 32> bytes{};
  std::array<uint8_t, 64> out;
  for (uint32_t hash = 0; hash < kHashes; ++hash) {
    const std::span<uint8_t> digest = std::span(out).first(Library::Get().digest_bytes(Hash{hash}));
    Digest(Hash{hash}, bytes, digest, never);
    Hmac(Hash{hash}, bytes, bytes, digest, never);
    Pbkdf2(Hash{hash}, bytes, bytes, 2, digest, never);
  }
  for (uint32_t mode = 0; mode < kAesModes; ++mode) {
    for (const size_t size : {16, 24, 32}) {
      std::array<uint8_t, 64> text;
      const Bytes all = bytes;
      const Bytes iv = AesMode{mode} == AesMode::kKw ? Bytes() : all.first(16);
      Aes({AesMode{mode}, true, all.first(size), bytes, iv, {}, 16, 128}, text, never);
    }
  }
  for (uint32_t kind = 0; kind < kKeyKinds; ++kind) {
    constexpr uint32_t kSmall = 1024;  // large enough for every digest, and quickly found
    const std::optional<Key> key = Generate(KeyKind{kind}, kSmall, 65537, never);
    EVALD_CHECK(key, "OpenSSL makes keys of each kind");
    const std::optional<SecretBytes> pkcs8 = Export(KeyFormat::kPkcs8, *key);
    EVALD_CHECK(pkcs8 && Import(KeyFormat::kPkcs8, key->kind, pkcs8->span()), "OpenSSL reads what it wrote");
    const Key half = PublicHalf(*Unpack(key->kind, true, Pack(*key).span()));
    const std::optional<SecretBytes> spki = Export(KeyFormat::kSpki, half);
    EVALD_CHECK(spki && Import(KeyFormat::kSpki, key->kind, spki->span()), "OpenSSL reads what it wrote");
    for (uint32_t scheme = 0; scheme < kSchemes; ++scheme) {
      const Signing signing{Scheme{scheme}};
      if (const auto signature = Sign(*key, signing, bytes, never))
        EVALD_CHECK(Verify(half, signing, bytes, *signature, never) == true, "a signature is good");
    }
    if (key->kind == KeyKind::kRsa) {
      const auto sealed = RsaOaep(half, true, Hash::kSha256, {}, bytes);
      EVALD_CHECK(sealed && RsaOaep(*key, false, Hash::kSha256, {}, sealed->span()), "RSA-OAEP comes back");
    } else if (key->kind != KeyKind::kEd25519) {
      EVALD_CHECK(Derive(*key, half), "a key has a secret with itself");
    }
  }
}

}  // namespace evald::crypto
