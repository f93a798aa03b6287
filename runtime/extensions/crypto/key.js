// CryptoKey. What makes a key is in a private field, where nothing but this extension can read it.

import { addCloneable } from 'evald:clone';
import { showFields } from 'evald:console';
import { syntaxError, typeError } from './errors.js';
import { toEnum, toSequence } from './idl.js';
import { BytesOf, defineProperties, push, toStringTag } from './primordials.js';

const usageNames = [
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'deriveKey',
  'deriveBits',
  'wrapKey',
  'unwrapKey',
];

// Usages are a set of bits inside.
export const usagesOf = (...names) => {
  let bits = 0;
  for (let i = 0; i < usageNames.length; i++)
    for (let j = 0; j < names.length; j++) if (names[j] === usageNames[i]) bits |= 1 << i;
  return bits;
};
export function usageList(bits) {
  const list = [];
  for (let i = 0; i < usageNames.length; i++) if (bits & (1 << i)) push(list, usageNames[i]);
  return list;
}
export function toUsages(value) {
  const names = toSequence(value, (name) => toEnum(name, usageNames, 'KeyUsage'));
  let bits = 0;
  for (let i = 0; i < names.length; i++) bits |= usagesOf(names[i]);
  return bits;
}
export function allowUsages(usages, allowed) {
  if (usages & ~allowed) throw syntaxError('Unsupported key usage for this algorithm');
}

const token = {};
export let toKey;
let isKey;

// The `algorithm` that a script sees: it may do with it what it likes.
function shownAlgorithm({ name, length, modulusLength, publicExponent, hash, namedCurve }) {
  const shown = { name };
  if (modulusLength !== undefined) {
    shown.modulusLength = modulusLength;
    shown.publicExponent = new BytesOf(publicExponent);
  }
  if (length !== undefined) shown.length = length;
  if (hash !== undefined) shown.hash = { name: hash.name };
  if (namedCurve !== undefined) shown.namedCurve = namedCurve;
  return shown;
}

export class CryptoKey {
  #slots;
  #algorithm;
  #usages;
  constructor() {
    if (arguments[0] !== token) throw typeError('Illegal constructor');
    this.#slots = arguments[1];
  }
  get type() {
    return toKey(this).type;
  }
  get extractable() {
    return toKey(this).extractable;
  }
  get algorithm() {
    const { algorithm } = toKey(this);
    return (this.#algorithm ??= shownAlgorithm(algorithm));
  }
  get usages() {
    const { usages } = toKey(this);
    return (this.#usages ??= usageList(usages));
  }
  static {
    isKey = (value) => typeof value === 'object' && value !== null && #slots in value;
    toKey = (value) => {
      if (!isKey(value)) throw typeError('The value is not a CryptoKey');
      return value.#slots;
    };
  }
}

const enumerable = { enumerable: true };
defineProperties(CryptoKey.prototype, {
  type: enumerable,
  extractable: enumerable,
  algorithm: enumerable,
  usages: enumerable,
  [toStringTag]: { value: 'CryptoKey', configurable: true },
});

showFields(CryptoKey, ({ type, extractable, algorithm, usages }) => ({
  type,
  extractable,
  algorithm,
  usages,
}));

// The fields never change, so a clone can have the same.
addCloneable(isKey, (key) => new CryptoKey(token, toKey(key)));

// `material`: the key as native functions take it. `kind`: their number for it; of asymmetric keys. `algorithm`: what
// shownAlgorithm makes the shown one of.
export function newKey({ type, extractable, algorithm, usages, kind, material }) {
  return new CryptoKey(token, { __proto__: null, type, extractable, algorithm, usages, kind, material });
}
