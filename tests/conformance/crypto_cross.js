// What one side makes at random (keys, signatures, ciphertexts), for the other to check. crypto_cross_test.cc runs it in both.
//
//   makeCrypto()      a text: what was made
//   checkCrypto(text) a text: "N checked", and a line for each thing that is not as it should be
const { subtle } = crypto;
const hashes = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
const hex = (bytes) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const random = (most) => crypto.getRandomValues(new Uint8Array(Math.floor(Math.random() * (most + 1))));

const publicExponent = [1, 0, 1];
const signing = [];
for (const hash of hashes) {
  signing.push({ name: 'RSASSA-PKCS1-v1_5', hash, modulusLength: 1024, publicExponent });
  signing.push({ name: 'RSA-PSS', hash, modulusLength: 1031, publicExponent, saltLength: 20 });
  for (const namedCurve of ['P-256', 'P-384', 'P-521'])
    signing.push({ name: 'ECDSA', hash, namedCurve });
  signing.push({ name: 'HMAC', hash });
}
signing.push({ name: 'Ed25519' });
const sealing = [
  { name: 'RSA-OAEP', hash: 'SHA-1', modulusLength: 1024, publicExponent, label: '00ff' },
  { name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 1100, publicExponent },
];
for (const length of [128, 192, 256]) {
  sealing.push({ name: 'AES-CBC', length, iv: '07'.repeat(16) });
  sealing.push({ name: 'AES-GCM', length, iv: '08'.repeat(12), additionalData: 'abcd', tagLength: 96 });
  sealing.push({ name: 'AES-CTR', length: 64, counter: 'ff'.repeat(16), keyLength: length });
}
const sharing = [
  ...['P-256', 'P-384', 'P-521'].map((namedCurve) => ({ name: 'ECDH', namedCurve })),
  { name: 'X25519' },
];

// With bytes in place of what JSON has.
function native({ keyLength, ...algorithm }, forKey = false) {
  const made = { ...algorithm };
  for (const name of ['iv', 'counter', 'label', 'additionalData'])
    if (name in made) made[name] = bytes(made[name]);
  if (made.publicExponent) made.publicExponent = new Uint8Array(made.publicExponent);
  if (forKey && keyLength) made.length = keyLength;
  return made;
}

async function exported(key, format) {
  const out = await subtle.exportKey(format, key);
  return format === 'jwk' ? out : hex(out);
}
const imported = (format, key, algorithm, usages) =>
  subtle.importKey(format, format === 'jwk' ? key : bytes(key), native(algorithm, true), true, usages);

// Both halves of what was generated, each in a format of its own.
async function halves(made, round) {
  const [publicKey, privateKey] = made.publicKey ? [made.publicKey, made.privateKey] : [made, made];
  const [publicFormat, privateFormat] = made.publicKey
    ? [
        ['spki', 'jwk'],
        ['jwk', 'pkcs8'],
      ][round % 2]
    : [
        ['raw', 'jwk'],
        ['jwk', 'raw'],
      ][round % 2];
  return {
    publicFormat,
    privateFormat,
    publicKey: await exported(publicKey, publicFormat),
    privateKey: await exported(privateKey, privateFormat),
  };
}

globalThis.makeCrypto = async () => {
  const made = [];
  for (let round = 0; round < 4; ++round) {
    for (const algorithm of signing) {
      const pair = await subtle.generateKey(native(algorithm), true, ['sign', 'verify']);
      const data = random(100);
      const signature = await subtle.sign(native(algorithm), pair.privateKey ?? pair, data);
      made.push({
        what: 'signature',
        algorithm,
        ...(await halves(pair, round)),
        data: hex(data),
        result: hex(signature),
      });
    }
    for (const algorithm of sealing) {
      const pair = await subtle.generateKey(native(algorithm, true), true, ['encrypt', 'decrypt']);
      const data = random(60);
      const text = await subtle.encrypt(native(algorithm), pair.publicKey ?? pair, data);
      made.push({
        what: 'text',
        algorithm,
        ...(await halves(pair, round)),
        data: hex(data),
        result: hex(text),
      });
    }
    for (const algorithm of sharing) {
      const mine = await subtle.generateKey(algorithm, true, ['deriveBits']);
      const theirs = await subtle.generateKey(algorithm, true, ['deriveBits']);
      const secret = await subtle.deriveBits(
        { ...algorithm, public: theirs.publicKey },
        mine.privateKey,
        null,
      );
      // The other two halves have the same secret.
      const { privateKey, privateFormat } = await halves(theirs, round);
      const { publicKey, publicFormat } = await halves(mine, round);
      made.push({
        what: 'secret',
        algorithm,
        privateKey,
        privateFormat,
        publicKey,
        publicFormat,
        result: hex(secret),
      });
    }
  }
  return JSON.stringify(made);
};

const checks = {
  async signature({ algorithm, publicFormat, publicKey, privateFormat, privateKey, data, result }) {
    const key = await imported(publicFormat, publicKey, algorithm, ['verify']);
    const own = await imported(privateFormat, privateKey, algorithm, ['sign']);
    const again = await subtle.sign(native(algorithm), own, bytes(data));
    const changed = bytes(result);
    changed[0] ^= 1;
    return (
      (await subtle.verify(native(algorithm), key, bytes(result), bytes(data))) &&
      (await subtle.verify(native(algorithm), key, again, bytes(data))) &&
      !(await subtle.verify(native(algorithm), key, changed, bytes(data)))
    );
  },
  async text({ algorithm, privateFormat, privateKey, data, result }) {
    const key = await imported(privateFormat, privateKey, algorithm, ['decrypt']);
    return hex(await subtle.decrypt(native(algorithm), key, bytes(result))) === data;
  },
  async secret({ algorithm, privateFormat, privateKey, publicFormat, publicKey, result }) {
    const key = await imported(privateFormat, privateKey, algorithm, ['deriveBits']);
    const other = await imported(publicFormat, publicKey, algorithm, []);
    return hex(await subtle.deriveBits({ ...algorithm, public: other }, key, null)) === result;
  },
};

globalThis.checkCrypto = async (text) => {
  const made = JSON.parse(text);
  const lines = [`${made.length} checked`];
  for (const each of made) {
    const good = await checks[each.what](each).catch((error) => error);
    if (good !== true) lines.push(`${each.what} ${JSON.stringify(each.algorithm)}: ${good}`);
  }
  return lines.join('\n');
};
