// crypto.subtle. Random results are compared by what they are; crypto_cross_test.cc lets each side check the other's.
const jwks = {
  'RSA-1024': {
    kty: 'RSA',
    n: '6LU2ZjVIRJZAUevivH0eufGeUpR-w0-MvBNZ8ZSVfyuET6CO-EUaFUr6_7aWDxMIY27WEXMyVNFcLIhvBGwkz2u8GalId6gKCVnCTlwRcnMqeU4y3aWPhNXVVgClWm9fiL0Q6EEeH61gxrhiY2TC9o21pbwmgoDINLQ2ocsSD1k',
    e: 'AQAB',
    d: 'gMTt0kb_s3xVIT_fWp_95bTvABFNx_P4E4a9ybGHvDQvZgSZuIY8dbXlCKVXigXlKWiGqmdNXaPwVnA0xoS1JMf4-FcZhZ5wD_gIyYJqBFhJDheoalqrsb7mxOAlKBGt13mXJD2nYhT5JpJfpCeefS9ar6nI-I2DSKHEysL6hVU',
    p: '96CseinbJhOf1WNNxI-0C490D7DYVwc09Izi9Bo5G7LuJfRgImJSH6J6M_RoEJx2MIYkss8tnUyBszRxj81Azw',
    q: '8JNmzVZUyXlV17EjgxLshR31PG3NoXLprjanpbZvwVFK7oqtQnoKso_uOXz6jOTzmUC1Anmky3R71-g-BtanVw',
    dp: 'cmN0iVJAe8xg7y_aQsynPRfdY0osBbe8jKNwS5a5fsQfIsVKi1ej3B0wGkPytomwRyYQWdE-nwUyfNfjBaypHQ',
    dq: 'YYItIb8DIKIoVAM9NIxAB3hsBLEwrmaIJo-KhdUbGMzdRTA6J36VxWgnE2__kYne3lfmxfkN_VTaOVmtglIQgw',
    qi: 'XiCGRfSaiHswczuqEhSy6xPwKrL8I7KSg3NNjtXCONt2YGV3WhIuUW4l4RT8lG39Z7WHrjyXz3Mph7u-AD414A',
  },
  'RSA-2048': {
    kty: 'RSA',
    n: 'jYcBCfl0dUWrgn423BEb8ESASTI9stLhiCIaf37Hcmmh-2BJDs-NAv8xwRBrsCjE6pwyAAF2y4L8b1vlc3SshvL1XuM0GHc0Hd2Ym0_8SG4F87BDg9bnGVwQLLmgCB2g6dldRJurDSDL_h83l5i-2EObErbsLyhMZpemi5MOEFwbCTV95tDGGAMRazSYfdfS8G9n8KD7D851ghyUkyFRv3KRU-F9Ok1IN1T3pfLRtHRuwYTCJ_NQsjVtdjC1Bgb8gk0XQQFPzXRdMTzHXBJyFqxM9ApJ0IIh66rYFBFqLQ_WN6DeFwGmdeIQHQFaabx0DTtu0G2xOp2WmH81_mgiqw',
    e: 'AQAB',
    d: 'HlmDKYZrKPLl0rgKP6sTmLS35fp2LLD4WF8n24tubeSlLej6AckUbj4Xh1VkIoS7pawVNNcbiIzwYVkNnXK5xL65S73hYBXAAV-R6EyAx2-Aqz9zWwRszo1lkpHD9bmU1lEcpSfUyJ3t4PME0ueYlXv590tu3rX_nEiNGIVSkMM9-jXYMYQFum1-8n6NxlMbxLJT_AetAbWIcLC93iZp0bmB1n_Xsu27G8lpls6_Zuytq-akgx1SpbJl5W9bUAsQlSavJQdk_mj1DDs3XalrdR95d-6apgkGq6j3Q5HqFsm4OyX0Wh6OeYY2rP0YNw5I5t2lFkgUOWsCQkSOCFoVIQ',
    p: 'xsJDxrej-K8In8ikHdkVqvuo2Z5E5i0v4UlYwCziCnmRUulyFCbpaNqBUCkFHgDc5chGHT0_Il8LqAU3xsZOLlwDKWRh-uMq5Ymw11FNaF-vfo-bcbhmWbdPQTYR8mwhhMoX9NQ4DKP03DtkTRVnIEr2m_e75PgwEc0SjIpRHGM',
    q: 'tklHbh2TL9_nJZqYV99cEzGvs4wuhij-f7UCXxNcmxkVBSVw3TQUO96VjQj_zea9TZSnOtWdA-aUfBviJdElr5SBcciKBOqdofcuBq-kRCPczyG6BuVwZfAXxkpbwOTkR_ClchgS7OrehHHPq0qGN95GNXddx2xfrk13zeeAPxk',
    dp: 'H6pJc_pD1FXGcPZdNygjrJblYq41WdpvG1w9GHjOFk8h2Oy6MP22B-9v1J6EYzBOAQm0KepdCZPM3preNPvY7sfX9Rs6BOd2KRWTp-obA_rika49XJO9MqPiq4f6uf2CJY6w3F-HAnSIiSGpLCKxyFJJEbYZKDRmLB_Yya0rmPM',
    dq: 'Q2v3L5NgzWRTamUz08yZkb_e7Nn8m0KuXy3kIqZWqkcsryqaBDcvBLXfOrsJYm7ltbw13l0EJl0yrnThwHsLJVYYSq2R3x-oDjAOpgpxB4L8OOCQndxfJlUXdhAqv73pcXJgv0KIPXjhtLsjxIdb_W4JKd1sokZDXYTpuw7VMIE',
    qi: 'LHF9fSya4yWHMs0QlFui-gvaqGWuPTQU2R3Q4bu8udhQE2TP8wRymyTFjnQqe-LQAw7VMiIXGcv0SDTcnSvFWYcOXjfxIYfDicY1s4vTtMpFNcVtk7A1LUnSRd112W-WE0HzM473cK7Z4EJezG5gOivOYbWs8zIb6sAbhEAB6Cc',
  },
  'P-256a': {
    kty: 'EC',
    x: 'AzB53tw6yBqeAb2UEE4KgmdlfAQd5dj2MJt9TrKu3SY',
    y: 'REAuBlcp86FXiFQrZgpkIWUOSzPIqO0Lit1nXf9VN_Q',
    crv: 'P-256',
    d: '_VJk-RQ3LRjCQGay43vLo_6fJ_NlYOhOLrNJhs_k_ak',
  },
  'P-256b': {
    kty: 'EC',
    x: 'iM6sZ5taa-ZvkC3OBRT2lUMy9exKPRILTWXiisCEMEs',
    y: 'elAovhNILxBSYSU5LkErmP8cKKjdGJtwkFOyT3WBH8Q',
    crv: 'P-256',
    d: '-APtT1-syVCpNzcjZ4iCKmpqAWycD2RTxE2qGe5MW7E',
  },
  'P-384a': {
    kty: 'EC',
    x: 'ynN3weUgJlW9Y-gVtLwjpAQmgJ6L07n2S8dMswk0hC5E8wuwmbW1PZomdEllbpM1',
    y: 'gB85LTWL_SiQHAW7TvD6U4QzAKGP3D5iPkZgp2QvKzLW0vGccXsZ3Ns6D5gr5t0P',
    crv: 'P-384',
    d: 'o_9aqb3ZaEgIiy_kRPzI0xjx49-i708lj8BY_iUcwQypCp1Zadbiy_xlkDLKEasT',
  },
  'P-384b': {
    kty: 'EC',
    x: 'OH9DOmYRa6TpYgA5y8DdBO_wPlVLVAnScq-ZqSMVckceTS57SR4l3VLyrQ3WLqQY',
    y: '9euoRCwpOGrDbT30obUQodz4sRIjjdTXxDb_8FHecPHrxgzJPK9dXMk1w3zIDOqn',
    crv: 'P-384',
    d: '-iF-d3daJyvmYp1x4rzyWE1d_lSNDEgzl26YQ6LN22IkmpkhwNZ09oxm9i3TxVSO',
  },
  'P-521a': {
    kty: 'EC',
    x: 'AbSqV8cxbtVlmVOC5elovwyur1pw8nmFJXL_2MMoJkhzhyZqRjCvVaFV0nOEqLujcPGtVge-JtN4mOoHCWomSPIX',
    y: 'ADOAU46NACs71MSsdIRHTtqIA6RGmUSeLFhrtshyBwW4B-SWdkhQvWKf3OWzuViPli948499tU0XSZ0ZOSWZYt31',
    crv: 'P-521',
    d: 'AAk6xvVKsVBIExOl0XDYA3MC7Q-nxdY2E5mnCig4t-rQD-x7UGvXQzuGwLZY_kUdNURD7IimsX_Fmt5qRoIragwk',
  },
  'P-521b': {
    kty: 'EC',
    x: 'ANelucCQ2FkaXrMWSZzFAZ4ZJXQfieytoAOWhF7bCQ5CV3OnzB0WnbA3Bt8PnaQJjNB8SR8svKTmJOZ8a0084Gh1',
    y: 'AXK79_RELKLTS1l2ftTpYWa02Qh2NgkWETWCpncUCzgWmMoRn3_bxBgg2WmFXAiqOsEuBl41ugcYMpQQ9WTxo0N2',
    crv: 'P-521',
    d: 'AOJKRJO38Rrz6e5ATCogxempQPXTrSCvaOKveBfM9EF2-QAFQ332JiDVPhQWicaMfx1NnZnFXtgQB8hZTJ49jyVO',
  },
  Ed25519a: {
    crv: 'Ed25519',
    d: 'XbzCTBgzev6-Q5NnMeQh1MTSVDBWXK6IX2F1IhXhCFg',
    x: 'cT5fWvRCjbGFoJBHAgEjQytPdWO6fqGA-emNbWvKslE',
    kty: 'OKP',
  },
  Ed25519b: {
    crv: 'Ed25519',
    d: 'cy2lHUIZuE17bkosdmkCg8hG-279F00IJ_xwC2ZksIM',
    x: 'LkbPmKKTdOuvjqpqfDnQ-za59g2DgRNzg_-wwTaml2U',
    kty: 'OKP',
  },
  X25519a: {
    crv: 'X25519',
    d: 'yDx1Gpp5fsrVDEeXoBcm6hNmz4YOTeg3HIpWFn6nMUY',
    x: 'F_pZ2n79_SQ_1cwpM3NsU_4vPd3WRIQY4TspNVmyDjc',
    kty: 'OKP',
  },
  X25519b: {
    crv: 'X25519',
    d: 'UMn_q8Xq6Nxs0W1g8bu1QpWFwKoYnJEdu8VVzMBYvU0',
    x: 'oJZKHWCVfTBqMQ2SqjqkuBDtkWy0VqhiviNn_JR4cSg',
    kty: 'OKP',
  },
};

