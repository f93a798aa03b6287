// The order in which timers, promises, microtasks, events and signals are served, over generated programs.
//
// A program is a chain of stages; each is one task that starts timers and then one more, which the next stage is run
// by. A stage's timers are started in the order of their delays, so that their order does not depend on how fast the
// machine is. One program runs after the other, as Node keeps timers in lists by their delays, and when it is late
// serves all of a list that are due before it looks at the next.
const ONE = [0, 1, '1', null, undefined, NaN, -5, 1.9, {}, [], true, 2 ** 31, 'x'];
const micro = [
  'queue',
  'then',
  'async',
  'thenable',
  'catch',
  'dispatch',
  'abort',
  'all',
  'iterate',
  'adopt',
];

let logged = 0;
function actions(depth, most, timers) {
  return Array.from({ length: random.below(most + 1) }, () => {
    const kind = random.pick(
      depth === 0 ? ['log'] : timers > 0 ? ['log', 'clear', ...micro] : ['log', ...micro],
    );
    if (kind === 'log') return [kind, ++logged];
    if (kind === 'clear') return [kind, random.below(timers)];
    return [kind, ++logged, actions(depth - 1, 2, timers)];
  });
}

function stage() {
  let delay = 0; // of which kind of 1 ms, then in ms
  const timers = Array.from({ length: random.below(6) }, () => {
    if (random.chance(0.4)) delay += 1 + random.below(3);
    return [random.pick(['timeout', 'timeout', 'timeout', 'signal']), delay];
  });
  const work = (depth, most) => actions(depth, most, timers.length);
  return {
    before: work(3, 4),
    timers: timers.map(([kind, wait]) => [
      kind,
      wait <= 1 ? random.below(ONE.length) - ONE.length : wait,
      work(2, 3),
    ]),
    after: work(3, 3),
    last: random.chance(0.2)
      ? ['interval', delay + 3, 1 + random.below(3), work(2, 2)]
      : ['timeout', delay + 3],
  };
}

const run = (program) =>
  new Promise((done) => {
    const log = [];
    next(0);

    function next(number) {
      const { before, timers, after, last } = program[number];
      const ids = [];
      const perform = (list) => list.forEach((action) => act(action, log, ids));
      const goOn = () =>
        number + 1 < program.length ? next(number + 1) : setTimeout(done, 1, log.join(' '));
      perform(before);
      for (const [kind, wait, list] of timers) {
        const delay = wait < 0 ? ONE[wait + ONE.length] : wait;
        if (kind === 'timeout') {
          ids.push(setTimeout((...args) => (log.push('t', ...args), perform(list)), delay, ids.length));
        } else {
          ids.push(undefined);
          const signal = AbortSignal.timeout(wait < 0 ? 1 : wait);
          signal.onabort = (event) => (log.push(event.type, signal.reason.name), perform(list));
        }
      }
      perform(after);
      const [kind, wait, times, list] = last;
      if (kind === 'timeout') {
        setTimeout(goOn, wait);
        return;
      }
      let count = 0;
      const id = setInterval(() => {
        log.push(`i${++count}`);
        perform(list);
        if (count < times) return;
        clearInterval(id);
        goOn();
      }, wait);
    }
  });

function act([kind, number, list], log, ids) {
  const perform = () => {
    log.push(number);
    list.forEach((action) => act(action, log, ids));
  };
  switch (kind) {
    case 'log':
      log.push(number);
      break;
    case 'clear':
      clearTimeout(ids[number]);
      break;
    case 'queue':
      queueMicrotask(perform);
      break;
    case 'then':
      Promise.resolve()
        .then(perform)
        .finally(() => log.push('f'));
      break;
    case 'async':
      (async () => {
        log.push('a');
        log.push(await number);
        await null;
        perform();
      })();
      break;
    case 'thenable':
      (async () => {
        await { then: (resolve) => (log.push('u'), resolve()) };
        perform();
      })();
      break;
    case 'catch':
      Promise.reject(number)
        .then(() => log.push('no'))
        .catch(perform);
      break;
    case 'dispatch': {
      const target = new EventTarget();
      target.addEventListener('x', () => log.push('d'), { once: true });
      target.addEventListener('x', { handleEvent: perform });
      target.addEventListener('x', (event) => event.preventDefault());
      log.push(target.dispatchEvent(new Event('x', { cancelable: true })));
      break;
    }
    case 'abort': {
      const controller = new AbortController();
      const either = AbortSignal.any([controller.signal, new AbortController().signal]);
      either.addEventListener('abort', perform);
      controller.signal.addEventListener('abort', () => log.push('s'));
      controller.abort();
      break;
    }
    case 'all':
      Promise.all([1, Promise.resolve(2), (async () => 3)()]).then((values) => log.push(...values));
      Promise.race([Promise.resolve().then(() => 'slow'), 'fast']).then((value) => log.push(value));
      Promise.any([Promise.reject(), Promise.resolve('any')]).then((value) => log.push(value));
      Promise.allSettled([Promise.reject()]).then(perform);
      break;
    case 'iterate':
      (async () => {
        const items = async function* () {
          yield number;
          yield Promise.resolve('y');
          await null;
        };
        for await (const item of items()) log.push(item);
        for await (const item of [Promise.resolve('z'), 'w']) log.push(item);
        perform();
      })();
      break;
    case 'adopt':
      new Promise((resolve) => resolve(Promise.resolve())).then(perform);
      break;
  }
}

const programs = Array.from({ length: 400 }, () => Array.from({ length: 1 + random.below(3) }, stage));
for (const program of programs) await check(JSON.stringify(program), () => run(program));

// What timers make of their arguments.
for (const value of [undefined, null, 5, 'code', {}, Symbol('s')]) {
  for (const name of ['setTimeout', 'setInterval', 'queueMicrotask']) {
    check(`${name} of ${show(value)}`, () => {
      try {
        globalThis[name](value);
      } catch (error) {
        return error.name;
      }
    });
  }
}
check('a delay that is a symbol', () => setTimeout(() => {}, Symbol('s')));
for (const value of [undefined, null, NaN, -1, 'x', {}, '1e9', 1e9]) {
  check(`clearing ${show(value)}`, () => [clearTimeout(value), clearInterval(value)]);
}
