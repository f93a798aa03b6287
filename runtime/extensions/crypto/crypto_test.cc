// Known answers, what scripts can and cannot see of keys, and randomness. How it compares with another
// implementation over thousands of cases: tests/conformance/crypto.js and
// tests/conformance/crypto_cross_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "runtime/extensions/testing/forkable.h"
#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Helpers, and a key that is made while the snapshot is built.
constexpr char kSetup[] = R"js(
const { subtle } = crypto;
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const text = (letters) => new TextEncoder().encode(letters);
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
const secret = (algorithm, hex, ...usages) => subtle.importKey('raw', bytes(hex), algorithm, true, usages);
const fails = (promise) => promise.then(() => 'none', ({ name }) => name);
const base64url = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
let early;
subtle.generateKey('Ed25519', true, ['sign', 'verify']).then((pair) => { early = pair; });
)js";

class CryptoTest : public ::testing::Test {
 protected:
  std::string Eval(const std::string& source) { return isolate_.Eval("(async () => {" + source + "})()"); }
  // Of `expression`, without its quotes.
  std::string Text(const std::string& expression) {
    const std::string json = Eval("return String(" + expression + ")");
    return json.size() > 1 && json.front() == '"' ? json.substr(1, json.size() - 2) : json;
  }
  std::string Hex(const std::string& expression) { return Text("hex(await " + expression + ")"); }
  // The name of what a promise is rejected with.
  std::string Error(const std::string& expression) { return Text("await fails(" + expression + ")"); }

  TestIsolate isolate_{kSetup};
};