const { subtle } = crypto;
const hashes = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
const allUsages = [
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'deriveKey',
  'deriveBits',
  'wrapKey',
  'unwrapKey',
];

// Many bytes as a checksum of them (FNV), so that thousands of lines fit into an isolate.
function hex(source) {
  const bytes = new Uint8Array(source);
  if (bytes.length <= 40)
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  let [one, other] = [0x811c9dc5, bytes.length];
  for (const byte of bytes) {
    one = Math.imul(one ^ byte, 0x01000193);
    other = Math.imul(other, 31) + byte;
  }
  return `${bytes.length}:${(one >>> 0).toString(16)}:${(other >>> 0).toString(16)}`;
}
const brief = (text) =>
  text.length <= 300
    ? text
    : `${text.slice(0, 100)} ${hex(Uint8Array.from(text, (letter) => letter.charCodeAt(0)))}`;
const sorted = (value) =>
  value && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)
    ? Object.fromEntries(
        Object.keys(value)
          .sort()
          .map((key) => [key, sorted(value[key])]),
      )
    : value;
function describe(value) {
  if (value instanceof ArrayBuffer) return hex(value);
  // In the standard usages are a set.
  if (value instanceof CryptoKey) {
    const usages = [...new Set(value.usages)].sort();
    return `${value.type} ${value.extractable} ${show(sorted(value.algorithm))} ${usages}`;
  }
  if (value?.publicKey) return `${describe(value.publicKey)} / ${describe(value.privateKey)}`;
  if (Array.isArray(value?.key_ops)) value.key_ops = [...new Set(value.key_ops)].sort();
  return show(sorted(value));
}
// The kind of an error is its name. Node.js calls one by a name that there is not, and leaves another without its own.
function kindOf({ name, message }) {
  if (name === 'InvalidAccessException') return 'InvalidAccessError';
  return name === 'Error' && message.startsWith('Unable to import HMAC key')
    ? 'NotSupportedError'
    : name;
}
const outcome = async (body, tell = describe) => {
  try {
    return tell(await body());
  } catch (error) {
    return `throws ${kindOf(error)}`;
  }
};
const compare = (name, body, tell) => check(brief(name), () => outcome(body, tell).then(brief));
const size = (value) => (value instanceof ArrayBuffer ? `${value.byteLength} bytes` : describe(value));

