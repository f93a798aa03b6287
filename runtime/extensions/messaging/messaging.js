// MessageChannel and MessagePort of the HTML Standard. A message is cloned when it is posted, and is a task of its own.

import { addTransferable, cloneWith, transferList } from 'evald:clone';
import { DOMException } from 'evald:dom_exception';
import { Event, EventTarget, defineEventHandler, exposeClass, finishClass, fire } from 'evald:events';
import { queueTask } from 'evald:timers';
import { MessageEvent } from './event.js';
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { apply } = Reflect;
const indexOf = Function.prototype.call.bind(Array.prototype.indexOf);
const splice = Function.prototype.call.bind(Array.prototype.splice);
const iteratorSymbol = Symbol.iterator;

const ALLOWED = {};

// One end of a channel: its port, which another takes the place of when it is transferred; the other end, null when
// the channel is closed; the messages that were not delivered yet; whether they may be.
const newEnd = () => ({ port: undefined, other: null, queue: [], enabled: false });

// Of a port that was transferred or closed: undefined.
let endOf, setEnd, isPort;

class MessagePort extends EventTarget {
  #end;
  constructor(allowed) {
    if (allowed !== ALLOWED) throw new TypeError('Illegal constructor');
    super();
  }
  static {
    endOf = (port) => port.#end;
    setEnd = (port, end) => {
      port.#end = end;
      if (end !== undefined) end.port = port;
    };
    isPort = (value) => typeof value === 'object' && value !== null && #end in value;
  }
  postMessage(message, options = undefined) {
    const end = this.#end;
    if (arguments.length === 0) throw missing();
    const transfer = transferOf(options);
    if (indexOf(transfer, this) >= 0)
      throw new DOMException('Transfer list contains source port', 'DataCloneError');
    // A message about the port that would receive it reaches nobody.
    const other = end?.other ?? null;
    const isLost = other === null || indexOf(transfer, other.port) >= 0;
    const { value, moved } = cloneWith(message, transfer);
    if (isLost) return;
    const entry = { data: value, ports: moved };
    other.queue[other.queue.length] = entry;
    if (other.enabled) queueTask(deliver, other, entry);
  }
  start() {
    const end = this.#end;
    if (end === undefined || end.enabled) return;
    end.enabled = true;
    for (let i = 0; i < end.queue.length; ++i) queueTask(deliver, end, end.queue[i]);
  }
  close() {
    const end = this.#end;
    if (end === undefined) return;
    this.#end = undefined;
    end.enabled = false;
    end.queue = [];
    const { other } = end;
    if (other === null) return;
    end.other = other.other = null;
    queueTask(tellClosed, other);
  }
}

function transferOf(options) {
  if (options === undefined || options === null) return [];
  const isObject = typeof options === 'object' || typeof options === 'function';
  if (!isObject || typeof options[iteratorSymbol] === 'function')
    return transferList(isObject ? options : 0);
  return transferList(options.transfer);
}

function missing() {
  const error = new TypeError('The "message" argument must be specified');
  error.code = 'ERR_MISSING_ARGS';
  return error;
}

function deliver(end, entry) {
  const at = end.enabled ? indexOf(end.queue, entry) : -1;
  if (at < 0) return;
  splice(end.queue, at, 1);
  const options = { __proto__: null, data: entry.data, ports: entry.ports };
  fire(end.port, new MessageEvent('message', options));
}

function tellClosed(end) {
  fire(end.port, new Event('close'));
}

addTransferable(isPort, (port) => {
  const end = endOf(port);
  if (end === undefined)
    throw new DOMException('MessagePort in transfer list is already detached', 'DataCloneError');
  const made = new MessagePort(ALLOWED);
  return {
    made,
    commit() {
      setEnd(port, undefined);
      end.enabled = false;
      setEnd(made, end);
    },
  };
});

defineEventHandler(MessagePort.prototype, 'message');
defineEventHandler(MessagePort.prototype, 'messageerror');
// Setting it starts the port.
const { get, set } = getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
const started = {
  set onmessage(value) {
    apply(set, this, [value]);
    apply(start, this, []);
  },
};
const { start } = MessagePort.prototype;
defineProperty(MessagePort.prototype, 'onmessage', {
  get,
  set: getOwnPropertyDescriptor(started, 'onmessage').set,
  enumerable: true,
  configurable: true,
});
finishClass(MessagePort, ['postMessage', 'start', 'close']);

class MessageChannel {
  #port1 = new MessagePort(ALLOWED);
  #port2 = new MessagePort(ALLOWED);
  constructor() {
    const one = newEnd(),
      two = newEnd();
    one.other = two;
    two.other = one;
    setEnd(this.#port1, one);
    setEnd(this.#port2, two);
  }
  get port1() {
    return this.#port1;
  }
  get port2() {
    return this.#port2;
  }
}
finishClass(MessageChannel, ['port1', 'port2']);

for (const made of [MessageChannel, MessagePort, MessageEvent]) exposeClass(made);

export { MessageChannel, MessageEvent, MessagePort, isPort };
