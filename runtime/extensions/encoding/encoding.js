// TextEncoder and TextDecoder of the Encoding Standard. Bytes are read and written natively; see
// encoding.cc for the ops.

import {
  encoding_label as findLabel,
  encoding_name as nameOf,
  encoding_encode as encode,
  encoding_encode_into as encodeInto,
  encoding_decode as decode,
} from 'evald:ops';
const { defineProperty, defineProperties } = Object;
const Bytes = Uint8Array;
const Pair = Uint32Array;

const FATAL = 1,
  IGNORE_BOM = 2,
  STREAM = 4;

class TextEncoder {
  #brand;
  get encoding() {
    this.#brand;
    return 'utf-8';
  }
  encode(input = '') {
    this.#brand;
    return encode(`${input}`);
  }
  encodeInto(source, destination) {
    this.#brand;
    if (arguments.length < 2) throw new TypeError('2 arguments required');
    const done = new Pair(2);
    if (!encodeInto(`${source}`, destination, done))
      throw invalidArgument('The "destination" argument must be a Uint8Array');
    return { read: done[0], written: done[1] };
  }
}

class TextDecoder {
  #encoding;
  #flags;
  // Between calls with { stream: true }: the bytes of a character that is cut, and whether its beginning is
  // over.
  #state;
  constructor(label = 'utf-8', options = undefined) {
    this.#encoding = findLabel(`${label}`);
    if (this.#encoding < 0) {
      const error = new RangeError(`The "${label}" encoding is not supported`);
      defineProperty(error, 'code', {
        value: 'ERR_ENCODING_NOT_SUPPORTED',
        writable: true,
        enumerable: true,
        configurable: true,
      });
      throw error;
    }
    const given = dictionary(options);
    this.#flags = (given?.fatal ? FATAL : 0) | (given?.ignoreBOM ? IGNORE_BOM : 0);
  }
  get encoding() {
    return nameOf(this.#encoding);
  }
  get fatal() {
    return (this.#flags & FATAL) !== 0;
  }
  get ignoreBOM() {
    return (this.#flags & IGNORE_BOM) !== 0;
  }
  decode(input = undefined, options = undefined) {
    const stream = Boolean(dictionary(options)?.stream);
    const state = stream ? (this.#state ??= new Bytes(24)) : this.#state;
    if (!stream) this.#state = undefined;
    const text = decode(this.#encoding, input, this.#flags | (stream ? STREAM : 0), state);
    if (text === null)
      throw invalidArgument('The "input" argument must be an ArrayBuffer or a view of one');
    if (text === undefined) {
      this.#state = undefined;
      const error = new TypeError(
        `The encoded data was not valid for encoding ${nameOf(this.#encoding)}`,
      );
      defineProperty(error, 'code', {
        value: 'ERR_ENCODING_INVALID_ENCODED_DATA',
        writable: true,
        enumerable: true,
        configurable: true,
      });
      throw error;
    }
    return text;
  }
}

function invalidArgument(message) {
  const error = new TypeError(message);
  defineProperty(error, 'code', {
    value: 'ERR_INVALID_ARG_TYPE',
    writable: true,
    enumerable: true,
    configurable: true,
  });
  return error;
}

function dictionary(options) {
  if (
    options === undefined ||
    options === null ||
    typeof options === 'object' ||
    typeof options === 'function'
  )
    return options;
  throw invalidArgument('The "options" argument must be an object');
}

const enumerable = { enumerable: true };
defineProperties(TextEncoder.prototype, {
  encoding: enumerable,
  encode: enumerable,
  encodeInto: enumerable,
  [Symbol.toStringTag]: { value: 'TextEncoder', configurable: true },
});
defineProperties(TextDecoder.prototype, {
  encoding: enumerable,
  fatal: enumerable,
  ignoreBOM: enumerable,
  decode: enumerable,
  [Symbol.toStringTag]: { value: 'TextDecoder', configurable: true },
});
defineProperty(globalThis, 'TextEncoder', { value: TextEncoder, writable: true, configurable: true });
defineProperty(globalThis, 'TextDecoder', { value: TextDecoder, writable: true, configurable: true });

// How console shows them.
const customInspect = Symbol.for('nodejs.util.inspect.custom');
const shown = {
  encoder(depth, options, inspect) {
    return `TextEncoder ${inspect({ encoding: this.encoding }, options)}`;
  },
  decoder(depth, options, inspect) {
    const { encoding, fatal, ignoreBOM } = this;
    return `TextDecoder ${inspect({ encoding, fatal, ignoreBOM }, options)}`;
  },
};
for (const [{ prototype }, value] of [
  [TextEncoder, shown.encoder],
  [TextDecoder, shown.decoder],
]) {
  defineProperty(prototype, customInspect, { value, writable: true, configurable: true });
}
