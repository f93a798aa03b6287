// Events and their targets, the global object among them.
//
// For other extensions: the classes, and
//   fire(target, event)                dispatches an event that no script made; true: nobody canceled it
//   defineEventHandler(prototype, 'message')   defines the attribute onmessage
//   exposeClass, finishClass, checkCount, dictionary   what the Web IDL Standard says of classes and arguments
//   isEvent(value), isTarget(value)    brands

import { queueTask, reportException } from 'evald:timers';
import { setHook } from 'evald:hooks';
import { checkCount, dictionary, exposeClass, finishClass } from './class.js';
import { CustomEvent, ErrorEvent, Event, PromiseRejectionEvent, isEvent, reportOf } from './event.js';
import { EventTarget, defineEventHandler, fire, isTarget, useSignals } from './target.js';
const { apply } = Reflect;
const { defineProperty, getPrototypeOf, setPrototypeOf } = Object;
const uncurry = Function.prototype.bind.bind(Function.prototype.call);
const mapGet = uncurry(WeakMap.prototype.get);
const mapSet = uncurry(WeakMap.prototype.set);
const mapHas = uncurry(WeakMap.prototype.has);
const mapDelete = uncurry(WeakMap.prototype.delete);

for (const made of [Event, EventTarget, CustomEvent, ErrorEvent, PromiseRejectionEvent])
  exposeClass(made);

// The global object inherits from EventTarget by way of a prototype of its own.
setPrototypeOf(getPrototypeOf(globalThis), EventTarget.prototype);

const { reportError } = {
  reportError(error) {
    checkCount(arguments.length, 1);
    reportException(error);
  },
};
for (const [name, value] of Object.entries({ reportError, self: globalThis })) {
  defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true });
}

// With an ErrorEvent it is called as the HTML Standard has it, with five arguments; true means that it is handled.
defineEventHandler(globalThis, 'error', (handler, target, event) => {
  const report = reportOf(event);
  if (report === undefined) {
    if (apply(handler, target, [event]) === false) event.preventDefault();
    return;
  }
  const { message, filename, lineno, colno, error } = report;
  if (apply(handler, target, [message, filename, lineno, colno, error]) === true) event.preventDefault();
});
defineEventHandler(globalThis, 'unhandledrejection');
defineEventHandler(globalThis, 'rejectionhandled');

// Rejections that somebody was told of, with their reasons, until they are handled.
const told = new WeakMap();

setHook('events.report', (error, message, filename, lineno, colno) => {
  const options = { __proto__: null, cancelable: true, error, message, filename, lineno, colno };
  return !fire(globalThis, new ErrorEvent('error', options));
});

setHook('events.rejected', (promise, reason) => {
  const options = { __proto__: null, cancelable: true, promise, reason };
  const handled = !fire(globalThis, new PromiseRejectionEvent('unhandledrejection', options));
  if (handled) mapSet(told, promise, reason);
  return handled;
});

setHook('events.handled', (promise) => {
  if (!mapHas(told, promise)) return;
  const options = { __proto__: null, promise, reason: mapGet(told, promise) };
  mapDelete(told, promise);
  queueTask(() => fire(globalThis, new PromiseRejectionEvent('rejectionhandled', options)));
});

export {
  CustomEvent,
  ErrorEvent,
  Event,
  EventTarget,
  PromiseRejectionEvent,
  checkCount,
  defineEventHandler,
  dictionary,
  exposeClass,
  finishClass,
  fire,
  isEvent,
  isTarget,
  useSignals,
};
