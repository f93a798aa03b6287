// SubtleCrypto of the Web Cryptography API. What the algorithms have in common is here; they are in secret_keys.js and
// key_pairs.js. All work is done before a method returns, so no bytes need to be copied for it; the promise settles later.

import { crypto_digest as digestBytes } from 'evald:ops';
import { Crypto, checkReceiver } from 'evald:random';
import { hashNumber, normalize } from './algorithms.js';
import { dataError, done, invalidAccess, notSupported, syntaxError, typeError } from './errors.js';
import { toEnum, toIdentifier, toLong, toSource } from './idl.js';
import { toJwk } from './jwk.js';
import { CryptoKey, toKey, toUsages, usagesOf } from './key.js';
import { ecdh, ecdsa, ed25519, rsaOaepAlgorithm, rsaPkcs1, rsaPss, x25519 } from './key_pairs.js';
import {
  create,
  defineProperties,
  defineProperty,
  parse,
  repeat,
  setPrototypeOf,
  stringify,
  textOf,
  toStringTag,
  utf8Of,
} from './primordials.js';
import {
  aesCbc,
  aesCtr,
  aesGcm,
  aesKw,
  hkdfAlgorithm,
  hmacAlgorithm,
  pbkdf2Algorithm,
} from './secret_keys.js';

const algorithms = {
  __proto__: null,
  'RSASSA-PKCS1-v1_5': rsaPkcs1,
  'RSA-PSS': rsaPss,
  'RSA-OAEP': rsaOaepAlgorithm,
  ECDSA: ecdsa,
  ECDH: ecdh,
  Ed25519: ed25519,
  X25519: x25519,
  'AES-CBC': aesCbc,
  'AES-CTR': aesCtr,
  'AES-GCM': aesGcm,
  'AES-KW': aesKw,
  HMAC: hmacAlgorithm,
  HKDF: hkdfAlgorithm,
  PBKDF2: pbkdf2Algorithm,
};

const formats = ['raw', 'pkcs8', 'spki', 'jwk'];
const toFormat = (value) => toEnum(value, formats, 'KeyFormat');
const toKeyData = (format, value) => (format === 'jwk' ? toJwk(value) : toSource(value));

function enter(receiver, given, needed) {
  if (receiver !== subtle) throw typeError('Illegal invocation');
  if (given < needed) throw typeError(`${needed} arguments required, but only ${given} present`);
}

// The key is one of the algorithm's, and may be used so.
function allow(key, { name }, usage) {
  if (key.algorithm.name !== name || (key.usages & usagesOf(usage)) === 0)
    throw invalidAccess('The requested operation is not valid for the provided key');
  return algorithms[name];
}

function importInto(format, data, parameters, extractable, usages) {
  const key = algorithms[parameters.name].importKey(format, data, parameters, extractable, usages);
  if (usages === 0 && toKey(key).type !== 'public')
    throw syntaxError('Usages cannot be empty when importing a secret or private key');
  return key;
}

// An ArrayBuffer, or a JWK without a prototype.
function exportFrom(format, key) {
  const { exportKey } = algorithms[key.algorithm.name];
  if (exportKey === undefined) throw notSupported('Such a key cannot be exported');
  if (!key.extractable) throw invalidAccess('The key is not extractable');
  return exportKey(format, key);
}

// The parameters of wrapping, which an algorithm has of its own or by encrypting.
function normalizeWrap(identifier, own, other) {
  try {
    return normalize(identifier, own);
  } catch {
    return normalize(identifier, other);
  }
}

function derive(parameters, key, length) {
  return algorithms[parameters.name].deriveBits(parameters, key, length);
}

