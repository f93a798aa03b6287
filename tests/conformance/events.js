// Event, EventTarget, AbortSignal and DOMException: what generated scripts see of them.
const types = ['a', 'b', 'c'];
const names = [
  'AbortError',
  'DataCloneError',
  'TimeoutError',
  'Error',
  'Nothing',
  'InUseAttributeError',
  'toString',
  '',
];

// Adds, removes, dispatches, stops and aborts at random, and gives what listeners saw.
function scenario(count) {
  const log = [];
  const target = new EventTarget();
  const listeners = Array.from({ length: 6 }, (_, i) =>
    i % 2 === 0
      ? (event) => heard(i, event)
      : {
          handleEvent(event) {
            log.push(this === listeners[i]);
            heard(i, event);
          },
        },
  );
  const controllers = Array.from({ length: 3 }, () => new AbortController());
  let depth = 0;
  function heard(i, event) {
    const { type, cancelable, defaultPrevented } = event;
    log.push([i, type, cancelable, defaultPrevented, event.target === target]);
    if (plan[i] === 'stop') event.stopImmediatePropagation();
    if (plan[i] === 'cancel') event.preventDefault();
    if (plan[i] === 'remove') target.removeEventListener(type, listeners[(i + 1) % 6]);
    if (plan[i] === 'nest' && depth < 2) {
      depth++;
      target.dispatchEvent(new Event('b'));
      depth--;
    }
  }
  const plan = listeners.map(() => random.pick(['', '', '', 'stop', 'cancel', 'remove', 'nest']));
  for (let n = 0; n < count; n++) {
    const type = random.pick(types),
      listener = random.pick(listeners);
    switch (random.below(5)) {
      case 0:
        target.addEventListener(type, listener, { once: random.chance(0.3) });
        break;
      case 1: {
        // A listener of its own: Node takes away one that was added anew, too.
        const { signal } = random.pick(controllers);
        target.addEventListener(type, (event) => heard(5, event), { signal, once: random.chance(0.3) });
        break;
      }
      case 2:
        target.removeEventListener(type, listener);
        break;
      case 3: {
        const event = random.chance(0.7)
          ? new Event(type, { cancelable: random.chance(0.5), bubbles: random.chance(0.5) })
          : new CustomEvent(type, { detail: n, cancelable: true });
        log.push(
          target.dispatchEvent(event),
          event.defaultPrevented,
          event.returnValue,
          event.bubbles,
          event.detail,
        );
        break;
      }
      case 4:
        if (random.chance(0.3)) random.pick(controllers).abort();
    }
  }
  return log;
}
for (let i = 0; i < 1500; i++) check(`scenario ${i}`, () => scenario(5 + random.below(25)));

// Signals that depend on one another.
function dependents(count) {
  const log = [];
  const controllers = Array.from({ length: 4 }, () => new AbortController());
  const signals = controllers.map(({ signal }) => signal);
  for (let n = 0; n < count; n++) {
    const from = Array.from({ length: random.below(4) }, () => random.pick(signals));
    const made = AbortSignal.any(from);
    const id = signals.push(made);
    made.addEventListener('abort', () => log.push([id, made.reason]));
    if (random.chance(0.3)) {
      const i = random.below(4);
      controllers[i].abort(`reason ${i}`);
    }
    log.push(made.aborted, made.reason);
  }
  return log;
}
for (let i = 0; i < 500; i++) check(`dependent signals ${i}`, () => dependents(2 + random.below(8)));

for (let i = 0; i < 300; i++) {
  const message = random.pick([undefined, '', 'm', null, 5, 'm\u00e9']);
  const name = random.pick(names);
  const options = random.chance(0.5) ? name : random.chance(0.5) ? { name } : { name, cause: i };
  check(`new DOMException(${show(message)}, ${show(options)})`, () => {
    const error = new DOMException(message, options);
    return [
      error.name,
      error.message,
      error.code,
      'cause' in error,
      error.cause,
      String(error),
      error instanceof Error,
    ];
  });
}
for (const key of Reflect.ownKeys(DOMException.prototype)) {
  check(`DOMException.prototype.${String(key)}`, () => {
    const { value, enumerable, configurable, writable } = Object.getOwnPropertyDescriptor(
      DOMException.prototype,
      key,
    );
    return [typeof value === 'function' ? value.name : value, enumerable, configurable, writable];
  });
}

const iterated = 'AbortSignal.any(new Set([AbortSignal.abort(3)])).reason';
const functional = 'new Event("x", () => {}).type';
accept(
  'any() takes whatever can be iterated, as in the Web IDL Standard',
  1,
  (name) => name === iterated,
);
accept('functions can be dictionaries, as in the Web IDL Standard', 1, (name) => name === functional);
for (const source of [
  'new Event()',
  'new Event(null).type',
  'new Event("x", null).type',
  'new Event("x", 1)',
  functional,
  'new Event(Symbol())',
  'Event("x")',
  'new EventTarget().dispatchEvent()',
  'new EventTarget().dispatchEvent({})',
  'new EventTarget().addEventListener()',
  'new EventTarget().addEventListener("x")',
  'new EventTarget().addEventListener("x", null)',
  'new EventTarget().addEventListener("x", 5)',
  'new EventTarget().addEventListener("x", "f")',
  'new EventTarget().addEventListener("x", () => {}, { signal: 5 })',
  'new EventTarget().addEventListener("x", () => {}, { signal: null })',
  'new EventTarget().removeEventListener("x")',
  'new EventTarget().removeEventListener("x", null)',
  'EventTarget.prototype.dispatchEvent.call({}, new Event("x"))',
  'new AbortSignal()',
  'AbortSignal()',
  'new AbortController(5).signal.aborted',
  'AbortSignal.abort(undefined).reason.name',
  'AbortSignal.abort(null).reason',
  'AbortSignal.any()',
  'AbortSignal.any(5)',
  'AbortSignal.any([5])',
  'AbortSignal.any([]).aborted',
  iterated,
  'AbortSignal.abort(4).throwIfAborted()',
  'AbortSignal.timeout(1).aborted',
  'AbortSignal.timeout(1) instanceof EventTarget',
  'String(new AbortController())',
  'String(AbortSignal.abort())',
  'Event.length',
  'EventTarget.length',
  'CustomEvent.length',
  'AbortController.length',
  'Object.keys(Event)',
  'Event.BUBBLING_PHASE',
  'new Event("x").composedPath()',
  'new Event("x").eventPhase',
  'new Event("x").isTrusted',
  'new CustomEvent("x").detail',
  'new CustomEvent("x", { detail: undefined }).detail',
  'DOMException()',
  'new DOMException(Symbol())',
  'DOMException.prototype.code',
]) {
  check(source, () => {
    try {
      return (0, eval)(source);
    } catch (error) {
      return error instanceof Error ? error.name : error;
    }
  });
}
