// Streams: generated programs over a few streams. A program takes a step, waits until nothing more happens, and takes
// the next; what it prints is all that happened, step by step. Steps do not depend on one another's outcome, so that
// they are the same on both sides.

const strategies = [
  undefined,
  { highWaterMark: 0 },
  { highWaterMark: 3 },
  { size: (chunk) => (typeof chunk === 'string' ? chunk.length : 2), highWaterMark: 5 },
  { highWaterMark: Infinity },
];
const quiet = async (turns = 60) => {
  for (let i = 0; i < turns; ++i) await null;
};
const nameOf = (error) => (error instanceof Error ? error.name : show(error));

// A program of `steps` steps.
async function run(steps) {
  const readables = [],
    writables = [],
    controllers = [],
    aborts = [];
  let log = [];
  const say = (text) => log.push(text);
  const settle = (what, promise) =>
    promise.then(
      (value) => say(`${what}: ${value === undefined ? 'done' : show(plain(value))}`),
      (error) => say(`${what} rejects ${nameOf(error)}`),
    );
  const attemptTo = (what, body) => {
    try {
      const value = body();
      if (value instanceof Promise) settle(what, value);
      else if (value !== undefined) say(`${what} = ${show(value)}`);
      return value;
    } catch (error) {
      say(`${what} throws ${nameOf(error)}`);
      return undefined;
    }
  };
  const plain = (result) =>
    ArrayBuffer.isView(result.value)
      ? {
          done: result.done,
          value: `${result.value.constructor.name} ${[...new Uint8Array(result.value.buffer)]} ${result.value.byteOffset} ${result.value.length}`,
        }
      : result;
  // What a callback of a source or sink does: nothing, later, fail.
  const react = (what, how) => {
    say(what);
    if (how === 'throw') throw new RangeError(what);
    if (how === 'reject') return Promise.reject(new EvalError(what));
    if (how === 'later') return quiet(8);
    return undefined;
  };
  // A pipe goes from an older stream to a newer one, so that none goes in circles. A tee is as old as its source.
  let age = 0;
  function addReadable(stream, born = age) {
    readables.push({ id: `r${readables.length}`, stream, born, reader: undefined });
  }
  function addWritable(stream) {
    writables.push({ id: `w${writables.length}`, stream, born: age, writer: undefined });
  }
  const pick = (list, at) => list[at % list.length];

  const kinds = {
    makeReadable({ bytes, start, pull, cancel, strategy, chunk }) {
      const id = `source${controllers.length}`;
      let mine;
      attemptTo(`new ${id}`, () => {
        addReadable(
          new ReadableStream(
            {
              ...(bytes ? { type: 'bytes' } : {}),
              ...(chunk ? { autoAllocateChunkSize: chunk } : {}),
              start(controller) {
                controllers.push((mine = controller));
                return react(`${id} start`, start);
              },
              pull() {
                return react(`${id} pull ${mine.desiredSize}`, pull);
              },
              cancel(reason) {
                return react(`${id} cancel ${nameOf(reason)}`, cancel);
              },
            },
            bytes ? { highWaterMark: strategy?.highWaterMark ?? 0 } : strategy,
          ),
        );
      });
    },
    makeWritable({ start, write, close, abort, strategy }) {
      const id = `sink${writables.length}`;
      attemptTo(`new ${id}`, () => {
        addWritable(
          new WritableStream(
            {
              start(controller) {
                controllers.push(controller);
                return react(`${id} start`, start);
              },
              write: (chunk) =>
                react(`${id} write ${show(ArrayBuffer.isView(chunk) ? [...chunk] : chunk)}`, write),
              close: () => react(`${id} close`, close),
              abort: (reason) => react(`${id} abort ${nameOf(reason)}`, abort),
            },
            strategy,
          ),
        );
      });
    },
    makeTransform({ start, write, close, strategy, other }) {
      const id = `transform${controllers.length}`;
      attemptTo(`new ${id}`, () => {
        const stream = new TransformStream(
          {
            start(controller) {
              controllers.push(controller);
              return react(`${id} start`, start);
            },
            transform(chunk, controller) {
              const result = react(
                `${id} transform ${show(ArrayBuffer.isView(chunk) ? [...chunk] : chunk)}`,
                write,
              );
              controller.enqueue(chunk);
              return result;
            },
            flush: () => react(`${id} flush`, close),
          },
          strategy,
          other,
        );
        addReadable(stream.readable);
        addWritable(stream.writable);
      });
    },
    makeFrom({ which }) {
      const made = {
        array: () => ['x', 'y'],
        string: () => 'pq',
        promises: () => [Promise.resolve(1), 2, { then: (_, fail) => fail(new RangeError('from')) }],
        generator: () =>
          (async function* () {
            try {
              yield 1;
              yield 2;
              throw new EvalError('generator');
            } finally {
              say('generator ends');
            }
          })(),
        sync: () =>
          (function* () {
            try {
              yield 'a';
              yield 'b';
            } finally {
              say('generator ends');
            }
          })(),
        nothing: () => 7,
      }[which];
      attemptTo(`from ${which}`, () => {
        addReadable(ReadableStream.from(made()));
      });
    },
    enqueue({ at, chunk }) {
      attemptTo(`enqueue ${at}`, () => pick(controllers, at)?.enqueue?.(chunk()));
    },
    closeController({ at }) {
      attemptTo(`close ${at}`, () => {
        const controller = pick(controllers, at);
        controller?.terminate ? controller.terminate() : controller?.close?.();
      });
    },
    errorController({ at, error }) {
      attemptTo(`error ${at}`, () => pick(controllers, at)?.error(error()));
    },
    desiredSize({ at }) {
      attemptTo(`desiredSize ${at}`, () => String(pick(controllers, at)?.desiredSize));
    },
    respond({ at, count, fill }) {
      attemptTo(`respond ${at} ${count}`, () => {
        const request = pick(controllers, at)?.byobRequest;
        if (!request) return say('no request');
        request.view.fill?.(fill);
        request.respond(count);
        return undefined;
      });
    },
    getReader({ at, mode }) {
      const readable = pick(readables, at);
      if (!readable) return;
      attemptTo(`${readable.id} getReader ${mode}`, () => {
        readable.reader = readable.stream.getReader(mode ? { mode } : undefined);
        settle(`${readable.id} closed`, readable.reader.closed);
      });
    },
    read({ at, length, min }) {
      const readable = pick(readables, at);
      if (!readable?.reader) return;
      attemptTo(`${readable.id} read`, () =>
        readable.reader instanceof ReadableStreamBYOBReader
          ? readable.reader.read(new Uint8Array(new ArrayBuffer(length + 2), 1, length))
          : readable.reader.read(),
      );
    },
    releaseReader({ at }) {
      const readable = pick(readables, at);
      if (readable?.reader) attemptTo(`${readable.id} releaseLock`, () => readable.reader.releaseLock());
    },
    cancel({ at, reason }) {
      const readable = pick(readables, at);
      if (readable) attemptTo(`${readable.id} cancel`, () => readable.stream.cancel(reason));
    },
    cancelReader({ at, reason }) {
      const readable = pick(readables, at);
      if (readable?.reader)
        attemptTo(`${readable.id} reader cancel`, () => readable.reader.cancel(reason));
    },
    tee({ at }) {
      const readable = pick(readables, at);
      if (!readable || readables.length > 6) return;
      attemptTo(`${readable.id} tee`, () => {
        readable.stream.tee().forEach((branch) => addReadable(branch, readable.born));
      });
    },
    iterate({ at, preventCancel, most }) {
      const readable = pick(readables, at);
      if (!readable) return;
      attemptTo(`${readable.id} iterate`, async () => {
        let count = 0;
        for await (const chunk of readable.stream.values({ preventCancel })) {
          say(`${readable.id} gave ${show(plain({ value: chunk }).value)}`);
          if (++count === most) break;
        }
      });
    },
    pipe({ at, to, options, signal }) {
      const readable = pick(readables, at),
        writable = pick(writables, to);
      if (!readable || !writable || readable.born >= writable.born) return;
      const controller = new AbortController();
      if (signal) aborts.push(controller);
      attemptTo(`${readable.id} pipeTo ${writable.id}`, () =>
        readable.stream.pipeTo(writable.stream, {
          ...options,
          ...(signal ? { signal: controller.signal } : {}),
        }),
      );
    },
    abortPipe({ at, reason }) {
      if (aborts.length > 0) pick(aborts, at).abort(reason);
    },
    getWriter({ at }) {
      const writable = pick(writables, at);
      if (!writable) return;
      attemptTo(`${writable.id} getWriter`, () => {
        const { writer } = Object.assign(writable, { writer: writable.stream.getWriter() });
        settle(`${writable.id} closed`, writer.closed);
        settle(`${writable.id} ready`, writer.ready);
      });
    },
    write({ at, chunk }) {
      const writable = pick(writables, at);
      if (writable?.writer) attemptTo(`${writable.id} write`, () => writable.writer.write(chunk()));
    },
    closeWriter({ at }) {
      const writable = pick(writables, at);
      if (writable?.writer) attemptTo(`${writable.id} close`, () => writable.writer.close());
    },
    abortWriter({ at, reason }) {
      const writable = pick(writables, at);
      if (writable?.writer) attemptTo(`${writable.id} abort`, () => writable.writer.abort(reason));
    },
    releaseWriter({ at }) {
      const writable = pick(writables, at);
      if (writable?.writer) attemptTo(`${writable.id} releaseLock`, () => writable.writer.releaseLock());
    },
    writerState({ at }) {
      const writable = pick(writables, at);
      if (writable?.writer) {
        attemptTo(`${writable.id} desiredSize`, () => String(writable.writer.desiredSize));
        settle(`${writable.id} now ready`, writable.writer.ready);
      }
    },
    state() {
      say([...readables, ...writables].map(({ id, stream }) => `${id} ${stream.locked}`).join());
    },
  };

  const out = [];
  for (const step of steps) {
    log = [];
    ++age;
    kinds[step.kind](step);
    await quiet();
    // What different ones do is in no particular order.
    const of = (line) => line.slice(0, line.indexOf(' '));
    log.sort((a, b) => (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0));
    out.push(`${step.kind}[${log.join('; ')}]`);
  }
  return out.join(' ');
}

