// What undici takes from the globals, and what Node.js has beyond the web.

export { Buffer } from './buffer.js';
export { ReadableStream, TransformStream } from 'evald:streams';
export const {
  AbortController,
  AbortSignal,
  DOMException,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  queueMicrotask,
} = globalThis;

// Nobody finalizes here: a snapshot cannot hold a registry, and what a request forgets goes with its isolate. This
// version of Node.js is one for which undici does without.
export class FinalizationRegistry {
  register() {}
  unregister() {}
}
export const process = { env: {}, version: 'v18.0.0', versions: { node: '18.0.0' }, emitWarning() {} };

// V8 adds it to an isolate only after the snapshot is made, whose scripts may need it.
const has = Function.prototype.call.bind(Object.prototype.hasOwnProperty);
const hasOwn = (object, key) => has(object, key);
export { hasOwn as 'Object.hasOwn' };
