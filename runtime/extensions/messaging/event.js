// MessageEvent of the HTML Standard.

import { Event, checkCount, dictionary, finishClass } from 'evald:events';
import { isPort } from './messaging.js';
const { freeze } = Object;
const iteratorSymbol = Symbol.iterator;

const textOf = (value) => (value === undefined ? '' : `${value}`);

function sourceOf(value) {
  if (value === undefined || value === null) return null;
  if (!isPort(value)) throw new TypeError('The "source" of a MessageEvent must be a MessagePort');
  return value;
}

// A sequence of ports, as it cannot be changed any more.
function portsOf(value) {
  const ports = [];
  if (value === undefined) return freeze(ports);
  if (typeof value?.[iteratorSymbol] !== 'function')
    throw new TypeError('The "ports" of a MessageEvent are not iterable');
  for (const port of value) {
    if (!isPort(port)) throw new TypeError('One of the "ports" of a MessageEvent is not a MessagePort');
    ports[ports.length] = port;
  }
  return freeze(ports);
}

export class MessageEvent extends Event {
  #message;
  constructor(type, options = undefined) {
    checkCount(arguments.length, 1);
    super(type, options);
    const { data = null, lastEventId, origin, ports, source } = dictionary(options);
    this.#message = {
      data,
      lastEventId: textOf(lastEventId),
      origin: textOf(origin),
      ports: portsOf(ports),
      source: sourceOf(source),
    };
  }
  get data() {
    return this.#message.data;
  }
  get origin() {
    return this.#message.origin;
  }
  get lastEventId() {
    return this.#message.lastEventId;
  }
  get source() {
    return this.#message.source;
  }
  get ports() {
    return this.#message.ports;
  }
}
finishClass(MessageEvent, ['data', 'origin', 'lastEventId', 'source', 'ports']);