function source(bytes) {
  const padded = new Uint8Array([9, ...bytes, 9, 9]);
  switch (random.below(4)) {
    case 0:
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    case 1:
      return new DataView(padded.buffer, 1, bytes.length);
    case 2:
      return padded.subarray(1, 1 + bytes.length);
    default:
      return bytes;
  }
}
const some = (most) => random.bytes(random.below(most + 1));

accept('in the standard that there is no such format of a key is NotSupportedError', 100, (name) =>
  /^(export|wrap)Key\((raw, RSA|(spki|pkcs8), secret|\w+, (HKDF|PBKDF2)[,)])/.test(name),
);
accept('in the standard a key of HMAC is not empty', 2, (name) => /^jwk .*k: "".*HMAC/.test(name));

// Digests and HMAC.
for (let i = 0; i < 400; ++i) {
  const hash = random.pick(hashes);
  const data = some(random.pick([0, 10, 64, 130, 300]));
  await compare(`digest ${hash} ${hex(data)}`, () => subtle.digest(hash, source(data)));
  const secret = random.bytes(1 + random.below(200));
  const [used, message] = [random.pick(hashes), some(150)];
  const key = await subtle.importKey('raw', secret, { name: 'HMAC', hash: used }, true, [
    'sign',
    'verify',
  ]);
  const name = `${used} ${hex(secret)} ${hex(message)}`;
  await compare(`hmac ${name}`, () => subtle.sign('HMAC', key, source(message)));
  const signature = new Uint8Array(await subtle.sign('HMAC', key, message));
  if (random.chance(0.5)) signature[random.below(signature.length)] ^= random.below(3);
  await compare(`hmac verify ${name}`, () => subtle.verify('hmac', key, source(signature), message));
  await compare(`hmac jwk ${name}`, () => subtle.exportKey('jwk', key));
}

