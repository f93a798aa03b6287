#include "runtime/extensions/crypto/keys.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace evald::crypto {
namespace {

static_assert(std::endian::native == std::endian::little, "OpenSSL takes numbers in the machine's order");

constexpr std::array<const char*, 8> kRsaNames = {
    OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,           OSSL_PKEY_PARAM_RSA_D,
    OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,     OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};

// OpenSSL's name for the algorithm.
const char* AlgorithmName(KeyKind kind) {
  switch (kind) {
    case KeyKind::kRsa:
      return "RSA";
    case KeyKind::kP256:
    case KeyKind::kP384:
    case KeyKind::kP521:
      return "EC";
    case KeyKind::kEd25519:
      return "ED25519";
    case KeyKind::kX25519:
      return "X25519";
  }
  return "";
}

const char* GroupName(KeyKind kind) {
  return kind == KeyKind::kP256 ? "prime256v1" : kind == KeyKind::kP384 ? "secp384r1" : "secp521r1";
}

size_t CountOf(KeyKind kind, bool is_private) {
  if (kind == KeyKind::kRsa) return is_private ? kRsaNames.size() : 2;
  return (IsElliptic(kind) ? 2 : 1) + (is_private ? 1 : 0);
}

EvpKeyContext ContextFor(KeyKind kind) {
  return EvpKeyContext(EVP_PKEY_CTX_new_from_name(Library::Get().context(), AlgorithmName(kind), nullptr));
}

EvpKeyContext ContextFor(EVP_PKEY* key) {
  return EvpKeyContext(EVP_PKEY_CTX_new_from_pkey(Library::Get().context(), key, nullptr));
}

SecretBytes Reversed(const SecretBytes& number) {
  SecretBytes reversed(number.size());
  std::reverse_copy(number.span().begin(), number.span().end(), reversed.data());
  return reversed;
}

std::span<const uint8_t> WithoutLeadingZeros(std::span<const uint8_t> number) {
  const auto first = std::find_if(number.begin(), number.end(), [](uint8_t byte) { return byte != 0; });
  return number.subspan(static_cast<size_t>(first - number.begin()));
}

EvpKey FromParameters(const Key& key, OSSL_PARAM* parameters) {
  const EvpKeyContext context = ContextFor(key.kind);
  EVP_PKEY* made = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, key.is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                        parameters) != 1) {
    return nullptr;
  }
  return EvpKey(made);
}

EvpKey RsaToEvp(const Key& key) {
  std::vector<SecretBytes> reversed;
  std::array<OSSL_PARAM, kRsaNames.size() + 1> parameters;
  for (size_t i = 0; i < key.numbers.size(); ++i) {
    reversed.push_back(Reversed(key.numbers[i]));
    parameters[i] = OSSL_PARAM_construct_BN(kRsaNames[i], reversed[i].data(), reversed[i].size());
  }
  parameters[key.numbers.size()] = OSSL_PARAM_construct_end();
  return FromParameters(key, parameters.data());
}

EvpKey EllipticToEvp(const Key& key) {
  std::vector<uint8_t> point = {POINT_CONVERSION_UNCOMPRESSED};
  for (const size_t i : {0, 1})
    point.insert(point.end(), key.numbers[i].span().begin(), key.numbers[i].span().end());
  SecretBytes scalar = key.is_private ? Reversed(key.numbers[2]) : SecretBytes();
  std::array<OSSL_PARAM, 4> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(GroupName(key.kind)), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
  if (key.is_private)
    parameters[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar.data(), scalar.size());
  return FromParameters(key, parameters.data());
}

EvpKey EdwardsToEvp(const Key& key) {
  const auto make = key.is_private ? EVP_PKEY_new_raw_private_key_ex : EVP_PKEY_new_raw_public_key_ex;
  const SecretBytes& number = key.numbers[key.is_private ? 1 : 0];
  return EvpKey(
      make(Library::Get().context(), AlgorithmName(key.kind), nullptr, number.data(), number.size()));
}

