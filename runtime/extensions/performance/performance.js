// performance: the part of High Resolution Time that makes sense for a script of one request.

import { performance_now as now, performance_time_origin as timeOrigin } from 'evald:ops';
import { EventTarget } from 'evald:events';

const { defineProperty } = Object;
const ALLOWED = {};

class Performance extends EventTarget {
  #brand;
  constructor(allowed) {
    if (allowed !== ALLOWED) throw new TypeError('Illegal constructor');
    super();
  }
  now() {
    this.#brand;
    return now();
  }
  get timeOrigin() {
    this.#brand;
    return timeOrigin();
  }
  toJSON() {
    this.#brand;
    return { timeOrigin: timeOrigin() };
  }
}
defineProperty(Performance, 'length', { value: 0, configurable: true });

const performance = new Performance(ALLOWED);

const enumerable = { enumerable: true };
Object.defineProperties(Performance.prototype, {
  now: enumerable,
  timeOrigin: enumerable,
  toJSON: enumerable,
  [Symbol.toStringTag]: { value: 'Performance', configurable: true },
});

defineProperty(globalThis, 'Performance', { value: Performance, writable: true, configurable: true });
// Replaceable, as the web has it: an assignment makes it an ordinary property.
const { get, set } = Object.getOwnPropertyDescriptor(
  {
    get performance() {
      return performance;
    },
    set performance(value) {
      defineProperty(globalThis, 'performance', {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    },
  },
  'performance',
);
defineProperty(globalThis, 'performance', { get, set, enumerable: true, configurable: true });
