// Which algorithm can do what, with which parameters, and the standard's normalization of what a script passes.

import { notSupported, typeError } from './errors.js';
import {
  bytesOf,
  toBigInteger,
  toIdentifier,
  toLong,
  toOctet,
  toShort,
  toSource,
  toText,
} from './idl.js';
import { toKey } from './key.js';
import { upperCase } from './primordials.js';

const hashes = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
// The number that native functions know a hash by.
export const hashNumber = (hash) => {
  for (let i = 0; i < hashes.length; i++) if (hashes[i] === hash.name) return i;
};
export const digestBytes = (hash) => [20, 32, 48, 64][hashNumber(hash)];
export const blockBits = (hash) => (hashNumber(hash) < 2 ? 512 : 1024);

// A member of a dictionary: how it is converted, and what normalization then makes of it.
const required = (key, convert, finish) => ({ key, convert, finish, required: true });
const optional = (key, convert, finish) => ({ key, convert, finish, required: false });
const requiredHash = required('hash', toIdentifier, (hash) => normalize(hash, 'digest'));
const source = (member, key) => member(key, toSource, bytesOf);

// In alphabetical order, in which they are read.
const none = [];
const dictionaries = {
  RsaHashedKeyGen: [
    requiredHash,
    required('modulusLength', toLong),
    required('publicExponent', toBigInteger, bytesOf),
  ],
  Hashed: [requiredHash],
  Curve: [required('namedCurve', toText)],
  AesKey: [required('length', toShort)],
  Hmac: [requiredHash, optional('length', toLong)],
  RsaPss: [required('saltLength', toLong)],
  RsaOaep: [source(optional, 'label')],
  AesCbc: [source(required, 'iv')],
  AesGcm: [source(optional, 'additionalData'), source(required, 'iv'), optional('tagLength', toOctet)],
  AesCtr: [source(required, 'counter'), required('length', toOctet)],
  Hkdf: [requiredHash, source(required, 'info'), source(required, 'salt')],
  Pbkdf2: [requiredHash, required('iterations', toLong), source(required, 'salt')],
  Ecdh: [required('public', toKey)],
};

const { RsaHashedKeyGen, Hashed, Curve, AesKey, Hmac, RsaPss, RsaOaep } = dictionaries;
const { AesCbc, AesGcm, AesCtr, Hkdf, Pbkdf2, Ecdh } = dictionaries;
const rsa = { generateKey: RsaHashedKeyGen, importKey: Hashed };
const aes = (cipher) => ({
  generateKey: AesKey,
  importKey: none,
  'get key length': AesKey,
  ...(cipher === undefined ? { wrapKey: none, unwrapKey: none } : { encrypt: cipher, decrypt: cipher }),
});
const both = (parameters) => ({ sign: parameters, verify: parameters });
const elliptic = { generateKey: Curve, importKey: Curve };
const secret = (parameters) => ({ importKey: none, deriveBits: parameters, 'get key length': none });

const registered = {
  'RSASSA-PKCS1-v1_5': { ...rsa, ...both(none) },
  'RSA-PSS': { ...rsa, ...both(RsaPss) },
  'RSA-OAEP': { ...rsa, encrypt: RsaOaep, decrypt: RsaOaep },
  ECDSA: { ...elliptic, ...both(Hashed) },
  ECDH: { ...elliptic, deriveBits: Ecdh },
  Ed25519: { generateKey: none, importKey: none, ...both(none) },
  X25519: { generateKey: none, importKey: none, deriveBits: Ecdh },
  'AES-CBC': aes(AesCbc),
  'AES-CTR': aes(AesCtr),
  'AES-GCM': aes(AesGcm),
  'AES-KW': aes(),
  HMAC: { generateKey: Hmac, importKey: Hmac, 'get key length': Hmac, ...both(none) },
  HKDF: secret(Hkdf),
  PBKDF2: secret(Pbkdf2),
};
for (const hash of hashes) registered[hash] = { digest: none };

// By name in capital letters.
const known = { __proto__: null };
for (const [name, operations] of Object.entries(registered))
  known[upperCase(name)] = { name, operations: { __proto__: null, ...operations } };

// Of an AlgorithmIdentifier. Gives an object without a prototype: the algorithm's own name, and its parameters converted
// and copied.
export function normalize(identifier, operation) {
  const given = typeof identifier === 'string' ? { __proto__: null, name: identifier } : identifier;
  const { name } = given;
  if (name === undefined) throw typeError('The algorithm has no name');
  const found = known[upperCase(toText(name))];
  const members = found?.operations[operation];
  if (members === undefined) throw notSupported('Unrecognized algorithm name');
  const normalized = { __proto__: null, name: found.name };
  for (let i = 0; i < members.length; i++) {
    const { key, convert, required } = members[i];
    const value = given[key];
    if (value !== undefined) normalized[key] = convert(value);
    else if (required) throw typeError(`The algorithm has no '${key}'`);
  }
  for (let i = 0; i < members.length; i++) {
    const { key, finish } = members[i];
    if (finish !== undefined && normalized[key] !== undefined) normalized[key] = finish(normalized[key]);
  }
  return normalized;
}
