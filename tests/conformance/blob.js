// Blob and File.
const bytes = (count) => random.bytes(count);
const parts = [
  () => random.text([...'abc\r\n\u00e9\u20ac\ud83d\ude00 '], 8),
  () => '\ud800' + random.text([...'a\udc00\ud83d'], 3),
  () => bytes(random.below(9)),
  () => bytes(8).buffer,
  () => bytes(9).subarray(random.below(4), 4 + random.below(5)),
  () => new DataView(bytes(8).buffer, random.below(3), random.below(5)),
  () => new Uint16Array(bytes(8).buffer, 2 * random.below(2), 2),
  () => new Blob([bytes(5)]),
  () => new Blob([bytes(9)]).slice(random.below(5), 5 + random.below(4)),
  () => new File(['file'], 'name'),
  () => random.pick([null, undefined, 12, true, {}, [1, [2]], { toString: () => 'object' }]),
];
const types = [
  '',
  'text/plain',
  'Text/HTML;Charset=UTF-8',
  'a\u007f',
  'a\u00e9',
  '\n',
  null,
  12,
  {},
  undefined,
];
const describe = async (blob) => [
  `${blob}`,
  blob.size,
  blob.type,
  await blob.text(),
  new Uint8Array(await blob.arrayBuffer()),
];
const optionsOf = () => ({
  ...(random.chance(0.5) ? { type: random.pick(types) } : {}),
  ...(random.chance(0.4) ? { endings: random.pick(['native', 'transparent', undefined]) } : {}),
});

const lastReturn = [358, 508, 514, 565, 631].map((number) => `blob ${number} `);
accept('Node.js leaves a carriage return at the end of a part as it is', lastReturn.length, (name) =>
  lastReturn.some((start) => name.startsWith(start)),
);

for (let i = 0; i < 1000; ++i) {
  const given = Array.from({ length: random.below(6) }, () => random.pick(parts)());
  const options = optionsOf();
  await check(`blob ${i} ${show(options)}`, async () => describe(new Blob(given, options)));
  const blob = new Blob(given);
  let slice = blob;
  const cuts = [];
  for (let n = 0; n < 3; ++n) {
    const cut = () => random.below(2 * blob.size + 6) - blob.size - 3;
    const given = [cut(), cut(), random.pick(types)].slice(0, random.below(4));
    cuts.push(show(given));
    slice = slice.slice(...given);
  }
  await check(`slice ${i} ${cuts}`, async () => describe(slice));
  await check(`stream ${i}`, async () => {
    const all = [];
    for await (const chunk of blob.stream()) all.push(...chunk);
    return all;
  });
}

for (const value of [
  undefined,
  null,
  0,
  'text',
  {},
  [],
  true,
  new Set(['a', 'b']),
  new Map([[1, 2]]),
  bytes(3),
  bytes(3).buffer,
  () => 1,
]) {
  check(`new Blob(${show(value)})`, () => nameOnly(() => new Blob(value).size));
  check(`new Blob([], ${show(value)})`, () => nameOnly(() => new Blob([], value).type));
  check(`new Blob([${show(value)}], { endings })`, () =>
    nameOnly(() => new Blob([], { endings: value }).size),
  );
  check(`new File([], ${show(value)})`, () => nameOnly(() => new File([], value).name));
}
check('new File()', () => nameOnly(() => new File()));
check('new File([])', () => nameOnly(() => new File([])));
check('Blob()', () => nameOnly(() => Blob()));
for (const lastModified of [0, -1, 12, '7', null, true, NaN, new Date(5), 2 ** 53 - 1, Symbol('s')])
  check(`lastModified ${show(lastModified)}`, () =>
    nameOnly(() => new File([], 'x', { lastModified }).lastModified),
  );
for (const name of ['a/b', '\ud800', '\u0000', 5, null])
  check(`name ${show(name)}`, () => new File([], name, { type: 'X/y' }).name);
for (const type of [Blob, File]) {
  for (const key of [
    'size',
    'type',
    'name',
    'lastModified',
    'slice',
    'text',
    'arrayBuffer',
    'stream',
    'constructor',
  ]) {
    const found = Object.getOwnPropertyDescriptor(type.prototype, key);
    check(
      `${type.name} ${key}`,
      () => found && [found.enumerable, found.configurable, found.writable, found.value?.length],
    );
  }
}
check('order of conversions', () => {
  const order = [];
  const text = (name) => ({ toString: () => (order.push(name), name) });
  new Blob([text('first'), text('second')], { type: text('type') });
  return order;
});
check('a failing part', () =>
  nameOnly(
    () =>
      new Blob([
        {
          toString() {
            throw new RangeError('part');
          },
        },
      ]),
  ),
);
check('a failing iterator', () =>
  nameOnly(
    () =>
      new Blob(
        (function* () {
          yield 'a';
          throw new EvalError('parts');
        })(),
      ),
  ),
);

function nameOnly(body) {
  try {
    return body();
  } catch (error) {
    return `throws ${error.name}`;
  }
}
