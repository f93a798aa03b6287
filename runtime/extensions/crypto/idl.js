// Conversions of the Web IDL Standard, those that this API uses. What cannot be converted is a TypeError.

import { crypto_copy as copyOf, crypto_source as sourceKind } from 'evald:ops';
import { done, typeError } from './errors.js';
import { includes, isFinite, push, trunc, typedTag } from './primordials.js';

export const isObject = (value) =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

export function toText(value) {
  if (typeof value === 'symbol') throw typeError('A symbol cannot be converted to a string');
  return `${value}`;
}

// [EnforceRange] unsigned, of so many bits.
function ranged(bits) {
  const most = 2 ** bits - 1;
  return (value) => {
    const number = trunc(+value);
    if (!isFinite(number) || number < 0 || number > most)
      throw typeError(`The value is outside the range of 0 to ${most}`);
    return number + 0;
  };
}
export const toOctet = ranged(8);
export const toShort = ranged(16);
export const toLong = ranged(32);

export function toEnum(value, values, name) {
  const text = toText(value);
  if (!includes(values, text)) throw typeError(`'${text}' is not a valid value of type ${name}`);
  return text;
}

export function toSequence(value, convert) {
  if (!isObject(value)) throw typeError('The value cannot be converted to a sequence');
  const converted = [];
  for (const element of value) push(converted, convert(element));
  return converted;
}

export const isSource = (value) => sourceKind(value) !== 0;

// A BufferSource, whose bytes are read later.
export function toSource(value) {
  const kind = sourceKind(value);
  if (kind === 0) throw typeError('The value is not an ArrayBuffer or a view');
  if (kind === 2)
    throw typeError('The value is, or is a view on, a SharedArrayBuffer, which is not allowed');
  return value;
}

// The bytes of what toSource took.
export const bytesOf = (source) => done(copyOf(source));

export function toBigInteger(value) {
  if (!isSource(value) || typedTag(value) !== 'Uint8Array')
    throw typeError('The value is not a Uint8Array');
  return toSource(value);
}

// AlgorithmIdentifier: an object or a string.
export const toIdentifier = (value) => (isObject(value) ? value : toText(value));
