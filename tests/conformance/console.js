// What console writes: for values of every kind, made at random, and for each of its methods.
const words = [
  'a',
  'key',
  'x-y',
  '$',
  '_1',
  '12',
  '',
  'long name',
  "it's",
  '"',
  '`',
  'é',
  '漢字',
  '😀',
  '\n',
  '\x1b[1m',
  '\ud800',
];
const custom = Symbol.for('nodejs.util.inspect.custom');

class Point {
  constructor(x) {
    this.x = x;
  }
  get size() {
    return 1;
  }
  method() {}
}
class Sub extends Point {}
class Tagged {
  get [Symbol.toStringTag]() {
    return 'tag';
  }
}
class List extends Array {}
class Table extends Map {}
const still = (error) => {
  error.stack = `${error.stack.split('\n    at')[0]}\n    at one (a.js:1:2)\n    at two (b.js:3:4)`;
  return error;
};

const leaves = [
  () => random.pick([0, -0, 1.5, NaN, Infinity, 123456789, 1e21, -7, 1234.5678]),
  () => random.pick([0n, -12n, 123456789012345678901234567890n]),
  () => random.pick([true, false, null, undefined]),
  () => random.text(words, 3),
  () => random.text(['word ', 'line\n', 'é', "'"], 40),
  () => Symbol(random.pick(words)),
  () => new Date(random.pick([0, 1e12, NaN])),
  () => random.pick([/a/g, /\n[/]/iu]),
  () =>
    random.pick([
      function () {},
      function named() {},
      () => {},
      async () => {},
      function* g() {},
      async function* () {},
      class {},
      Sub,
    ]),
  () => Object(random.pick([1, -0, 'text', true, 1n, Symbol('s')])),
  () => random.pick([Promise.resolve(1), new Promise(() => {}), new WeakMap(), new WeakSet()]),
  () => new Uint8Array(random.bytes(random.below(12))),
  () => new Float64Array([1.5, -0]),
  () => random.bytes(random.below(5)).buffer,
  () => new DataView(new ArrayBuffer(3), 1),
  () => still(new RangeError('bad')),
  () => still(Object.assign(new Error('with keys'), { code: 'E', extra: { a: 1 } })),
  () => still(new TypeError('outer', { cause: still(new Error('inner')) })),
  () => new Sub(1),
  () => new Tagged(),
  () => Object.create(null),
  () =>
    (function () {
      return arguments;
    })(1, 2),
  () => new Map([[1, 2]]).entries(),
  () => new Set(['v']).values(),
  () => [1, 2][Symbol.iterator](),
  () => globalThis.Math,
  () => JSON,
];

function value(depth) {
  if (depth === 0 || random.chance(0.25)) return random.pick(leaves)();
  const below = () => value(depth - 1);
  const many = (most) => Array.from({ length: random.below(most + 1) }, below);
  switch (random.below(16)) {
    case 0:
    case 1:
      return many(random.pick([4, 9, 130]));
    case 2:
      return Array.from({ length: random.below(30) }, () => random.below(2000));
    case 3:
      return Array.from({ length: random.below(30) }, () => random.text(words, 2));
    case 4: {
      const sparse = many(4);
      sparse[random.below(20)] = 1;
      if (random.chance(0.5)) sparse.key = below();
      if (random.chance(0.5)) delete sparse[0];
      return sparse;
    }
    case 5:
      return new Map(many(4).map((key) => [key, below()]));
    case 6:
      return new Set(many(5));
    case 7:
      return {
        get got() {
          return 5;
        },
        set put(value) {},
        get both() {
          return { a: 1 };
        },
        set both(value) {},
        get bad() {
          throw new Error('no');
        },
      };
    case 8: {
      const circular = { name: 'c', inner: below() };
      circular.self = circular;
      circular.deep = [circular];
      return circular;
    }
    case 9:
      return new Proxy(random.pick([{ a: 1 }, [1, 2], () => {}]), { get: () => 5 });
    case 10:
      return {
        [custom]: random.pick([
          () => 'text',
          () => 'two\nlines',
          (depth) => `${depth}`,
          (
            (shown) => () =>
              shown
          )(below()),
          (depth, options, inspect) => inspect({ depth }, options),
        ]),
      };
    case 11:
      return List.from(many(3));
    case 12:
      return new Table([[below(), below()]]);
    case 13:
      return Object.assign(Object.create(random.pick([null, Point.prototype, { a: 1 }])), {
        [random.pick(words)]: below(),
      });
    case 14:
      return Object.defineProperty({ [Symbol(random.pick(words))]: below() }, 'hidden', {
        value: below(),
      });
    default:
      return Object.fromEntries(many(5).map((each) => [random.pick(words), each]));
  }
}

