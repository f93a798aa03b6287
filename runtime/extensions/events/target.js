// EventTarget of the DOM Standard, without trees: an event's path is its target alone.

import { DOMException } from 'evald:dom_exception';
import { reportException } from 'evald:timers';
import { checkCount, finishClass } from './class.js';
import { isEvent, stateOf } from './event.js';
const { apply } = Reflect;
const { defineProperty, setPrototypeOf } = Object;

const AT_TARGET = 2;

// Lists of listeners by type, made when the first is added. A list is replaced, never changed: who is going
// through it goes on with what there was.
let listenersOf, isTarget;
const ofTheGlobal = { lists: undefined, handlers: undefined };

class EventTarget {
  #own = { lists: undefined, handlers: undefined };
  static {
    // As the Web IDL Standard has it, nobody is the global object.
    listenersOf = (target) => {
      if (target === undefined || target === null || target === globalThis) return ofTheGlobal;
      if (!isTarget(target)) throw new TypeError('Value of "this" must be of type EventTarget');
      return target.#own;
    };
    isTarget = (value) => typeof value === 'object' && value !== null && #own in value;
  }
  addEventListener(type, callback, options = undefined) {
    const own = listenersOf(this);
    checkCount(arguments.length, 2);
    const text = `${type}`;
    const settings = flatten(options);
    if (!isCallback(callback)) return;
    addListener(own, text, { __proto__: null, callback, ...settings, removed: false });
  }
  removeEventListener(type, callback, options = undefined) {
    const own = listenersOf(this);
    checkCount(arguments.length, 2);
    const text = `${type}`;
    const capture = captureOf(options);
    if (!isCallback(callback)) return;
    const list = own.lists?.[text];
    const at = list === undefined ? -1 : find(list, callback, capture);
    if (at >= 0) removeListener(own, text, list[at]);
  }
  dispatchEvent(event) {
    const own = listenersOf(this);
    checkCount(arguments.length, 1);
    if (!isEvent(event)) throw new TypeError('The "event" argument must be an instance of Event');
    const state = stateOf(event);
    if (state.dispatching)
      throw new DOMException('The event is already being dispatched', 'InvalidStateError');
    state.trusted = false;
    return dispatch(own, this ?? globalThis, event, state);
  }
}
finishClass(EventTarget, ['addEventListener', 'removeEventListener', 'dispatchEvent']);

function isCallback(callback) {
  if (typeof callback === 'function' || (typeof callback === 'object' && callback !== null)) return true;
  if (callback === undefined || callback === null) return false;
  throw new TypeError('The "listener" argument must be a function or an object');
}

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

const captureOf = (options) => (isObject(options) ? !!options.capture : !!options);

// What the extension `abort` knows of signals.
let signals;
export function useSignals(those) {
  signals = those;
}

function flatten(options) {
  const capture = captureOf(options);
  if (!isObject(options)) return { capture, once: false, passive: false, signal: undefined };
  const { once, passive, signal } = options;
  if (signal !== undefined && !signals?.isSignal(signal))
    throw new TypeError('The "options.signal" property must be an instance of AbortSignal');
  return { capture, once: !!once, passive: !!passive, signal };
}

function find(list, callback, capture) {
  for (let i = 0; i < list.length; i++) {
    const listener = list[i];
    if (listener.callback === callback && listener.capture === capture) return i;
  }
  return -1;
}

// A copy of `list` without one listener, with another at its end, or both. It has no prototype, so that no
// setter that a script puts on Array.prototype is called.
function copy(list, without, withLast) {
  const made = setPrototypeOf([], null);
  for (let i = 0; i < list.length; i++) {
    if (list[i] !== without) made[made.length] = list[i];
  }
  if (withLast !== undefined) made[made.length] = withLast;
  return made;
}

function addListener(own, type, listener) {
  if (listener.signal !== undefined && signals.isAborted(listener.signal)) return;
  own.lists ??= { __proto__: null };
  const list = own.lists[type] ?? [];
  if (find(list, listener.callback, listener.capture) >= 0) return;
  own.lists[type] = copy(list, undefined, listener);
  if (listener.signal !== undefined)
    signals.onAbort(listener.signal, () => removeListener(own, type, listener));
}

function removeListener(own, type, listener) {
  if (listener.removed) return;
  listener.removed = true;
  const list = copy(own.lists[type], listener);
  if (list.length > 0) own.lists[type] = list;
  else delete own.lists[type];
}

// True: nobody canceled it.
function dispatch(own, target, event, state) {
  state.dispatching = true;
  state.target = target;
  if (own.lists?.[state.type] !== undefined) {
    state.currentTarget = target;
    state.phase = AT_TARGET;
    invoke(own, target, event, state, true);
    invoke(own, target, event, state, false);
    state.currentTarget = null;
    state.phase = 0;
  }
  state.dispatching = state.stopped = state.stoppedAtOnce = false;
  return !state.canceled;
}

function invoke(own, target, event, state, capture) {
  const list = state.stopped ? undefined : own.lists[state.type];
  if (list === undefined) return;
  for (let i = 0; i < list.length && !state.stoppedAtOnce; i++) {
    const listener = list[i];
    if (listener.removed || listener.capture !== capture) continue;
    if (listener.once) removeListener(own, state.type, listener);
    state.inPassiveListener = listener.passive;
    try {
      call(listener.callback, target, event);
    } catch (error) {
      reportException(error);
    }
    state.inPassiveListener = false;
  }
}

function call(callback, target, event) {
  if (typeof callback === 'function') {
    apply(callback, target, [event]);
    return;
  }
  const { handleEvent } = callback;
  if (typeof handleEvent !== 'function') throw new TypeError('The listener has no handleEvent method');
  apply(handleEvent, callback, [event]);
}

// Dispatches an event that no script made. True: nobody canceled it.
export function fire(target, event) {
  const state = stateOf(event);
  state.trusted = true;
  return dispatch(listenersOf(target), target, event, state);
}

// Defines on `object` an event handler attribute of the HTML Standard: 'abort' gives `onabort`. `process(handler,
// target, event)`, if given, calls it in place of handler.call(target, event).
export function defineEventHandler(object, type, process = processHandler) {
  const name = `on${type}`;
  const { get, set } = Object.getOwnPropertyDescriptor(
    {
      get [name]() {
        return listenersOf(this).handlers?.[type]?.handler ?? null;
      },
      set [name](value) {
        setHandler(listenersOf(this), this ?? globalThis, type, isObject(value) ? value : null, process);
      },
    },
    name,
  );
  defineProperty(object, name, { get, set, enumerable: true, configurable: true });
}

function processHandler(handler, target, event) {
  if (apply(handler, target, [event]) === false) event.preventDefault();
}

function setHandler(own, target, type, handler, process) {
  own.handlers ??= { __proto__: null };
  const entry = (own.handlers[type] ??= { handler: null, listener: undefined });
  entry.handler = handler;
  if (handler === null) {
    if (entry.listener !== undefined) removeListener(own, type, entry.listener);
    entry.listener = undefined;
  } else if (entry.listener === undefined) {
    entry.listener = {
      callback: (event) => {
        if (typeof entry.handler === 'function') process(entry.handler, target, event);
      },
      capture: false,
      once: false,
      passive: false,
      signal: undefined,
      removed: false,
    };
    addListener(own, type, entry.listener);
  }
}

export { EventTarget, isTarget };