// One of the key's numbers, in `bytes` bytes or, for 0, as many as it needs.
bool AddNumber(EVP_PKEY* key, const char* name, size_t bytes, std::vector<SecretBytes>& numbers) {
  BIGNUM* taken = nullptr;
  const bool has = EVP_PKEY_get_bn_param(key, name, &taken) == 1;
  const BigNumber number(taken);
  if (!has) return false;
  const auto needed = static_cast<size_t>(BN_num_bytes(number.get()));
  SecretBytes written(bytes == 0 ? needed : bytes);
  if (needed > written.size() ||
      BN_bn2binpad(number.get(), written.data(), static_cast<int>(written.size())) < 0)
    return false;
  numbers.push_back(std::move(written));
  return true;
}

bool AddRaw(EVP_PKEY* key, decltype(EVP_PKEY_get_raw_public_key)* get, std::vector<SecretBytes>& numbers) {
  SecretBytes raw(FieldBytes(KeyKind::kX25519));
  size_t size = raw.size();
  if (get(key, raw.data(), &size) != 1 || size != raw.size()) return false;
  numbers.push_back(std::move(raw));
  return true;
}

std::optional<Key> FromEvp(KeyKind kind, bool is_private, EVP_PKEY* evp) {
  if (evp == nullptr || EVP_PKEY_is_a(evp, AlgorithmName(kind)) != 1) return std::nullopt;
  Key key{kind, is_private, {}};
  if (kind == KeyKind::kRsa) {
    for (size_t i = 0; i < CountOf(kind, is_private); ++i) {
      if (!AddNumber(evp, kRsaNames[i], 0, key.numbers)) return std::nullopt;
    }
    return key;
  }
  if (!IsElliptic(kind)) {
    if (!AddRaw(evp, EVP_PKEY_get_raw_public_key, key.numbers)) return std::nullopt;
    if (is_private && !AddRaw(evp, EVP_PKEY_get_raw_private_key, key.numbers)) return std::nullopt;
    return key;
  }
  std::array<char, 64> group;
  if (EVP_PKEY_get_group_name(evp, group.data(), group.size(), nullptr) != 1 ||
      std::strcmp(group.data(), GroupName(kind)) != 0) {
    return std::nullopt;
  }
  const size_t size = FieldBytes(kind);
  if (!AddNumber(evp, OSSL_PKEY_PARAM_EC_PUB_X, size, key.numbers) ||
      !AddNumber(evp, OSSL_PKEY_PARAM_EC_PUB_Y, size, key.numbers) ||
      (is_private && !AddNumber(evp, OSSL_PKEY_PARAM_PRIV_KEY, size, key.numbers))) {
    return std::nullopt;
  }
  return key;
}

std::optional<Key> ImportRaw(KeyKind kind, std::span<const uint8_t> bytes) {
  Key key{kind, false, {}};
  if (kind == KeyKind::kRsa) return std::nullopt;
  if (!IsElliptic(kind)) {
    key.numbers.emplace_back(bytes);
    return key;
  }
  // A point in any of its forms: OpenSSL makes coordinates of it.
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(GroupName(kind)), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<uint8_t*>(bytes.data()),
                                        bytes.size()),
      OSSL_PARAM_construct_end()};
  return FromEvp(kind, false, FromParameters(key, parameters).get());
}

EvpKey ReadSpki(std::span<const uint8_t> bytes) {
  const uint8_t* at = bytes.data();
  EvpKey key(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(bytes.size()), Library::Get().context(), nullptr));
  return at == bytes.data() + bytes.size() ? std::move(key) : nullptr;
}

EvpKey ReadPkcs8(std::span<const uint8_t> bytes) {
  const uint8_t* at = bytes.data();
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(bytes.size())));
  if (info == nullptr || at != bytes.data() + bytes.size()) return nullptr;
  return EvpKey(EVP_PKCS82PKEY_ex(info.get(), Library::Get().context(), nullptr));
}

