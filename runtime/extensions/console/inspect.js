// How console shows a value: with the text that Node's console shows for it. Proxy traps are not called,
// nor getters, but those of an object's toStringTag and of an error's parts.

import {
  BytesOf,
  MapOf,
  bufferBytes,
  codeAt,
  eachOfMap,
  eachOfSet,
  endsWith,
  errorText,
  exec,
  functionText,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  indexIn,
  indexOf,
  insideOf,
  isArray,
  isEnumerable,
  isoText,
  join,
  kindOf,
  mapGet,
  mapHas,
  mapSet,
  mapSize,
  min,
  namesOf,
  numberOf,
  pop,
  push,
  repeat,
  setSize,
  slice,
  splice,
  startsWith,
  stringKeys,
  stringOf,
  symbolText,
  timeOf,
  toBase,
  toStringTag,
  typedLength,
  typedTag,
  unbox,
  viewBuffer,
  viewBytes,
  viewOffset,
} from './primordials.js';
import { LINE, MAX_ENTRIES, indentLines, layOut } from './layout.js';

const MAX_STRING = 10000;
const identifier = /^[a-zA-Z_][a-zA-Z_0-9]*$/,
  arrayIndex = /^(0|[1-9][0-9]*)$/;
const plural = (count) => (count > 1 ? 's' : '');
const more = (count, what) => `... ${count} more ${what}${plural(count)}`;
const escapes = { __proto__: null, 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r', 92: '\\\\' };

// A string as a literal, in the first kind of quotes that needs no escape.
function quote(text) {
  const has = (part) => indexOf(text, part) >= 0;
  const mark = !has("'") ? "'" : !has('"') ? '"' : !has('`') && !has('${') ? '`' : "'";
  let out = mark;
  for (let i = 0; i < text.length; ++i) {
    const code = codeAt(text, i);
    if (escapes[code] !== undefined) out += escapes[code];
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
      out += `\\x${code < 16 ? '0' : ''}${upperHex(code)}`;
    else if (text[i] === mark) out += `\\${mark}`;
    else if (code < 0xd800 || code > 0xdfff) out += text[i];
    else if (code < 0xdc00 && (codeAt(text, i + 1) & 0xfc00) === 0xdc00) out += text[i] + text[++i];
    else out += `\\u${toBase(code, 16)}`;
  }
  return out + mark;
}
const upperHex = (code) => (code < 16 ? '' : upperHex(code >> 4)) + '0123456789ABCDEF'[code & 15];

export const showNumber = (value) => (value === 0 && 1 / value < 0 ? '-0' : `${value}`);

// The context of one inspection: how far lines are indented, how deep to go, the objects that are open,
// those that were met again inside themselves, and how deep the last object shown was.
const newContext = (depth) => ({ indent: 0, depth, open: [], circular: new MapOf(), reached: 0 });
export const inspect = (value, depth = 2) => show(newContext(depth), value, 0);

function show(context, value, level) {
  switch (typeof value) {
    case 'string':
      return showString(context, value);
    case 'number':
      return showNumber(value);
    case 'bigint':
      return `${value}n`;
    case 'symbol':
      return symbolText(value);
    case 'undefined':
      return 'undefined';
    case 'boolean':
      return value ? 'true' : 'false';
  }
  if (value === null) return 'null';
  let kind = kindOf(value);
  for (; kind === 'Proxy'; kind = kindOf(value)) {
    value = insideOf(value);
    if (value === null) return '<Revoked Proxy>';
  }
  if (indexIn(context.open, value) >= 0) {
    if (!mapHas(context.circular, value)) mapSet(context.circular, value, mapSize(context.circular) + 1);
    return `[Circular *${mapGet(context.circular, value)}]`;
  }
  return showObject(context, value, kind, level);
}

function showString(context, text) {
  let tail = '';
  if (text.length > MAX_STRING) {
    tail = more(text.length - MAX_STRING, 'character');
    text = slice(text, 0, MAX_STRING);
  }
  if (text.length <= 16 || text.length <= LINE - context.indent - 4) return quote(text) + tail;
  const lines = [];
  for (let from = 0, to; from < text.length; from = to) {
    to = indexOf(text, '\n', from) + 1 || text.length;
    push(lines, quote(slice(text, from, to)));
  }
  return join(lines, ` +\n${repeat(' ', context.indent + 2)}`) + tail;
}

// The name of the function that made the object; null where there is none.
function makerOf(object) {
  for (let at = object; at !== null && kindOf(at) !== 'Proxy'; at = getPrototypeOf(at)) {
    const maker = getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof maker === 'function' && kindOf(maker) !== 'Proxy' && isMadeBy(object, maker)) {
      const name = maker.name;
      if (typeof name === 'string' && name !== '') return name;
    }
  }
  return null;
}
function isMadeBy(object, maker) {
  const prototype = getOwnPropertyDescriptor(maker, 'prototype')?.value;
  for (let at = getPrototypeOf(object); at !== null; at = getPrototypeOf(at)) {
    if (at === prototype) return true;
    if (kindOf(at) === 'Proxy') return false;
  }
  return false;
}

