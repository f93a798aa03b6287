// A RAND_METHOD is the one part of OpenSSL's old interface that is used here. Its successor, a provider's
// EVP_RAND, can only be the source that OpenSSL's own generators are seeded from, and it is these that hold a
// state.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "runtime/extensions/crypto/library.h"

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include <string>

#include "base/check.h"
#include "runtime/extensions/random/draw.h"

namespace evald::crypto {
namespace {

constexpr RAND_METHOD kFromTheSystem = {
    .seed = [](const void*, int) { return 1; },
    .bytes =
        [](unsigned char* to, int size) {
          if (size < 0) return 0;
          DrawBytes(to, static_cast<size_t>(size));
          return 1;
        },
    .cleanup = [] {},
    .add = [](const void*, int, double) { return 1; },
    .pseudorand =
        [](unsigned char* to, int size) {
          if (size < 0) return 0;
          DrawBytes(to, static_cast<size_t>(size));
          return 1;
        },
    .status = [] { return 1; },
};

}  // namespace

const Library& Library::Get() {
  static const Library* const library = new Library();
  return *library;
}

Library::Library() {
  OPENSSL_init_crypto(
      OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_ADD_ALL_CIPHERS | OPENSSL_INIT_ADD_ALL_DIGESTS, nullptr);
  EVALD_CHECK(RAND_set_rand_method(&kFromTheSystem) == 1, "OpenSSL takes a source of randomness");
  context_ = OSSL_LIB_CTX_new();
  EVALD_CHECK(context_ != nullptr && OSSL_PROVIDER_load(context_, "default") != nullptr,
              "OpenSSL has its default provider");
  constexpr std::array<const char*, kHashes> kDigestNames = {"SHA1", "SHA2-256", "SHA2-384", "SHA2-512"};
  for (size_t i = 0; i < kHashes; ++i) {
    digests_[i] = EVP_MD_fetch(context_, kDigestNames[i], nullptr);
    EVALD_CHECK(digests_[i] != nullptr, "OpenSSL has these digests");
  }
  constexpr std::array<const char*, kAesModes> kModeNames = {"CBC", "CTR", "GCM", "WRAP"};
  constexpr std::array<const char*, 3> kSizeNames = {"AES-128-", "AES-192-", "AES-256-"};
  for (size_t mode = 0; mode < kAesModes; ++mode) {
    for (size_t size = 0; size < kSizeNames.size(); ++size) {
      const std::string name = std::string(kSizeNames[size]) + kModeNames[mode];
      ciphers_[mode][size] = EVP_CIPHER_fetch(context_, name.c_str(), nullptr);
      EVALD_CHECK(ciphers_[mode][size] != nullptr, "OpenSSL has these ciphers");
    }
  }
  hmac_ = EVP_MAC_fetch(context_, "HMAC", nullptr);
  EVALD_CHECK(hmac_ != nullptr, "OpenSSL has HMAC");
}

const EVP_CIPHER* Library::cipher(AesMode mode, size_t key_bytes) const {
  if (key_bytes != 16 && key_bytes != 24 && key_bytes != 32) return nullptr;
  return ciphers_[static_cast<size_t>(mode)][key_bytes / 8 - 2];
}

ErrorsForgotten::ErrorsForgotten() { ERR_set_mark(); }
ErrorsForgotten::~ErrorsForgotten() { ERR_pop_to_mark(); }

}  // namespace evald::crypto