// AES.
for (let i = 0; i < 900; ++i) {
  const bits = random.pick([128, 192, 256]);
  const mode = random.pick(['AES-CBC', 'AES-CTR', 'AES-GCM']);
  const secret = random.bytes(bits / 8);
  const key = await subtle.importKey('raw', secret, mode, true, ['encrypt', 'decrypt']);
  const data = some(100);
  const parameters = { name: mode };
  if (mode === 'AES-CBC') parameters.iv = random.bytes(random.chance(0.95) ? 16 : random.below(20));
  if (mode === 'AES-CTR') {
    parameters.counter = random.bytes(16);
    if (random.chance(0.5)) parameters.counter.fill(255, random.below(16));
    parameters.length = random.pick([1, 2, 3, 4, 7, 8, 9, 31, 32, 33, 63, 64, 65, 127, 128, 0, 129]);
  }
  if (mode === 'AES-GCM') {
    parameters.iv = random.bytes(random.pick([12, 12, 16, 60, 0]));
    if (random.chance(0.5)) parameters.additionalData = some(70);
    if (random.chance(0.5))
      parameters.tagLength = random.pick([32, 64, 96, 104, 112, 120, 128, 0, 16, 127, 136]);
  }
  const name = `${show(parameters)} ${hex(secret)} ${hex(data)}`;
  await compare(`encrypt ${name}`, () => subtle.encrypt(parameters, key, source(data)));
  // Node.js stumbles over a DataView that is too short for a tag.
  await compare(`decrypt ${name}`, () => subtle.decrypt(parameters, key, data));
  // Drawn whatever becomes of it, so that both sides go on alike.
  const [flips, at, flipped] = [random.chance(0.3), random.below(1000), random.below(5)];
  const sealed = await subtle.encrypt(parameters, key, data).catch(() => undefined);
  // Where one side alone seals, the case above says so.
  const changed = new Uint8Array(sealed ?? 0);
  if (flips && changed.length > 0) changed[at % changed.length] ^= flipped;
  await compare(`and back ${name} ${hex(changed)}`, () => subtle.decrypt(parameters, key, changed));
}

// Derivation.
for (let i = 0; i < 300; ++i) {
  const hash = random.pick(hashes);
  const secret = some(40);
  const length = random.pick([0, 8, 128, 256, 512, 1000, 7, 8 * 300, null, 8 * 16321]);
  const hkdf = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits', 'deriveKey']);
  const parameters = { name: 'HKDF', hash, salt: some(70), info: some(100) };
  const name = `${show(parameters)} ${hex(secret)}`;
  await compare(`${name} ${length}`, () => subtle.deriveBits(parameters, hkdf, length));
  const derived = random.pick([
    { name: 'AES-GCM', length: random.pick([128, 192, 256, 64]) },
    { name: 'HMAC', hash, length: random.pick([8, 80, undefined, 1024]) },
  ]);
  const usages = derived.name === 'HMAC' ? ['sign'] : ['encrypt'];
  await compare(`${name} ${show(derived)}`, async () =>
    describe(
      await subtle.exportKey('raw', await subtle.deriveKey(parameters, hkdf, derived, true, usages)),
    ),
  );
  const password = await subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveBits', 'deriveKey']);
  const stretching = { name: 'PBKDF2', hash, salt: some(70), iterations: random.below(30) };
  await compare(`${show(stretching)} ${hex(secret)} ${length}`, () =>
    subtle.deriveBits(stretching, password, length),
  );
}

