// What the package keeps inside its objects, and how interfaces are put in place.

import { showFields } from 'evald:console';

const { create, defineProperty, defineProperties, getPrototypeOf, keys, setPrototypeOf } = Object;
const { toStringTag } = Symbol;

// Whether the stream has ever been read from or cancelled.
export const isDisturbed = (stream) => stream?._disturbed === true;
export const isErrored = (stream) => stream?._state === 'errored';

// The package has its objects' state in properties. Each is made when it is first assigned to, by a setter that
// makes it one that is not enumerable: objects then look empty, as those of a browser do.
const state =
  'abortAlgorithm abortController abortReason associatedReadableByteStreamController asyncIteratorImpl ' +
  'autoAllocateChunkSize backpressure backpressureChangePromise backpressureChangePromise_resolve byobRequest ' +
  'byteLengthQueuingStrategyHighWaterMark cancelAlgorithm closeAlgorithm closeRequest closeRequested closedPromise ' +
  'closedPromiseState closedPromise_reject closedPromise_resolve controlledReadableByteStream ' +
  'controlledReadableStream controlledTransformStream controlledWritableStream ' +
  'countQueuingStrategyHighWaterMark disturbed finishPromise finishPromise_reject finishPromise_resolve ' +
  'flushAlgorithm inFlightCloseRequest inFlightWriteRequest ownerReadableStream ownerWritableStream ' +
  'pendingAbortRequest pendingPullIntos pullAgain pullAlgorithm pulling queue queueTotalSize readIntoRequests ' +
  'readRequests readable readableStreamController reader readyPromise readyPromiseState readyPromise_reject ' +
  'readyPromise_resolve started state storedError strategyHWM strategySizeAlgorithm transformAlgorithm ' +
  'transformStreamController view writable writableStreamController writeAlgorithm writeRequests writer';
const setters = {};
for (const word of state.split(' ')) {
  const name = `_${word}`;
  setters[name] = {
    set(value) {
      defineProperty(this, name, { value, writable: true, configurable: true });
    },
  };
}

function hideState(prototype) {
  setPrototypeOf(prototype, create(getPrototypeOf(prototype), setters));
}

export function defineGlobals(interfaces) {
  for (const name of keys(interfaces))
    defineProperty(globalThis, name, { value: interfaces[name], writable: true, configurable: true });
}

// Gives a class the property attributes that Web IDL has for an interface.
export function asInterface(type, name, members) {
  for (const member of members) defineProperty(type.prototype, member, { enumerable: true });
  defineProperties(type.prototype, { [toStringTag]: { value: name, configurable: true } });
}

// Of all that the package exports.
export function hideInside(standard) {
  for (const name of keys(standard)) hideState(standard[name].prototype);
  const { ReadableStream } = standard;
  hideState(getPrototypeOf(new ReadableStream().values()));
}

// Fields that console shows, as Node.js does.
export function showStreams(standard) {
  showFields(standard.ReadableStream, (stream) => ({
    locked: stream.locked,
    state: stream._state,
    supportsBYOB: stream._readableStreamController instanceof standard.ReadableByteStreamController,
  }));
  showFields(standard.WritableStream, (stream) => ({ locked: stream.locked, state: stream._state }));
  showFields(standard.TransformStream, (stream) => ({
    readable: stream.readable,
    writable: stream.writable,
    backpressure: stream._backpressure,
  }));
  for (const name of ['ByteLengthQueuingStrategy', 'CountQueuingStrategy'])
    showFields(standard[name], ({ highWaterMark }) => ({ highWaterMark }));
  const { ReadableStreamDefaultReader, ReadableStreamBYOBReader, WritableStreamDefaultWriter } =
    standard;
  showFields(ReadableStreamDefaultReader, (reader) => ({
    stream: reader._ownerReadableStream,
    readRequests: reader._readRequests.length,
    close: reader.closed,
  }));
  showFields(ReadableStreamBYOBReader, (reader) => ({
    stream: reader._ownerReadableStream,
    requests: reader._readIntoRequests.length,
    close: reader.closed,
  }));
  showFields(WritableStreamDefaultWriter, (writer) => ({
    stream: writer._ownerWritableStream,
    close: writer.closed,
    ready: writer.ready,
    desiredSize: writer.desiredSize,
  }));
}