TEST_F(CryptoTest, Digests) {  // FIPS 180-4
  const auto digest = [&](const char* hash, const char* message) {
    return Hex(std::string("subtle.digest('") + hash + "', text('" + message + "'))");
  };
  EXPECT_EQ(digest("SHA-1", "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(digest("sha-1", ""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(digest("SHA-256", "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest("SHA-256", ""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(
      digest("SHA-384", "abc"),
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(digest("SHA-512", "abc"),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
            "454d4423643ce80e2a9ac94fa54ca49f");
  // More than is worked on at once.
  EXPECT_EQ(Hex("subtle.digest('SHA-1', new Uint8Array(3e6).fill(0x61).subarray(0, 1e6))"),
            "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_F(CryptoTest, Hmac) {  // RFC 4231
  const auto hmac = [&](const char* hash, const char* key, const char* message) {
    return Hex(std::string("subtle.sign('HMAC', await secret({ name: 'HMAC', hash: '") + hash + "' }, '" +
               key + "', 'sign'), " + message + ")");
  };
  const char* const key1 = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";
  EXPECT_EQ(hmac("SHA-256", key1, "text('Hi There')"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac("SHA-512", key1, "text('Hi There')"),
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4"
            "be9d914e"
            "eb61f1702e696c203a126854");
  EXPECT_EQ(hmac("SHA-256", "4a656665", "text('what do ya want for nothing?')"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      Text("await (async () => { const key = await secret({ name: 'HMAC', hash: 'SHA-256' }, '4a656665', "
           "'verify'); return Promise.all([text('what do ya want for nothing?'), text('x')].map((data) => "
           "subtle.verify('HMAC', key, "
           "bytes('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'), data))) })()"),
      "true,false");
}

TEST_F(CryptoTest, Aes) {  // SP 800-38A, SP 800-38D, RFC 3394
  const std::string key = "2b7e151628aed2a6abf7158809cf4f3c";
  const std::string plain =
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef";
  EXPECT_THAT(Hex("subtle.encrypt({ name: 'AES-CBC', iv: bytes('000102030405060708090a0b0c0d0e0f') }, "
                  "await secret('AES-CBC', '" +
                  key + "', 'encrypt'), bytes('" + plain + "'))"),
              StartsWith("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"));
  EXPECT_EQ(
      Hex("subtle.encrypt({ name: 'AES-CTR', counter: bytes('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'), length: 64 "
          "}, "
          "await secret('AES-CTR', '" +
          key + "', 'encrypt'), bytes('" + plain + "'))"),
      "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab");
  EXPECT_EQ(Hex("subtle.encrypt({ name: 'AES-GCM', iv: bytes('cafebabefacedbaddecaf888'), additionalData: "
                "bytes('feedfacedeadbeeffeedfacedeadbeefabaddad2') }, await secret('AES-GCM', "
                "'feffe9928665731c6d6a8f9467308308', 'encrypt'), "
                "bytes('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4"
                "c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'))"),
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
            "1ba30b396a0aac97"
            "3d58e0915bc94fbc3221a5db94fae95ae7121a47");
  EXPECT_EQ(Hex("subtle.wrapKey('raw', await secret('AES-CBC', '00112233445566778899aabbccddeeff', "
                "'encrypt'), await "
                "secret('AES-KW', '000102030405060708090a0b0c0d0e0f', 'wrapKey'), 'AES-KW')"),
            "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5");
}

TEST_F(CryptoTest, Derivation) {  // RFC 5869, RFC 6070 and its SHA-256 twin
  EXPECT_EQ(Hex("subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: "
                "bytes('000102030405060708090a0b0c'), info: "
                "bytes('f0f1f2f3f4f5f6f7f8f9') }, await subtle.importKey('raw', new "
                "Uint8Array(22).fill(0x0b), 'HKDF', "
                "false, ['deriveBits']), 336)"),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  const auto pbkdf2 = [&](const char* hash, int iterations, int bits) {
    return Hex(std::string("subtle.deriveBits({ name: 'PBKDF2', hash: '") + hash +
               "', salt: text('salt'), iterations: " + std::to_string(iterations) +
               " }, await subtle.importKey('raw', text('password'), 'PBKDF2', false, ['deriveBits']), " +
               std::to_string(bits) + ")");
  };
  EXPECT_EQ(pbkdf2("SHA-1", 1, 160), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  EXPECT_EQ(pbkdf2("SHA-256", 1, 256), "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b");
  EXPECT_EQ(pbkdf2("SHA-256", 4096, 256), "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a");
}

TEST_F(CryptoTest, Signatures) {  // RFC 8032, RFC 6979, RFC 7515
  EXPECT_EQ(
      Hex("subtle.sign('Ed25519', await subtle.importKey('pkcs8', bytes('302e020100300506032b657004220420"
          "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'), 'Ed25519', false, ['sign']), "
          "bytes('72'))"),
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2e"
      "aeb430"
      "2aeeb00d291612bb0c00");
  EXPECT_EQ(Text("await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, await subtle.importKey('raw', "
                 "bytes('"
                 "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB67903FE1008B8BC99A41AE9E95"
                 "628BC64F2F1B20C"
                 "2D7E9F5177A3C294D4462299'), { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']), "
                 "bytes('"
                 "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E"
                 "29F65F3E900DBB9"
                 "AFF4064DC4AB2F843ACDA8'), text('sample'))"),
            "true");
  EXPECT_EQ(
      Text("await subtle.verify('RSASSA-PKCS1-v1_5', await subtle.importKey('jwk', { kty: 'RSA', e: 'AQAB', "
           "n: "
           "'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
           "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-"
           "pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
           "UTo7WTBEMa2R2CapH"
           "g665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
           "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4"
           "FRWyuXpoQ' }, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, true, ['verify']), "
           "base64url('cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
           "O8W2Fp5jujGbds9u"
           "JdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
           "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOL"
           "n6_dO--xi12jzDwusC-"
           "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig"
           "cN_IoypGlUPQGe77Rw'), "
           "text('eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
           "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ'))"),
      "true");
}

TEST_F(CryptoTest, KeyAgreement) {  // RFC 7748
  EXPECT_EQ(Hex("subtle.deriveBits({ name: 'X25519', public: await subtle.importKey('raw', "
                "bytes('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c'), 'X25519', true, "
                "[]) }, await "
                "subtle.importKey('pkcs8', bytes('302e020100300506032b656e04220420"
                "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4'), 'X25519', false, "
                "['deriveBits']), "
                "null)"),
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  // A point of small order has no secret to share.
  EXPECT_EQ(
      Error("(async () => subtle.deriveBits({ name: 'X25519', public: await subtle.importKey('raw', new "
            "Uint8Array(32), 'X25519', true, []) }, (await subtle.generateKey('X25519', false, "
            "['deriveBits'])).privateKey, 256))()"),
      "OperationError");
}

TEST_F(CryptoTest, KeysOfTheSnapshotWork) {
  EXPECT_EQ(
      Text("await subtle.verify('Ed25519', early.publicKey, await subtle.sign('Ed25519', early.privateKey, "
           "text('x')), text('x'))"),
      "true");
}

TEST_F(CryptoTest, WhatAScriptCannotExportItCannotSee) {
  const std::string json = Eval(
      "const key = await subtle.importKey('raw', text('0123456789abcdef'), 'AES-CBC', false, ['encrypt']);"
      "const seen = []; for (let o = key; o; o = Object.getPrototypeOf(o)) for (const name of "
      "Reflect.ownKeys(o)) {"
      "  seen.push(String(name)); }"
      "Object.prototype.toJSON = function () { seen.push(Object.keys(this).join()); return this; };"
      "seen.push(JSON.stringify(key)); delete Object.prototype.toJSON;"
      "return [Reflect.ownKeys(key), seen.some((each) => each.includes('material')), await "
      "fails(subtle.exportKey("
      "'raw', key)), await fails(subtle.wrapKey('raw', key, await secret('AES-KW', '00'.repeat(16), "
      "'wrapKey'), "
      "'AES-KW'))]");
  EXPECT_EQ(json, R"([[],false,"InvalidAccessError","InvalidAccessError"])");
}

TEST_F(CryptoTest, WhatAScriptDoesToAKeysPropertiesChangesNothing) {
  EXPECT_EQ(
      Eval("const key = await secret('AES-CBC', '00'.repeat(16), 'encrypt');"
           "key.algorithm.name = 'AES-GCM'; key.usages.push('decrypt'); key.usages[0] = 'sign';"
           "const iv = new Uint8Array(16);"
           "return [(await subtle.encrypt({ name: 'AES-CBC', iv }, key, iv)).byteLength,"
           "  await fails(subtle.decrypt({ name: 'AES-CBC', iv }, key, iv)),"
           "  await fails(subtle.encrypt({ name: 'AES-GCM', iv }, key, iv)), key.usages === key.usages]"),
      R"([32,"InvalidAccessError","InvalidAccessError",true])");
}

TEST_F(CryptoTest, ABufferExportedIsACopy) {
  EXPECT_EQ(
      Eval("const key = await secret('AES-CBC', 'ab'.repeat(16), 'encrypt');"
           "new Uint8Array(await subtle.exportKey('raw', key)).fill(0);"
           "const given = new Uint8Array(16).fill(1); const other = await subtle.importKey('raw', given, "
           "'AES-CBC',"
           "  true, ['encrypt']); given.fill(2);"
           "return [hex(await subtle.exportKey('raw', key)), hex(await subtle.exportKey('raw', other))]"),
      R"(["abababababababababababababababab","01010101010101010101010101010101"])");
}

TEST_F(CryptoTest, WorksWhateverAScriptDoesToGlobals) {
  EXPECT_EQ(Eval("const restore = []; const spoil = (object, names) => { for (const name of names) {"
                 "  const old = Object.getOwnPropertyDescriptor(object, name);"
                 "  restore[restore.length] = () => Object.defineProperty(object, name, old);"
                 "  Object.defineProperty(object, name, { configurable: true, value: () => { throw new "
                 "Error(name) } });"
                 "} };"
                 "const data = text('data'); const show = hex;"
                 "const { next } = Object.getPrototypeOf([][Symbol.iterator]());"
                 "spoil(Array.prototype, ['push', 'includes', 'map', 'join']);"
                 "spoil(String.prototype, ['toUpperCase', 'slice', 'repeat']);"
                 "spoil(TextEncoder.prototype, ['encode']); spoil(JSON, ['parse', 'stringify']);"
                 "spoil(ArrayBuffer.prototype, ['slice']); spoil(globalThis, ['Uint8Array', 'TypeError', "
                 "'DOMException']);"
                 "spoil(Promise.prototype, ['then']);"
                 "let signature, good;"
                 "try { const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, "
                 "['sign', "
                 "  'verify']); const ecdsa = { name: 'ECDSA', hash: 'SHA-256' };"
                 "  signature = await subtle.sign(ecdsa, pair.privateKey, data);"
                 "  good = await subtle.verify(ecdsa, pair.publicKey, signature, data);"
                 "  await subtle.exportKey('jwk', pair.privateKey);"
                 "} finally { for (let i = 0; i < restore.length; i++) restore[i](); }"
                 "return [signature.byteLength, good]"),
            "[64,true]");
}

TEST_F(CryptoTest, BuffersThatGettersTakeAwayAreEmpty) {
  EXPECT_EQ(
      Eval("const key = await secret({ name: 'HMAC', hash: 'SHA-256' }, '01', 'sign');"
           "const memory = new WebAssembly.Memory({ initial: 1 });"
           "const view = new Uint8Array(memory.buffer, 0, 10);"
           "const detaching = { get name() { memory.grow(1); return 'HMAC' } };"
           "return [hex(await subtle.sign(detaching, key, view)) === hex(await subtle.sign('HMAC', key, new "
           "Uint8Array(0))), view.length]"),
      "[true,0]");
}

TEST_F(CryptoTest, SharedMemoryIsRefused) {
  EXPECT_EQ(Error("subtle.digest('SHA-1', new SharedArrayBuffer(8))"), "TypeError");
  EXPECT_EQ(Error("subtle.digest('SHA-1', new Uint8Array(new SharedArrayBuffer(8)))"), "TypeError");
  EXPECT_EQ(Error("subtle.digest('SHA-1', new DataView(new SharedArrayBuffer(8)))"), "TypeError");
}

TEST_F(CryptoTest, KeysOfHmacMayHaveAnyNumberOfBits) {
  EXPECT_EQ(
      Eval(
          "const key = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-1', length: 13 }, true, ['sign']);"
          "const raw = new Uint8Array(await subtle.exportKey('raw', key));"
          "const cut = await subtle.importKey('raw', bytes('ffff'), { name: 'HMAC', hash: 'SHA-1', length: "
          "11 }, "
          "true, ['sign']);"
          "return [key.algorithm.length, raw.length, raw[1] & 7, hex(await subtle.exportKey('raw', cut)),"
          "await fails(subtle.importKey('raw', bytes('ffff'), { name: 'HMAC', hash: 'SHA-1', length: 8 }, "
          "true, "
          "['sign']))]"),
      R"([13,2,0,"ffe0","DataError"])");
}

TEST_F(CryptoTest, KeysThatAreNoneAreRefused) {
  const std::string ecdsa = "{ name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])";
  // Not on the curve; coordinates of the wrong size; the point at infinity.
  EXPECT_EQ(Error("subtle.importKey('raw', bytes('04' + '01'.repeat(64)), " + ecdsa), "DataError");
  EXPECT_EQ(Error("subtle.importKey('raw', bytes('00'), " + ecdsa), "DataError");
  EXPECT_EQ(Error("subtle.importKey('jwk', { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, " + ecdsa),
            "DataError");
  // RSA: no number may be 0, or longer than OpenSSL takes.
  const std::string pss = "{ name: 'RSA-PSS', hash: 'SHA-1' }, true, ['verify'])";
  EXPECT_EQ(Error("subtle.importKey('jwk', { kty: 'RSA', n: 'AAAA', e: 'AQAB' }, " + pss), "DataError");
  EXPECT_EQ(Error("subtle.importKey('jwk', { kty: 'RSA', n: 'A'.repeat(3000), e: 'A'.repeat(4000) }, " + pss),
            "DataError");
  EXPECT_EQ(Error("subtle.importKey('jwk', { kty: 'RSA', n: '_'.repeat(3000), e: 'AQAB' }, " + pss),
            "DataError");
  // Base64 is not Base64url.
  EXPECT_EQ(Error("subtle.importKey('jwk', { kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAA==' }, 'AES-CBC', true, "
                  "['encrypt'])"),
            "DataError");
}

TEST_F(CryptoTest, HugeSizesAreErrors) {
  EXPECT_EQ(Error("subtle.generateKey({ name: 'RSA-PSS', modulusLength: 4294967295, publicExponent: "
                  "bytes('010001'), hash: "
                  "'SHA-1' }, true, ['sign'])"),
            "OperationError");
  EXPECT_EQ(Error("(async () => subtle.deriveBits({ name: 'HKDF', hash: 'SHA-1', salt: bytes(''), info: "
                  "bytes('') }, await "
                  "subtle.importKey('raw', bytes('00'), 'HKDF', false, ['deriveBits']), 4294967288))()"),
            "OperationError");
}

TEST_F(CryptoTest, ShowsInTheConsoleAsInNode) {
  EXPECT_THAT(isolate_.Console("console.log(early.publicKey)"),
              HasSubstr("CryptoKey {\n  type: 'public',\n  extractable: true,\n  algorithm: { name: "
                        "'Ed25519' },\n  usages: "
                        "[ 'verify' ]\n}"));
}

TEST_F(CryptoTest, AKeyCanBeCloned) {
  EXPECT_EQ(
      Eval("const key = await secret('AES-CBC', '00'.repeat(16), 'encrypt'); key.usages.push('decrypt');"
           "const { inside } = structuredClone({ inside: key }); const iv = new Uint8Array(16);"
           "const cipher = async (key) => hex(await subtle.encrypt({ name: 'AES-CBC', iv }, key, iv));"
           "return [inside !== key, inside instanceof CryptoKey, inside.usages, await cipher(inside) === "
           "await "
           "cipher(key)]"),
      R"([true,true,["encrypt"],true])");
}

TEST_F(CryptoTest, SettlesAfterWhatRunsNow) {
  EXPECT_EQ(
      Eval(
          "const order = []; const done = subtle.digest('SHA-1', bytes('')).then(() => order.push('digest'));"
          "order.push('now'); await done; return order"),
      R"(["now","digest"])");
}

// What a zygote does: OpenSSL has been used, then the isolate is cloned.
TEST_F(CryptoTest, ForksDrawDifferentKeysSaltsAndNonces) {
  const std::string draw =
      "const out = [];"
      "const rsa = (name, usages) => subtle.generateKey({ name, modulusLength: 1024, publicExponent: "
      "bytes('010001'), "
      "hash: 'SHA-256' }, true, usages);"
      "const pss = globalThis.pss ||= await rsa('RSA-PSS', ['sign', 'verify']);"
      "const oaep = globalThis.oaep ||= await rsa('RSA-OAEP', ['encrypt', 'decrypt']);"
      "const ecdsa = globalThis.ecdsa ||= await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, "
      "true, ['sign', "
      "'verify']);"
      "out.push(hex(await subtle.sign({ name: 'RSA-PSS', saltLength: 32 }, pss.privateKey, bytes(''))));"
      "out.push(hex(await subtle.encrypt('RSA-OAEP', oaep.publicKey, bytes(''))));"
      "out.push(hex(await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, ecdsa.privateKey, bytes(''))));"
      "for (const [algorithm, usages] of [[{ name: 'AES-GCM', length: 128 }, ['encrypt']], [{ name: 'HMAC', "
      "hash: 'SHA-1' "
      "}, ['sign']]]) out.push(hex(await subtle.exportKey('raw', await subtle.generateKey(algorithm, true, "
      "usages))));"
      "for (const [algorithm, usages] of [['Ed25519', ['sign']], ['X25519', ['deriveBits']], [{ name: "
      "'ECDH', namedCurve: "
      "'P-384' }, ['deriveBits']]]) out.push((await subtle.exportKey('jwk', (await "
      "subtle.generateKey(algorithm, true, "
      "usages)).privateKey)).d);"
      "out.push((await subtle.exportKey('jwk', (await rsa('RSA-PSS', ['sign'])).privateKey)).n);"
      "return out";
  std::multiset<std::string> drawn;
  const auto add = [&](const std::string& json) {
    size_t count = 0;
    for (size_t begin = json.find('"'); begin != std::string::npos; ++count) {
      const size_t end = json.find('"', begin + 1);
      drawn.insert(json.substr(begin, end - begin));
      begin = json.find('"', end + 1);
    }
    EXPECT_EQ(count, 9u) << json;
  };
  add(Eval(draw));
  LetForksInheritPages();
  for (int i = 0; i < 4; ++i) add(InAFork([&] { return Eval(draw); }));
  for (const std::string& each : drawn) EXPECT_EQ(drawn.count(each), 1u) << "drawn twice: " << each;
}

}  // namespace
}  // namespace evald