const write = (method, ...args) => {
  try {
    console[method](...args);
  } catch (error) {
    console.log(error.name);
  }
};
for (let i = 0; i < 1200; ++i) write('log', value(3));
for (let i = 0; i < 300; ++i) write('log', { a: { b: { c: value(2) } } });
for (let i = 0; i < 400; ++i) write('log', value(2), value(1), 'text', value(0));
for (let i = 0; i < 800; ++i) {
  const pattern = random.text(
    ['%s', '%d', '%i', '%f', '%j', '%o', '%O', '%c', '%%', '%x', '%', 'text', ' '],
    4,
  );
  write('log', pattern, value(1), ...[value(1)].slice(random.below(2)));
}
for (let i = 0; i < 1200; ++i) {
  const options = {};
  const option = (name, ...values) => {
    if (random.chance(0.3)) options[name] = random.pick(values);
  };
  option('depth', 0, 1, 5, null, Infinity);
  option('showHidden', true);
  option('customInspect', true);
  option('showProxy', true);
  option('maxArrayLength', 0, 1, 7, null);
  option('maxStringLength', 0, 5, null);
  option('breakLength', 40, 120, Infinity);
  option('compact', false, 0, 1, 5, true);
  option('sorted', true);
  option('getters', true, 'get', 'set');
  option('numericSeparator', true);
  write('dir', value(3), random.chance(0.1) ? random.pick([undefined, null, 5]) : options);
}
for (let i = 0; i < 400; ++i) {
  const table = random.pick([
    () => value(2),
    () =>
      Array.from({ length: random.below(4) }, () =>
        Object.fromEntries(
          random
            .text('abc', 3)
            .split('')
            .map((key) => [key, value(1)]),
        ),
      ),
    () =>
      Object.fromEntries(
        random
          .text(words, 2)
          .split('')
          .map((key) => [key, [value(0), value(1)]]),
      ),
    () =>
      new Map([
        [value(0), value(1)],
        [value(1), value(1)],
      ]),
    () => new Set([value(1), value(0)]),
  ])();
  write('table', table, ...(random.chance(0.3) ? [random.pick([['a'], ['a', 'c'], ['0'], []])] : []));
}
for (const columns of [5, 'a', {}, null])
  check(`table with columns ${show(columns)}`, () => console.table([{ a: 1 }], columns));

// Node reports labels that are not there as warnings of the process, not on the console.
for (let i = 0; i < 300; ++i) {
  random.pick([
    () => write('group', ...[value(1)].slice(random.below(2))),
    () => write('groupCollapsed', 'folded'),
    () => write('groupEnd'),
    () => write('groupEnd'),
    () => write('log', value(2)),
    () => write('warn', 'two\nlines'),
    () => write('error', value(1)),
    () => write('info', '%s!', 'info'),
    () => write('debug', value(1)),
    () => write('dirxml', value(1), value(1)),
    () => write('count', random.pick([undefined, 'default', 'label', 5, null])),
    () => write('assert', random.pick([true, 0, ''])),
    // Of what is no text, Node shows what String makes of it; the Console Standard has the value itself.
    () => write('assert', false, 'text', value(1)),
    () => write('assert', 0, '%s assertion', 'formatted', value(1)),
    () =>
      write('table', [
        [1, 2],
        ['漢', '😀'],
      ]),
    () => write('log'),
    () => write('clear'),
  ])();
}
while (random.chance(0.99)) write('groupEnd');

let deep = {};
for (let i = 0; i < 50000; ++i) deep = { deep };
check('an object too deep to show', () => console.dir(deep, { depth: 3, sorted: true }));
for (const method of Object.keys(console)) {
  if (!(method in { profile: 1, profileEnd: 1, timeStamp: 1, context: 1, createTask: 1 }))
    check(`console.${method}`, () => [
      console[method].name,
      typeof console[method],
      'prototype' in console[method],
    ]);
}
