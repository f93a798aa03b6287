// structuredClone: values of every kind and in every shape, what is transferred, what cannot be cloned.
const failure = (body) => {
  try {
    return body();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

class Point {
  #secret = 1;
  constructor(x) {
    this.x = x;
  }
  get secret() {
    return this.#secret;
  }
}
class Fault extends RangeError {
  name = 'Fault';
}

check('shape', () => {
  const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(
    globalThis,
    'structuredClone',
  );
  return [value.name, value.length, writable, enumerable, configurable, 'prototype' in value];
});
accept('V8 names some objects by their tag in the message', 4, (name) => /^message of/.test(name));
for (const options of [
  undefined,
  null,
  {},
  { transfer: undefined },
  { transfer: [] },
  { transfer: null },
  5,
  'x',
  { transfer: 5 },
  { transfer: [5] },
  { transfer: [null] },
  { transfer: new Set([new ArrayBuffer(1)]) },
])
  check(`options ${show(options)}`, () => structuredClone(1, options));
check('nothing', () => structuredClone());

const cannot = [
  () => {},
  function named() {},
  class Named {},
  Symbol('s'),
  Object(Symbol('s')),
  Promise.resolve(),
  new WeakMap(),
  new WeakSet(),
  new WeakRef({}),
  new Proxy({}, {}),
  new Proxy([], {}),
  [].values(),
  ''[Symbol.iterator](),
  new Map().keys(),
  new Set().values(),
  'a'.matchAll(/a/g),
  (function* () {})(),
  (async function* () {})(),
  (function () {
    return arguments;
  })(1),
  globalThis,
  new Intl.NumberFormat(),
  new FinalizationRegistry(() => {}),
];
for (const [index, value] of cannot.entries()) {
  check(`cannot clone ${index}`, () => structuredClone(value));
  check(`cannot clone ${index} inside`, () => structuredClone([{ a: new Map([[value, 1]]) }]));
  check(`message of ${index}`, () => failure(() => structuredClone(value)));
}

const words = [
  'a',
  'b',
  '',
  '0',
  '1',
  'key',
  '__proto__',
  'constructor',
  'toString',
  'length',
  'é',
  '\ud800',
];
const shared = { shared: true };
const buffer = Uint8Array.from({ length: 16 }, (each, index) => index).buffer;
const leaves = [
  () => random.pick([0, -0, 1.5, NaN, -Infinity, 2 ** 31, 1e300]),
  () => random.pick([0n, -1n, 2n ** 70n]),
  () => random.pick([true, false, null, undefined]),
  () => random.text(words, 4),
  () => Object(random.pick([1, -0, 'text', true, 5n])),
  () => new Date(random.pick([0, NaN, 1e12])),
  () => Object.assign(/a(?<n>b)/giu, { lastIndex: 3 }),
  () => new RegExp('\n/', 'dsy'),
  () => shared,
  () => buffer,
  () => new Uint8Array(buffer, random.below(8), random.below(8)),
  () =>
    new (random.pick([
      Int8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint32Array,
      Float64Array,
      BigInt64Array,
    ]))(random.below(4)),
  () => new Float32Array(buffer, 4, 2),
  () => new DataView(buffer, 2, random.below(9)),
  () => new Point(1),
  () => Math,
  () => Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true }, hidden: { value: 3 } }),
  () => Object.assign(Object.create(null), { a: 1 }),
  () => ({
    get got() {
      return [this === undefined];
    },
    [Symbol('s')]: 1,
  }),
  () => (random.chance(0.03) ? random.pick(cannot.slice(0, 19)) : 1),
];
const errors = [
  Error,
  RangeError,
  TypeError,
  EvalError,
  ReferenceError,
  SyntaxError,
  URIError,
  Fault,
  (message) => new AggregateError([1], message),
];

