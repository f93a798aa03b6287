// What the Web IDL Standard makes of classes and of arguments.

const { defineProperty } = Object;

// Makes members of a prototype enumerable, and names the class for Object.prototype.toString.
export function finishClass(made, members) {
  for (let i = 0; i < members.length; i++) {
    defineProperty(made.prototype, members[i], { __proto__: null, enumerable: true });
  }
  defineProperty(made.prototype, Symbol.toStringTag, {
    __proto__: null,
    value: made.name,
    configurable: true,
  });
}

export function exposeClass(made) {
  defineProperty(globalThis, made.name, {
    __proto__: null,
    value: made,
    writable: true,
    configurable: true,
  });
}

export function checkCount(given, required) {
  if (given < required) {
    throw new TypeError(
      `${required} argument${required === 1 ? '' : 's'} required, but only ${given} present`,
    );
  }
}

// A dictionary: null and undefined are an empty one.
export function dictionary(value) {
  if (value === undefined || value === null) return { __proto__: null };
  if (typeof value !== 'object' && typeof value !== 'function')
    throw new TypeError('The "options" argument must be an object');
  return value;
}
