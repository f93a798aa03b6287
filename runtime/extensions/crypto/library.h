// OpenSSL as the extension `crypto` uses it.
//
// It has a library context of its own, so the machine's openssl.cnf says nothing about what scripts get, and
// no file is ever opened. All randomness, wherever inside OpenSSL it is asked for, comes from getrandom(2)
// and is kept nowhere: OpenSSL's own generators hold a state, which forks and rewinds of this process would
// repeat.
#pragma once

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <cstdint>
#include <memory>

namespace evald::crypto {

template <auto function>
struct Freer {
  template <typename T>
  void operator()(T* pointer) const {
    function(pointer);
  }
};

using EvpKey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using EvpKeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using EvpDigest = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using EvpCipher = std::unique_ptr<EVP_CIPHER_CTX, Freer<EVP_CIPHER_CTX_free>>;
using EvpMac = std::unique_ptr<EVP_MAC_CTX, Freer<EVP_MAC_CTX_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Freer<BN_clear_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;
using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freer<PKCS8_PRIV_KEY_INFO_free>>;

// Numbers that crypto.js knows.
enum class Hash : uint32_t { kSha1, kSha256, kSha384, kSha512 };
inline constexpr uint32_t kHashes = 4;
enum class AesMode : uint32_t { kCbc, kCtr, kGcm, kKw };
inline constexpr uint32_t kAesModes = 4;

// One thread.
class Library {
 public:
  // Set up when first asked for; in a zygote that has to be before the seal.
  static const Library& Get();

  OSSL_LIB_CTX* context() const { return context_; }
  const EVP_MD* digest(Hash hash) const { return digests_[static_cast<size_t>(hash)]; }
  const char* digest_name(Hash hash) const { return EVP_MD_get0_name(digest(hash)); }
  size_t digest_bytes(Hash hash) const { return static_cast<size_t>(EVP_MD_get_size(digest(hash))); }
  EVP_MAC* hmac() const { return hmac_; }
  // Null: there is no such size of a key.
  const EVP_CIPHER* cipher(AesMode mode, size_t key_bytes) const;

 private:
  Library();

  OSSL_LIB_CTX* context_ = nullptr;
  std::array<EVP_MD*, kHashes> digests_{};
  std::array<std::array<EVP_CIPHER*, 3>, kAesModes> ciphers_{};
  EVP_MAC* hmac_ = nullptr;
};

// OpenSSL's queue of errors is left as it was found: nobody asks for the details.
class ErrorsForgotten {
 public:
  ErrorsForgotten();
  ~ErrorsForgotten();
};

}  // namespace evald::crypto
