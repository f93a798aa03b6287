// Algorithms of key pairs: RSA, and those on curves. secret_keys.js says what an algorithm is.

import {
  crypto_derive as derive,
  crypto_export as exportBytes,
  crypto_generate as generate,
  crypto_import as importBytes,
  crypto_numbers as numbersOf,
  crypto_public_half as publicHalf,
  crypto_rsa_oaep as rsaOaep,
  crypto_sign as sign,
  crypto_verify as verify,
} from 'evald:ops';
import { digestBytes, hashNumber } from './algorithms.js';
import {
  dataError,
  done,
  imported,
  invalidAccess,
  notSupported,
  operationError,
  syntaxError,
} from './errors.js';
import { checkAlgorithm, checkPurpose, checkType, readNumbers, writeNumbers } from './jwk.js';
import { allowUsages, newKey, usagesOf } from './key.js';
import { BytesOf, bufferBytes, bufferSlice, ceil, clz32, typedLength } from './primordials.js';

// Numbers that native functions know.
const RSA = 0,
  ED25519 = 4,
  X25519 = 5;
const curves = { __proto__: null, 'P-256': 1, 'P-384': 2, 'P-521': 3 };
const formats = { raw: 0, spki: 1, pkcs8: 2 };
const RSA_PKCS1 = 0,
  RSA_PSS = 1,
  ECDSA = 2,
  EDDSA = 3;

// A pair: `publicUsages` and `privateUsages` are those that each half may have.
function newPair(kind, material, algorithm, extractable, usages, { publicUsages, privateUsages }) {
  return {
    publicKey: newKey({
      type: 'public',
      extractable: true,
      algorithm,
      usages: usages & publicUsages,
      kind,
      material: done(publicHalf(kind, material)),
    }),
    privateKey: newKey({
      type: 'private',
      extractable,
      algorithm,
      usages: usages & privateUsages,
      kind,
      material,
    }),
  };
}

// What `read` makes of a JWK, or the bytes of another format.
function importHalf(format, data, kind, usages, { publicUsages, privateUsages }, read) {
  if (format === 'jwk') {
    const isPrivate = data.d !== undefined;
    return {
      isPrivate,
      material: read(data, () => allowUsages(usages, isPrivate ? privateUsages : publicUsages)),
    };
  }
  const isPrivate = format === 'pkcs8';
  allowUsages(usages, isPrivate ? privateUsages : publicUsages);
  return { isPrivate, material: imported(importBytes(formats[format], kind, data)) };
}

function exportHalf(format, key, kty, alg) {
  if (format === 'jwk') {
    const jwk = writeNumbers(key, kty);
    if (key.algorithm.namedCurve !== undefined) jwk.crv = key.algorithm.namedCurve;
    else if (kty === 'OKP') jwk.crv = key.algorithm.name;
    if (alg !== undefined) jwk.alg = alg;
    return jwk;
  }
  const isPrivate = key.type === 'private';
  if (isPrivate !== (format === 'pkcs8'))
    throw invalidAccess(`A ${key.type} key cannot be exported as ${format}`);
  return done(exportBytes(formats[format], key.kind, isPrivate, key.material));
}

// Before the key is generated, as that may take long.
function allowPairUsages(usages, { publicUsages, privateUsages }) {
  allowUsages(usages, publicUsages | privateUsages);
  if ((usages & privateUsages) === 0) throw syntaxError('Usages cannot be empty when creating a key');
}

function needType(key, type) {
  if (key.type !== type) throw invalidAccess(`The key has to be a ${type} key`);
}

const halves = (publicNames, privateNames) => ({
  publicUsages: usagesOf(...publicNames),
  privateUsages: usagesOf(...privateNames),
});
const signing = halves(['verify'], ['sign']);
const sealing = halves(['encrypt', 'wrapKey'], ['decrypt', 'unwrapKey']);
const sharing = halves([], ['deriveKey', 'deriveBits']);