function value(depth) {
  if (depth === 0 || random.chance(0.2)) return random.pick(leaves)();
  const many = (most) => Array.from({ length: random.below(most + 1) }, () => value(depth - 1));
  switch (random.below(9)) {
    case 0:
    case 1:
      return many(5);
    case 2: {
      const sparse = many(3);
      sparse[random.pick([5, 9, 3000])] = value(depth - 1);
      if (random.chance(0.5)) sparse[random.pick(words)] = 1;
      if (random.chance(0.3)) delete sparse[0];
      return sparse;
    }
    case 3:
      return new Map(many(4).map((each) => [each, value(depth - 1)]));
    case 4:
      return new Set(many(4));
    case 5: {
      const made = random.pick(errors),
        error =
          made.prototype instanceof Error || made === Error ? new made('message') : made('message');
      error.stack = random.pick(['stack', undefined, 5]);
      if (random.chance(0.3)) error.cause = value(depth - 1);
      if (random.chance(0.3)) error.name = random.pick(['TypeError', 'Other', 5]);
      if (random.chance(0.3)) error.message = random.pick(['', 5, undefined]);
      if (random.chance(0.2)) error.extra = 1;
      return error;
    }
    case 6: {
      const circular = { inner: value(depth - 1) };
      circular.self = circular;
      circular.list = [circular, circular.inner];
      return circular;
    }
    default: {
      const object = {};
      for (const each of many(5))
        Object.defineProperty(object, random.pick(words), {
          value: each,
          enumerable: random.chance(0.9),
          configurable: true,
          writable: true,
        });
      return object;
    }
  }
}
const types = (object) =>
  typeof object === 'object' && object !== null
    ? [Object.getPrototypeOf(object) === Object.prototype, object.constructor?.name]
    : typeof object;

for (let i = 0; i < 6000; ++i) {
  const original = value(3);
  check(`${i} ${show(original)}`, () => {
    const clone = structuredClone(original);
    return [clone, types(clone)];
  });
}

for (let i = 0; i < 1500; ++i) {
  const buffers = [new ArrayBuffer(2), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer, new ArrayBuffer(0)];
  const parts = Array.from({ length: 4 }, () => {
    const buffer = random.pick(buffers);
    return random.pick([
      () => buffer,
      () => new Uint8Array(buffer),
      () => new DataView(buffer),
      () => ({ buffer }),
      () => 5,
    ])();
  });
  const transfer = buffers.filter(() => random.chance(0.5));
  if (random.chance(0.05)) transfer.push(buffers[0]);
  const bad = random.chance(0.1);
  check(`transfer ${i} ${show(parts)} ${transfer.map((each) => each.byteLength)} ${bad}`, () => {
    let clone;
    try {
      clone = structuredClone(bad ? [parts, () => {}] : parts, { transfer });
    } catch (error) {
      clone = [error.name, error.code];
    }
    return [
      clone,
      buffers.map((each) => each.byteLength),
      parts.map((part) => ArrayBuffer.isView(part) && part.byteLength),
    ];
  });
}

check('a getter that removes what comes', () =>
  structuredClone({
    get a() {
      delete this.b;
      return 1;
    },
    b: 2,
    c: 3,
  }),
);
check('a getter that adds', () =>
  structuredClone({
    get a() {
      this.d = 1;
      return 1;
    },
    c: 3,
  }),
);
check('a getter that throws', () =>
  structuredClone({
    get a() {
      throw new RangeError('x');
    },
  }),
);
check('an array that shrinks', () =>
  structuredClone([
    {
      get a() {
        list.length = 1;
        return 1;
      },
    },
    2,
    3,
  ]),
);
const list = [1];
check('a map that grows', () => {
  const map = new Map([
    [
      {
        get a() {
          map.set('late', 1);
          return 1;
        },
      },
      1,
    ],
    [2, 3],
  ]);
  return structuredClone(map);
});
check('a detached buffer', () => {
  const buffer = new ArrayBuffer(4),
    view = new Uint8Array(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  return [
    failure(() => structuredClone(buffer)),
    failure(() => structuredClone(view)),
    failure(() => structuredClone([view])),
  ];
});
check('depth', () => {
  let deep = {};
  for (let i = 0; i < 100000; ++i) deep = { deep };
  return structuredClone(deep);
});
check('a large string', () => structuredClone('x'.repeat(1e6)).length);
check('a large array', () =>
  structuredClone(Array.from({ length: 1e5 }, (each, index) => index)).reduce((a, b) => a + b),
);