// What an i2d function writes.
template <typename Write>
std::optional<SecretBytes> Der(const Write& write) {
  const int size = write(nullptr);
  if (size <= 0) return std::nullopt;
  SecretBytes bytes(static_cast<size_t>(size));
  uint8_t* at = bytes.data();
  if (write(&at) != size) return std::nullopt;
  return bytes;
}

bool AreRsaNumbers(Key& key) {
  for (SecretBytes& number : key.numbers) {
    if (const auto significant = WithoutLeadingZeros(number.span()); significant.size() != number.size())
      number = SecretBytes(significant);
    if (number.empty() || number.size() > kMaxRsaBits / 8) return false;
  }
  return true;
}

bool IsOnCurve(const Key& key, EVP_PKEY* evp) {
  const EvpKeyContext context = ContextFor(evp);
  if (context == nullptr || EVP_PKEY_public_check_quick(context.get()) != 1) return false;
  return !key.is_private ||
         (EVP_PKEY_private_check(context.get()) == 1 && EVP_PKEY_pairwise_check(context.get()) == 1);
}

bool HasItsPublicHalf(const Key& key, EVP_PKEY* evp) {
  std::vector<SecretBytes> found;
  return AddRaw(evp, EVP_PKEY_get_raw_public_key, found) &&
         std::ranges::equal(found[0].span(), key.numbers[0].span());
}

}  // namespace

size_t FieldBytes(KeyKind kind) {
  switch (kind) {
    case KeyKind::kRsa:
      return 0;
    case KeyKind::kP384:
      return 48;
    case KeyKind::kP521:
      return 66;
    case KeyKind::kP256:
    case KeyKind::kEd25519:
    case KeyKind::kX25519:
      return 32;
  }
  return 0;
}

bool IsElliptic(KeyKind kind) {
  return kind == KeyKind::kP256 || kind == KeyKind::kP384 || kind == KeyKind::kP521;
}

// Each number after its length in two bytes.
SecretBytes Pack(const Key& key) {
  size_t size = 0;
  for (const SecretBytes& number : key.numbers) size += 2 + number.size();
  SecretBytes packed(size);
  uint8_t* at = packed.data();
  for (const SecretBytes& number : key.numbers) {
    *at++ = static_cast<uint8_t>(number.size() >> 8);
    *at++ = static_cast<uint8_t>(number.size());
    at = std::copy(number.span().begin(), number.span().end(), at);
  }
  return packed;
}

std::optional<Key> Unpack(KeyKind kind, bool is_private, std::span<const uint8_t> bytes) {
  Key key{kind, is_private, {}};
  const size_t field = FieldBytes(kind);
  for (size_t i = 0; i < CountOf(kind, is_private); ++i) {
    if (bytes.size() < 2) return std::nullopt;
    const size_t size = size_t{bytes[0]} << 8 | bytes[1];
    bytes = bytes.subspan(2);
    if (size > bytes.size() || size == 0 || size > kMaxRsaBits / 8 || (field != 0 && size != field))
      return std::nullopt;
    key.numbers.emplace_back(bytes.first(size));
    bytes = bytes.subspan(size);
  }
  if (!bytes.empty()) return std::nullopt;
  return key;
}

Key PublicHalf(Key key) {
  key.is_private = false;
  key.numbers.resize(CountOf(key.kind, false));
  return key;
}

std::optional<Key> Checked(Key key) {
  const ErrorsForgotten errors;
  if (key.numbers.size() != CountOf(key.kind, key.is_private)) return std::nullopt;
  const size_t field = FieldBytes(key.kind);
  for (const SecretBytes& number : key.numbers) {
    if (field != 0 && number.size() != field) return std::nullopt;
  }
  if (key.kind == KeyKind::kRsa && !AreRsaNumbers(key)) return std::nullopt;
  const EvpKey evp = ToEvp(key);
  if (evp == nullptr) return std::nullopt;
  if (IsElliptic(key.kind) && !IsOnCurve(key, evp.get())) return std::nullopt;
  if (key.kind != KeyKind::kRsa && !IsElliptic(key.kind) && !HasItsPublicHalf(key, evp.get()))
    return std::nullopt;
  return key;
}

