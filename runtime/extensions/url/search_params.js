// URLSearchParams of the URL Standard.

import { percentDecodeString } from 'whatwg-url/lib/percent-encoding.js';
import { inspect, nameOf } from 'evald:console';
import { checkCount, finish, textOf, typeError } from './shapes.js';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const customInspect = Symbol.for('nodejs.util.inspect.custom');
const escapes = { '!': '%21', "'": '%27', '(': '%28', ')': '%29', '~': '%7E', '%20': '+' };

// application/x-www-form-urlencoded: from text to pairs of names and values, and back.
export function parsePairs(text) {
  const pairs = [];
  for (const part of text.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    pairs.push(at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))]);
  }
  return pairs;
}

function decode(text) {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return decoder.decode(percentDecodeString(spaced));
  }
}

const encode = (text) => encodeURIComponent(text).replace(/[!'()~]|%20/g, (found) => escapes[found]);

export const serializePairs = (pairs) =>
  pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');

// What a constructor's argument says: text, pairs or an object of names and values.
function pairsOf(init) {
  if (init === undefined || init === null) return [];
  if (typeof init !== 'object' && typeof init !== 'function') {
    const text = textOf(init);
    return parsePairs(text[0] === '?' ? text.slice(1) : text);
  }
  const method = init[Symbol.iterator];
  if (method === undefined || method === null) return pairsOfRecord(init);
  if (typeof method !== 'function')
    throw typeError('ERR_ARG_NOT_ITERABLE', 'Query pairs must be iterable');
  const pairs = [];
  for (const pair of { [Symbol.iterator]: () => method.call(init) }) {
    const isIterable =
      (typeof pair === 'object' || typeof pair === 'function') &&
      pair !== null &&
      typeof pair[Symbol.iterator] === 'function';
    const tuple = isIterable ? Array.from(pair, textOf) : [];
    if (tuple.length !== 2) {
      throw typeError('ERR_INVALID_TUPLE', 'Each query pair must be an iterable [name, value] tuple');
    }
    pairs.push(tuple);
  }
  return pairs;
}

function pairsOfRecord(record) {
  const pairs = new Map();
  for (const key of Reflect.ownKeys(record)) {
    if (Reflect.getOwnPropertyDescriptor(record, key)?.enumerable)
      pairs.set(textOf(key), textOf(record[key]));
  }
  return [...pairs];
}

let accessList, linkTo;

class URLSearchParams {
  #pairs;
  // Tells the URL that this is of what the query has become.
  #changed = () => {};
  static {
    accessList = (params) => params.#pairs;
    linkTo = (params, pairs, changed) => {
      params.#pairs = pairs;
      if (changed !== undefined) params.#changed = changed;
    };
  }
  constructor(init = undefined) {
    this.#pairs = pairsOf(init);
  }
  get size() {
    return this.#pairs.length;
  }
  append(name, value) {
    const pairs = this.#pairs;
    checkCount(arguments, ['name', 'value']);
    pairs.push([textOf(name), textOf(value)]);
    this.#notify();
  }
  delete(name, value = undefined) {
    this.#pairs;
    checkCount(arguments, ['name']);
    const left = this.#other(textOf(name), value);
    this.#pairs.splice(0, Infinity, ...left);
    this.#notify();
  }
  get(name) {
    const pairs = this.#pairs;
    checkCount(arguments, ['name']);
    const wanted = textOf(name);
    return pairs.find((pair) => pair[0] === wanted)?.[1] ?? null;
  }
  getAll(name) {
    const pairs = this.#pairs;
    checkCount(arguments, ['name']);
    const wanted = textOf(name);
    return pairs.filter((pair) => pair[0] === wanted).map((pair) => pair[1]);
  }
  has(name, value = undefined) {
    const pairs = this.#pairs;
    checkCount(arguments, ['name']);
    return this.#other(textOf(name), value).length < pairs.length;
  }
  set(name, value) {
    const pairs = this.#pairs;
    checkCount(arguments, ['name', 'value']);
    const wanted = textOf(name),
      text = textOf(value),
      first = pairs.find((pair) => pair[0] === wanted);
    if (first === undefined) {
      pairs.push([wanted, text]);
    } else {
      first[1] = text;
      this.#pairs = pairs.filter((pair) => pair === first || pair[0] !== wanted);
    }
    this.#notify();
  }
  sort() {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#notify();
  }
  entries() {
    this.#pairs;
    return new PairIterator(this, (pair) => [pair[0], pair[1]]);
  }
  forEach(callback, thisArg = undefined) {
    this.#pairs;
    if (typeof callback !== 'function')
      throw typeError('ERR_INVALID_ARG_TYPE', 'The "callback" argument must be of type function');
    for (let i = 0; i < this.#pairs.length; ++i) {
      const [name, value] = this.#pairs[i];
      Reflect.apply(callback, thisArg, [value, name, this]);
    }
  }
  keys() {
    this.#pairs;
    return new PairIterator(this, (pair) => pair[0]);
  }
  values() {
    this.#pairs;
    return new PairIterator(this, (pair) => pair[1]);
  }
  toString() {
    return serializePairs(this.#pairs);
  }
  [customInspect](depth, options) {
    if (typeof depth === 'number' && depth < 0) return '[Object]';
    const inner = { ...options, depth: depth === null ? options.depth : depth - 1 };
    const shown = this.#pairs.map((pair) => pair.map((text) => inspect(text, inner)).join(' => '));
    return listed(nameOf(this, URLSearchParams), shown, options.breakLength);
  }

  // The pairs but those with this name, and value if it is given.
  #other(name, value) {
    const text = value === undefined ? undefined : textOf(value);
    return this.#pairs.filter((pair) => pair[0] !== name || (text !== undefined && pair[1] !== text));
  }
  #notify() {
    this.#changed(serializePairs(this.#pairs));
  }
}

function listed(name, shown, breakLength) {
  if (shown.length === 0) return `${name} {}`;
  const line = shown.join(', ');
  return line.length > breakLength ? `${name} {\n  ${shown.join(',\n  ')} }` : `${name} { ${line} }`;
}

// The parameters of a URL with this query; `changed` is told of each new one.
export function paramsOf(query, changed) {
  const params = new URLSearchParams();
  linkTo(params, parsePairs(query), changed);
  return params;
}

export const updateParams = (params, query) => linkTo(params, parsePairs(query));

class PairIterator {
  #params;
  #give;
  #next = 0;
  constructor(params, give) {
    this.#params = params;
    this.#give = give;
  }
  next() {
    const pair = accessList(this.#params)[this.#next];
    if (pair === undefined) return { value: undefined, done: true };
    ++this.#next;
    return { value: this.#give(pair), done: false };
  }
  [customInspect](depth, options) {
    if (typeof depth === 'number' && depth < 0) return '[Object]';
    const inner = { ...options, depth: depth === null ? options.depth : depth - 1 };
    const left = accessList(this.#params)
      .slice(this.#next)
      .map((pair) => inspect(this.#give(pair), inner));
    const name = 'URLSearchParams Iterator';
    return left.some((text) => text.includes('\n'))
      ? `${name} {\n  ${left.join(',\n  ')} }`
      : `${name} { ${left.join(', ')} }`;
  }
}

Object.setPrototypeOf(
  PairIterator.prototype,
  Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())),
);
delete PairIterator.prototype.constructor;
finish(PairIterator, 'URLSearchParams Iterator', false);
finish(URLSearchParams, 'URLSearchParams');
Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
  value: URLSearchParams.prototype.entries,
  writable: true,
  configurable: true,
});

export { URLSearchParams };
