// crypto.subtle in real workers, under the strictest sandbox: that it works where nothing can be opened, that
// nothing random repeats, and that what takes long ends in time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <string>

#include "tests/support/concurrently.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Small keys, so that thousands of requests can use them.
constexpr char kKeys[] = R"js(
const { subtle } = crypto;
const rsa = { kty: 'RSA', e: 'AQAB', n: '71ykAfdUiAhiFVHhkfPPOIXsPQza_kckFweSz6_1zv2NuHxZZg-f2YhG4SQhXn7J8Vo4W3gm2bqwE1rGQ2zIAw',
  d: 'vG4pjoKuQQiYbkAvWz6b-tsyxjzAiTxn5NlJccYLtA3RC9hY87FjYqFWP_Yh4yQWksUCCzJAFmVi08If0ebHwQ',
  p: '_fshbM7QlHMr0PuSuVyccWyMlhhy7uNnXAzNVABw2tc',
  q: '8UPCWS3hmsMbg206OXosXtYLGWOCmirGzEyNRRFKorU',
  dp: 'PFb3f_Q6laovFL1QBH2-JSxW0ioI1Dxuh-36siRQq40',
  dq: 'r6UE-KfOdz1T6nq6yN2JMAHkUrd_fX1m_ZU9w-qyy4E',
  qi: '2Cw5_UE426JW0ieWVNBDuzoSAUOCXDDS1bRXkURYkm0' };
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
)js";

class CryptoTest : public SharedDaemonTest<CryptoTest> {
 public:
  static DaemonOptions Options() {
    return {.config = "pool { min_idle: 4 max_workers: 16 } sandbox { level: STRICT }"};
  }
};

// Every operation with every algorithm.
constexpr char kEverything[] = R"js(
const { subtle } = crypto;
const data = new Uint8Array(100).fill(7);
const iv = new Uint8Array(16);
const same = (a, b) => String(new Uint8Array(a)) === String(new Uint8Array(b));
const done = [];
const expect = (what, good) => { if (!good) throw new Error(what); done.push(what); };
for (const hash of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
  expect(`digest ${hash}`, (await subtle.digest(hash, data)).byteLength >= 20);
  const key = await subtle.generateKey({ name: 'HMAC', hash }, true, ['sign', 'verify']);
  expect(`hmac ${hash}`, await subtle.verify('HMAC', key, await subtle.sign('HMAC', key, data), data));
  for (const [name, parameters] of [['HKDF', { salt: iv, info: iv }], ['PBKDF2', { salt: iv, iterations: 10 }]]) {
    const base = await subtle.importKey('raw', data, name, false, ['deriveBits', 'deriveKey']);
    expect(`${name} ${hash}`, (await subtle.deriveBits({ name, hash, ...parameters }, base, 800)).byteLength === 100);
  }
  for (const name of ['RSASSA-PKCS1-v1_5', 'RSA-PSS']) {
    const rsa = { name, hash, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) };
    const { publicKey, privateKey } = await subtle.generateKey(rsa, true, ['sign', 'verify']);
    const use = { name, saltLength: 16 };
    expect(`${name} ${hash}`, await subtle.verify(use, publicKey, await subtle.sign(use, privateKey, data), data));
    const pkcs8 = await subtle.exportKey('pkcs8', privateKey);
    expect(`${name} pkcs8`, same(pkcs8, await subtle.exportKey('pkcs8', await subtle.importKey('pkcs8', pkcs8, rsa,
      true, ['sign']))));
  }
}
for (const length of [128, 192, 256]) {
  for (const [name, parameters] of [['AES-CBC', { iv }], ['AES-GCM', { iv }], ['AES-CTR', { counter: iv, length: 64 }]]) {
    const key = await subtle.generateKey({ name, length }, true, ['encrypt', 'decrypt']);
    const use = { name, ...parameters };
    expect(`${name} ${length}`, same(data, await subtle.decrypt(use, key, await subtle.encrypt(use, key, data))));
    const wrapping = await subtle.generateKey({ name: 'AES-KW', length }, true, ['wrapKey', 'unwrapKey']);
    const wrapped = await subtle.wrapKey('jwk', key, wrapping, 'AES-KW');
    const back = await subtle.unwrapKey('jwk', wrapped, wrapping, 'AES-KW', name, true, ['encrypt']);
    expect(`AES-KW ${length}`, same(await subtle.exportKey('raw', key), await subtle.exportKey('raw', back)));
  }
}
const oaep = { name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) };
const sealing = await subtle.generateKey(oaep, true, ['encrypt', 'decrypt']);
expect('RSA-OAEP', same(iv, await subtle.decrypt(oaep, sealing.privateKey, await subtle.encrypt(oaep,
  sealing.publicKey, iv))));
