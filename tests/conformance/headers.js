// Headers: lists that generated operations change, guards of all kinds, iteration while the list changes.
const names = [
  'a',
  'A',
  'b',
  'Set-Cookie',
  'set-cookie',
  'Content-Type',
  'x-y',
  'X-Y',
  'cookie',
  'host',
  'zz',
  'accept',
  'Accept-Encoding',
  "z~!#$%&'*+-.^_`|0",
];
const badNames = ['', ' ', 'a b', 'a:', '\u00e9', '\u0100', '(x)', 'a\n', undefined, null, 5, {}];
const values = [
  '',
  '1',
  'one two',
  ' padded\t',
  'a, b',
  '\t',
  'v\u00e9',
  'x=1; y',
  7,
  null,
  undefined,
  ['l', 'm'],
];
const badValues = ['a\nb', '\u0000', 'a\r', '\u0100', '\ud83d', { toString: null }];
const nameOf = () => (random.chance(0.9) ? random.pick(names) : random.pick(badNames));
const valueOf = () => (random.chance(0.9) ? random.pick(values) : random.pick(badValues));
const errorName = (body) => {
  try {
    return body();
  } catch (error) {
    return `throws ${error.name}`;
  }
};

const makers = {
  none: (init) => new Headers(init),
  request: (init) => new Request('http://a/', { headers: init }).headers,
  'no-cors': (init) => new Request('http://a/', { headers: init, mode: 'no-cors' }).headers,
  response: (init) => new Response(null, { headers: init }).headers,
  error: () => Response.error().headers,
  redirect: () => Response.redirect('http://a/b').headers,
};
function init() {
  const pairs = Array.from({ length: random.below(5) }, () => [nameOf(), valueOf()]);
  return random.pick([
    () => pairs,
    () => Object.fromEntries(pairs),
    () => new Map(pairs),
    () => errorName(() => new Headers(pairs)),
    () => undefined,
    () => pairs.map((pair) => new Set(pair)),
  ])();
}
function operation() {
  const name = nameOf(),
    value = valueOf();
  return random.pick([
    ['append', name, value],
    ['append', name, value],
    ['append', name, value],
    ['set', name, value],
    ['set', name, value],
    ['delete', name],
    ['get', name],
    ['has', name],
    ['getSetCookie'],
  ]);
}

for (let i = 0; i < 2500; ++i) {
  const guard = random.pick(Object.keys(makers));
  const given = init();
  const operations = Array.from({ length: random.below(10) }, operation);
  check(`${i} ${guard} ${show(typeof given === 'object' ? [given] : given)}`, () =>
    errorName(() => {
      const headers = makers[guard](given);
      const out = operations.map(([method, ...rest]) => errorName(() => headers[method](...rest)));
      return [
        out,
        [...headers],
        [...headers.keys()].join(),
        [...headers.values()].join('|'),
        headers.getSetCookie(),
      ];
    }),
  );
}

for (let i = 0; i < 500; ++i) {
  const headers = new Headers(Array.from({ length: random.below(6) }, () => [random.pick(names), 'v']));
  const changes = Array.from({ length: 8 }, () => [
    random.pick(['append', 'set', 'delete', '']),
    random.pick(names),
    'w',
  ]);
  check(`change while iterating ${i}`, () => {
    const seen = [];
    let turn = 0;
    for (const [name, value] of headers) {
      seen.push(`${name}=${value}`);
      const [method, ...rest] = changes[turn++] ?? [''];
      if (method !== '') headers[method](...rest);
      if (turn > 20) break;
    }
    return [seen, [...headers]];
  });
}

accept(
  'Node.js takes properties that are not enumerable, too',
  1,
  (name) => name === 'new Headers(function )',
);
for (const given of [
  null,
  1,
  'ab',
  true,
  [['a']],
  [['a', 'b', 'c']],
  [['a', 'b'], 5],
  ['ab'],
  [null],
  {},
  [],
  new Headers({ a: '1' }),
  Object.create({ inherited: 1 }),
  { [Symbol('s')]: 1 },
  new Proxy({ p: 'q' }, {}),
  () => 1,
])
  check(`new Headers(${show(given)})`, () => errorName(() => [...new Headers(given)]));
for (const key of Reflect.ownKeys(Headers.prototype).filter((key) => typeof key === 'string')) {
  const found = Object.getOwnPropertyDescriptor(Headers.prototype, key);
  check(`Headers ${key}`, () => [
    found.enumerable,
    found.configurable,
    found.writable,
    found.value?.length,
  ]);
  check(`Headers ${key} of another`, () => errorName(() => found.value.call({}, 'a', 'b')));
  check(`Headers ${key} without arguments`, () => errorName(() => found.value.call(new Headers())));
}
check('forEach', () => {
  const seen = [];
  new Headers({ b: 2, a: 1 }).forEach(function (...given) {
    seen.push(given.slice(0, 2), this);
  }, 'this');
  return seen;
});
check('iterator', () => {
  const iterator = new Headers({ a: 1 })[Symbol.iterator]();
  return [
    `${iterator}`,
    iterator.next(),
    iterator.next(),
    iterator.next(),
    Headers.prototype[Symbol.iterator] === Headers.prototype.entries,
  ];
});
