// How console shows a value: with the text that Node's console shows for it. Proxy traps are not called,
// nor getters, but those of an object's toStringTag, of an error's parts and of [nodejs.util.inspect.custom].

import {
  apply,
  bufferBytes,
  BytesOf,
  codeAt,
  defineProperty,
  eachOfMap,
  eachOfSet,
  endsWith,
  errorText,
  exec,
  functionText,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  handlerOf,
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
  MapOf,
  mapSet,
  mapSize,
  max,
  min,
  namesOf,
  numberOf,
  ownKeys,
  pop,
  push,
  repeat,
  setAdd,
  setHas,
  SetOf,
  setSize,
  slice,
  sort,
  splice,
  startsWith,
  stringKeys,
  stringOf,
  symbolFor,
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
  widthOf,
} from './primordials.js';
import { indentLines, layOut } from './layout.js';

// What may be asked for, with the names and defaults that Node gives it. Text is never coloured.
const DEFAULTS = {
  __proto__: null,
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
};

const identifier = /^[a-zA-Z_][a-zA-Z_0-9]*$/,
  arrayIndex = /^(0|[1-9][0-9]*)$/,
  decimal = /^(-?)([0-9]+)(?:[.]([0-9]+))?(.*)$/;
const plural = (count) => (count > 1 ? 's' : '');
const more = (count, what) => `... ${count} more ${what}${plural(count)}`;
const escapes = { __proto__: null, 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r', 92: '\\\\' };

// A string as a literal, in the first kind of quotes that needs no escape.
function quote(text) {
  const has = (part) => indexOf(text, part) >= 0;
  const mark = !has("'") ? "'" : !has('"') ? '"' : !has('`') && !has('${') ? '`' : "'";
  return mark + escaped(text, mark) + mark;
}
function escaped(text, mark = undefined) {
  let out = '';
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
  return out;
}
const upperHex = (code) => (code < 16 ? '' : upperHex(code >> 4)) + '0123456789ABCDEF'[code & 15];

export const showNumber = (value) => (value === 0 && 1 / value < 0 ? '-0' : `${value}`);

// The same with the digits in groups of three, if that is asked for.
function grouped(context, text) {
  const parts = context.options.numericSeparator ? exec(decimal, text) : null;
  if (parts !== null && text === '-0') return '0';
  if (parts === null) return text;
  const whole = parts[2],
    fraction = parts[3] ?? '';
  let out = '';
  for (let i = 0; i < whole.length; ++i)
    out += (i > 0 && (whole.length - i) % 3 === 0 ? '_' : '') + whole[i];
  for (let i = 0; i < fraction.length; ++i)
    out += (i === 0 ? '.' : i % 3 === 0 ? '_' : '') + fraction[i];
  return `${parts[1]}${out}${parts[4]}`;
}

// The context of one inspection: how far lines are indented, the objects that are open, those that were met
// again inside themselves, how deep the last object shown was, and whether it is a buffer whose view is shown.
function newContext(given) {
  const options = { ...DEFAULTS, ...given };
  return {
    options,
    depth: options.depth ?? Infinity,
    maxEntries: max(0, options.maxArrayLength ?? Infinity),
    maxString: max(0, options.maxStringLength ?? Infinity),
    indent: 0,
    open: [],
    circular: new MapOf(),
    reached: 0,
    isBehindView: false,
  };
}

// The text for `value`; `options` are Node's. Also what objects with a method [nodejs.util.inspect.custom] get
// for their parts.
export const inspect = (value, options = undefined) => show(newContext(options), value, 0);

const customInspect = symbolFor('nodejs.util.inspect.custom');
defineProperty(inspect, 'custom', { value: customInspect, enumerable: true });

// Has console show objects of a class as its name and the fields that `fieldsOf` gives of one: an object. One
// that it throws for is shown as any other.
export function showFields(Class, fieldsOf) {
  const shown = {
    [customInspect](depth, options) {
      if (typeof depth === 'number' && depth < 0) return this;
      let fields;
      try {
        fields = fieldsOf(this);
      } catch {
        return this;
      }
      const inner = { ...options, depth: options.depth === null ? null : options.depth - 1 };
      return `${nameOf(this, Class)} ${inspect(fields, inner)}`;
    },
  };
  defineProperty(Class.prototype, customInspect, {
    value: shown[customInspect],
    writable: true,
    configurable: true,
  });
}

// The name of what made the object, or that of the class where there is none.
export const nameOf = (object, Class) => makerOf(object) ?? Class.name;

function show(context, value, level) {
  switch (typeof value) {
    case 'string':
      return showString(context, value);
    case 'number':
      return grouped(context, showNumber(value));
    case 'bigint':
      return `${grouped(context, `${value}`)}n`;
    case 'symbol':
      return symbolText(value);
    case 'undefined':
      return 'undefined';
    case 'boolean':
      return value ? 'true' : 'false';
  }
  if (value === null) return 'null';
  const given = value;
  let kind = kindOf(value);
  for (; kind === 'Proxy'; kind = kindOf(value)) {
    if (context.options.showProxy) return showProxy(context, value, level);
    value = insideOf(value);
    if (value === null) return '<Revoked Proxy>';
  }
  const custom = context.options.customInspect ? value[customInspect] : undefined;
  if (typeof custom === 'function' && custom !== inspect && value.constructor?.prototype !== value) {
    const options = { stylize: unstyled, ...context.options };
    const left = context.options.depth === null ? null : context.depth - level;
    const shown = apply(custom, given, [left, options, inspect]);
    if (shown !== given) {
      return typeof shown === 'string'
        ? indentLines(shown, repeat(' ', context.indent))
        : show(context, shown, level);
    }
  }
  if (indexIn(context.open, value) >= 0) {
    if (!mapHas(context.circular, value)) mapSet(context.circular, value, mapSize(context.circular) + 1);
    return `[Circular *${mapGet(context.circular, value)}]`;
  }
  return showObject(context, value, kind, level);
}
const unstyled = (text) => stringOf(text);

function showProxy(context, proxy, level) {
  const target = insideOf(proxy);
  if (target === null) return '<Revoked Proxy>';
  if (level > context.depth) return 'Proxy [Array]';
  context.reached = ++level;
  const output = [nested(context, target, level), nested(context, handlerOf(proxy), level)];
  return layOut(context, output, '', 'Proxy [', ']', undefined, level);
}

function showString(context, text) {
  let tail = '';
  if (text.length > context.maxString) {
    tail = more(text.length - context.maxString, 'character');
    text = slice(text, 0, context.maxString);
  }
  const { breakLength, compact } = context.options;
  if (compact === true || text.length <= 16 || text.length <= breakLength - context.indent - 4)
    return quote(text) + tail;
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
        only: size === 0 && !context.options.showHidden ? `${open}]` : undefined,
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
      return basedOn(plain, boxedBase(context, value, kind, maker, tag));
    case 'ArrayBuffer':
    case 'SharedArrayBuffer': {
      const open = braces(kind);
      return {
        ...plain,
        open,
        only:
          context.isBehindView && kind === 'ArrayBuffer'
            ? `${open} byteLength: ${bufferBytes(value)} }`
            : undefined,
        entries: kind === 'ArrayBuffer' ? bufferEntries : undefined,
      };
    }
    case 'DataView':
      return { ...plain, open: braces(kind), entries: viewEntries };
    case 'Promise':
      return { ...plain, open: braces(kind), entries: promiseEntries };
    case 'WeakSet':
    case 'WeakMap':
      return {
        ...plain,
        open: braces(kind),
        entries: context.options.showHidden ? weakEntries : () => ['<items unknown>'],
      };
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
  const { indent } = context,
    opened = context.open.length;
  try {
    return showOpened(context, value, kind, level);
  } catch (error) {
    if (!isStackOverflow(error)) throw error;
    context.indent = indent;
    context.open.length = opened;
    const name = slice(announce(makerOf(value), '', 'Object'), 0, -1);
    return `[${name}: Inspection interrupted prematurely. Maximum call stack size exceeded.]`;
  }
}
const isStackOverflow = (error) =>
  kindOf(error) === 'Error' && error.name === 'RangeError' && error.message === overflowText;
const overflowText = 'Maximum call stack size exceeded';

function showOpened(context, value, kind, level) {
  const { showHidden, sorted } = context.options;
  const maker = makerOf(value);
  let tag = value[toStringTag];
  if (
    typeof tag !== 'string' ||
    (tag !== '' && (showHidden ? hasOwn : isEnumerable)(value, toStringTag))
  )
    tag = '';
  const keys = namesOf(
    value,
    kind === 'Array' || kind === 'TypedArray' || kind === 'String',
    showHidden,
  );
  const { base, open, close, only, entries, isList } = describe(context, value, kind, maker, tag, keys);
  const inherited = showHidden && level <= context.depth ? inheritedKeys(value) : [];
  if (keys.length === 0 && inherited.length === 0 && only !== undefined) return only;
  if (level > context.depth) {
    if (kind === 'RegExp') return base;
    const name = slice(announce(maker, tag, kind === 'Array' ? 'Array' : 'Object'), 0, -1);
    return maker === null ? name : `[${name}]`;
  }
  context.reached = ++level;
  push(context.open, value);
  const output = entries === undefined ? [] : entries(context, value, level);
  const listed = output.length;
  for (let i = 0; i < keys.length; ++i)
    push(output, showProperty(context, value, value, keys[i], level, isList));
  for (let i = 0; i < inherited.length; ++i)
    push(output, showProperty(context, inherited[i].owner, value, inherited[i].key, level, isList));
  pop(context.open);
  if (sorted) {
    const own = splice(output, isList ? listed : 0, output.length);
    sort(own, sorted === true ? undefined : sorted);
    for (let i = 0; i < own.length; ++i) push(output, own[i]);
  }
  const reference = mapGet(context.circular, value);
  const list = isList ? value : undefined;
  if (reference === undefined) return layOut(context, output, base, open, close, list, level);
  if (context.options.compact === true)
    return layOut(context, output, base, `<ref *${reference}> ${open}`, close, list, level);
  const before = base === '' ? `<ref *${reference}>` : `<ref *${reference}> ${base}`;
  return layOut(context, output, before, open, close, list, level);
}

// What an object has from up to three prototypes that are not the language's own, functions left out.
function inheritedKeys(object) {
  const found = [],
    seen = new SetOf();
  let owner = object;
  for (let layer = 0; layer < 3; ++layer) {
    owner = getPrototypeOf(owner);
    if (owner === null || kindOf(owner) === 'Proxy') break;
    const maker = getOwnPropertyDescriptor(owner, 'constructor')?.value;
    if (typeof maker === 'function' && setHas(builtIns, maker.name)) break;
    const keys = ownKeys(owner);
    for (let i = 0; i < keys.length; ++i) {
      const key = keys[i];
      if (key === 'constructor' || hasOwn(object, key) || setHas(seen, key)) continue;
      setAdd(seen, key);
      if (typeof getOwnPropertyDescriptor(owner, key).value !== 'function') push(found, { owner, key });
    }
  }
  return found;
}
const builtIns = new SetOf();
for (const name of ownKeys(globalThis)) {
  if (typeof name === 'string' && exec(/^[A-Z][a-zA-Z0-9]+$/, name) !== null) setAdd(builtIns, name);
}

function nested(context, value, level, indent = 2) {
  context.indent += indent;
  const text = show(context, value, level);
  context.indent -= indent;
  return text;
}

// `owner` has the property; `object` is what a getter is called on.
function showProperty(context, owner, object, key, level, isList) {
  const found = getOwnPropertyDescriptor(owner, key);
  const name =
    typeof key === 'symbol'
      ? `[${escaped(symbolText(key), "'")}]`
      : key === '__proto__'
        ? "['__proto__']"
        : !found.enumerable
          ? `[${escaped(key)}]`
          : exec(identifier, key) !== null
            ? key
            : quote(key);
  const indent = context.options.compact === true && !isList ? 3 : 2;
  const text = showDescribed(context, found, level, object, indent);
  const isOnItsOwn =
    indent === 3 && hasOwn(found, 'value') && context.options.breakLength < widthOf(text);
  return `${name}:${isOnItsOwn ? `\n${repeat(' ', context.indent + 3)}` : ' '}${text}`;
}
function showDescribed(context, found, level, object, indent = 2) {
  if (hasOwn(found, 'value')) return nested(context, found.value, level, indent);
  if (found.get === undefined) return found.set === undefined ? 'undefined' : '[Setter]';
  const label = found.set === undefined ? 'Getter' : 'Getter/Setter',
    { getters } = context.options;
  if (getters !== true && getters !== (found.set === undefined ? 'get' : 'set')) return `[${label}]`;
  try {
    const value = apply(found.get, object, []);
    const text = nested(context, value, level);
    return typeof value === 'object' && value !== null ? `[${label}] ${text}` : `[${label}: ${text}]`;
  } catch (error) {
    return `[${label}: <Inspection threw (${error.message})>]`;
  }
}

// Entries of arrays: runs of holes are counted.
function arrayEntries(context, array, level) {
  const output = [],
    length = array.length,
    shown = min(context.maxEntries, length);
  let at = 0;
  while (at < length && output.length < shown && hasOwn(array, at))
    push(output, showDescribed(context, getOwnPropertyDescriptor(array, at++), level, array));
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
    i < keys.length && output.length < context.maxEntries && exec(arrayIndex, keys[i]) !== null;
    ++i
  ) {
    if (numberOf(keys[i]) > at) hole(numberOf(keys[i]));
    if (output.length < context.maxEntries)
      push(output, showDescribed(context, getOwnPropertyDescriptor(array, at++), level, array));
  }
  if (at < array.length && output.length < context.maxEntries) hole(array.length);
  return at;
}
function typedEntries(context, array, level) {
  const output = [],
    length = typedLength(array);
  for (let i = 0; i < length && i < context.maxEntries; ++i) push(output, show(context, array[i], 0));
  if (length > context.maxEntries) push(output, more(length - context.maxEntries, 'item'));
  if (context.options.showHidden) {
    for (let i = 0; i < hiddenOfTyped.length; ++i) {
      context.isBehindView = true;
      const text = nested(context, array[hiddenOfTyped[i]], level);
      context.isBehindView = false;
      push(output, `[${hiddenOfTyped[i]}]: ${text}`);
    }
  }
  return output;
}
const hiddenOfTyped = ['BYTES_PER_ELEMENT', 'length', 'byteLength', 'byteOffset', 'buffer'];
function setEntries(context, set, level) {
  const output = [],
    size = setSize(set);
  let seen = 0;
  eachOfSet(set, (value) => {
    if (seen++ < context.maxEntries) push(output, nested(context, value, level));
  });
  if (size > context.maxEntries) push(output, more(size - context.maxEntries, 'item'));
  return output;
}
function mapEntries(context, map, level) {
  const output = [],
    size = mapSize(map);
  let seen = 0;
  eachOfMap(map, (value, key) => {
    if (seen++ < context.maxEntries)
      push(output, `${nested(context, key, level)} => ${nested(context, value, level)}`);
  });
  if (size > context.maxEntries) push(output, more(size - context.maxEntries, 'item'));
  return output;
}
function iteratorEntries(context, iterator, level) {
  const { 0: values, 1: pairs } = insideOf(iterator),
    output = [],
    step = pairs ? 2 : 1;
  for (let i = 0; i < values.length && output.length < context.maxEntries; i += step) {
    const first = nested(context, values[i], level);
    push(output, pairs ? pairOf(context, first, values[i + 1], level) : first);
  }
  if (values.length > context.maxEntries * step)
    push(output, more(values.length / step - context.maxEntries, 'item'));
  return output;
}
function pairOf(context, first, value, level) {
  const pair = [first, nested(context, value, level)];
  context.indent += 2;
  const text = layOut(context, pair, '', '[', ']', pair, level);
  context.indent -= 2;
  return text;
}
function weakEntries(context, weak, level) {
  const { 0: values, 1: pairs } = insideOf(weak),
    output = [],
    step = pairs ? 2 : 1;
  for (let i = 0; i < values.length && output.length < context.maxEntries; i += step) {
    const first = nested(context, values[i], level);
    push(output, pairs ? `${first} => ${nested(context, values[i + 1], level)}` : first);
  }
  if (values.length > context.maxEntries * step)
    push(output, more(values.length / step - context.maxEntries, 'item'));
  sort(output);
  return output;
}
function bufferEntries(context, buffer) {
  const size = bufferBytes(buffer),
    shown = min(context.maxEntries, size),
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

function boxedBase(context, value, kind, maker, tag) {
  const made = maker === kind ? '' : maker === null ? ' (null prototype)' : ` (${maker})`;
  const inner = show(
    newContext({ ...context.options, depth: 0, customInspect: false }),
    unbox[kind](value),
    0,
  );
  return `[${kind}${made}: ${inner}]${tag !== '' && tag !== maker ? ` [${tag}]` : ''}`;
}

const repeated = ['name', 'message', 'stack'];
// An error is its stack. Keys that only repeat it are dropped from `keys`; a cause and an AggregateError's
// errors are added.
function errorBase(context, error, maker, tag, keys) {
  const name = error.name === undefined || error.name === null ? 'Error' : stringOf(error.name),
    message = error.message;
  let stack = error.stack ? stringOf(error.stack) : errorText(error);
  for (let i = 0; i < 3 && !context.options.showHidden; ++i) {
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
