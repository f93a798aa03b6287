// What the packages take from the globals of a browser or of Node.js, for units that have nothing but the language.

import { TextDecoder, TextEncoder } from './utf8.js';

class Event {}
class EventTarget {}
class DOMException extends Error {}
class AbortSignal {}
class AbortController {
  signal = new AbortSignal();
}
class FinalizationRegistry {
  register() {}
}
// There is none while V8 makes a snapshot.
class SharedArrayBuffer {
  get byteLength() {
    return 0;
  }
  get growable() {
    return false;
  }
}
const queueMicrotask = (job) => void Promise.resolve().then(job);
const process = { env: {}, version: 'v18.0.0', versions: { node: '18.0.0' }, emitWarning() {} };
class Buffer extends Uint8Array {
  static byteLength(text) {
    return new TextEncoder().encode(text).length;
  }
}

const made = {
  ...{ AbortController, AbortSignal, Buffer, DOMException, Event, EventTarget, FinalizationRegistry },
  ...{ SharedArrayBuffer, TextDecoder, TextEncoder, process, queueMicrotask },
};
for (const [name, value] of Object.entries(made)) globalThis[name] ??= value;
