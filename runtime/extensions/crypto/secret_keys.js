// Algorithms whose keys are plain bytes: AES, HMAC, HKDF, PBKDF2.
//
// An algorithm here and in key_pairs.js is an object with the operations that it has. Each gets normalized parameters and
// the fields of keys (key.js), after the checks that all have in common (crypto.js).

import {
  crypto_aes as aes,
  crypto_hkdf as hkdf,
  crypto_hmac as hmac,
  crypto_hmac_verify as verifyHmac,
  crypto_pbkdf2 as pbkdf2,
  crypto_random as randomBytes,
} from 'evald:ops';
import { blockBits, hashNumber } from './algorithms.js';
import { dataError, done, notSupported, operationError, syntaxError, typeError } from './errors.js';
import { bytesOf } from './idl.js';
import { checkAlgorithm, checkPurpose, checkType, readSecret, writeSecret } from './jwk.js';
import { allowUsages, newKey, usagesOf } from './key.js';
import { ceil, includes, stringSlice, typedLength } from './primordials.js';

const newSecret = (material, algorithm, extractable, usages) =>
  newKey({ type: 'secret', extractable, algorithm, usages, material });

const keySizes = [128, 192, 256];

function exportSecret(format, key, alg) {
  switch (format) {
    case 'raw':
      return bytesOf(key.material).buffer;
    case 'jwk':
      return writeSecret(key, alg);
    default:
      throw notSupported(`Such a key cannot be exported as ${format}`);
  }
}

function aesAlgorithm(name, modeNumber, parametersOf) {
  const allowed =
    parametersOf === undefined
      ? usagesOf('wrapKey', 'unwrapKey')
      : usagesOf('encrypt', 'decrypt', 'wrapKey', 'unwrapKey');
  const algOf = (length) => `A${length}${stringSlice(name, 4)}`;
  const cipher = (encrypt) => (parameters, key, data) => {
    const {
      iv,
      number = 0,
      additionalData,
    } = parametersOf === undefined ? {} : parametersOf(parameters);
    return done(aes(modeNumber, encrypt, key.material, data, iv, number, additionalData));
  };
  return {
    generateKey({ length }, extractable, usages) {
      if (!includes(keySizes, length)) throw operationError('AES keys have 128, 192 or 256 bits');
      allowUsages(usages, allowed);
      return newSecret(done(randomBytes(length / 8)), { name, length }, extractable, usages);
    },
    importKey(format, data, parameters, extractable, usages) {
      allowUsages(usages, allowed);
      let material;
      if (format === 'raw') {
        material = bytesOf(data);
      } else if (format === 'jwk') {
        checkType(data, 'oct');
        checkPurpose(data, 'enc', usages, extractable);
        material = readSecret(data);
      } else {
        throw notSupported(`An AES key cannot be imported from ${format}`);
      }
      const length = typedLength(material) * 8;
      if (!includes(keySizes, length)) throw dataError('AES keys have 128, 192 or 256 bits');
      if (format === 'jwk') checkAlgorithm(data, [algOf(length)]);
      return newSecret(material, { name, length }, extractable, usages);
    },
    exportKey: (format, key) => exportSecret(format, key, algOf(key.algorithm.length)),
    keyLength({ length }) {
      if (!includes(keySizes, length)) throw operationError('AES keys have 128, 192 or 256 bits');
      return length;
    },
    [parametersOf === undefined ? 'wrapKey' : 'encrypt']: cipher(true),
    [parametersOf === undefined ? 'unwrapKey' : 'decrypt']: cipher(false),
  };
}

const tagLengths = [32, 64, 96, 104, 112, 120, 128];