for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
  const ecdsa = { name: 'ECDSA', namedCurve, hash: 'SHA-384' };
  const { publicKey, privateKey } = await subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  expect(namedCurve, await subtle.verify(ecdsa, publicKey, await subtle.sign(ecdsa, privateKey, data), data));
  const spki = await subtle.exportKey('spki', publicKey);
  expect('spki', same(spki, await subtle.exportKey('spki', await subtle.importKey('spki', spki, ecdsa, true,
    ['verify']))));
}
for (const algorithm of [{ name: 'ECDH', namedCurve: 'P-521' }, { name: 'X25519' }]) {
  const [a, b] = [await subtle.generateKey(algorithm, true, ['deriveBits']), await subtle.generateKey(algorithm, true,
    ['deriveBits'])];
  const secret = (one, other) => subtle.deriveBits({ ...algorithm, public: other.publicKey }, one.privateKey, 256);
  expect(algorithm.name, same(await secret(a, b), await secret(b, a)));
}
const { publicKey, privateKey } = await subtle.generateKey('Ed25519', true, ['sign', 'verify']);
expect('Ed25519', await subtle.verify('Ed25519', publicKey, await subtle.sign('Ed25519', privateKey, data), data));
export default done.length;
)js";

TEST_F(CryptoTest, EverythingWorksInTheStrictestSandbox) {
  for (int i = 0; i < 8; ++i) EXPECT_EQ(Brief(testing::Eval(client(), ModuleSource(kEverything))), "60");
}

// In requests of isolates that are forked and, mostly, rewound.
TEST_F(CryptoTest, NothingRandomRepeats) {
  constexpr int kRequests = 2000;
  constexpr size_t kDraws = 9;
  const std::string source = std::string(kKeys) + R"js(
const oaep = await subtle.importKey('jwk', { kty: 'RSA', n: rsa.n, e: rsa.e }, { name: 'RSA-OAEP', hash: 'SHA-1' },
  true, ['encrypt']);
const pss = await subtle.importKey('jwk', rsa, { name: 'RSA-PSS', hash: 'SHA-1' }, true, ['sign']);
const ec = await subtle.importKey('jwk', {
  kty: 'EC', crv: 'P-256', x: 'NvFwJ1eeKyh7DPefrkxk7dK6HJnQRvhKzetkzecX5_o',
  y: '5FHQt8GuQJ29dxaehDpk35XkSUL4WQbzmaQRerSkrfs', d: 'KWhdO4hdu4b1DyAXYwsFlGLVpCkpRDbcmctB6BBCMRE' }, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
const raw = async (algorithm, usage) => hex(await subtle.exportKey('raw', await subtle.generateKey(algorithm, true,
  [usage])));
const scalar = async (algorithm, usage) => (await subtle.exportKey('jwk', (await subtle.generateKey(algorithm, true,
  [usage])).privateKey)).d;
export default [
  hex(await subtle.encrypt('RSA-OAEP', oaep, new Uint8Array(4))),
  hex(await subtle.sign({ name: 'RSA-PSS', saltLength: 20 }, pss, new Uint8Array(4))),
  hex(await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, ec, new Uint8Array(4))),
  await raw({ name: 'AES-GCM', length: 128 }, 'encrypt'),
  await raw({ name: 'HMAC', hash: 'SHA-1' }, 'sign'),
  await scalar({ name: 'ECDSA', namedCurve: 'P-256' }, 'sign'),
  await scalar({ name: 'ECDH', namedCurve: 'P-384' }, 'deriveBits'),
  await scalar('Ed25519', 'sign'),
  await scalar('X25519', 'deriveBits'),
];
)js";
  std::mutex mutex;
  std::set<std::string> seen;
  size_t drawn = 0, rewound = 0;
  Concurrently(kRequests, 4, [&](int) {
    const absl::StatusOr<Reply> reply = testing::Eval(client(), ModuleSource(source));
    ASSERT_THAT(Brief(reply), StartsWith("["));
    const std::string& json = reply->value().json();
    const std::lock_guard lock(mutex);
    if (reply->stats().isolate_origin() == v1::ISOLATE_ORIGIN_REWOUND) ++rewound;
    for (size_t begin = json.find('"'); begin != std::string::npos; ++drawn) {
      const size_t end = json.find('"', begin + 1);
      EXPECT_TRUE(seen.insert(json.substr(begin, end - begin)).second) << "drawn before: " << json;
      begin = json.find('"', end + 1);
    }
  });
  EXPECT_EQ(drawn, kDraws * kRequests);
  EXPECT_GT(rewound, static_cast<size_t>(kRequests / 2));
}

