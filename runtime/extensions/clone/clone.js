// structuredClone of the HTML Standard. A clone is made in one walk, without bytes in between: V8's own serializer
// takes objects of classes that are written in JavaScript, which is what extensions are, for ordinary ones.
//
// For other extensions:
//   cloneWith(value, transfer)      a clone, with the objects of the list `transfer` moved into it: { value, moved }
//   transferList(value)             what a caller gave as such a list, as one
//   addCloneable(has, clone)        objects that has(object) knows are cloned by clone(object, inner), inner being
//                                   for the values inside
//   addTransferable(has, move)      the same for those that are moved and not cloned: move(object) gives `made`, what
//                                   takes its place, and `commit`, called when nothing can go wrong any more

import {
  clone_detach as detach,
  clone_kind as kindOf,
  clone_names as namesOf,
  clone_regexp as cloneRegExp,
  clone_share as share,
} from 'evald:ops';
import { nameOf } from 'evald:console';
import { DOMException, isDOMException } from 'evald:dom_exception';

const { create, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, keys } = Object;
const { apply, ownKeys } = Reflect;
const ObjectPrototype = Object.prototype,
  ArrayPrototype = Array.prototype;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const hasOwn = uncurry(ObjectPrototype.hasOwnProperty);
const functionText = uncurry(Function.prototype.toString);
const push = uncurry(Array.prototype.push);
const timeOf = uncurry(Date.prototype.getTime);
const mapGet = uncurry(Map.prototype.get);
const mapSet = uncurry(Map.prototype.set);
const mapHas = uncurry(Map.prototype.has);
const eachOfMap = uncurry(Map.prototype.forEach);
const setAdd = uncurry(Set.prototype.add);
const setHas = uncurry(Set.prototype.has);
const eachOfSet = uncurry(Set.prototype.forEach);
const getter = (prototype, name) => uncurry(getOwnPropertyDescriptor(prototype, name).get);
const typed = getPrototypeOf(Uint8Array.prototype);
const setBytes = uncurry(typed.set);
const tagOf = getter(typed, Symbol.toStringTag);
const viewed = (prototype, length) => ({
  bufferOf: getter(prototype, 'buffer'),
  offsetOf: getter(prototype, 'byteOffset'),
  lengthOf: getter(prototype, length),
});
const typedArray = viewed(typed, 'length'),
  dataView = viewed(DataView.prototype, 'byteLength');
const bytesIn = getter(ArrayBuffer.prototype, 'byteLength');
const [MapOf, SetOf, ArrayOf, DateOf, Bytes, BufferOf, DataViewOf, ErrorOf, TypeErrorOf] = [
  Map,
  Set,
  Array,
  Date,
  Uint8Array,
  ArrayBuffer,
  DataView,
  Error,
  TypeError,
];
// Elements.
const MANY = 2 ** 20;
const iteratorSymbol = Symbol.iterator;
const textOf = String;