std::optional<Key> Import(KeyFormat format, KeyKind kind, std::span<const uint8_t> bytes) {
  const ErrorsForgotten errors;
  if (bytes.empty() || bytes.size() > kMaxDerBytes) return std::nullopt;
  std::optional<Key> key;
  switch (format) {
    case KeyFormat::kRaw:
      key = ImportRaw(kind, bytes);
      break;
    case KeyFormat::kSpki:
      key = FromEvp(kind, false, ReadSpki(bytes).get());
      break;
    case KeyFormat::kPkcs8:
      key = FromEvp(kind, true, ReadPkcs8(bytes).get());
      break;
  }
  return key ? Checked(*std::move(key)) : std::nullopt;
}

std::optional<SecretBytes> Export(KeyFormat format, const Key& key) {
  const ErrorsForgotten errors;
  if (key.is_private != (format == KeyFormat::kPkcs8)) return std::nullopt;
  if (format == KeyFormat::kRaw) {
    if (key.kind == KeyKind::kRsa) return std::nullopt;
    if (!IsElliptic(key.kind)) return SecretBytes(key.numbers[0].span());
    SecretBytes point(1 + 2 * FieldBytes(key.kind));
    point.data()[0] = POINT_CONVERSION_UNCOMPRESSED;
    uint8_t* const y =
        std::copy(key.numbers[0].span().begin(), key.numbers[0].span().end(), point.data() + 1);
    std::copy(key.numbers[1].span().begin(), key.numbers[1].span().end(), y);
    return point;
  }
  const EvpKey evp = ToEvp(key);
  if (evp == nullptr) return std::nullopt;
  if (format == KeyFormat::kSpki) return Der([&](uint8_t** at) { return i2d_PUBKEY(evp.get(), at); });
  const Pkcs8 info(EVP_PKEY2PKCS8(evp.get()));
  if (info == nullptr) return std::nullopt;
  return Der([&](uint8_t** at) { return i2d_PKCS8_PRIV_KEY_INFO(info.get(), at); });
}

std::optional<Key> Generate(KeyKind kind, uint32_t rsa_bits, uint32_t rsa_exponent,
                            absl::FunctionRef<bool()> stopping) {
  const ErrorsForgotten errors;
  const EvpKeyContext context = ContextFor(kind);
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1) return std::nullopt;
  if (kind == KeyKind::kRsa) {
    const BigNumber exponent(BN_new());
    if (rsa_bits > kMaxRsaBits || exponent == nullptr || BN_set_word(exponent.get(), rsa_exponent) != 1 ||
        EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(rsa_bits)) != 1 ||
        EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), exponent.get()) != 1) {
      return std::nullopt;
    }
    EVP_PKEY_CTX_set_app_data(context.get(), &stopping);
    EVP_PKEY_CTX_set_cb(context.get(), [](EVP_PKEY_CTX* of) {
      return (*static_cast<absl::FunctionRef<bool()>*>(EVP_PKEY_CTX_get_app_data(of)))() ? 0 : 1;
    });
  } else if (IsElliptic(kind) && EVP_PKEY_CTX_set_group_name(context.get(), GroupName(kind)) != 1) {
    return std::nullopt;
  }
  EVP_PKEY* made = nullptr;
  const bool done = EVP_PKEY_generate(context.get(), &made) == 1;
  const EvpKey key(made);
  if (!done) return std::nullopt;
  return FromEvp(kind, true, key.get());
}

EvpKey ToEvp(const Key& key) {
  if (key.kind == KeyKind::kRsa) return RsaToEvp(key);
  return IsElliptic(key.kind) ? EllipticToEvp(key) : EdwardsToEvp(key);
}

}  // namespace evald::crypto
