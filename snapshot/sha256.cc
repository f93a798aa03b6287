#include "snapshot/sha256.h"

#include <openssl/evp.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "base/check.h"

namespace evald::snapshot {

std::string Sha256(std::initializer_list<std::string_view> pieces) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVALD_CHECK(context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1,
              "OpenSSL has SHA-256");
  for (const std::string_view piece : pieces) {
    EVALD_CHECK(EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1,
                "hashing memory cannot fail");
  }
  std::string digest(kSha256Bytes, '\0');
  unsigned int size = 0;
  EVALD_CHECK(
      EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), &size) == 1 &&
          size == kSha256Bytes,
      "SHA-256 has 32 bytes");
  return digest;
}

std::string Sha256Hex(std::initializer_list<std::string_view> pieces) {
  return absl::BytesToHexString(Sha256(pieces));
}

}  // namespace evald::snapshot
