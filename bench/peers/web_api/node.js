// Stands for the modules of Node.js that undici's files import, as far as loading Headers, Request, Response and FormData goes.

export class Blob {}
export class File extends Blob {}
export class EventEmitter {}
export class Stream {}
export class Readable extends Stream {}
export class Transform extends Stream {}
export const types = new Proxy({}, { get: () => () => false });
export const isArrayBuffer = (value) => value instanceof ArrayBuffer;
export const isUint8Array = (value) => value instanceof Uint8Array;
export const inspect = Object.assign(() => '', { custom: Symbol('inspect') });
export const performance = { now: () => 0 };
export const kEnumerableProperty = { enumerable: true };
export const setMaxListeners = () => {};
export const isErrored = () => false;
export const isDisturbed = () => false;
export const debuglog = () => Object.assign(() => {}, { enabled: false });
export const deprecate = (body) => body;
export const toUSVString = String;
export const promisify = (body) => body;
export const getHashes = () => [];
export const METHODS = [];
export const randomFillSync = (bytes) => bytes;
export default Object.assign(() => {}, { EventEmitter, Stream, types, inspect, performance });