export const aesCbc = aesAlgorithm('AES-CBC', 0, ({ iv }) => {
  if (typedLength(iv) !== 16) throw operationError('The IV of AES-CBC has 16 bytes');
  return { iv };
});
export const aesCtr = aesAlgorithm('AES-CTR', 1, ({ counter, length }) => {
  if (typedLength(counter) !== 16) throw operationError('The counter block of AES-CTR has 16 bytes');
  if (length === 0 || length > 128) throw operationError('The counter of AES-CTR has 1 to 128 bits');
  return { iv: counter, number: length };
});
export const aesGcm = aesAlgorithm('AES-GCM', 2, ({ iv, additionalData, tagLength = 128 }) => {
  if (!includes(tagLengths, tagLength))
    throw operationError(`${tagLength} is not a valid AES-GCM tag length`);
  return { iv, number: tagLength / 8, additionalData };
});
export const aesKw = aesAlgorithm('AES-KW', 3);

const signing = usagesOf('sign', 'verify');

// A key of so many bits: those after them in its last byte are 0.
function cut(material, bits) {
  if (bits % 8 !== 0) material[typedLength(material) - 1] &= 0xff << (8 - (bits % 8));
  return material;
}

export const hmacAlgorithm = {
  generateKey({ name, hash, length = blockBits(hash) }, extractable, usages) {
    allowUsages(usages, signing);
    if (length === 0) throw operationError('A key has at least one bit');
    const material = cut(done(randomBytes(ceil(length / 8))), length);
    return newSecret(material, { name, length, hash }, extractable, usages);
  },
  importKey(format, data, { name, hash, length }, extractable, usages) {
    allowUsages(usages, signing);
    let material;
    if (format === 'raw') {
      material = bytesOf(data);
    } else if (format === 'jwk') {
      checkType(data, 'oct');
      checkPurpose(data, 'sig', usages, extractable);
      checkAlgorithm(data, [algOfHmac(hash)]);
      material = readSecret(data);
    } else {
      throw notSupported(`An HMAC key cannot be imported from ${format}`);
    }
    const bits = typedLength(material) * 8;
    if (bits === 0) throw dataError('A key has at least one bit');
    if (length !== undefined && (length > bits || length <= bits - 8))
      throw dataError('Invalid key length');
    return newSecret(
      cut(material, length ?? bits),
      { name, length: length ?? bits, hash },
      extractable,
      usages,
    );
  },
  exportKey: (format, key) => exportSecret(format, key, algOfHmac(key.algorithm.hash)),
  keyLength({ hash, length = blockBits(hash) }) {
    if (length === 0) throw typeError('A key has at least one bit');
    return length;
  },
  sign: (parameters, key, data) => done(hmac(hashNumber(key.algorithm.hash), key.material, data)),
  verify: (parameters, key, signature, data) =>
    done(verifyHmac(hashNumber(key.algorithm.hash), key.material, data, signature)),
};
const algOfHmac = (hash) => `HS${stringSlice(hash.name, 4)}`;

// Algorithms that derive from a secret. `derive` gives that many bytes.
function derivation(name, derive) {
  return {
    importKey(format, data, parameters, extractable, usages) {
      if (extractable) throw syntaxError(`${name} keys are not extractable`);
      allowUsages(usages, usagesOf('deriveKey', 'deriveBits'));
      if (format !== 'raw') throw notSupported(`A ${name} key cannot be imported from ${format}`);
      return newSecret(bytesOf(data), { name }, extractable, usages);
    },
    deriveBits(parameters, key, length) {
      if (parameters.iterations === 0) throw operationError('There has to be an iteration');
      if (length === null || length % 8 !== 0)
        throw operationError('The length has to be a multiple of 8');
      return done(derive(parameters, key.material, length / 8));
    },
    keyLength: () => null,
  };
}

export const hkdfAlgorithm = derivation('HKDF', ({ hash, salt, info }, secret, size) =>
  hkdf(hashNumber(hash), secret, salt, info, size),
);
export const pbkdf2Algorithm = derivation('PBKDF2', ({ hash, salt, iterations }, password, size) =>
  pbkdf2(hashNumber(hash), password, salt, iterations, size),
);
