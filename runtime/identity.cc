#include "runtime/identity.h"

#include <openssl/evp.h>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "runtime/platform.h"

namespace evald {
namespace {

std::string Sha256Hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVALD_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) == 1,
              "SHA-256 is there");
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), size));
}

}  // namespace

internal::RuntimeIdentity ThisRuntimeIdentity(absl::Span<const NativeOp> ops) {
  std::string names;
  for (const NativeOp& op : ops) absl::StrAppend(&names, op.name.size(), ":", std::string(op.name), ";");
  internal::RuntimeIdentity identity;
  identity.set_v8_version(v8::V8::GetVersion());
  identity.set_v8_flags(V8Flags());
  identity.set_ops_digest(Sha256Hex(names));
  return identity;
}

absl::Status CheckIdentity(const internal::RuntimeIdentity& expected,
                           const internal::RuntimeIdentity& found) {
  if (expected.v8_version() != found.v8_version()) {
    return absl::FailedPreconditionError(
        absl::StrCat("V8 ", found.v8_version(), " instead of ", expected.v8_version()));
  }
  if (expected.v8_flags() != found.v8_flags()) {
    return absl::FailedPreconditionError(
        absl::StrCat("V8 flags '", found.v8_flags(), "' instead of '", expected.v8_flags(), "'"));
  }
  if (expected.ops_digest() != found.ops_digest()) {
    return absl::FailedPreconditionError("other native ops: the two come from different builds of evald");
  }
  return absl::OkStatus();
}

}  // namespace evald
