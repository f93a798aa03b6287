// What the language has, taken from the globals once, when the extension is loaded: what a script does to
// them later has no say in console.

import {
  console_kind as kindOf,
  console_handler as handlerOf,
  console_inside as insideOf,
  console_names as namesOf,
  console_now as now,
  console_width as columnsOf,
  console_write as write,
} from 'evald:ops';
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
export const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, keys: stringKeys } = Object;
export const { max, min, round, floor, sqrt } = Math;
export const { stringify } = JSON;
export const { isArray } = Array;
export const { for: symbolFor, toStringTag } = Symbol;
export const { apply, ownKeys } = Reflect;
export const numberOf = Number;
export const stringOf = String;
export const integerOf = parseInt;
export const floatOf = parseFloat;
export const MapOf = Map;
export const SetOf = Set;
export const TypeErrorOf = TypeError;
export const BytesOf = Uint8Array;
export const push = uncurry(Array.prototype.push);
export const pop = uncurry(Array.prototype.pop);
export const sort = uncurry(Array.prototype.sort);
export const join = uncurry(Array.prototype.join);
export const unshift = uncurry(Array.prototype.unshift);
export const indexIn = uncurry(Array.prototype.indexOf);
export const splice = uncurry(Array.prototype.splice);
export const exec = uncurry(RegExp.prototype.exec);
export const slice = uncurry(String.prototype.slice);
export const indexOf = uncurry(String.prototype.indexOf);
export const repeat = uncurry(String.prototype.repeat);
export const codeAt = uncurry(String.prototype.charCodeAt);
export const padStart = uncurry(String.prototype.padStart);
export const padEnd = uncurry(String.prototype.padEnd);
export const startsWith = uncurry(String.prototype.startsWith);
export const endsWith = uncurry(String.prototype.endsWith);
export const toBase = uncurry(Number.prototype.toString);
export const toFixed = uncurry(Number.prototype.toFixed);
export const hasOwn = uncurry(Object.prototype.hasOwnProperty);
export const isEnumerable = uncurry(Object.prototype.propertyIsEnumerable);
export const functionText = uncurry(Function.prototype.toString);
export const symbolText = uncurry(Symbol.prototype.toString);
export const errorText = uncurry(Error.prototype.toString);
export const isoText = uncurry(Date.prototype.toISOString);
export const timeOf = uncurry(Date.prototype.getTime);
export const mapGet = uncurry(Map.prototype.get);
export const mapSet = uncurry(Map.prototype.set);
export const mapHas = uncurry(Map.prototype.has);
export const mapDelete = uncurry(Map.prototype.delete);
export const setAdd = uncurry(Set.prototype.add);
export const setHas = uncurry(Set.prototype.has);
export const eachOfMap = uncurry(Map.prototype.forEach);
export const eachOfSet = uncurry(Set.prototype.forEach);
const getterOf = (prototype, name) => uncurry(getOwnPropertyDescriptor(prototype, name).get);
export const mapSize = getterOf(Map.prototype, 'size');
export const setSize = getterOf(Set.prototype, 'size');
const typedPrototype = getPrototypeOf(Uint8Array.prototype);
export const typedLength = getterOf(typedPrototype, 'length');
export const typedTag = getterOf(typedPrototype, toStringTag);
export const bufferBytes = getterOf(ArrayBuffer.prototype, 'byteLength');
export const viewBytes = getterOf(DataView.prototype, 'byteLength');
export const viewOffset = getterOf(DataView.prototype, 'byteOffset');
export const viewBuffer = getterOf(DataView.prototype, 'buffer');
export const unbox = {
  __proto__: null,
  Number: uncurry(Number.prototype.valueOf),
  String: uncurry(String.prototype.valueOf),
  Boolean: uncurry(Boolean.prototype.valueOf),
  BigInt: uncurry(BigInt.prototype.valueOf),
  Symbol: uncurry(Symbol.prototype.valueOf),
};

// How many columns text takes on a terminal.
export function widthOf(text) {
  for (let i = 0, width = 0; ; ++i) {
    if (i === text.length) return width;
    const code = codeAt(text, i);
    if (code >= 127) return width + columnsOf(slice(text, i));
    if (code >= 32) ++width;
  }
}

export { kindOf, handlerOf, insideOf, namesOf, write, now };
