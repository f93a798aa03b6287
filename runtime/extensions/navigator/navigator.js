// navigator: by its userAgent a script finds out where it runs, as ECMA-429 has it.

import { showFields } from 'evald:console';

const { defineProperty } = Object;
const ALLOWED = {};

class Navigator {
  #brand;
  constructor(allowed) {
    if (allowed !== ALLOWED) throw new TypeError('Illegal constructor');
  }
  get userAgent() {
    this.#brand;
    return 'evald';
  }
}
defineProperty(Navigator, 'length', { value: 0, configurable: true });
Object.defineProperties(Navigator.prototype, {
  userAgent: { enumerable: true },
  [Symbol.toStringTag]: { value: 'Navigator', configurable: true },
});
showFields(Navigator, ({ userAgent }) => ({ userAgent }));

const navigator = new Navigator(ALLOWED);
defineProperty(globalThis, 'Navigator', { value: Navigator, writable: true, configurable: true });
defineProperty(globalThis, 'navigator', {
  value: navigator,
  writable: true,
  enumerable: true,
  configurable: true,
});
