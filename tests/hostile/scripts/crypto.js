// Scripts that set crypto.subtle to work. The format of these files: tests/hostile/corpus.h.

//## pbkdf2-of-four-billion-rounds
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
(async () => {
  const key = await crypto.subtle.importKey('raw', new Uint8Array(4), 'PBKDF2', false, ['deriveBits']);
  const algorithm = {
    name: 'PBKDF2',
    hash: 'SHA-512',
    salt: new Uint8Array(4),
    iterations: 2 ** 32 - 1,
  };
  return crypto.subtle.deriveBits(algorithm, key, 256);
})();

//## pbkdf2-of-a-long-key
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
(async () => {
  const key = await crypto.subtle.importKey('raw', new Uint8Array(4), 'PBKDF2', false, ['deriveBits']);
  const algorithm = { name: 'PBKDF2', hash: 'SHA-1', salt: new Uint8Array(2 ** 20), iterations: 1 };
  return crypto.subtle.deriveBits(algorithm, key, 2 ** 27);
})();

//## rsa-key-of-16384-bits
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
crypto.subtle.generateKey(
  { name: 'RSA-PSS', modulusLength: 16384, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' },
  true,
  ['sign'],
);

//## rsa-keys-without-end
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
(async () => {
  for (;;) {
    try {
      const publicExponent = new Uint8Array([1, 0, 1]);
      const algorithm = { name: 'RSA-PSS', modulusLength: 2048, publicExponent, hash: 'SHA-1' };
      await crypto.subtle.generateKey(algorithm, true, ['sign']);
    } catch {}
  }
})();

//## rsa-key-of-four-billion-bits
//# expect: throws OperationError
crypto.subtle.generateKey(
  {
    name: 'RSA-PSS',
    modulusLength: 2 ** 32 - 1,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-1',
  },
  true,
  ['sign'],
);

//## rsa-exponents-that-there-are-not
//# expect: value "OperationError OperationError OperationError"
(async () => {
  const names = [];
  for (const exponent of [[], [2], [1]]) {
    const algorithm = { name: 'RSA-PSS', modulusLength: 1024, hash: 'SHA-1' };
    algorithm.publicExponent = new Uint8Array(exponent);
    await crypto.subtle.generateKey(algorithm, true, ['sign']).catch(({ name }) => names.push(name));
  }
  return names.join(' ');
})();

//## rsa-modulus-beyond-all-bounds
//# expect: throws DataError
crypto.subtle.importKey(
  'jwk',
  { kty: 'RSA', n: '_'.repeat(1e6), e: 'AQAB' },
  { name: 'RSA-PSS', hash: 'SHA-1' },
  true,
  ['verify'],
);

//## rsa-private-key-of-nothing-but-ones
//# expect: throws OperationError
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: OpenSSL may find out at once that these are no primes, or calculate with them to the end
(async () => {
  const n = '_'.repeat(2728);
  const half = '_'.repeat(1364);
  const jwk = { kty: 'RSA', n, e: 'AQAB', d: n, p: half, q: half, dp: half, dq: half, qi: half };
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'RSA-PSS', hash: 'SHA-1' }, true, [
    'sign',
  ]);
  for (;;) await crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 20 }, key, new Uint8Array(1));
})();

//## rsa-exponent-as-long-as-the-modulus
//# expect: throws OperationError
//# expect: value false
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: OpenSSL takes no such exponent, and Verify may say that or no; until then it may calculate
(async () => {
  const n = '_'.repeat(2728);
  const jwk = { kty: 'RSA', n, e: n };
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'RSA-PSS', hash: 'SHA-1' }, true, [
    'verify',
  ]);
  return crypto.subtle.verify(
    { name: 'RSA-PSS', saltLength: 20 },
    key,
    new Uint8Array(2046),
    new Uint8Array(1),
  );
})();

//## der-of-every-length
//# expect: value "DataError"
(async () => {
  const names = new Set();
  for (let length = 0; length < 400; length++) {
    for (const nested of [0x30, 0x04, 0x02, 0x80]) {
      const der = new Uint8Array(length).fill(nested);
      for (const format of ['spki', 'pkcs8']) {
        for (const algorithm of [
          { name: 'ECDH', namedCurve: 'P-256' },
          { name: 'RSA-PSS', hash: 'SHA-1' },
          'Ed25519',
        ]) {
          await crypto.subtle
            .importKey(format, der, algorithm, true, [])
            .catch(({ name }) => names.add(name));
        }
      }
    }
  }
  return [...names].join();
})();

//## buffers-that-getters-take-away
//# expect: value true
(async () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const data = new Uint8Array(memory.buffer);
  const iv = new Uint8Array(memory.buffer, 16, 12);
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']);
  const algorithm = {
    name: 'AES-GCM',
    iv,
    get tagLength() {
      memory.grow(1);
      return 128;
    },
  };
  try {
    await crypto.subtle.encrypt(algorithm, key, data);
  } catch {}
  return data.length === 0 && iv.length === 0;
})();

//## getters-that-throw-and-never-return
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
(async () => {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']);
  const throwing = {
    get name() {
      throw new Error('no');
    },
  };
  const endless = {
    get name() {
      for (;;);
    },
  };
  await crypto.subtle.encrypt(throwing, key, new Uint8Array(1)).catch(() => {});
  await crypto.subtle.encrypt(endless, key, new Uint8Array(1));
})();

//## hmac-key-of-half-a-gigabyte
//# expect: throws OperationError
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: the buffer is refused where a request's memory is bounded by less
crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-1', length: 2 ** 32 - 8 }, true, ['sign']);

//## ciphertexts-without-end
//# expect: throws OperationError
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: whatever is refused first
(async () => {
  const key = await crypto.subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['encrypt']);
  const iv = new Uint8Array(16);
  const all = [];
  for (;;) all.push(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, key, new Uint8Array(1e7)));
})();

//## keys-that-are-none
//# expect: value "TypeError TypeError TypeError TypeError"
(async () => {
  const names = [];
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  for (const key of [
    {},
    Object.create(CryptoKey.prototype),
    new Proxy(pair.privateKey, {}),
    Object.create(pair.privateKey),
  ]) {
    await crypto.subtle.sign('Ed25519', key, new Uint8Array(1)).catch(({ name }) => names.push(name));
  }
  return names.join(' ');
})();
