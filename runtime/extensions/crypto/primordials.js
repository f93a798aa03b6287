// What the language and other extensions have, taken once, when the extension is loaded: what a script does to globals
// later has no say here.

const uncurry = Function.prototype.bind.bind(Function.prototype.call);
export const { create, defineProperty, defineProperties, setPrototypeOf } = Object;
export const { isFinite } = Number;
export const { apply } = Reflect;
export const { trunc, ceil, clz32, min } = Math;
export const { parse, stringify } = JSON;
export const { toStringTag } = Symbol;
export const BytesOf = Uint8Array;
export const TypeErrorOf = TypeError;
export const push = uncurry(Array.prototype.push);
export const includes = uncurry(Array.prototype.includes);
export const upperCase = uncurry(String.prototype.toUpperCase);
export const repeat = uncurry(String.prototype.repeat);
export const stringSlice = uncurry(String.prototype.slice);
const { getPrototypeOf, getOwnPropertyDescriptor } = Object;
const getterOf = (prototype, name) => uncurry(getOwnPropertyDescriptor(prototype, name).get);
const typedPrototype = getPrototypeOf(Uint8Array.prototype);
export const typedTag = getterOf(typedPrototype, toStringTag);
export const typedLength = getterOf(typedPrototype, 'length');
export const subarray = uncurry(typedPrototype.subarray);
export const bufferBytes = getterOf(ArrayBuffer.prototype, 'byteLength');
export const bufferSlice = uncurry(ArrayBuffer.prototype.slice);

const encoder = new TextEncoder();
const encodeText = uncurry(TextEncoder.prototype.encode);
export const utf8Of = (text) => encodeText(encoder, text);
const decoder = new TextDecoder('utf-8', { fatal: true });
const decodeText = uncurry(TextDecoder.prototype.decode);
export const textOf = (bytes) => decodeText(decoder, bytes);
