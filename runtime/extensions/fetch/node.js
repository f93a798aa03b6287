// What undici imports from Node.js, as far as it is there for Headers, Request, Response and FormData: this one file
// stands in for all those modules. What it has only so that undici's files can be loaded is empty.

import { inspect } from 'evald:console';
import { isDisturbed, isErrored } from 'evald:streams';

export { Blob, File } from 'evald:blob';
export { isDisturbed, isErrored };

const { floor, random } = Math;
const { isView } = ArrayBuffer;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const replace = uncurry(String.prototype.replace);
const getter = (prototype, name) => uncurry(Object.getOwnPropertyDescriptor(prototype, name).get);
const tagOf = getter(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const lengthOf = getter(ArrayBuffer.prototype, 'byteLength');

export function isArrayBuffer(value) {
  try {
    lengthOf(value);
    return true;
  } catch {
    return false;
  }
}
export const isUint8Array = (value) => isView(value) && tagOf(value) === 'Uint8Array';

// node:util
export const types = {
  isArrayBuffer,
  // Shared ones are refused, as what is not a buffer at all.
  isAnyArrayBuffer: isArrayBuffer,
  isSharedArrayBuffer: (value) => isView(value) === false && !isArrayBuffer(value),
  isTypedArray: (value) => isView(value) && tagOf(value) !== undefined,
  isDataView: (value) => isView(value) && tagOf(value) === undefined,
  isUint8Array,
  // undici asks so that it can take a short cut where there is none, which sees properties that are not enumerable.
  isProxy: () => true,
};
export { inspect };
export const formatWithOptions = (options, value) => inspect(value, options);
export const toUSVString = (text) => replace(`${text}`, /\p{Surrogate}/gu, '\ufffd');

// node:crypto
export const getHashes = () => [];
export const randomInt = (low, high) => low + floor(random() * (high - low));

// node:worker_threads
export const markAsUncloneable = () => {};

// node:stream, node:http, node:events, node:perf_hooks
export class Transform {}
export class IncomingMessage {}
export class EventEmitter {}
export const performance = {};
