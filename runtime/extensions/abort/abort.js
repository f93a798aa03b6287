// AbortController and AbortSignal of the DOM Standard.
//
// For other extensions: the classes, and
//   isSignal(value)
//   onAbort(signal, algorithm)    to be called once, before the listeners, when the signal is aborted
//   abortSignal(signal, reason)   aborts it

import { showFields } from 'evald:console';
import { DOMException } from 'evald:dom_exception';
import {
  Event,
  EventTarget,
  checkCount,
  defineEventHandler,
  exposeClass,
  finishClass,
  fire,
  useSignals,
} from 'evald:events';
import { startTimer } from 'evald:timers';
const { defineProperty, setPrototypeOf } = Object;
const { floor, min } = Math;
const { isFinite, MAX_SAFE_INTEGER } = Number;

const LONGEST_TIMER = 2 ** 31 - 1;

// Without a prototype: no setter that a script puts on Array.prototype is called.
const listOf = () => setPrototypeOf([], null);
const append = (list, value) => {
  list[list.length] = value;
};
function includes(list, value) {
  for (let i = 0; i < list.length; i++) {
    if (list[i] === value) return true;
  }
  return false;
}

const secret = {};
let stateOf, isSignal;

class AbortSignal extends EventTarget {
  #state;
  constructor(key = undefined) {
    if (key !== secret) throw new TypeError('Illegal constructor');
    super();
    this.#state = {
      reason: undefined, // of a signal that is aborted: not undefined
      algorithms: undefined,
      // Of a signal that AbortSignal.any made: those that it depends on, none of which any made.
      sources: undefined,
      // Those that depend on this one.
      dependents: undefined,
    };
  }
  static {
    stateOf = (signal) => signal.#state;
    isSignal = (value) => typeof value === 'object' && value !== null && #state in value;
  }
  static abort(reason = undefined) {
    const signal = makeSignal();
    stateOf(signal).reason = reason === undefined ? abortError() : reason;
    return signal;
  }
  static timeout(milliseconds) {
    checkCount(arguments.length, 1);
    const wait = enforceRange(milliseconds);
    const signal = makeSignal();
    startTimer(
      () => {
        abortSignal(
          signal,
          new DOMException('The operation was aborted due to timeout', 'TimeoutError'),
        );
      },
      min(wait, LONGEST_TIMER),
    );
    return signal;
  }
  static any(signals) {
    checkCount(arguments.length, 1);
    return anyOf([...signals]);
  }
  get aborted() {
    return this.#state.reason !== undefined;
  }
  get reason() {
    return this.#state.reason;
  }
  throwIfAborted() {
    const { reason } = this.#state;
    if (reason !== undefined) throw reason;
  }
}
// Outside the class: a class that names itself is renamed when it is bundled.
function makeSignal() {
  return new AbortSignal(secret);
}

for (const name of ['abort', 'timeout', 'any']) defineProperty(AbortSignal, name, { enumerable: true });
finishClass(AbortSignal, ['aborted', 'reason', 'throwIfAborted']);
defineEventHandler(AbortSignal.prototype, 'abort');

const abortError = () => new DOMException('This operation was aborted', 'AbortError');

function enforceRange(value) {
  const number = +value;
  const whole = number < 0 ? -floor(-number) : floor(number);
  if (!isFinite(number) || whole < 0 || whole > MAX_SAFE_INTEGER)
    throw new TypeError('The "delay" argument is out of range');
  return whole;
}

function anyOf(signals) {
  for (let i = 0; i < signals.length; i++) {
    if (!isSignal(signals[i]))
      throw new TypeError(`The "signals[${i}]" argument must be an instance of AbortSignal`);
  }
  const made = makeSignal();
  const state = stateOf(made);
  for (let i = 0; i < signals.length; i++) {
    const { reason } = stateOf(signals[i]);
    if (reason !== undefined) {
      state.reason = reason;
      return made;
    }
  }
  state.sources = listOf();
  const follow = (source) => {
    if (includes(state.sources, source)) return;
    append(state.sources, source);
    append((stateOf(source).dependents ??= listOf()), made);
  };
  for (let i = 0; i < signals.length; i++) {
    const { sources } = stateOf(signals[i]);
    if (sources === undefined) follow(signals[i]);
    else for (let k = 0; k < sources.length; k++) follow(sources[k]);
  }
  return made;
}

function onAbort(signal, algorithm) {
  const state = stateOf(signal);
  if (state.reason === undefined) append((state.algorithms ??= listOf()), algorithm);
}

function abortSignal(signal, reason) {
  const state = stateOf(signal);
  if (state.reason !== undefined) return;
  state.reason = reason === undefined ? abortError() : reason;
  const aborted = listOf();
  append(aborted, signal);
  const { dependents = listOf() } = state;
  state.dependents = undefined;
  // All have their reason before the first listener is called.
  for (let i = 0; i < dependents.length; i++) {
    const dependent = stateOf(dependents[i]);
    if (dependent.reason !== undefined) continue;
    dependent.reason = state.reason;
    append(aborted, dependents[i]);
  }
  for (let i = 0; i < aborted.length; i++) {
    const { algorithms = listOf() } = stateOf(aborted[i]);
    stateOf(aborted[i]).algorithms = undefined;
    for (let k = 0; k < algorithms.length; k++) {
      const algorithm = algorithms[k];
      algorithm();
    }
    fire(aborted[i], new Event('abort'));
  }
}

class AbortController {
  #signal = makeSignal();
  get signal() {
    return this.#signal;
  }
  abort(reason = undefined) {
    abortSignal(this.#signal, reason);
  }
}
finishClass(AbortController, ['signal', 'abort']);

showFields(AbortSignal, ({ aborted }) => ({ aborted }));
showFields(AbortController, ({ signal }) => ({ signal }));

useSignals({ isSignal, isAborted: (signal) => stateOf(signal).reason !== undefined, onAbort });
exposeClass(AbortController);
exposeClass(AbortSignal);

export { AbortController, AbortSignal, abortSignal, isSignal, onAbort };
