// Blob and File of the File API. A blob's bytes are copied once, when it is made; slices share them.

import { addCloneable } from 'evald:clone';
import { showFields } from 'evald:console';
import { ReadableStream } from 'evald:streams';

const { TextDecoder, TextEncoder } = globalThis;
const { defineProperties, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { isView } = ArrayBuffer;
const { now } = Date;
const { max, min, trunc } = Math;
const Bytes = Uint8Array;
const iteratorSymbol = Symbol.iterator;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const call = uncurry(Function.prototype.call);
const encoder = new TextEncoder();
const encode = uncurry(TextEncoder.prototype.encode);
const decode = uncurry(TextDecoder.prototype.decode);
const replace = uncurry(String.prototype.replace);
const toLowerCase = uncurry(String.prototype.toLowerCase);
const exec = uncurry(RegExp.prototype.exec);
const push = uncurry(Array.prototype.push);
const typed = getPrototypeOf(Bytes.prototype);
const setBytes = uncurry(typed.set);
const getter = (prototype, name) => uncurry(getOwnPropertyDescriptor(prototype, name).get);
const tagOf = getter(typed, Symbol.toStringTag);
const parts = (prototype) =>
  ['buffer', 'byteOffset', 'byteLength'].map((name) => getter(prototype, name));
const typedParts = parts(typed),
  viewParts = parts(DataView.prototype);
const lengthOfBuffer = getter(ArrayBuffer.prototype, 'byteLength');

// How much of a blob its stream hands out at a time.
const PIECE = 65536;

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

// The bytes of an ArrayBuffer or a view of one, not copied; undefined for anything else.
function viewOf(value) {
  if (!isObject(value)) return undefined;
  if (isView(value)) {
    const of = tagOf(value) === undefined ? viewParts : typedParts;
    return new Bytes(of[0](value), of[1](value), of[2](value));
  }
  try {
    lengthOfBuffer(value);
  } catch {
    return undefined;
  }
  return new Bytes(value);
}

// A sequence<BlobPart> as Web IDL converts it: blobs and what holds bytes as they are, all else as strings.
function convertParts(sequence) {
  const iterate = isObject(sequence) ? sequence[iteratorSymbol] : undefined;
  if (typeof iterate !== 'function') throw new TypeError('The parts of a Blob must be a sequence');
  const converted = [];
  for (const part of { [iteratorSymbol]: () => call(iterate, sequence) })
    push(converted, isBlob(part) || viewOf(part) !== undefined ? part : `${part}`);
  return converted;
}

function convertOptions(options) {
  if (options === undefined || options === null) return { endings: 'transparent', type: '' };
  if (!isObject(options)) throw new TypeError('The options of a Blob must be an object');
  let { endings } = options;
  endings = endings === undefined ? 'transparent' : `${endings}`;
  if (endings !== 'transparent' && endings !== 'native')
    throw new TypeError(`'${endings}' is not one of 'transparent' and 'native'`);
  const { type } = options;
  return { endings, type: type === undefined ? '' : normalType(`${type}`) };
}

const normalType = (type) => (exec(/[^ -~]/, type) === null ? toLowerCase(type) : '');
const scalarString = (text) => replace(text, /\p{Surrogate}/gu, '\ufffd');

function join(converted, endings) {
  const pieces = [];
  let size = 0;
  for (let i = 0; i < converted.length; ++i) {
    let part = converted[i];
    if (typeof part === 'string') {
      if (endings === 'native') part = replace(part, /\r\n?/g, '\n');
      part = encode(encoder, part);
    } else {
      part = isBlob(part) ? bytesOf(part) : viewOf(part);
    }
    push(pieces, part);
    size += part.length;
  }
  const bytes = new Bytes(size);
  for (let i = 0, at = 0; i < pieces.length; ++i) {
    setBytes(bytes, pieces[i], at);
    at += pieces[i].length;
  }
  return bytes;
}

// long long, as far as a number is exact.
function toInteger(value) {
  const number = trunc(+value);
  return number - number === 0 ? number + 0 : 0;
}

// Where a slice begins or ends: [Clamp] long long, from the end where it is negative.
function position(value, size, otherwise) {
  if (value === undefined) return otherwise;
  const number = +value;
  const whole = number !== number ? 0 : roundToEven(max(-(2 ** 53), min(2 ** 53, number)));
  return whole < 0 ? max(size + whole, 0) : min(whole, size);
}
function roundToEven(number) {
  const below = trunc(number);
  const rest = number < 0 ? below - number : number - below;
  const away = number < 0 ? below - 1 : below + 1;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? away : below;
}

// In place of parts, for a blob of bytes that are there already.
const ready = { bytes: undefined, type: '' };

let isBlob, bytesOf, isFile;

class Blob {
  // Never written to.
  #bytes;
  #type;
  constructor(blobParts = undefined, options = undefined) {
    if (blobParts === ready) {
      this.#bytes = ready.bytes;
      this.#type = ready.type;
      return;
    }
    const converted = blobParts === undefined ? [] : convertParts(blobParts);
    const { endings, type } = convertOptions(options);
    this.#bytes = join(converted, endings);
    this.#type = type;
  }
  get size() {
    return this.#bytes.length;
  }
  get type() {
    return this.#type;
  }
  slice(start = undefined, end = undefined, contentType = undefined) {
    const bytes = this.#bytes;
    const from = position(start, bytes.length, 0);
    const to = position(end, bytes.length, bytes.length);
    const type = contentType === undefined ? '' : normalType(`${contentType}`);
    return makeBlob(new Bytes(bytes.buffer, bytes.byteOffset + from, max(to - from, 0)), type);
  }
  async arrayBuffer() {
    return copyOf(this.#bytes).buffer;
  }
  async text() {
    return decode(new TextDecoder(), this.#bytes);
  }
  async bytes() {
    return copyOf(this.#bytes);
  }
  stream() {
    const bytes = this.#bytes;
    let at = 0;
    return new ReadableStream(
      {
        type: 'bytes',
        pull(controller) {
          if (at < bytes.length) {
            const piece = new Bytes(bytes.buffer, bytes.byteOffset + at, min(PIECE, bytes.length - at));
            at += piece.length;
            controller.enqueue(copyOf(piece));
          } else {
            controller.close();
            controller.byobRequest?.respond(0);
          }
        },
      },
      { highWaterMark: 0 },
    );
  }
  static {
    isBlob = (value) => isObject(value) && #bytes in value;
    bytesOf = (blob) => blob.#bytes;
  }
}

class File extends Blob {
  #name;
  #lastModified;
  constructor(fileBits, fileName, options = undefined) {
    if (fileBits === ready) {
      super(ready);
      this.#name = fileName;
      this.#lastModified = options;
      return;
    }
    if (arguments.length < 2)
      throw new TypeError(`2 arguments required, but only ${arguments.length} present`);
    const name = scalarString(`${fileName}`);
    super(fileBits, options);
    const lastModified = options?.lastModified;
    this.#name = name;
    this.#lastModified = lastModified === undefined ? now() : toInteger(lastModified);
  }
  get name() {
    return this.#name;
  }
  get lastModified() {
    return this.#lastModified;
  }
  static {
    isFile = (value) => isObject(value) && #name in value;
  }
}

function copyOf(bytes) {
  const copy = new Bytes(bytes.length);
  setBytes(copy, bytes);
  return copy;
}

// A Blob of `bytes`, which nobody else writes to.
function makeBlob(bytes, type) {
  ready.bytes = bytes;
  ready.type = type;
  const blob = new Blob(ready);
  ready.bytes = undefined;
  return blob;
}

function makeFile(bytes, type, name, lastModified) {
  ready.bytes = bytes;
  ready.type = type;
  const file = new File(ready, name, lastModified);
  ready.bytes = undefined;
  return file;
}

const enumerable = { enumerable: true };
defineProperties(Blob.prototype, {
  size: enumerable,
  type: enumerable,
  slice: enumerable,
  arrayBuffer: enumerable,
  text: enumerable,
  bytes: enumerable,
  stream: enumerable,
  [Symbol.toStringTag]: { value: 'Blob', configurable: true },
});
defineProperties(File.prototype, {
  name: enumerable,
  lastModified: enumerable,
  [Symbol.toStringTag]: { value: 'File', configurable: true },
});
showFields(Blob, ({ size, type }) => ({ size, type }));
showFields(File, ({ size, type, name, lastModified }) => ({ size, type, name, lastModified }));
defineProperty(globalThis, 'Blob', { value: Blob, writable: true, configurable: true });
defineProperty(globalThis, 'File', { value: File, writable: true, configurable: true });

const typeOf = getter(Blob.prototype, 'type'),
  nameOfFile = getter(File.prototype, 'name'),
  lastModifiedOf = getter(File.prototype, 'lastModified');
// Clones share the bytes, which nobody writes to. Each is asked for first, as a File is a Blob too.
addCloneable(isFile, (file) => {
  return makeFile(bytesOf(file), typeOf(file), nameOfFile(file), lastModifiedOf(file));
});
addCloneable(isBlob, (blob) => makeBlob(bytesOf(blob), typeOf(blob)));

export { Blob, File, bytesOf, isBlob, isFile, makeBlob, makeFile };
