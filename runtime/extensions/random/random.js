// Math.random and crypto, drawn from the system. See random.h for why nothing is kept from one request to
// the next.

import {
  random_pool as takePool,
  random_refill as refill,
  random_number as number,
  random_fill as fill,
  random_uuid as uuid,
} from 'evald:ops';
const { defineProperty } = Object;

// Numbers drawn ahead: pool[0] says how many are left, pool[1] and on are the numbers. It lives in the
// request's scratch, so at the start of each request pool[0] is 0 without anything being done here.
let pool;

const { random } = {
  random() {
    if (pool === undefined) {
      pool = takePool();
      if (pool === undefined) return number();
    }
    const left = pool[0] || refill();
    pool[0] = left - 1;
    return pool[left];
  },
};
defineProperty(Math, 'random', { value: random, writable: true, configurable: true });

// This extension is in every isolate, so it needs no other: DOMException, where that is there, else the like of it.
const codes = { TypeMismatchError: 17, QuotaExceededError: 22 };
class CryptoError extends Error {
  constructor(message, name) {
    super(message);
    defineProperty(this, 'name', { value: name, writable: true, configurable: true });
    defineProperty(this, 'code', { value: codes[name], writable: true, configurable: true });
  }
}
const { DOMException = CryptoError } = globalThis;

class Crypto {
  constructor() {
    throw new TypeError('Illegal constructor');
  }
  getRandomValues(array) {
    checkReceiver(this);
    switch (fill(array)) {
      case 'filled':
        return array;
      case 'type':
        throw new DOMException(
          'The data argument must be an integer-type TypedArray',
          'TypeMismatchError',
        );
      case 'quota':
        throw new DOMException('The requested length exceeds 65,536 bytes', 'QuotaExceededError');
      default:
        throw new TypeError('The data argument must be an ArrayBufferView that is not shared');
    }
  }
  randomUUID() {
    checkReceiver(this);
    return uuid();
  }
}

const crypto = Object.create(Crypto.prototype);

export { Crypto };

// For the extension `crypto` too.
export function checkReceiver(receiver) {
  if (receiver !== crypto) throw new TypeError('Illegal invocation');
}

const enumerable = { enumerable: true };
Object.defineProperties(Crypto.prototype, {
  getRandomValues: enumerable,
  randomUUID: enumerable,
  [Symbol.toStringTag]: { value: 'Crypto', configurable: true },
});

defineProperty(globalThis, 'Crypto', { value: Crypto, writable: true, configurable: true });
const { get } = Object.getOwnPropertyDescriptor(
  {
    get crypto() {
      return crypto;
    },
  },
  'crypto',
);
defineProperty(globalThis, 'crypto', { get, set: undefined, enumerable: true, configurable: true });