const reactions = ['', '', '', '', '', 'later', 'later', 'throw', 'reject'];
const reaction = () => random.pick(reactions);
const chunks = [
  () => 'a',
  () => 'chunk',
  () => 5,
  () => undefined,
  () => new Uint8Array([1, 2, 3]),
  () => new Uint8Array(1),
  () => new Uint8Array(0),
];
const byteChunks = chunks.slice(4);
const reasons = [undefined, 'reason', 3];
const flags = () => ({
  preventClose: random.chance(0.2),
  preventAbort: random.chance(0.2),
  preventCancel: random.chance(0.2),
});

function makers(bytes) {
  return [
    () => ({
      kind: 'makeReadable',
      bytes,
      start: random.pick(['', '', '', 'later', 'throw', 'reject']),
      pull: reaction(),
      cancel: reaction(),
      strategy: random.pick(bytes ? strategies.slice(0, 3) : strategies),
      chunk: bytes && random.chance(0.3) ? 4 : 0,
    }),
    () => ({
      kind: 'makeWritable',
      start: random.pick(['', '', '', 'later', 'reject']),
      write: reaction(),
      close: reaction(),
      abort: reaction(),
      strategy: random.pick(strategies),
    }),
    () => ({
      kind: 'makeTransform',
      start: random.pick(['', '', 'later', 'reject']),
      write: reaction(),
      close: reaction(),
      strategy: random.pick(strategies),
      other: random.pick(strategies),
    }),
    () => ({
      kind: 'makeFrom',
      which: random.pick(['array', 'string', 'promises', 'generator', 'sync', 'nothing']),
    }),
  ];
}
function step(bytes) {
  const at = random.below(4);
  const chunk = random.pick(bytes && random.chance(0.8) ? byteChunks : chunks);
  const choices = [
    [8, () => ({ kind: 'enqueue', at, chunk })],
    [2, () => ({ kind: 'closeController', at })],
    [1, () => ({ kind: 'errorController', at, error: () => random.pick([new SyntaxError('e')]) })],
    [2, () => ({ kind: 'desiredSize', at })],
    [bytes ? 4 : 0, () => ({ kind: 'respond', at, count: random.pick([0, 1, 2, 99]), fill: 9 })],
    [3, () => ({ kind: 'getReader', at, mode: random.chance(bytes ? 0.6 : 0.1) ? 'byob' : '' })],
    [8, () => ({ kind: 'read', at, length: 1 + random.below(4) })],
    [1, () => ({ kind: 'releaseReader', at })],
    [1, () => ({ kind: 'cancel', at, reason: random.pick(reasons) })],
    [1, () => ({ kind: 'cancelReader', at, reason: random.pick(reasons) })],
    [2, () => ({ kind: 'tee', at })],
    [1, () => ({ kind: 'iterate', at, preventCancel: random.chance(0.3), most: 1 + random.below(3) })],
    [2, () => ({ kind: 'pipe', at, to: random.below(3), options: flags(), signal: random.chance(0.4) })],
    [1, () => ({ kind: 'abortPipe', at, reason: random.pick(reasons) })],
    [2, () => ({ kind: 'getWriter', at })],
    [6, () => ({ kind: 'write', at, chunk })],
    [2, () => ({ kind: 'closeWriter', at })],
    [1, () => ({ kind: 'abortWriter', at, reason: random.pick(reasons) })],
    [1, () => ({ kind: 'releaseWriter', at })],
    [2, () => ({ kind: 'writerState', at })],
    [1, () => ({ kind: 'state' })],
  ];
  let left = random.below(choices.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, make] of choices) {
    if (left < weight) return make();
    left -= weight;
  }
  return undefined;
}

const known = (reason, programs) =>
  accept(reason, programs.length, (name) => programs.includes(Number(name.split(' ')[1])));
known(
  'Node.js does not close the second branch of a tee where the first was not read, nor settle its cancellation',
  [
    53, 61, 157, 169, 171, 311, 330, 436, 482, 495, 635, 637, 654, 687, 730, 805, 820, 1040, 1049, 1097,
    1130, 1331, 1349, 1371, 1404, 1452, 1494,
  ],
);
known(
  'Node.js throws an internal assertion where something is written to a closed stream',
  [107, 124, 167, 248, 380, 560, 712, 856, 1032, 1077, 1312],
);
known('How far a pipe has read when it learns that its sink failed is left open', [16]);

for (let i = 0; i < 1500; ++i) {
  const bytes = i % 3 === 0;
  const steps = Array.from({ length: 1 + random.below(3) }, () => random.pick(makers(bytes))());
  for (let n = 6 + random.below(14); n > 0; --n) steps.push(step(bytes));
  await check(`program ${i}`, () => run(steps));
}
