// Event and its subclasses, of the DOM and HTML Standards.

import { events_now as now } from 'evald:ops';
import { showFields } from 'evald:console';
import { checkCount, dictionary, finishClass } from './class.js';
const { defineProperty } = Object;
const resolved = Promise.resolve.bind(Promise);

const NONE = 0,
  CAPTURING_PHASE = 1,
  AT_TARGET = 2,
  BUBBLING_PHASE = 3;

// The state of an event: what dispatching it (target.js) needs to know and to change.
let stateOf, isEvent;

class Event {
  #state;
  constructor(type, options = undefined) {
    checkCount(arguments.length, 1);
    const text = `${type}`;
    const { bubbles, cancelable, composed } = dictionary(options);
    this.#state = {
      type: text,
      bubbles: !!bubbles,
      cancelable: !!cancelable,
      composed: !!composed,
      timeStamp: now(),
      trusted: false,
      target: null,
      currentTarget: null,
      phase: NONE,
      dispatching: false,
      canceled: false,
      stopped: false,
      stoppedAtOnce: false,
      inPassiveListener: false,
    };
  }
  static {
    stateOf = (event) => event.#state;
    isEvent = (value) => typeof value === 'object' && value !== null && #state in value;
  }
  get type() {
    return this.#state.type;
  }
  get target() {
    return this.#state.target;
  }
  get srcElement() {
    return this.#state.target;
  }
  get currentTarget() {
    return this.#state.currentTarget;
  }
  composedPath() {
    const { currentTarget } = this.#state;
    return currentTarget === null ? [] : [currentTarget];
  }
  get eventPhase() {
    return this.#state.phase;
  }
  stopPropagation() {
    this.#state.stopped = true;
  }
  get cancelBubble() {
    return this.#state.stopped;
  }
  set cancelBubble(value) {
    if (value) this.#state.stopped = true;
  }
  stopImmediatePropagation() {
    this.#state.stopped = this.#state.stoppedAtOnce = true;
  }
  get bubbles() {
    return this.#state.bubbles;
  }
  get cancelable() {
    return this.#state.cancelable;
  }
  get returnValue() {
    return !this.#state.canceled;
  }
  set returnValue(value) {
    if (!value) cancel(this.#state);
  }
  preventDefault() {
    cancel(this.#state);
  }
  get defaultPrevented() {
    return this.#state.canceled;
  }
  get composed() {
    return this.#state.composed;
  }
  get isTrusted() {
    return this.#state.trusted;
  }
  get timeStamp() {
    return this.#state.timeStamp;
  }
  initEvent(type, bubbles = false, cancelable = false) {
    checkCount(arguments.length, 1);
    initialize(this.#state, `${type}`, bubbles, cancelable);
  }
}

function cancel(state) {
  if (state.cancelable && !state.inPassiveListener) state.canceled = true;
}

// Whether it was: not while it is being dispatched.
function initialize(state, type, bubbles, cancelable) {
  if (state.dispatching) return false;
  state.stopped = state.stoppedAtOnce = state.canceled = state.trusted = false;
  state.target = null;
  state.type = type;
  state.bubbles = !!bubbles;
  state.cancelable = !!cancelable;
  return true;
}

finishClass(Event, [
  'type',
  'target',
  'srcElement',
  'currentTarget',
  'composedPath',
  'eventPhase',
  'stopPropagation',
  'cancelBubble',
  'stopImmediatePropagation',
  'bubbles',
  'cancelable',
  'returnValue',
  'preventDefault',
  'defaultPrevented',
  'composed',
  'isTrusted',
  'timeStamp',
  'initEvent',
]);
defineProperty(Event.prototype, 'isTrusted', { configurable: false });
for (const [name, value] of Object.entries({ NONE, CAPTURING_PHASE, AT_TARGET, BUBBLING_PHASE })) {
  defineProperty(Event, name, { value, enumerable: true });
  defineProperty(Event.prototype, name, { value, enumerable: true });
}

showFields(Event, ({ type, defaultPrevented, cancelable, timeStamp }) => {
  return { type, defaultPrevented, cancelable, timeStamp };
});

class CustomEvent extends Event {
  #detail;
  constructor(type, options = undefined) {
    checkCount(arguments.length, 1);
    super(type, options);
    const { detail } = dictionary(options);
    this.#detail = detail ?? null;
  }
  get detail() {
    return this.#detail;
  }
  initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
    checkCount(arguments.length, 1);
    const text = `${type}`;
    this.#detail; // a CustomEvent
    if (initialize(stateOf(this), text, bubbles, cancelable)) this.#detail = detail;
  }
}
finishClass(CustomEvent, ['detail', 'initCustomEvent']);

// What an ErrorEvent says; undefined of another event.
let reportOf;

class ErrorEvent extends Event {
  #report;
  constructor(type, options = undefined) {
    checkCount(arguments.length, 1);
    super(type, options);
    const { colno = 0, error, filename = '', lineno = 0, message = '' } = dictionary(options);
    this.#report = {
      message: `${message}`,
      filename: `${filename}`,
      lineno: lineno >>> 0,
      colno: colno >>> 0,
      error,
    };
  }
  static {
    reportOf = (event) => (#report in event ? event.#report : undefined);
  }
  get message() {
    return this.#report.message;
  }
  get filename() {
    return this.#report.filename;
  }
  get lineno() {
    return this.#report.lineno;
  }
  get colno() {
    return this.#report.colno;
  }
  get error() {
    return this.#report.error;
  }
}
finishClass(ErrorEvent, ['message', 'filename', 'lineno', 'colno', 'error']);

class PromiseRejectionEvent extends Event {
  #promise;
  #reason;
  constructor(type, options) {
    checkCount(arguments.length, 2);
    super(type, options);
    const { promise, reason } = dictionary(options);
    if (promise === undefined) throw new TypeError('The "options.promise" property must be specified');
    this.#promise = resolved(promise);
    this.#reason = reason;
  }
  get promise() {
    return this.#promise;
  }
  get reason() {
    return this.#reason;
  }
}
finishClass(PromiseRejectionEvent, ['promise', 'reason']);

export { CustomEvent, ErrorEvent, Event, PromiseRejectionEvent, isEvent, reportOf, stateOf };
