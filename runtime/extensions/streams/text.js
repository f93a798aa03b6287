// TextEncoderStream and TextDecoderStream of the Encoding Standard.

import { TransformStream } from 'web-streams-polyfill';
import { showFields } from 'evald:console';
import { asInterface } from './inside.js';

const { TextDecoder, TextEncoder } = globalThis;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const encode = uncurry(TextEncoder.prototype.encode);
const decode = uncurry(TextDecoder.prototype.decode);
const codeAt = uncurry(String.prototype.charCodeAt);
const slice = uncurry(String.prototype.slice);
const member = (type, name) => uncurry(Object.getOwnPropertyDescriptor(type.prototype, name).get);
const encodingOf = member(TextDecoder, 'encoding');
const fatalOf = member(TextDecoder, 'fatal');
const ignoreBomOf = member(TextDecoder, 'ignoreBOM');
const readableOf = member(TransformStream, 'readable');
const writableOf = member(TransformStream, 'writable');

class TextEncoderStream {
  #stream;
  constructor() {
    const encoder = new TextEncoder();
    // A high surrogate at the end of a chunk: what it means depends on the next one.
    let held = '';
    this.#stream = new TransformStream({
      transform(chunk, controller) {
        let text = held + `${chunk}`;
        const last = text.length - 1;
        held = last >= 0 && (codeAt(text, last) & 0xfc00) === 0xd800 ? text[last] : '';
        if (held !== '') text = slice(text, 0, last);
        if (text !== '') controller.enqueue(encode(encoder, text));
      },
      flush(controller) {
        if (held !== '') controller.enqueue(encode(encoder, held));
      },
    });
  }
  get encoding() {
    this.#stream;
    return 'utf-8';
  }
  get readable() {
    return readableOf(this.#stream);
  }
  get writable() {
    return writableOf(this.#stream);
  }
}

class TextDecoderStream {
  #stream;
  #decoder;
  constructor(label = 'utf-8', options = undefined) {
    const decoder = (this.#decoder = new TextDecoder(label, options));
    const more = { stream: true };
    this.#stream = new TransformStream({
      transform(chunk, controller) {
        if (chunk === undefined) throw new TypeError('A chunk must be an ArrayBuffer or a view of one');
        const text = decode(decoder, chunk, more);
        if (text !== '') controller.enqueue(text);
      },
      flush(controller) {
        const text = decode(decoder);
        if (text !== '') controller.enqueue(text);
      },
    });
  }
  get encoding() {
    return encodingOf(this.#decoder);
  }
  get fatal() {
    return fatalOf(this.#decoder);
  }
  get ignoreBOM() {
    return ignoreBomOf(this.#decoder);
  }
  get readable() {
    return readableOf(this.#stream);
  }
  get writable() {
    return writableOf(this.#stream);
  }
}

asInterface(TextEncoderStream, 'TextEncoderStream', ['encoding', 'readable', 'writable']);
asInterface(TextDecoderStream, 'TextDecoderStream', [
  'encoding',
  'fatal',
  'ignoreBOM',
  'readable',
  'writable',
]);

showFields(TextEncoderStream, ({ encoding, readable, writable }) => ({ encoding, readable, writable }));
showFields(TextDecoderStream, ({ encoding, fatal, ignoreBOM, readable, writable }) => ({
  encoding,
  fatal,
  ignoreBOM,
  readable,
  writable,
}));

export { TextDecoderStream, TextEncoderStream };