// How an object is announced where its brackets do not say it all.
function announce(maker, tag, fallback, size = '') {
  const name = maker === null ? `[${fallback}${size}: null prototype] ` : `${maker}${size} `;
  return tag !== '' && tag !== (maker === null ? fallback : maker) ? `${name}[${tag}] ` : name;
}

// What differs from kind to kind: `open` and `close` are the brackets, `base` comes before them, `only` is
// the whole text where there are no further keys, `entries` gives what is inside before the keys.
function describe(context, value, kind, maker, tag, keys) {
  const braces = (fallback, size) => `${announce(maker, tag, fallback, size)}{`;
  const plain = { base: '', open: '{', close: '}', only: undefined, entries: undefined, isList: false };
  switch (kind) {
    case 'Array': {
      const open =
        maker !== 'Array' || tag !== '' ? `${announce(maker, tag, 'Array', `(${value.length})`)}[` : '[';
      return {
        ...plain,
        open,
        close: ']',
        only: value.length === 0 ? `${open}]` : undefined,
        entries: arrayEntries,
        isList: true,
      };
    }
    case 'TypedArray': {
      const size = typedLength(value);
      const open = `${announce(maker, tag, typedTag(value), `(${size})`)}[`;
      return {
        ...plain,
        open,
        close: ']',
        only: size === 0 ? `${open}]` : undefined,
        entries: typedEntries,
        isList: true,
      };
    }
    case 'Set': {
      const open = braces('Set', `(${setSize(value)})`);
      return {
        ...plain,
        open,
        only: setSize(value) === 0 ? `${open}}` : undefined,
        entries: setEntries,
      };
    }
    case 'Map': {
      const open = braces('Map', `(${mapSize(value)})`);
      return {
        ...plain,
        open,
        only: mapSize(value) === 0 ? `${open}}` : undefined,
        entries: mapEntries,
      };
    }
    case 'Map Iterator':
    case 'Set Iterator':
      return {
        ...plain,
        open: `[${slice(kind, 0, 3)} ${insideOf(value)[1] ? 'Entries' : 'Iterator'}] {`,
        entries: iteratorEntries,
      };
    case 'Function':
    case 'AsyncFunction':
    case 'GeneratorFunction':
    case 'AsyncGeneratorFunction':
      return basedOn(plain, functionBase(value, kind, maker, tag));
    case 'RegExp':
      return basedOn(plain, announced(insideOf(value), maker, tag, 'RegExp'));
    case 'Date':
      return basedOn(
        plain,
        announced(timeOf(value) === timeOf(value) ? isoText(value) : 'Invalid Date', maker, tag, 'Date'),
      );
    case 'Error':
      return basedOn(plain, errorBase(context, value, maker, tag, keys));
    case 'Number':
    case 'String':
    case 'Boolean':
    case 'BigInt':
    case 'Symbol':
      return basedOn(plain, boxedBase(value, kind, maker, tag));
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
      return {
        ...plain,
        open: braces(kind),
        entries: kind === 'ArrayBuffer' ? bufferEntries : undefined,
      };
    case 'DataView':
      return { ...plain, open: braces(kind), entries: viewEntries };
    case 'Promise':
      return { ...plain, open: braces(kind), entries: promiseEntries };
    case 'WeakSet':
    case 'WeakMap':
      return { ...plain, open: braces(kind), entries: () => ['<items unknown>'] };
    case 'Module':
      return { ...plain, open: braces(kind) };
    case 'Arguments':
      return { ...plain, open: '[Arguments] {', only: '[Arguments] {}' };
  }
  const open = maker === 'Object' && tag === '' ? '{' : braces('Object');
  return { ...plain, open, only: `${open}}` };
}
const basedOn = (plain, base) => ({ ...plain, base, only: base });
const announced = (text, maker, tag, kind) => {
  const before = announce(maker, tag, kind);
  return before === `${kind} ` ? text : before + text;
};