// Key pairs: every algorithm of every key, in and out in every format.
const algorithmsOf = {
  RSA: [
    { name: 'RSASSA-PKCS1-v1_5', sign: true },
    { name: 'RSA-PSS', sign: true },
    { name: 'RSA-OAEP', encrypt: true },
  ],
  EC: [
    { name: 'ECDSA', sign: true },
    { name: 'ECDH', derive: true },
  ],
  Ed25519: [{ name: 'Ed25519', sign: true }],
  X25519: [{ name: 'X25519', derive: true }],
};
const pairs = [];
for (const [id, jwk] of Object.entries(jwks)) {
  for (const known of algorithmsOf[jwk.kty === 'OKP' ? jwk.crv : jwk.kty]) {
    for (const hash of jwk.kty === 'RSA' ? hashes : ['SHA-256']) {
      const algorithm = { name: known.name };
      if (jwk.kty === 'RSA') algorithm.hash = hash;
      if (jwk.kty === 'EC') algorithm.namedCurve = jwk.crv;
      const [publicUsages, privateUsages] = known.sign
        ? [['verify'], ['sign']]
        : known.encrypt
          ? [
              ['encrypt', 'wrapKey'],
              ['decrypt', 'unwrapKey'],
            ]
          : [[], ['deriveBits', 'deriveKey']];
      const { kty, crv, n, e, x, y } = jwk;
      const publicJwk = JSON.parse(JSON.stringify({ kty, crv, n, e, x, y }));
      const privateKey = await subtle.importKey('jwk', jwk, algorithm, true, privateUsages);
      const publicKey = await subtle.importKey('jwk', publicJwk, algorithm, true, publicUsages);
      pairs.push({
        id,
        known,
        algorithm,
        jwk,
        publicJwk,
        privateKey,
        publicKey,
        publicUsages,
        privateUsages,
      });
      for (const [key, usages] of [
        [privateKey, privateUsages],
        [publicKey, publicUsages],
      ]) {
        const name = `${id} ${show(algorithm)} ${key.type}`;
        await compare(name, () => key);
        for (const format of ['jwk', 'spki', 'pkcs8', ...(kty === 'RSA' ? [] : ['raw'])]) {
          await compare(`${name} to ${format}`, () => subtle.exportKey(format, key));
          const exported = await subtle.exportKey(format, key).catch(() => undefined);
          if (exported === undefined) continue;
          await compare(`${name} from ${format}`, () =>
            subtle.importKey(format, exported, algorithm, random.chance(0.5), usages),
          );
          await compare(`${name} from ${format} for nothing`, () =>
            subtle.importKey(format, exported, algorithm, true, []),
          );
          await compare(`${name} from ${format} for too much`, () =>
            subtle.importKey(format, exported, algorithm, true, allUsages),
          );
          if (format === 'jwk') continue;
          for (let i = 0; i < 6; ++i) {
            const changed = new Uint8Array(exported);
            const at = random.below(changed.length);
            // What a change of an RSA key's numbers makes of it is for the one who uses it to find out.
            if (kty === 'RSA' && at > 30) continue;
            changed[at] ^= 1 << random.below(8);
            const cut = random.chance(0.3) ? changed.subarray(0, at) : changed;
            await compare(`${name} from ${format} ${hex(cut)}`, () =>
              subtle.importKey(format, cut, algorithm, true, usages),
            );
          }
        }
      }
    }
  }
}

// What is deterministic of them.
for (const { id, known, algorithm, privateKey, publicKey } of pairs) {
  const { name } = algorithm;
  for (let i = 0; i < 6; ++i) {
    const data = some(100);
    const what = `${id} ${show(algorithm)} ${hex(data)}`;
    if (name === 'RSASSA-PKCS1-v1_5' || name === 'Ed25519') {
      await compare(`sign ${what}`, () => subtle.sign(name, privateKey, source(data)));
      const signature = new Uint8Array(await subtle.sign(name, privateKey, data));
      if (random.chance(0.5)) signature[random.below(signature.length)] ^= random.below(5);
      const cut = random.chance(0.2) ? signature.subarray(random.below(60)) : signature;
      await compare(`verify ${what} ${hex(cut)}`, () =>
        subtle.verify(name, publicKey, cut, source(data)),
      );
    } else if (known.sign) {
      const saltLength = random.pick([0, 1, 20, 32, 64, 100, 200, 2 ** 31, -1, 2 ** 33]);
      const parameters = name === 'ECDSA' ? { name, hash: random.pick(hashes) } : { name, saltLength };
      await compare(
        `sign ${show(parameters)} ${what}`,
        () => subtle.sign(parameters, privateKey, data),
        size,
      );
      const garbage = some(140);
      await compare(`verify ${show(parameters)} ${what} ${hex(garbage)}`, () =>
        subtle.verify(parameters, publicKey, garbage, data),
      );
      // What this side signs is good to itself; crypto_cross_test.cc asks the other side.
      await compare(`sign and verify ${show(parameters)} ${what}`, async () =>
        subtle.verify(parameters, publicKey, await subtle.sign(parameters, privateKey, data), data),
      );
    } else if (known.encrypt) {
      const label = random.chance(0.5) ? some(30) : undefined;
      const parameters = { name, label };
      await compare(`there and back ${show(parameters)} ${what}`, async () =>
        subtle.decrypt(parameters, privateKey, await subtle.encrypt(parameters, publicKey, data)),
      );
      await compare(`decrypt ${show(parameters)} ${what}`, () =>
        subtle.decrypt(parameters, privateKey, data),
      );
    } else {
      const other = random.pick(pairs.filter((pair) => pair.known.derive));
      const length = random.pick([
        null,
        0,
        1,
        7,
        8,
        13,
        100,
        128,
        256,
        257,
        384,
        521,
        528,
        529,
        2 ** 32 + 8,
      ]);
      await compare(`derive ${id} ${other.id} ${other.algorithm.name} ${length}`, () =>
        subtle.deriveBits({ name, public: other.publicKey }, privateKey, length),
      );
    }
  }
}

