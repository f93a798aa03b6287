// structuredClone of streams: they are not cloned, but moved, if they are in the list of what to transfer. Then the
// old one is locked, and what passes between it and the new one is cloned.

import { addTransferable, cloneWith } from 'evald:clone';
import { ReadableStream, TransformStream } from 'web-streams-polyfill';

const { DOMException } = globalThis;
const hasOwn = Function.prototype.call.bind(Object.prototype.hasOwnProperty);
const pipe = Function.prototype.call.bind(ReadableStream.prototype.pipeTo);
const then = Function.prototype.call.bind(Promise.prototype.then);
const ignore = () => {};

const isReadable = (object) => hasOwn(object, '_readableStreamController');
const isWritable = (object) => hasOwn(object, '_writableStreamController');
const isTransform = (object) => hasOwn(object, '_transformStreamController');

function checkUnlocked(stream) {
  if (stream._reader !== undefined || stream._writer !== undefined)
    throw new DOMException('A locked stream could not be transferred', 'DataCloneError');
}

const passage = () =>
  new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(cloneWith(chunk, []).value);
    },
  });
const connect = (from, to) => {
  then(pipe(from, to), ignore, ignore);
};

function moveReadable(stream) {
  checkUnlocked(stream);
  const { _readable: made, _writable: entry } = passage();
  return { made, commit: () => connect(stream, entry) };
}

function moveWritable(stream) {
  checkUnlocked(stream);
  const { _readable: exit, _writable: made } = passage();
  return { made, commit: () => connect(exit, stream) };
}

function moveTransform(stream) {
  const readable = moveReadable(stream._readable),
    writable = moveWritable(stream._writable);
  const made = new TransformStream();
  made._readable = readable.made;
  made._writable = writable.made;
  return {
    made,
    commit() {
      readable.commit();
      writable.commit();
    },
  };
}

addTransferable(isReadable, moveReadable);
addTransferable(isWritable, moveWritable);
addTransferable(isTransform, moveTransform);