const methods = {
  async digest(algorithm, data) {
    enter(this, arguments.length, 2);
    const identifier = toIdentifier(algorithm);
    const source = toSource(data);
    return done(digestBytes(hashNumber(normalize(identifier, 'digest')), source));
  },

  async encrypt(algorithm, key, data) {
    enter(this, arguments.length, 3);
    const identifier = toIdentifier(algorithm);
    const slots = toKey(key);
    const source = toSource(data);
    const parameters = normalize(identifier, 'encrypt');
    return allow(slots, parameters, 'encrypt').encrypt(parameters, slots, source);
  },

  async decrypt(algorithm, key, data) {
    enter(this, arguments.length, 3);
    const identifier = toIdentifier(algorithm);
    const slots = toKey(key);
    const source = toSource(data);
    const parameters = normalize(identifier, 'decrypt');
    return allow(slots, parameters, 'decrypt').decrypt(parameters, slots, source);
  },

  async sign(algorithm, key, data) {
    enter(this, arguments.length, 3);
    const identifier = toIdentifier(algorithm);
    const slots = toKey(key);
    const source = toSource(data);
    const parameters = normalize(identifier, 'sign');
    return allow(slots, parameters, 'sign').sign(parameters, slots, source);
  },

  async verify(algorithm, key, signature, data) {
    enter(this, arguments.length, 4);
    const identifier = toIdentifier(algorithm);
    const slots = toKey(key);
    const signatureSource = toSource(signature);
    const source = toSource(data);
    const parameters = normalize(identifier, 'verify');
    return allow(slots, parameters, 'verify').verify(parameters, slots, signatureSource, source);
  },

  async generateKey(algorithm, extractable, keyUsages) {
    enter(this, arguments.length, 3);
    const identifier = toIdentifier(algorithm);
    const usages = toUsages(keyUsages);
    const parameters = normalize(identifier, 'generateKey');
    const made = algorithms[parameters.name].generateKey(parameters, !!extractable, usages);
    if (usages === 0) throw syntaxError('Usages cannot be empty when creating a key');
    return made;
  },

  async deriveBits(algorithm, baseKey, length = null) {
    enter(this, arguments.length, 2);
    const identifier = toIdentifier(algorithm);
    const slots = toKey(baseKey);
    const bits = length === null ? null : +length >>> 0;
    const parameters = normalize(identifier, 'deriveBits');
    allow(slots, parameters, 'deriveBits');
    return derive(parameters, slots, bits);
  },

  async deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages) {
    enter(this, arguments.length, 5);
    const identifier = toIdentifier(algorithm);
    const slots = toKey(baseKey);
    const derived = toIdentifier(derivedKeyType);
    const usages = toUsages(keyUsages);
    const parameters = normalize(identifier, 'deriveBits');
    const derivedParameters = normalize(derived, 'importKey');
    allow(slots, parameters, 'deriveKey');
    const lengthParameters = normalize(derived, 'get key length');
    const length = algorithms[lengthParameters.name].keyLength(lengthParameters);
    return importInto(
      'raw',
      derive(parameters, slots, length),
      derivedParameters,
      !!extractable,
      usages,
    );
  },

  async importKey(format, keyData, algorithm, extractable, keyUsages) {
    enter(this, arguments.length, 5);
    const from = toFormat(format);
    const data = toKeyData(from, keyData);
    const identifier = toIdentifier(algorithm);
    const usages = toUsages(keyUsages);
    return importInto(from, data, normalize(identifier, 'importKey'), !!extractable, usages);
  },

  async exportKey(format, key) {
    enter(this, arguments.length, 2);
    const to = toFormat(format);
    const exported = exportFrom(to, toKey(key));
    return to === 'jwk' ? { ...exported } : exported;
  },

  async wrapKey(format, key, wrappingKey, wrapAlgorithm) {
    enter(this, arguments.length, 4);
    const to = toFormat(format);
    const slots = toKey(key);
    const wrapping = toKey(wrappingKey);
    const parameters = normalizeWrap(toIdentifier(wrapAlgorithm), 'wrapKey', 'encrypt');
    const { wrapKey, encrypt } = allow(wrapping, parameters, 'wrapKey');
    let bytes = exportFrom(to, slots);
    if (to === 'jwk') {
      const text = stringify(bytes);
      // AES-KW takes multiples of 8 bytes.
      const missing = wrapKey === undefined ? 0 : (8 - (text.length % 8)) % 8;
      bytes = utf8Of(text + repeat(' ', missing));
    }
    return (wrapKey ?? encrypt)(parameters, wrapping, bytes);
  },

  async unwrapKey(
    format,
    wrappedKey,
    unwrappingKey,
    unwrapAlgorithm,
    unwrappedType,
    extractable,
    keyUsages,
  ) {
    enter(this, arguments.length, 7);
    const from = toFormat(format);
    const source = toSource(wrappedKey);
    const unwrapping = toKey(unwrappingKey);
    const identifier = toIdentifier(unwrapAlgorithm);
    const unwrapped = toIdentifier(unwrappedType);
    const usages = toUsages(keyUsages);
    const parameters = normalizeWrap(identifier, 'unwrapKey', 'decrypt');
    const { unwrapKey, decrypt } = allow(unwrapping, parameters, 'unwrapKey');
    let data = (unwrapKey ?? decrypt)(parameters, unwrapping, source);
    if (from === 'jwk') data = parsedJwk(data);
    return importInto(from, data, normalize(unwrapped, 'importKey'), !!extractable, usages);
  },
};

function parsedJwk(bytes) {
  let value;
  try {
    value = parse(textOf(bytes));
  } catch {
    throw dataError('The wrapped key is not a JWK');
  }
  // What a script put into Object.prototype is no part of it.
  return toJwk(typeof value === 'object' && value !== null ? setPrototypeOf(value, null) : value);
}

class SubtleCrypto {
  constructor() {
    throw typeError('Illegal constructor');
  }
}
const subtle = create(SubtleCrypto.prototype);

const global = (value) => ({ value, writable: true, configurable: true });
for (const name of Object.keys(methods))
  defineProperty(SubtleCrypto.prototype, name, { ...global(methods[name]), enumerable: true });
defineProperty(SubtleCrypto.prototype, toStringTag, { value: 'SubtleCrypto', configurable: true });

const { get } = Object.getOwnPropertyDescriptor(
  {
    get subtle() {
      checkReceiver(this);
      return subtle;
    },
  },
  'subtle',
);
defineProperty(Crypto.prototype, 'subtle', {
  get,
  set: undefined,
  enumerable: true,
  configurable: true,
});
defineProperties(globalThis, { CryptoKey: global(CryptoKey), SubtleCrypto: global(SubtleCrypto) });
