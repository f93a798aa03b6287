// What the package takes from the globals when it needs it, taken once and for all when the extension is loaded.

import { streams_transfer } from 'evald:ops';

export const { AbortController } = globalThis;

const settled = Promise.resolve();
const then = Function.prototype.call.bind(Promise.prototype.then);
export const queueMicrotask = (callback) => {
  then(settled, callback);
};

// The package asks it for one thing only: to transfer an ArrayBuffer.
export const structuredClone = (buffer) => streams_transfer(buffer);