function showObject(context, value, kind, level) {
  const maker = makerOf(value);
  let tag = value[toStringTag];
  if (typeof tag !== 'string' || (tag !== '' && isEnumerable(value, toStringTag))) tag = '';
  const keys = namesOf(value, kind === 'Array' || kind === 'TypedArray' || kind === 'String');
  const { base, open, close, only, entries, isList } = describe(context, value, kind, maker, tag, keys);
  if (keys.length === 0 && only !== undefined) return only;
  if (level > context.depth) {
    const name = slice(announce(maker, tag, kind === 'Array' ? 'Array' : 'Object'), 0, -1);
    return maker === null ? name : `[${name}]`;
  }
  context.reached = ++level;
  push(context.open, value);
  const output = entries === undefined ? [] : entries(context, value, level);
  for (let i = 0; i < keys.length; ++i) push(output, showProperty(context, value, keys[i], level));
  pop(context.open);
  const reference = mapGet(context.circular, value);
  const before =
    reference === undefined ? base : base === '' ? `<ref *${reference}>` : `<ref *${reference}> ${base}`;
  return layOut(context, output, before, open, close, isList ? value : undefined, level);
}

function nested(context, value, level) {
  context.indent += 2;
  const text = show(context, value, level);
  context.indent -= 2;
  return text;
}

function showProperty(context, object, key, level) {
  const found = getOwnPropertyDescriptor(object, key);
  const name =
    typeof key === 'symbol'
      ? `[${symbolText(key)}]`
      : key === '__proto__'
        ? "['__proto__']"
        : !found.enumerable
          ? `[${key}]`
          : exec(identifier, key) !== null
            ? key
            : quote(key);
  return `${name}: ${showDescribed(context, found, level)}`;
}
function showDescribed(context, found, level) {
  if (hasOwn(found, 'value')) return nested(context, found.value, level);
  return found.get === undefined
    ? found.set === undefined
      ? 'undefined'
      : '[Setter]'
    : found.set === undefined
      ? '[Getter]'
      : '[Getter/Setter]';
}

// Entries of arrays: runs of holes are counted.
function arrayEntries(context, array, level) {
  const output = [],
    length = array.length,
    shown = min(MAX_ENTRIES, length);
  let at = 0;
  while (at < length && output.length < shown && hasOwn(array, at))
    push(output, showDescribed(context, getOwnPropertyDescriptor(array, at++), level));
  if (at < length && output.length < shown) at = sparseEntries(context, array, level, output, at);
  if (at < length) push(output, more(length - at, 'item'));
  return output;
}
function sparseEntries(context, array, level, output, at) {
  const keys = stringKeys(array);
  const hole = (to) => {
    push(output, `<${to - at} empty item${plural(to - at)}>`);
    at = to;
  };
  for (
    let i = at;
    i < keys.length && output.length < MAX_ENTRIES && exec(arrayIndex, keys[i]) !== null;
    ++i
  ) {
    if (numberOf(keys[i]) > at) hole(numberOf(keys[i]));
    if (output.length < MAX_ENTRIES)
      push(output, showDescribed(context, getOwnPropertyDescriptor(array, at++), level));
  }
  if (at < array.length && output.length < MAX_ENTRIES) hole(array.length);
  return at;
}
function typedEntries(context, array) {
  const output = [],
    length = typedLength(array);
  for (let i = 0; i < length && i < MAX_ENTRIES; ++i) push(output, show(context, array[i], 0));
  if (length > MAX_ENTRIES) push(output, more(length - MAX_ENTRIES, 'item'));
  return output;
}
function setEntries(context, set, level) {
  const output = [],
    size = setSize(set);
  let seen = 0;
  eachOfSet(set, (value) => {
    if (seen++ < MAX_ENTRIES) push(output, nested(context, value, level));
  });
  if (size > MAX_ENTRIES) push(output, more(size - MAX_ENTRIES, 'item'));
  return output;
}
function mapEntries(context, map, level) {
  const output = [],
    size = mapSize(map);
  let seen = 0;
  eachOfMap(map, (value, key) => {
    if (seen++ < MAX_ENTRIES)
      push(output, `${nested(context, key, level)} => ${nested(context, value, level)}`);
  });
  if (size > MAX_ENTRIES) push(output, more(size - MAX_ENTRIES, 'item'));
  return output;
}
function iteratorEntries(context, iterator, level) {
  const { 0: values, 1: pairs } = insideOf(iterator),
    output = [],
    step = pairs ? 2 : 1;
  for (let i = 0; i < values.length && output.length < MAX_ENTRIES; i += step) {
    const first = nested(context, values[i], level);
    push(output, pairs ? `[ ${first}, ${nested(context, values[i + 1], level)} ]` : first);
  }
  if (values.length > MAX_ENTRIES * step) push(output, more(values.length / step - MAX_ENTRIES, 'item'));
  return output;
}
function bufferEntries(context, buffer) {
  const size = bufferBytes(buffer),
    shown = min(MAX_ENTRIES, size),
    bytes = new BytesOf(buffer, 0, shown);
  let text = '';
  for (let i = 0; i < shown; ++i)
    text += `${i > 0 ? ' ' : ''}${bytes[i] < 16 ? '0' : ''}${toBase(bytes[i], 16)}`;
  if (size > shown) text += ` ${more(size - shown, 'byte')}`;
  return [`[Uint8Contents]: <${text}>`, `byteLength: ${size}`];
}
const viewEntries = (context, view, level) => [
  `byteLength: ${viewBytes(view)}`,
  `byteOffset: ${viewOffset(view)}`,
  `buffer: ${nested(context, viewBuffer(view), level)}`,
];
function promiseEntries(context, promise, level) {
  const { 0: state, 1: result } = insideOf(promise);
  if (state === 0) return ['<pending>'];
  return [(state === 2 ? '<rejected> ' : '') + nested(context, result, level)];
}

