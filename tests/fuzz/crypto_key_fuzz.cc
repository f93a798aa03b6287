// Keys as scripts hand them in: DER, points, and the numbers of JSON Web Keys. What is taken for a key comes
// out of every format as it went in, and can be used without more than failing.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "base/check.h"
#include "runtime/extensions/crypto/keys.h"
#include "runtime/extensions/crypto/primitives.h"
#include "tests/fuzz/fuzz.h"

namespace {

using evald::crypto::Bytes;
using evald::crypto::Key;
using evald::crypto::KeyFormat;
using evald::crypto::KeyKind;
using evald::crypto::SecretBytes;

Bytes AsBytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

bool Same(const Key& a, const Key& b) {
  return a.kind == b.kind && a.is_private == b.is_private &&
         std::ranges::equal(evald::crypto::Pack(a).span(), evald::crypto::Pack(b).span());
}

void CheckFormat(KeyFormat format, const Key& key) {
  const std::optional<SecretBytes> written = evald::crypto::Export(format, key);
  if (!written) return;
  const std::optional<Key> read = evald::crypto::Import(format, key.kind, written->span());
  EVALD_CHECK(read && Same(*read, key), "a key comes out as it went in");
}

void CheckUse(const Key& key) {
  const auto never = [] { return false; };
  // Larger ones take their time, which is bounded elsewhere.
  constexpr size_t kQuickBytes = 128;
  if (key.kind == KeyKind::kRsa) {
    for (const SecretBytes& number : key.numbers) {
      if (number.size() > kQuickBytes) return;
    }
  }
  for (uint32_t scheme = 0; scheme < evald::crypto::kSchemes; ++scheme) {
    const evald::crypto::Signing signing{evald::crypto::Scheme{scheme}, evald::crypto::Hash::kSha1, 8};
    const Bytes data = key.numbers[0].span();
    evald::crypto::Verify(key, signing, data, data, never);
    const auto signature = evald::crypto::Sign(key, signing, data, never);
    EVALD_CHECK(!signature || key.is_private, "only a private key signs");
    if (signature && key.kind != KeyKind::kRsa) {
      const auto good = evald::crypto::Verify(
          evald::crypto::PublicHalf(*evald::crypto::Unpack(key.kind, true, evald::crypto::Pack(key).span())),
          signing, data, *signature, never);
      EVALD_CHECK(good == true, "what a checked key signs is good");
    }
  }
  evald::crypto::RsaOaep(key, !key.is_private, evald::crypto::Hash::kSha1, {},
                         key.numbers[0].span().first(1));
  if (key.is_private && key.kind != KeyKind::kRsa && key.kind != KeyKind::kEd25519) {
    const Key half =
        evald::crypto::PublicHalf(*evald::crypto::Unpack(key.kind, true, evald::crypto::Pack(key).span()));
    const auto secret = evald::crypto::Derive(key, half);
    EVALD_CHECK(secret || key.kind == KeyKind::kX25519, "a checked key has a secret with itself");
  }
}

void CheckKey(const Key& key) {
  const SecretBytes packed = evald::crypto::Pack(key);
  const std::optional<Key> unpacked = evald::crypto::Unpack(key.kind, key.is_private, packed.span());
  EVALD_CHECK(unpacked && Same(*unpacked, key), "a key is unpacked as it was packed");
  for (uint32_t format = 0; format < evald::crypto::kKeyFormats; ++format)
    CheckFormat(KeyFormat{format}, key);
  CheckUse(key);
}

}  // namespace

// A byte for the kind, one for the way in, then the bytes.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evald::fuzz::Input input(data, size);
  const KeyKind kind{input.Byte() % evald::crypto::kKeyKinds};
  const uint8_t way = input.Byte();
  switch (way % 5) {
    case 3: {
      // The numbers of a JWK, each after its length.
      Key key{kind, (way & 64) != 0, {}};
      while (!input.empty() && key.numbers.size() < 9) {
        const size_t length = size_t{input.Byte()};
        key.numbers.emplace_back(AsBytes(input.Take(length)));
      }
      if (const auto checked = evald::crypto::Checked(std::move(key))) CheckKey(*checked);
      break;
    }
    case 4:
      // What only crypto.js packs: these need not be keys, but must do no harm.
      if (const auto key = evald::crypto::Unpack(kind, (way & 64) != 0, AsBytes(input.TakeRest()))) {
        evald::crypto::ToEvp(*key);
        for (uint32_t format = 0; format < evald::crypto::kKeyFormats; ++format)
          evald::crypto::Export(KeyFormat{format}, *key);
      }
      break;
    default:
      if (const auto key = evald::crypto::Import(KeyFormat{way % 5u}, kind, AsBytes(input.TakeRest())))
        CheckKey(*key);
  }
  return 0;
}
