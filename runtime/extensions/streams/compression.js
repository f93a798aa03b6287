// CompressionStream and DecompressionStream of the Compression Standard. zlib works natively (codec.h), a piece of
// output at a time, and only when someone waits for it: a few bytes that unpack to gigabytes cost what is read of
// them.

import { ReadableStream, WritableStream } from 'web-streams-polyfill';
import { streams_codec_new as newCodec, streams_codec_run as run } from 'evald:ops';
import { showFields } from 'evald:console';
import { asInterface } from './inside.js';

const Bytes = Uint8Array;
const PromiseOf = Promise;
const { isView } = ArrayBuffer;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const slice = uncurry(Bytes.prototype.slice);
const getter = (prototype, name) => uncurry(Object.getOwnPropertyDescriptor(prototype, name).get);
const typed = Object.getPrototypeOf(Bytes.prototype);
const tagOf = getter(typed, Symbol.toStringTag);
const part = (name, prototype = typed) => getter(prototype, name);
const typedParts = [part('buffer'), part('byteOffset'), part('byteLength')];
const viewParts = ['buffer', 'byteOffset', 'byteLength'].map((name) => part(name, DataView.prototype));
const lengthOfBuffer = part('byteLength', ArrayBuffer.prototype);

// In the order of the native enumeration.
const formats = ['deflate', 'deflate-raw', 'gzip'];
// What run() returns besides a number of bytes of output.
const CONSUMED = 0,
  AGAIN = -1;
const failures = {
  [-2]: 'The compressed data is not valid',
  [-3]: 'The compressed data ends too early',
  [-4]: 'There is data after the end of the compressed data',
  [-5]: 'The stream was made before the snapshot that this isolate came from',
};

// Where output is made, a piece at a time. For all streams, as no two are at work at once.
const PIECE = 65536;
let output;

// The bytes of a BufferSource, not copied.
function bytesOf(chunk) {
  if (isView(chunk)) {
    const [bufferOf, offsetOf, lengthOf] = tagOf(chunk) === undefined ? viewParts : typedParts;
    const buffer = bufferOf(chunk);
    lengthOfBuffer(buffer);
    return new Bytes(buffer, offsetOf(chunk), lengthOf(chunk));
  }
  lengthOfBuffer(chunk);
  return new Bytes(chunk);
}

function asBytes(chunk) {
  try {
    return bytesOf(chunk);
  } catch {
    throw new TypeError('A chunk must be an ArrayBuffer or a view of one');
  }
}

// The two ends of a codec. A chunk is worked on only while the reader wants more, one piece ahead. The end is not kept
// waiting: what a codec still holds back then is little.
function makeEnds(compress, format) {
  let codec = newCodec(compress, format);
  let readableController, writableController;
  // What is being written, as bytes; `finishing` once it is the end. `written` settles the write.
  let input,
    finishing = false,
    written;
  // Settles the pull that waits for output.
  let pulled;

  function fail(error) {
    codec = undefined;
    input = undefined;
    readableController.error(error);
    writableController.error(error);
    written?.reject(error);
    written = undefined;
    settlePull();
  }
  function settlePull() {
    const waiting = pulled;
    pulled = undefined;
    waiting?.resolve();
  }
  function settleWrite() {
    const writer = written;
    input = written = undefined;
    if (finishing) {
      codec = undefined;
      readableController.close();
      settlePull();
    }
    writer.resolve();
  }
  function work() {
    while (input !== undefined && (finishing || pulled !== undefined)) {
      const made = run(codec, input, finishing, (output ??= new Bytes(PIECE)));
      if (made === CONSUMED) {
        settleWrite();
      } else if (made > 0) {
        readableController.enqueue(slice(output, 0, made));
        settlePull();
      } else if (made !== AGAIN) {
        fail(new TypeError(failures[made]));
      }
    }
  }
  const later = (give) => new PromiseOf((resolve, reject) => give({ resolve, reject }));
  function write(bytes, end) {
    return later((settle) => {
      written = settle;
      input = bytes;
      finishing = end;
      work();
      // What waits for a reader is the writer's to change meanwhile.
      if (input !== undefined && !end) input = slice(input);
    });
  }

  const readable = new ReadableStream(
    {
      start(controller) {
        readableController = controller;
      },
      pull() {
        return later((settle) => {
          pulled = settle;
          work();
        });
      },
      cancel(reason) {
        codec = input = undefined;
        writableController.error(reason);
        written?.reject(reason);
        written = undefined;
      },
    },
    { highWaterMark: 1 },
  );
  const writable = new WritableStream({
    start(controller) {
      writableController = controller;
    },
    write(chunk) {
      let bytes;
      try {
        bytes = asBytes(chunk);
      } catch (error) {
        fail(error);
        throw error;
      }
      return write(bytes, false);
    },
    close() {
      return write(new Bytes(0), true);
    },
    abort(reason) {
      codec = input = undefined;
      readableController.error(reason);
      settlePull();
    },
  });
  return { readable, writable };
}

function formatNumber(format) {
  const number = formats.indexOf(`${format}`);
  if (number < 0) throw new TypeError(`The compression format '${format}' is not supported`);
  return number;
}

class CompressionStream {
  #ends;
  constructor(format) {
    if (arguments.length === 0) throw new TypeError('1 argument required, but only 0 present');
    this.#ends = makeEnds(true, formatNumber(format));
  }
  get readable() {
    return this.#ends.readable;
  }
  get writable() {
    return this.#ends.writable;
  }
}

class DecompressionStream {
  #ends;
  constructor(format) {
    if (arguments.length === 0) throw new TypeError('1 argument required, but only 0 present');
    this.#ends = makeEnds(false, formatNumber(format));
  }
  get readable() {
    return this.#ends.readable;
  }
  get writable() {
    return this.#ends.writable;
  }
}

asInterface(CompressionStream, 'CompressionStream', ['readable', 'writable']);
asInterface(DecompressionStream, 'DecompressionStream', ['readable', 'writable']);
const ends = ({ readable, writable }) => ({ readable, writable });
showFields(CompressionStream, ends);
showFields(DecompressionStream, ends);

export { CompressionStream, DecompressionStream };
