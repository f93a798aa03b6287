// That OpenSSL has no other source of randomness than the one that library.cc gives it. OpenSSL's own
// generators notice a fork by its process id, so that a test of forks and rewinds alone would not.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "runtime/extensions/crypto/library.h"

#include <gtest/gtest.h>
#include <openssl/rand.h>

#include <string>

#include "runtime/extensions/crypto/primitives.h"

namespace evald::crypto {
namespace {

uint64_t state = 0;

// Numbers that are the same each time.
int Repeat(unsigned char* to, int size) {
  for (int i = 0; i < size; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    to[i] = static_cast<unsigned char>(state >> 56);
  }
  return 1;
}

std::string Text(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

// Everything that is drawn anywhere.
std::string DrawAll() {
  state = 1;
  const auto never = [] { return false; };
  std::string drawn;
  for (uint32_t kind = 0; kind < kKeyKinds; ++kind) {
    const auto key = Generate(KeyKind{kind}, 1024, 65537, never);
    if (!key) return "no key";
    drawn += Text(Pack(*key).span());
    for (uint32_t scheme = 0; scheme < kSchemes; ++scheme) {
      const Signing signing{Scheme{scheme}, Hash::kSha256, 32};
      if (const auto signature = Sign(*key, signing, {}, never)) drawn += Text(*signature);
    }
    if (key->kind == KeyKind::kRsa) {
      const Key half = PublicHalf(*Unpack(key->kind, true, Pack(*key).span()));
      const auto sealed = RsaOaep(half, true, Hash::kSha1, {}, {});
      if (!sealed) return "no text";
      drawn += Text(sealed->span());
    }
  }
  return drawn;
}

TEST(Library, IsTheOnlySourceOfRandomness) {
  Library::Get();
  const RAND_METHOD* const ours = RAND_get_rand_method();
  ASSERT_NE(ours, RAND_OpenSSL());
  const std::string first = DrawAll();
  EXPECT_NE(first, DrawAll()) << "the system repeats itself";
  // Where that source repeats itself everything does, so nothing has another one.
  const RAND_METHOD repeating = {ours->seed, Repeat, ours->cleanup, ours->add, Repeat, ours->status};
  ASSERT_EQ(RAND_set_rand_method(&repeating), 1);
  const std::string again = DrawAll();
  EXPECT_GT(again.size(), 1000u);
  EXPECT_EQ(again, DrawAll());
  RAND_set_rand_method(ours);
}

}  // namespace
}  // namespace evald::crypto