// Wrapping.
const plain = [];
for (const bits of [128, 192, 256]) {
  for (const name of ['AES-KW', 'AES-GCM', 'AES-CBC', 'AES-CTR']) {
    const usages = ['wrapKey', 'unwrapKey', ...(name === 'AES-KW' ? [] : ['encrypt', 'decrypt'])];
    plain.push(await subtle.importKey('raw', random.bytes(bits / 8), name, true, usages));
  }
}
const cipherOf = ({ algorithm: { name } }) => ({
  name,
  ...(name === 'AES-CTR' ? { counter: new Uint8Array(16), length: 64 } : { iv: new Uint8Array(16) }),
});
for (let i = 0; i < 250; ++i) {
  const wrapping = random.pick(plain);
  const wrapper = wrapping.algorithm.name === 'AES-KW' ? 'AES-KW' : cipherOf(wrapping);
  const pair = random.pick(pairs);
  const [key, algorithm, usages] = random.pick([
    [random.pick(plain), undefined, ['unwrapKey']],
    [pair.privateKey, pair.algorithm, pair.privateUsages],
    [pair.publicKey, pair.algorithm, pair.publicUsages],
  ]);
  const format = random.pick(['raw', 'jwk', 'jwk', 'pkcs8', 'spki']);
  // Exports that the standard has no such algorithm for are among the errors below.
  if (format === 'raw' && key.algorithm.modulusLength) continue;
  if (format !== 'raw' && format !== 'jwk' && key.type === 'secret') continue;
  const name = `${format} ${describe(key)} ${describe(wrapping)}`;
  const bytes = format !== 'jwk'; // the order of a JWK's members is anybody's
  await compare(
    `wrap ${name}`,
    () => subtle.wrapKey(format, key, wrapping, wrapper),
    bytes ? describe : size,
  );
  await compare(`wrap and unwrap ${name}`, async () => {
    const wrapped = await subtle.wrapKey(format, key, wrapping, wrapper);
    return subtle.unwrapKey(
      format,
      wrapped,
      wrapping,
      wrapper,
      algorithm ?? key.algorithm,
      true,
      usages,
    );
  });
  const garbage = random.bytes(8 + 8 * random.below(5));
  await compare(`unwrap ${name} ${hex(garbage)}`, () =>
    subtle.unwrapKey(format, garbage, wrapping, wrapper, algorithm ?? key.algorithm, true, usages),
  );
}

// Generation: what the keys are, and that no two are the same.
for (const [algorithm, usages] of [
  [{ name: 'AES-GCM', length: 128 }, ['encrypt', 'decrypt']],
  [{ name: 'aes-kw', length: 256 }, ['unwrapKey', 'wrapKey']],
  [{ name: 'AES-CBC', length: 192 }, ['encrypt']],
  [{ name: 'AES-CTR', length: 100 }, ['encrypt']],
  [{ name: 'AES-CTR', length: 128 }, ['sign']],
  [{ name: 'AES-CTR', length: 128 }, []],
  [{ name: 'AES-CTR', length: 65536 }, ['encrypt']],
  [{ name: 'AES-CTR', length: -1 }, ['encrypt']],
  [{ name: 'AES-CTR' }, ['encrypt']],
  ['AES-CTR', ['encrypt']],
  [{ name: 'HMAC', hash: 'SHA-1' }, ['sign']],
  [{ name: 'HMAC', hash: { name: 'sha-512' } }, ['sign', 'verify']],
  [{ name: 'HMAC', hash: 'SHA-256', length: 0 }, ['sign']],
  [{ name: 'HMAC', hash: 'SHA-256', length: 24 }, ['sign']],
  [{ name: 'HMAC', hash: 'SHA-3' }, ['sign']],
  [{ name: 'HMAC' }, ['sign']],
  [{ name: 'HMAC', hash: 'SHA-256' }, ['encrypt']],
  [{ name: 'HKDF' }, ['deriveBits']],
  ['Ed25519', ['sign', 'verify']],
  ['Ed25519', ['verify']],
  ['Ed25519', ['deriveBits']],
  ['X25519', ['deriveBits']],
  ['X25519', ['sign']],
  ['X448?', ['sign']],
  ...['P-256', 'P-384', 'P-521', 'K-256', undefined, 'p-256'].flatMap((namedCurve) => [
    [{ name: 'ECDSA', namedCurve }, ['sign', 'verify']],
    [{ name: 'ECDH', namedCurve }, ['deriveKey']],
    [{ name: 'ECDH', namedCurve }, ['sign']],
    [{ name: 'ECDSA', namedCurve }, []],
  ]),
  ...[[1, 0, 1], [3], [0, 0, 0, 0, 1, 0, 1], [2], [1], [], [1, 0, 0, 0, 1]].flatMap((exponent) => [
    [
      { name: 'RSA-PSS', modulusLength: 512, publicExponent: new Uint8Array(exponent), hash: 'SHA-1' },
      ['sign'],
    ],
  ]),
  [
    { name: 'RSA-OAEP', modulusLength: 1024, publicExponent: new Uint8Array([3]), hash: 'SHA-1' },
    allUsages,
  ],
  [
    { name: 'RSA-OAEP', modulusLength: 1024, publicExponent: new Uint8Array([3]), hash: 'SHA-1' },
    ['decrypt'],
  ],
  [
    { name: 'RSA-OAEP', modulusLength: 1024, publicExponent: new Uint8Array([3]), hash: 'SHA-1' },
    ['encrypt'],
  ],
  [
    { name: 'RSA-OAEP', modulusLength: 100, publicExponent: new Uint8Array([3]), hash: 'SHA-1' },
    ['decrypt'],
  ],
  [{ name: 'RSA-OAEP', modulusLength: 1024, publicExponent: [3], hash: 'SHA-1' }, ['decrypt']],
  [
    { name: 'RSA-OAEP', modulusLength: 1024, publicExponent: new Uint16Array([3]), hash: 'SHA-1' },
    ['decrypt'],
  ],
  [{ name: 'RSA-OAEP', modulusLength: 1024, hash: 'SHA-1' }, ['decrypt']],
]) {
  for (const extractable of [true, false]) {
    await compare(`generate ${show(algorithm)} ${usages} ${extractable}`, () =>
      subtle.generateKey(algorithm, extractable, usages),
    );
  }
}

