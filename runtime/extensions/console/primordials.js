// What the language has, taken from the globals once, when the extension is loaded: what a script does to
// them later has no say in console. The files of this folder are one function body, in the order
// primordials, layout, inspect, console.

const {
  console_kind: kindOf,
  console_inside: insideOf,
  console_names: namesOf,
  console_now: now,
  console_write: write,
} = ops;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, keys: stringKeys } = Object;
const { max, min, round, floor, sqrt } = Math;
const { stringify } = JSON;
const { isArray } = Array;
const { toStringTag } = Symbol;
const numberOf = Number;
const stringOf = String;
const integerOf = parseInt;
const floatOf = parseFloat;
const MapOf = Map;
const BytesOf = Uint8Array;
const push = uncurry(Array.prototype.push);
const pop = uncurry(Array.prototype.pop);
const join = uncurry(Array.prototype.join);
const unshift = uncurry(Array.prototype.unshift);
const indexIn = uncurry(Array.prototype.indexOf);
const splice = uncurry(Array.prototype.splice);
const exec = uncurry(RegExp.prototype.exec);
const slice = uncurry(String.prototype.slice);
const indexOf = uncurry(String.prototype.indexOf);
const repeat = uncurry(String.prototype.repeat);
const codeAt = uncurry(String.prototype.charCodeAt);
const padStart = uncurry(String.prototype.padStart);
const padEnd = uncurry(String.prototype.padEnd);
const startsWith = uncurry(String.prototype.startsWith);
const endsWith = uncurry(String.prototype.endsWith);
const toBase = uncurry(Number.prototype.toString);
const toFixed = uncurry(Number.prototype.toFixed);
const hasOwn = uncurry(Object.prototype.hasOwnProperty);
const isEnumerable = uncurry(Object.prototype.propertyIsEnumerable);
const functionText = uncurry(Function.prototype.toString);
const symbolText = uncurry(Symbol.prototype.toString);
const errorText = uncurry(Error.prototype.toString);
const isoText = uncurry(Date.prototype.toISOString);
const timeOf = uncurry(Date.prototype.getTime);
const mapGet = uncurry(Map.prototype.get);
const mapSet = uncurry(Map.prototype.set);
const mapHas = uncurry(Map.prototype.has);
const mapDelete = uncurry(Map.prototype.delete);
const eachOfMap = uncurry(Map.prototype.forEach);
const eachOfSet = uncurry(Set.prototype.forEach);
const getterOf = (prototype, name) => uncurry(getOwnPropertyDescriptor(prototype, name).get);
const mapSize = getterOf(Map.prototype, 'size');
const setSize = getterOf(Set.prototype, 'size');
const typedPrototype = getPrototypeOf(Uint8Array.prototype);
const typedLength = getterOf(typedPrototype, 'length');
const typedTag = getterOf(typedPrototype, toStringTag);
const bufferBytes = getterOf(ArrayBuffer.prototype, 'byteLength');
const viewBytes = getterOf(DataView.prototype, 'byteLength');
const viewOffset = getterOf(DataView.prototype, 'byteOffset');
const viewBuffer = getterOf(DataView.prototype, 'buffer');
const unbox = {
  __proto__: null,
  Number: uncurry(Number.prototype.valueOf),
  String: uncurry(String.prototype.valueOf),
  Boolean: uncurry(Boolean.prototype.valueOf),
  BigInt: uncurry(BigInt.prototype.valueOf),
  Symbol: uncurry(Symbol.prototype.valueOf),
};