function functionBase(value, kind, maker, tag) {
  const text = functionText(value);
  const extra = tag !== '' && tag !== maker ? ` [${tag}]` : '';
  if (startsWith(text, 'class') && endsWith(text, '}')) {
    const name = (hasOwn(value, 'name') && value.name) || '(anonymous)';
    const parent = maker === null ? 'null' : getPrototypeOf(value)?.name;
    const made = maker === 'Function' || maker === null ? '' : ` [${maker}]`;
    return `[class ${name}${made}${extra}${parent ? ` extends ${parent}` : ''}]`;
  }
  const name = value.name === '' ? ' (anonymous)' : `: ${stringOf(value.name)}`;
  const made = maker === kind || maker === null ? '' : ` ${maker}`;
  return `[${kind}${maker === null ? ' (null prototype)' : ''}${name}]${made}${extra}`;
}

function boxedBase(value, kind, maker, tag) {
  const made = maker === kind ? '' : maker === null ? ' (null prototype)' : ` (${maker})`;
  const inner = show(newContext(0), unbox[kind](value), 0);
  return `[${kind}${made}: ${inner}]${tag !== '' && tag !== maker ? ` [${tag}]` : ''}`;
}

const repeated = ['name', 'message', 'stack'];
// An error is its stack. Keys that only repeat it are dropped from `keys`; a cause and an AggregateError's
// errors are added.
function errorBase(context, error, maker, tag, keys) {
  const name = error.name === undefined || error.name === null ? 'Error' : stringOf(error.name),
    message = error.message;
  let stack = error.stack ? stringOf(error.stack) : errorText(error);
  for (let i = 0; i < 3; ++i) {
    const key = repeated[i],
      at = indexIn(keys, key);
    if (at >= 0 && (typeof error[key] !== 'string' || indexOf(stack, error[key]) >= 0))
      splice(keys, at, 1);
  }
  if (hasOwn(error, 'cause') && indexIn(keys, 'cause') < 0) push(keys, 'cause');
  if (hasOwn(error, 'errors') && indexIn(keys, 'errors') < 0 && isArray(error.errors))
    push(keys, 'errors');
  const before = slice(announce(maker, tag, 'Error'), 0, -1);
  const next = stack[name.length];
  if (
    before !== name &&
    endsWith(name, 'Error') &&
    startsWith(stack, name) &&
    (next === undefined || next === ':' || next === '\n')
  ) {
    stack = (indexOf(before, name) >= 0 ? before : `${before} [${name}]`) + slice(stack, name.length);
  }
  const messageAt = typeof message === 'string' && message !== '' ? indexOf(stack, message) : -1;
  if (indexOf(stack, '\n    at', messageAt < 0 ? 0 : messageAt + message.length) < 0)
    stack = `[${stack}]`;
  return context.indent === 0 ? stack : indentLines(stack, repeat(' ', context.indent));
}
