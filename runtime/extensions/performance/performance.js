// performance: the part of High Resolution Time that makes sense for a script of one request.

import { performance_now as now, performance_time_origin as timeOrigin } from 'evald:ops';

class Performance {
  constructor() {
    throw new TypeError('Illegal constructor');
  }
  now() {
    checkReceiver(this);
    return now();
  }
  get timeOrigin() {
    checkReceiver(this);
    return timeOrigin();
  }
  toJSON() {
    checkReceiver(this);
    return { timeOrigin: timeOrigin() };
  }
}

const performance = Object.create(Performance.prototype);

function checkReceiver(receiver) {
  if (receiver !== performance) throw new TypeError('Illegal invocation');
}

const enumerable = { enumerable: true };
Object.defineProperties(Performance.prototype, {
  now: enumerable,
  timeOrigin: enumerable,
  toJSON: enumerable,
  [Symbol.toStringTag]: { value: 'Performance', configurable: true },
});

const { defineProperty } = Object;
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