// RSA keys take long to find, and every other one longer than that.
TEST_F(CryptoTest, NoRsaKeyRepeats) {
  std::mutex mutex;
  std::set<std::string> seen;
  constexpr int kRequests = 100;
  Concurrently(kRequests, 4, [&](int) {
    const std::string brief = Brief(testing::Eval(client(), ModuleSource(R"js(
      const { privateKey } = await crypto.subtle.generateKey({ name: 'RSA-PSS', modulusLength: 512, hash: 'SHA-1',
        publicExponent: new Uint8Array([1, 0, 1]) }, true, ['sign']);
      export default (await crypto.subtle.exportKey('jwk', privateKey)).n;)js")));
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(seen.insert(brief).second) << brief;
  });
  EXPECT_EQ(seen.size(), static_cast<size_t>(kRequests));
}

class LongOperation : public CryptoTest, public ::testing::WithParamInterface<const char*> {};

// The script is told, and the worker goes on: nobody has to kill it.
TEST_P(LongOperation, EndsAtItsLimit) {
  v1::EvalRequest request =
      ModuleSource(std::string("const { subtle } = crypto; export default ") + GetParam());
  *request.mutable_limits()->mutable_wall_time() = ToProto(std::chrono::milliseconds(300));
  const std::string brief = Brief(testing::Eval(client(), request));
  EXPECT_THAT(brief, StartsWith("fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)"));
  EXPECT_THAT(brief, Not(HasSubstr("killed")));
}

INSTANTIATE_TEST_SUITE_P(
    Of, LongOperation,
    ::testing::Values(
        "await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-512', salt: new Uint8Array(4), iterations: 2 "
        "** 32 "
        "- 1 }, await subtle.importKey('raw', new Uint8Array(4), 'PBKDF2', false, ['deriveBits']), 256)",
        "await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-1', salt: new Uint8Array(4), iterations: 20 }, "
        "await "
        "subtle.importKey('raw', new Uint8Array(4), 'PBKDF2', false, ['deriveBits']), 2 ** 28)",
        "await (async () => { for (;;) await subtle.generateKey({ name: 'RSA-PSS', modulusLength: 4096, "
        "hash: "
        "'SHA-1', publicExponent: new Uint8Array([1, 0, 1]) }, true, ['sign']) })()",
        "await (async () => { const data = new Uint8Array(2 ** 24); for (;;) { await Promise.all([1, 2, 3, "
        "4, 5, 6, 7, 8, 9"
        "].map(() => subtle.digest('SHA-512', data))) } })()"));

TEST_F(CryptoTest, WhatThereIsNoMemoryForIsAnError) {
  v1::EvalRequest request = ModuleSource(R"js(
    const { subtle } = crypto;
    const key = await subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['encrypt']);
    const blocks = [];
    let name = 'none';
    try {
      for (;;) blocks.push(await subtle.encrypt({ name: 'AES-CBC', iv: new Uint8Array(16) }, key, blocks.at(-1) ??
        new Uint8Array(2 ** 20)));
    } catch (error) { ({ name } = error); }
    blocks.length = 0;
    export default name;)js");
  request.mutable_limits()->set_memory_bytes(128 << 20);
  EXPECT_EQ(Brief(testing::Eval(client(), request)), "\"OperationError\"");
}

}  // namespace
}  // namespace evald::testing