// Any call with anything. Of what succeeds only the kind is compared: the bytes were above.
const secrets = await Promise.all(
  [
    ['HMAC', { name: 'HMAC', hash: 'SHA-256' }, ['sign', 'verify']],
    ['HMAC for verifying', { name: 'HMAC', hash: 'SHA-256' }, ['verify']],
    ['HKDF', 'HKDF', ['deriveBits', 'deriveKey']],
    ['PBKDF2', 'PBKDF2', ['deriveBits']],
    ['AES-GCM for encryption', 'AES-GCM', ['encrypt']],
    ['AES-CBC', 'AES-CBC', ['encrypt', 'decrypt']],
  ].map(async ([id, algorithm, usages]) => [
    id,
    await subtle.importKey('raw', new Uint8Array(32), algorithm, false, usages),
  ]),
);
const keys = [
  ...secrets,
  ...plain.map((key) => [describe(key), key]),
  ...pairs.flatMap(({ id, algorithm, publicKey, privateKey }) => [
    [`${id} ${show(algorithm)} public`, publicKey],
    [`${id} ${show(algorithm)} private`, privateKey],
  ]),
];
const named = (list) => {
  const [name, value] = random.pick(list);
  return { name, value };
};
const anyKey = () =>
  random.chance(0.95)
    ? named(keys)
    : named([
        ['undefined', undefined],
        ['an object', {}],
        ['a prototype', CryptoKey.prototype],
      ]);
const anyData = () =>
  named([
    ['bytes', new Uint8Array(32)],
    ['bytes', new Uint8Array(32)],
    ['bytes', new Uint8Array(32)],
    ['buffer', new ArrayBuffer(8)],
    ['floats', new Float64Array(3)],
    ['a list', [1, 2]],
    ['text', 'text'],
    ['null', null],
  ]);
const anyName = () =>
  random.pick([
    ...hashes,
    ...Object.values(algorithmsOf)
      .flat()
      .map(({ name }) => name),
    'AES-CBC',
    'AES-CTR',
    'AES-GCM',
    'AES-KW',
    'HMAC',
    'HKDF',
    'PBKDF2',
    'hmac',
    'aes-gcm',
    'none',
    '',
  ]);
const memberValues = {
  hash: [
    ...hashes.map((hash) => [hash, hash]),
    ['{SHA-256}', { name: 'SHA-256' }],
    ['MD5', 'MD5'],
    ['{}', {}],
  ],
  iv: [
    ['16 bytes', new Uint8Array(16)],
    ['12 bytes', new Uint8Array(12)],
    ['null', null],
  ],
  counter: [['16 bytes', new Uint8Array(16)]],
  length: [
    ['128', 128],
    ['64', 64],
    ['1.5', 1.5],
    ['NaN', NaN],
    ['text', '128'],
    ['bigint', 128n],
    ['256', 256],
  ],
  saltLength: [
    ['20', 20],
    ['-1', -1],
  ],
  salt: [
    ['bytes', new Uint8Array(4)],
    ['text', 'salt'],
  ],
  info: [['bytes', new Uint8Array(4)]],
  iterations: [
    ['3', 3],
    ['0', 0],
    ['-1', -1],
  ],
  namedCurve: [
    ['P-256', 'P-256'],
    ['P-521', 'P-521'],
  ],
  public: keys,
  tagLength: [
    ['128', 128],
    ['100', 100],
  ],
};
function anyAlgorithm(name = anyName()) {
  if (random.chance(0.1)) return { name, value: name };
  const value = { name };
  let text = name;
  for (const [member, values] of Object.entries(memberValues)) {
    if (random.chance(0.25)) continue;
    const picked = named(values);
    value[member] = picked.value;
    text += ` ${member}: ${picked.name}`;
  }
  return { name: text, value };
}
const anyUsages = () => {
  const list = random.chance(0.03) ? ['fly'] : allUsages.filter(() => random.chance(0.2));
  return { name: `[${list}]`, value: list };
};
const constant = (...values) => named(values.map((value) => [String(value), value]));
const anyFormat = () => constant('raw', 'raw', 'spki', 'pkcs8', 'RAW');
const matching = ({ name, value }) =>
  anyAlgorithm(
    random.chance(0.7) && keys.some(([id]) => id === name) ? value.algorithm.name : undefined,
  );