const typedArrays = { __proto__: null };
for (const name of ownKeys(globalThis)) {
  const made = getOwnPropertyDescriptor(globalThis, name).value;
  if (typeof made === 'function' && getPrototypeOf(made) === getPrototypeOf(Uint8Array))
    typedArrays[name] = made;
}
const errors = {
  __proto__: null,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

// Of what V8 has no word for: objects that hold more than properties, by their prototypes.
const opaque = new Set([WeakRef.prototype]);
for (const iterator of [[], '', 'a'.matchAll(/a/g)])
  opaque.add(getPrototypeOf(iterator[Symbol.iterator]()));
for (const name of ownKeys(Intl)) {
  if (typeof Intl[name] === 'function' && Intl[name].prototype) opaque.add(Intl[name].prototype);
}
if (typeof FinalizationRegistry === 'function') opaque.add(FinalizationRegistry.prototype);

// See clone.cc.
const ORDINARY = 0,
  ARRAY = 1,
  DATE = 2,
  REGEXP = 3,
  NUMBER = 4,
  STRING = 5,
  BOOLEAN = 6,
  BIGINT = 7,
  MAP = 8,
  SET = 9,
  ARRAY_BUFFER = 10,
  SHARED_ARRAY_BUFFER = 11,
  TYPED_ARRAY = 12,
  DATA_VIEW = 13,
  ERROR = 14;
const unbox = {
  __proto__: null,
  [NUMBER]: uncurry(Number.prototype.valueOf),
  [STRING]: uncurry(String.prototype.valueOf),
  [BOOLEAN]: uncurry(Boolean.prototype.valueOf),
  [BIGINT]: uncurry(BigInt.prototype.valueOf),
};
const ObjectOf = Object;

const cloneables = [],
  transferables = [];
export const addCloneable = (has, clone) => push(cloneables, { has, clone });
export const addTransferable = (has, move) => push(transferables, { has, move });

const cannotClone = (message) => new DOMException(message, 'DataCloneError');

function refuse(value) {
  const text =
    typeof value === 'symbol'
      ? textOf(value)
      : typeof value === 'function'
        ? functionText(value)
        : `#<${nameOf(value, ObjectOf)}>`;
  throw cannotClone(`${text} could not be cloned.`);
}

// Without running a setter that a script put on the prototype.
function assign(object, key, value, prototype = ObjectPrototype) {
  if (key in prototype) {
    defineProperty(object, key, {
      __proto__: null,
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    object[key] = value;
  }
}

const hide = (object, key, value) =>
  defineProperty(object, key, { __proto__: null, value, writable: true, configurable: true });

const find = (list, object) => {
  for (let i = 0; i < list.length; ++i) if (list[i].has(object)) return list[i];
  return undefined;
};

// One walk. `memory` has the clone of each object that was met.
function cloneValue(memory, value) {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') {
    return typeof value === 'symbol' ? refuse(value) : value;
  }
  const known = mapGet(memory, value);
  if (known !== undefined) return known;
  const kind = kindOf(value);
  const keep = (clone) => {
    mapSet(memory, value, clone);
    return clone;
  };
  switch (kind) {
    case ORDINARY:
      return cloneOrdinary(memory, value, keep);
    case ARRAY:
      return cloneArray(memory, value, keep(new ArrayOf(value.length)));
    case DATE:
      return keep(new DateOf(timeOf(value)));
    case REGEXP:
      return keep(cloneRegExp(value));
    case NUMBER:
    case STRING:
    case BOOLEAN:
    case BIGINT:
      return keep(ObjectOf(unbox[kind](value)));
    case MAP:
      return cloneMap(memory, value, keep(new MapOf()));
    case SET:
      return cloneSet(memory, value, keep(new SetOf()));
    case ARRAY_BUFFER:
      return keep(copyOf(value));
    case SHARED_ARRAY_BUFFER:
      return keep(share(value));
    case TYPED_ARRAY:
      return keep(cloneView(memory, value, typedArray, typedArrays[tagOf(value)]));
    case DATA_VIEW:
      return keep(cloneView(memory, value, dataView, DataViewOf));
    case ERROR:
      return cloneError(memory, value, keep);
  }
  return refuse(value);
}

function cloneOrdinary(memory, object, keep) {
  const prototype = getPrototypeOf(object);
  if (prototype !== ObjectPrototype && prototype !== null) {
    const cloneable = find(cloneables, object);
    if (cloneable !== undefined)
      return keep(cloneable.clone(object, (inner) => cloneValue(memory, inner)));
    if (find(transferables, object) !== undefined)
      throw cannotClone(`#<${nameOf(object, ObjectOf)}> has to be transferred and is not in the list.`);
    for (let at = prototype; at !== null && at !== ObjectPrototype; at = getPrototypeOf(at)) {
      if (kindOf(at) !== ORDINARY) break;
      if (setHas(opaque, at)) refuse(object);
    }
  }
  return cloneProperties(memory, object, keep({}));
}

function cloneProperties(memory, object, clone) {
  const names = keys(object);
  for (let i = 0; i < names.length; ++i) {
    const key = names[i];
    // A getter may have removed it.
    if (i === 0 || hasOwn(object, key)) assign(clone, key, cloneValue(memory, object[key]));
  }
  return clone;
}

// Elements one by one where holes cannot be the most of it, so that no list of their keys is made.
function cloneArray(memory, array, clone) {
  if (array.length > MANY) return cloneProperties(memory, array, clone);
  for (let i = 0; i < array.length; ++i)
    if (hasOwn(array, i)) assign(clone, i, cloneValue(memory, array[i]), ArrayPrototype);
  const names = namesOf(array);
  for (let i = 0; i < names.length; ++i) assign(clone, names[i], cloneValue(memory, array[names[i]]));
  return clone;
}

// What is in them when the walk comes there, whatever getters do to them.
function cloneMap(memory, map, clone) {
  const entries = create(null);
  let count = 0;
  eachOfMap(map, (value, key) => {
    entries[count++] = key;
    entries[count++] = value;
  });
  for (let i = 0; i < count; i += 2) {
    const key = cloneValue(memory, entries[i]);
    mapSet(clone, key, cloneValue(memory, entries[i + 1]));
  }
  return clone;
}
function cloneSet(memory, set, clone) {
  const entries = create(null);
  let count = 0;
  eachOfSet(set, (value) => {
    entries[count++] = value;
  });
  for (let i = 0; i < count; ++i) setAdd(clone, cloneValue(memory, entries[i]));
  return clone;
}

// The bytes of a buffer; none has them when it is detached.
function bytesOf(buffer) {
  try {
    return new Bytes(buffer);
  } catch {
    throw cannotClone('An ArrayBuffer is detached and could not be cloned.');
  }
}
function copyOf(buffer) {
  const bytes = bytesOf(buffer),
    copy = new BufferOf(bytesIn(buffer));
  setBytes(new Bytes(copy), bytes);
  return copy;
}

function cloneView(memory, view, { bufferOf, offsetOf, lengthOf }, View) {
  const buffer = bufferOf(view);
  if (kindOf(buffer) === ARRAY_BUFFER) bytesOf(buffer);
  const clone = cloneValue(memory, buffer);
  return new View(clone, offsetOf(view), lengthOf(view));
}

function cloneError(memory, error, keep) {
  if (isDOMException(error)) {
    const clone = keep(new DOMException(error.message, error.name));
    if (typeof error.stack === 'string') hide(clone, 'stack', error.stack);
    return clone;
  }
  const { name, stack } = error;
  const clone = keep(new (errors[textOf(name)] ?? ErrorOf)());
  if (typeof stack === 'string') hide(clone, 'stack', stack);
  const message = getOwnPropertyDescriptor(error, 'message');
  if (message !== undefined && hasOwn(message, 'value')) hide(clone, 'message', textOf(message.value));
  const cause = getOwnPropertyDescriptor(error, 'cause');
  if (cause !== undefined && hasOwn(cause, 'value'))
    hide(clone, 'cause', cloneValue(memory, cause.value));
  return clone;
}

function typeError(code, message) {
  const error = new TypeErrorOf(message);
  assign(error, 'code', code);
  return error;
}

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

export function transferList(value) {
  if (value === undefined || value === null) return [];
  const method = isObject(value) ? value[iteratorSymbol] : undefined;
  if (typeof method !== 'function')
    throw typeError('ERR_INVALID_ARG_TYPE', 'Optional transferList argument must be an iterable');
  const list = [];
  for (const each of { [iteratorSymbol]: () => apply(method, value, []) }) {
    if (!isObject(each))
      throw typeError('ERR_INVALID_TRANSFER_OBJECT', 'Found invalid object in transferList');
    push(list, each);
  }
  return list;
}

export function cloneWith(value, transfer) {
  const memory = new MapOf(),
    moved = [],
    commits = [];
  for (let i = 0; i < transfer.length; ++i) {
    const object = transfer[i],
      isBuffer = kindOf(object) === ARRAY_BUFFER;
    if (mapHas(memory, object)) {
      const name = isBuffer ? 'ArrayBuffer' : nameOf(object, ObjectOf);
      throw cannotClone(`Transfer list contains duplicate ${name}`);
    }
    const { made, commit } = isBuffer
      ? moveBuffer(object)
      : (find(transferables, object)?.move(object) ?? refuse(object));
    mapSet(memory, object, made);
    push(commits, commit);
    if (!isBuffer) push(moved, made);
  }
  const cloned = cloneValue(memory, value);
  // A getter may have transferred one of them meanwhile.
  for (let i = 0; i < transfer.length; ++i)
    if (kindOf(transfer[i]) === ARRAY_BUFFER) bytesOf(transfer[i]);
  for (let i = 0; i < commits.length; ++i) commits[i]();
  return { value: cloned, moved };
}

// Until the clone is complete, both have the memory; then only the new one.
function moveBuffer(buffer) {
  bytesOf(buffer);
  const made = share(buffer) ?? refuse(buffer);
  return { made, commit: () => detach(buffer) };
}

const { structuredClone } = {
  structuredClone(value, options = undefined) {
    if (arguments.length === 0)
      throw typeError('ERR_MISSING_ARGS', 'The value argument must be specified');
    if (options !== undefined && options !== null && !isObject(options)) {
      throw typeError(
        'ERR_INVALID_ARG_TYPE',
        'The options argument must be either an object or undefined',
      );
    }
    return cloneWith(value, transferList(options?.transfer)).value;
  },
};
defineProperty(structuredClone, 'length', { value: 0, configurable: true });
defineProperty(globalThis, 'structuredClone', {
  value: structuredClone,
  writable: true,
  enumerable: true,
  configurable: true,
});
