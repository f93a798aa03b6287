// JSON Web Keys (RFC 7517, 7518, 8037).

import {
  crypto_base64url_decode as decode,
  crypto_base64url_encode as encode,
  crypto_from_numbers as fromNumbers,
  crypto_numbers as numbersOf,
} from 'evald:ops';
import { dataError, done, imported, notSupported, typeError } from './errors.js';
import { isObject, isSource, toSequence, toText } from './idl.js';
import { usageList, usagesOf } from './key.js';
import { apply, includes, push } from './primordials.js';

// In alphabetical order, in which they are read.
const members = [
  'alg',
  'crv',
  'd',
  'dp',
  'dq',
  'e',
  'ext',
  'k',
  'key_ops',
  'kty',
  'n',
  'oth',
  'p',
  'q',
  'qi',
  'use',
  'x',
  'y',
];

// The dictionary JsonWebKey. Gives an object without a prototype.
export function toJwk(value) {
  if (value !== undefined && value !== null && (!isObject(value) || isSource(value)))
    throw typeError('The key is not a JsonWebKey');
  const jwk = { __proto__: null };
  if (value === undefined || value === null) return jwk;
  for (let i = 0; i < members.length; i++) {
    const name = members[i];
    const member = value[name];
    if (member === undefined) continue;
    if (name === 'ext') jwk.ext = !!member;
    else if (name === 'key_ops') jwk.key_ops = toSequence(member, toText);
    else if (name === 'oth') jwk.oth = toSequence(member, (prime) => prime);
    else jwk[name] = toText(member);
  }
  return jwk;
}

export function checkType(jwk, kty) {
  if (jwk.kty !== kty) throw dataError('Invalid JWK "kty" parameter');
}

// What says what the key is for.
export function checkPurpose(jwk, use, usages, extractable) {
  if (usages !== 0 && jwk.use !== undefined && jwk.use !== use)
    throw dataError('Invalid JWK "use" parameter');
  const operations = jwk.key_ops;
  if (operations !== undefined) {
    let seen = 0;
    for (let i = 0; i < operations.length; i++) {
      const usage = usagesOf(operations[i]);
      if (seen & usage) throw dataError('Duplicate key operation');
      seen |= usage;
    }
    if (usages & ~seen) throw dataError('Key operations and usages do not match');
  }
  if (jwk.ext === false && extractable)
    throw dataError('JWK "ext" parameter and extractable do not match');
}

export function checkAlgorithm(jwk, algorithms) {
  if (jwk.alg !== undefined && !includes(algorithms, jwk.alg))
    throw dataError('JWK "alg" does not match the requested algorithm');
}

const numberNames = {
  RSA: ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'],
  EC: ['x', 'y', 'd'],
  OKP: ['x', 'd'],
};
const publicCount = { RSA: 2, EC: 2, OKP: 1 };

function decoded(text) {
  const bytes = text === undefined ? undefined : decode(text);
  if (bytes === undefined) throw dataError('Invalid JWK: a number is missing, or not Base64url');
  return bytes;
}

// The key of an asymmetric JWK, as native functions take it.
export function readNumbers(jwk, kind) {
  const isPrivate = jwk.d !== undefined;
  if (isPrivate && jwk.oth !== undefined)
    throw notSupported('RSA keys of more than two primes are not supported');
  const names = numberNames[jwk.kty];
  const call = [kind, isPrivate];
  for (let i = 0; i < (isPrivate ? names.length : publicCount[jwk.kty]); i++)
    push(call, decoded(jwk[names[i]]));
  return imported(apply(fromNumbers, undefined, call));
}

const newJwk = ({ usages, extractable }) => ({
  __proto__: null,
  key_ops: usageList(usages),
  ext: extractable,
});

export function writeNumbers(key, kty) {
  const jwk = newJwk(key);
  jwk.kty = kty;
  const numbers = done(numbersOf(key.kind, key.type === 'private', key.material));
  for (let i = 0; i < numbers.length; i++) jwk[numberNames[kty][i]] = done(encode(numbers[i]));
  return jwk;
}

export const readSecret = (jwk) => decoded(jwk.k);

export function writeSecret(key, alg) {
  const jwk = newJwk(key);
  jwk.kty = 'oct';
  jwk.k = done(encode(key.material));
  jwk.alg = alg;
  return jwk;
}