// sign and verify. `parametersOf` gives the hash and the size of the salt.
const signatures = (scheme, parametersOf) => ({
  sign(parameters, key, data) {
    needType(key, 'private');
    const { hash = 0, salt = 0 } = parametersOf(parameters, key);
    return done(sign(key.kind, key.material, scheme, hash, salt, data));
  },
  verify(parameters, key, signature, data) {
    needType(key, 'public');
    const { hash = 0, salt = 0 } = parametersOf(parameters, key);
    return done(verify(key.kind, key.material, scheme, hash, salt, data, signature));
  },
});

// The exponent as a number. As in other implementations it has to be one of 32 bits.
function smallExponent(bytes) {
  let exponent = 0;
  for (let i = 0; i < typedLength(bytes); i++) {
    exponent = exponent * 256 + bytes[i];
    if (exponent >= 2 ** 32) throw operationError('The public exponent has to be less than 2 ** 32');
  }
  return exponent;
}

// `use` and `algOf(hash)`: what a JWK says of such a key.
function rsa(usages, use, algOf, operations) {
  const described = ({ name, hash }, material, isPrivate) => {
    const numbers = done(numbersOf(RSA, isPrivate, material));
    const modulusLength = typedLength(numbers[0]) * 8 - (clz32(numbers[0][0]) - 24);
    return { name, modulusLength, publicExponent: numbers[1], hash };
  };
  return {
    generateKey({ name, hash, modulusLength, publicExponent }, extractable, wanted) {
      const exponent = smallExponent(publicExponent);
      allowPairUsages(wanted, usages);
      const material = done(generate(RSA, modulusLength, exponent));
      const algorithm = { name, modulusLength, publicExponent, hash };
      return newPair(RSA, material, algorithm, extractable, wanted, usages);
    },
    importKey(format, data, parameters, extractable, wanted) {
      if (format === 'raw') throw notSupported('An RSA key cannot be imported from raw');
      const { isPrivate, material } = importHalf(format, data, RSA, wanted, usages, (jwk, allow) => {
        checkType(jwk, 'RSA');
        allow();
        checkPurpose(jwk, use, wanted, extractable);
        checkAlgorithm(jwk, [algOf(parameters.hash)]);
        return readNumbers(jwk, RSA);
      });
      const algorithm = described(parameters, material, isPrivate);
      const type = isPrivate ? 'private' : 'public';
      return newKey({ type, extractable, algorithm, usages: wanted, kind: RSA, material });
    },
    exportKey(format, key) {
      if (format === 'raw') throw notSupported('An RSA key cannot be exported as raw');
      return exportHalf(format, key, 'RSA', algOf(key.algorithm.hash));
    },
    ...operations,
  };
}

const bitsOf = (hash) => ['1', '256', '384', '512'][hashNumber(hash)];

export const rsaPkcs1 = rsa(
  signing,
  'sig',
  (hash) => `RS${bitsOf(hash)}`,
  signatures(RSA_PKCS1, (parameters, key) => ({ hash: hashNumber(key.algorithm.hash) })),
);
export const rsaPss = rsa(
  signing,
  'sig',
  (hash) => `PS${bitsOf(hash)}`,
  signatures(RSA_PSS, ({ saltLength }, key) => {
    const { hash, modulusLength } = key.algorithm;
    if (saltLength > ceil((modulusLength - 1) / 8) - digestBytes(hash) - 2)
      throw operationError('The salt is too long');
    return { hash: hashNumber(hash), salt: saltLength };
  }),
);
const oaep = (encrypt) => (parameters, key, data) => {
  needType(key, encrypt ? 'public' : 'private');
  return done(rsaOaep(encrypt, hashNumber(key.algorithm.hash), key.material, parameters.label, data));
};
export const rsaOaepAlgorithm = rsa(
  sealing,
  'enc',
  (hash) => (bitsOf(hash) === '1' ? 'RSA-OAEP' : `RSA-OAEP-${bitsOf(hash)}`),
  { encrypt: oaep(true), decrypt: oaep(false) },
);