const calls = {
  digest: () => [anyAlgorithm(), anyData()],
  sign: (key) => [matching(key), key, anyData()],
  verify: (key) => [matching(key), key, anyData(), anyData()],
  encrypt: (key) => [matching(key), key, anyData()],
  decrypt: (key) => [matching(key), key, anyData()],
  deriveBits: (key) => [matching(key), key, constant(null, 8, 0, 64, 9, undefined)],
  deriveKey: (key) => [matching(key), key, anyAlgorithm(), constant(true, false), anyUsages()],
  importKey: () => [anyFormat(), anyData(), anyAlgorithm(), constant(true, false), anyUsages()],
  exportKey: (key) => [constant('raw', 'jwk', 'spki', 'pkcs8', 'x'), key],
  wrapKey: (key) => [constant('raw', 'jwk', 'x'), anyKey(), key, matching(key)],
  unwrapKey: (key) => [
    anyFormat(),
    anyData(),
    key,
    matching(key),
    anyAlgorithm(),
    constant(true, false),
    anyUsages(),
  ],
};
const kindOnly = (value) =>
  value instanceof ArrayBuffer ? 'bytes' : value instanceof CryptoKey ? 'key' : typeof value;
for (let i = 0; i < 6000; ++i) {
  const method = random.pick(Object.keys(calls));
  const args = calls[method](anyKey());
  if (random.chance(0.02)) args.length = random.below(args.length);
  await compare(
    `${method}(${args.map(({ name }) => name).join(', ')})`,
    () => subtle[method](...args.map(({ value }) => value)),
    kindOnly,
  );
}

// JWKs with something wrong.
for (let i = 0; i < 1500; ++i) {
  const { id, algorithm, jwk, publicJwk, publicUsages, privateUsages } = random.pick(pairs);
  const isPrivate = random.chance(0.5);
  const changed = { ...(isPrivate ? jwk : publicJwk) };
  const members = [...Object.keys(changed), 'use', 'key_ops', 'ext', 'alg', 'none'];
  const member = random.pick(members);
  const { name, value } = named([
    ['removed', undefined],
    ['null', null],
    ['sig', 'sig'],
    ['enc', 'enc'],
    [
      'a list',
      ['sign', 'verify', 'deriveBits', 'deriveKey', 'encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
    ],
    ['twice', ['sign', 'sign']],
    ['false', false],
    ['ES256', 'ES256'],
    ['other', jwks['P-256b'][member] ?? 'AAAA'],
  ]);
  changed[member] = value;
  // Numbers of RSA that do not belong together are found out when they are used.
  if (
    algorithm.hash &&
    ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'].includes(member) &&
    value !== undefined
  )
    continue;
  await compare(`jwk ${id} ${show(algorithm)} ${isPrivate} ${member} ${name}`, () =>
    subtle.importKey('jwk', changed, algorithm, true, isPrivate ? privateUsages : publicUsages),
  );
}
for (const key of [
  'AAAA',
  '',
  undefined,
  'AAAAAAAAAAAAAAAAAAAAAA',
  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
]) {
  for (const [algorithm, usages] of [
    [{ name: 'HMAC', hash: 'SHA-256' }, ['sign']],
    ['AES-CBC', ['encrypt']],
    ['AES-KW', ['wrapKey']],
    ['HKDF', ['deriveBits']],
  ]) {
    for (const alg of [undefined, 'HS256', 'A128CBC', 'A128KW', 'A192CBC', 'x']) {
      for (const kty of ['oct', 'RSA', undefined]) {
        const jwk = { kty, k: key, alg };
        await compare(`jwk ${show(jwk)} ${show(algorithm)}`, () =>
          subtle.importKey('jwk', jwk, algorithm, true, usages),
        );
      }
    }
  }
}

// How things look.
for (const [name, object] of Object.entries({ CryptoKey, SubtleCrypto, Crypto })) {
  check(`${name} itself`, () => [
    typeof object,
    object.name,
    object.length,
    Object.prototype.toString.call(object),
  ]);
  check(`${name} called`, () => outcomeNow(() => new object()));
  for (const key of [...Object.getOwnPropertyNames(object.prototype).sort(), Symbol.toStringTag]) {
    const { enumerable, writable, configurable, get, value } = Object.getOwnPropertyDescriptor(
      object.prototype,
      key,
    );
    check(`${name} ${String(key)}`, () => [
      enumerable,
      writable,
      configurable,
      typeof get,
      value?.length,
      value?.name,
    ]);
  }
}
function outcomeNow(body) {
  try {
    return body();
  } catch (error) {
    return `throws ${error.name}`;
  }
}
check('tag of subtle', () => String(subtle));
check('tag of a key', () => String(plain[0]));
await compare('another receiver', () => subtle.digest.call({}, 'SHA-1', new Uint8Array(1)));
check('type of another', () =>
  outcomeNow(() => Object.getOwnPropertyDescriptor(CryptoKey.prototype, 'type').get.call({})),
);
