// What the package keeps inside its objects, and how interfaces are put in place.

// Whether the stream has ever been read from or cancelled.
export const isDisturbed = (stream) => stream?._disturbed === true;
export const isErrored = (stream) => stream?._state === 'errored';

const { defineProperty, defineProperties } = Object;
const { toStringTag } = Symbol;

export function defineGlobals(interfaces) {
  for (const name of Object.keys(interfaces))
    defineProperty(globalThis, name, { value: interfaces[name], writable: true, configurable: true });
}

// Gives a class the property attributes that Web IDL has for an interface.
export function asInterface(type, name, members) {
  for (const member of members) defineProperty(type.prototype, member, { enumerable: true });
  defineProperties(type.prototype, { [toStringTag]: { value: name, configurable: true } });
}