function kindOf({ namedCurve }) {
  const kind = curves[namedCurve];
  if (kind === undefined) throw notSupported('Unrecognized namedCurve');
  return kind;
}

function elliptic(usages, use, checkAlg, operations) {
  return {
    generateKey({ name, namedCurve }, extractable, wanted) {
      const kind = kindOf({ namedCurve });
      allowPairUsages(wanted, usages);
      const material = done(generate(kind, 0, 0));
      return newPair(kind, material, { name, namedCurve }, extractable, wanted, usages);
    },
    importKey(format, data, { name, namedCurve }, extractable, wanted) {
      const kind = kindOf({ namedCurve });
      const { isPrivate, material } = importHalf(format, data, kind, wanted, usages, (jwk, allow) => {
        checkType(jwk, 'EC');
        if (jwk.crv !== namedCurve) throw dataError('JWK "crv" does not match the requested algorithm');
        allow();
        checkPurpose(jwk, use, wanted, extractable);
        checkAlg(jwk, kind);
        return readNumbers(jwk, kind);
      });
      const type = isPrivate ? 'private' : 'public';
      return newKey({
        type,
        extractable,
        algorithm: { name, namedCurve },
        usages: wanted,
        kind,
        material,
      });
    },
    exportKey: (format, key) => exportHalf(format, key, 'EC'),
    ...operations,
  };
}

const lastMasks = [0xff, 0x80, 0xc0, 0xe0, 0xf0, 0xf8, 0xfc, 0xfe];

const agreement = {
  deriveBits(parameters, key, length) {
    const theirs = parameters.public;
    needType(theirs, 'public');
    needType(key, 'private');
    if (theirs.algorithm.name !== key.algorithm.name || theirs.kind !== key.kind)
      throw invalidAccess('The keys are not of one kind');
    const secret = done(derive(key.kind, key.material, theirs.material));
    if (length === null) return secret;
    const bytes = ceil(length / 8);
    if (bytes > bufferBytes(secret)) throw operationError('The secret is shorter than that');
    const part = bufferSlice(secret, 0, bytes);
    if (bytes > 0) new BytesOf(part)[bytes - 1] &= lastMasks[length % 8];
    return part;
  },
};

const ecdsaNames = [undefined, 'ES256', 'ES384', 'ES512'];
export const ecdsa = elliptic(
  signing,
  'sig',
  (jwk, kind) => checkAlgorithm(jwk, [ecdsaNames[kind]]),
  signatures(ECDSA, ({ hash }) => ({ hash: hashNumber(hash) })),
);
export const ecdh = elliptic(sharing, 'enc', () => {}, agreement);

function edwards(name, kind, usages, use, alg, operations) {
  return {
    generateKey(parameters, extractable, wanted) {
      allowPairUsages(wanted, usages);
      return newPair(kind, done(generate(kind, 0, 0)), { name }, extractable, wanted, usages);
    },
    importKey(format, data, parameters, extractable, wanted) {
      const { isPrivate, material } = importHalf(format, data, kind, wanted, usages, (jwk, allow) => {
        checkType(jwk, 'OKP');
        if (jwk.crv !== name) throw dataError('JWK "crv" does not match the requested algorithm');
        checkPurpose(jwk, use, wanted, extractable);
        if (alg !== undefined) checkAlgorithm(jwk, alg);
        allow();
        return readNumbers(jwk, kind);
      });
      const type = isPrivate ? 'private' : 'public';
      return newKey({ type, extractable, algorithm: { name }, usages: wanted, kind, material });
    },
    exportKey: (format, key) => exportHalf(format, key, 'OKP', alg?.[0]),
    ...operations,
  };
}

export const ed25519 = edwards(
  'Ed25519',
  ED25519,
  signing,
  'sig',
  ['Ed25519', 'EdDSA'],
  signatures(EDDSA, () => ({})),
);
export const x25519 = edwards('X25519', X25519, sharing, 'enc', undefined, agreement);
