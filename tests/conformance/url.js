// URL and URLSearchParams: shapes, parsing, setters, domains, parameters, and what console shows of them.
const members = [
  'href',
  'origin',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
];
const whole = (url) => members.map((member) => url[member]);

function shape(target) {
  return Reflect.ownKeys(target)
    .map((key) => {
      const { value, get, set, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(
        target,
        key,
      );
      const what =
        typeof value === 'function'
          ? `function ${value.name} ${value.length}`
          : get || set
            ? `${get?.name} ${set?.name}`
            : typeof value;
      return `${String(key)}: ${what} ${writable} ${enumerable} ${configurable}`;
    })
    .sort();
}

accept('the standard has ^ percent-encoded in paths since November 2024', 220, (name) =>
  name.includes('^'),
);
const special = /"(https?|wss?|ftp|file):/i;
accept('Ada 2.9 takes a path for a URL relative to one that has no hierarchy', 454, (name) =>
  / on "[\w.+-]+:(?!\/)/i.test(name),
);
accept('Ada 2.9 lets labels pass that mix directions', 148, (name) => /[\u0590-\u08ff]/.test(name));
accept('Ada 2.9 takes Punycode of nothing but ASCII', 23, (name) => /^domain "xn--[^"]*-"/.test(name));
accept('Unicode 15 in Debian, 17 in Node', 3, (name) => /^domain "xn--/.test(name));
accept(
  'Ada 2.9 does not empty, or empties wrongly, a host where the scheme is not special',
  24,
  (name) => / host(name)? = /.test(name) && !special.test(name),
);
accept('Ada 2.9 drops the port for a value that is none', 3, (name) => / port = /.test(name));
accept(
  'Node 20 takes the low bytes of other characters where an escape is broken',
  431,
  (name) => /^parameters .*[^\0-\x7f]/.test(name) && /%/.test(name),
);
accept('canParse of Ada 2.9 differs from its parser', 1, (name) => /^canParse .*\u00ad/.test(name));
accept(
  'Ada 2.9 drops the last slash with .. at the end, where the scheme is not special',
  33,
  (name) => /[/\\"](\.|%2e){2}/i.test(name) && !special.test(name.replace(/ on .*/, '')),
);
accept(
  'the standard has a space at the end of an opaque path encoded since 2025',
  5,
  (name) => / /.test(name.slice(4)) && /"[\w.+-]+:(?!\/)/i.test(name),
);
accept('object URLs are not there', 1, (name) => name === 'shape of URL');
check('shape of URL', () => shape(URL));
for (const [name, target] of Object.entries({
  'URL.prototype': URL.prototype,
  URLSearchParams,
  'URLSearchParams.prototype': URLSearchParams.prototype,
  'a URL': new URL('x:y'),
  'a URLSearchParams': new URLSearchParams('a=b'),
}))
  check(`shape of ${name}`, () => shape(target));
const iterator = Object.getPrototypeOf(new URLSearchParams().keys());
check('shape of an iterator', () => [
  shape(iterator),
  String(iterator),
  shape(Object.getPrototypeOf(iterator)).length,
]);
for (const name of ['URL', 'URLSearchParams'])
  check(
    `global ${name}`,
    () => shape({ [name]: 1 }) && Object.getOwnPropertyDescriptor(globalThis, name).enumerable,
  );

// What is given, besides text.
for (const value of [
  undefined,
  null,
  5,
  {},
  [],
  'x:',
  new URL('x:y'),
  { toString: () => 'http://a' },
  {
    toString() {
      throw new RangeError();
    },
  },
]) {
  check(`new URL ${show(value)}`, () => new URL(value).href);
  check(`new URL with base ${show(value)}`, () => new URL('b', value).href);
  check(`canParse ${show(value)}`, () => URL.canParse(value));
  check(`canParse with base ${show(value)}`, () => URL.canParse('b', value));
  check(`parse ${show(value)}`, () => URL.parse(value)?.href);
}
check('new URL of nothing', () => new URL());
check('canParse of nothing', () => URL.canParse());
check('URL as a function', () => URL('http://a'));
check('new URL of a symbol', () => new URL(Symbol('s')));
const error = (body) => {
  try {
    return body();
  } catch (thrown) {
    return [thrown instanceof TypeError, thrown.message, shape(thrown), thrown.input, thrown.base];
  }
};
check('what an invalid URL throws', () => error(() => new URL('a b')));
check('what an invalid URL with a base throws', () => error(() => new URL('//a b', 'http://c')));
check('what an invalid base throws', () => error(() => new URL('a', 'b')));
for (const member of [...members, 'searchParams', 'toString', 'toJSON']) {
  const { get, set, value } = Object.getOwnPropertyDescriptor(URL.prototype, member);
  for (const [kind, method] of Object.entries({ get, set, value }))
    check(
      `${kind} ${member} of another object`,
      () => method?.call({}) && attempt(() => method.call({})).slice(0, 16),
    );
}

const schemes = [
  'http',
  'https',
  'ftp',
  'ws',
  'wss',
  'file',
  'data',
  'blob',
  'mailto',
  'x',
  'HTTP',
  'non-special',
  'a+b.c',
];
const hosts = [
  'example.com',
  'EXAMPLE.com',
  'a',
  'localhost',
  '127.0.0.1',
  '0x7f.1',
  '256.1',
  '1.2.3.4.5',
  '09',
  '1e3',
  '0x',
  '[::1]',
  '[1:2::3]',
  '[::1.2.3.4]',
  '[::1.2.3]',
  '[1::2::3]',
  '[::g]',
  '[',
  'a..b',
  'a.',
  '.',
  'a_b',
  'a b',
  'a%20b',
  'a%2Eb',
  '%41',
  'a%',
  'b\u00fccher.de',
  'xn--bcher-kva.de',
  'xn--',
  'xn--a',
  'xn--zz',
  'fa\u00df.de',
  '\u4f60\u597d',
  '\uff45\uff58',
  'a\u3002b',
  '\u0130.com',
  '\u0661',
  '\u200d',
  'a\u00adb',
  '\u2603.net',
  '',
  '*',
  'a|b',
  'a^b',
  'a<b',
  '0',
  '4294967295',
  '4294967296',
  '0300',
  '1.0x100',
];
const paths = [
  '',
  '/',
  '/a/b',
  '/a/../b',
  '/./',
  '/..',
  '/%2e/',
  '/%2E%2e/x',
  '//',
  '/a//b',
  '\\a\\b',
  '/C:/x',
  '/C|/y',
  '/a b',
  '/\u00e9',
  '/\u{1f600}',
  '/%zz',
  '/a%2fb',
  '/\'"<>`{}|^[]',
  '/\t\n\r',
  '/a;b=c',
  '/...',
  'a:b',
  'C|',
  '?',
  '#',
  '/\ud800',
];
const queries = [
  '',
  '?',
  '?a=b',
  '?a=b&c',
  '?\u00e9',
  "?'",
  '? x',
  '?a#b',
  '?%00',
  '?"<>`{}|^',
  '?\ud800x',
];
const hashes = ['', '#', '#frag', '# x', '#`"<>{}', '#\u00e9\u0000', '#a#b'];
const user = ['', '', '', 'user@', 'user:pw@', ':@', 'a:b:c@', 'u@v@', '\u00e9:/@', "'|^@", '%41@'];
const ports = ['', '', '', ':80', ':443', ':0', ':65535', ':65536', ':', ':8 0', ':a', ':00021', ':1'];
const separators = ['://', '://', '://', ':', ':/', ':///', ':\\\\', '', ':////', '//'];
const noise = [
  ' ',
  '\t',
  '\n',
  '\u0000',
  '\u001f',
  '\u0085',
  '\u00a0',
  '\ufeff',
  '%',
  '@',
  ':',
  '/',
  '\\',
  '?',
  '#',
  '[',
  ']',
  '.',
  '..',
  '~',
  '+',
  '-',
  'a',
  'Z',
  '0',
  '\u00e9',
  '\u4e2d',
  '\ud800',
  '\u{1f600}',
  '%2e',
  '%C3%A9',
  '%ff',
];

function input() {
  if (random.chance(0.15)) return random.text(noise, 12);
  const made = random.pick([
    () =>
      `${random.pick(schemes)}${random.pick(separators)}${random.pick(user)}${random.pick(hosts)}${random.pick(ports)}${random.pick(paths)}${random.pick(queries)}${random.pick(hashes)}`,
    () => `${random.pick(schemes)}://${random.pick(hosts)}${random.pick(paths)}${random.pick(queries)}`,
    () => `${random.pick(paths)}${random.pick(queries)}${random.pick(hashes)}`,
    () => `//${random.pick(user)}${random.pick(hosts)}${random.pick(ports)}${random.pick(paths)}`,
    () => `${random.pick(schemes)}:${random.text(noise, 8)}`,
    () =>
      `http://${random.pick(hosts)}/${random.text(noise, 8)}?${random.text(noise, 8)}#${random.text(noise, 8)}`,
  ])();
  if (random.chance(0.1)) {
    const at = random.below(made.length + 1);
    return made.slice(0, at) + random.pick(noise) + made.slice(at);
  }
  return made;
}

for (let i = 0; i < 6000; ++i) {
  const text = input();
  check(`URL ${show(text)}`, () => whole(new URL(text)));
  const base = random.chance(0.7)
    ? random.pick([
        'http://user@host:81/dir/file?q#h',
        'file:///C:/d/e',
        'file://server/share',
        'mailto:x',
        'x://h/a/b',
        'x:/a/b',
        'ws://h',
        'data:t,x?y#z',
        'blob:http://a/b',
      ])
    : input();
  check(`URL ${show(text)} on ${show(base)}`, () => whole(new URL(text, base)));
  check(`canParse ${show(text)} on ${show(base)}`, () => URL.canParse(text, base));
}

// Domains.
const letters = [
  ...'abc.-xn1',
  '\u00fc',
  '\u00df',
  '\u03c2',
  '\u00e9',
  '\u0301',
  '\u0627',
  '\u05d0',
  '\u0661',
  '1',
  '\u4e2d',
  '\u3002',
  '\uff21',
  '\u200c',
  '\u200d',
  '\u094d',
  '\u0915',
  '\u00b7',
  '\u2488',
  '\u{1f600}',
  '\u{10400}',
  '\u1e9e',
  '\u0378',
  '\ud800',
  '\u2260',
  '\u00ad',
  '\u180e',
];
for (let i = 0; i < 3000; ++i) {
  const domain = random.chance(0.2)
    ? `xn--${random.text([...'abcdefghijklmnop0123456789-'], 10)}`
    : random.text(letters, 8);
  check(`domain ${show(domain)}`, () => new URL(`https://${domain}/`).hostname);
}

// Setters.
const values = [
  ...hosts,
  ...paths,
  ...queries,
  ...hashes,
  ...ports,
  ...schemes,
  ...schemes.map((each) => `${each}:`),
  'user',
  '\u00e9@:',
  '8080',
  '65536',
  '80x',
  '-1',
  '1.5',
  'h:8',
  'h:8/p',
  '[::1]:8',
  null,
  undefined,
  5,
];
for (let i = 0; i < 6000; ++i) {
  const start = random.chance(0.5)
    ? random.pick([
        'http://u:p@h:81/d/f?q#h',
        'file:///C:/d',
        'mailto:x',
        'x://h/a',
        'x:/a',
        'https://h',
        'data:x?y#z',
        'file://s/x',
        'x:',
      ])
    : input();
  const member = random.pick(members.filter((each) => each !== 'origin')),
    value = random.chance(0.8) ? random.pick(values) : random.text(noise, 5);
  check(`${show(start)} ${member} = ${show(value)}`, () => {
    const url = new URL(start);
    try {
      url[member] = value;
    } catch (thrown) {
      return [thrown.code, whole(url)];
    }
    return whole(url);
  });
}

// Parameters.
const names = [
  'a',
  'b',
  'c',
  '',
  ' ',
  '+',
  '%',
  '%41',
  '&',
  '=',
  '\u00e9',
  '\u{1f600}',
  '\ud800',
  '%ff',
  '%C3%A9',
  "!'()*~-._",
  '\u0000',
  'A',
  '\uffff',
];
for (const init of [
  undefined,
  null,
  '',
  '?',
  'a=b',
  '?a=b',
  '??a',
  5,
  true,
  {},
  { a: 1, b: [2, 3] },
  { '\ud800': 1, '\ufffd': 2 },
  [],
  [['a', 'b']],
  [['a']],
  [['a', 'b', 'c']],
  ['ab'],
  [5],
  [null],
  [[1, 2], new Set([3, 4])],
  new Map([['x', 'y']]),
  new URLSearchParams('c=d'),
  { [Symbol.iterator]: 5 },
  { [Symbol.iterator]: null, a: 1 },
  () => 5,
  { [Symbol('s')]: 1 },
  new String('ab'),
  new FormDataLike(),
])
  check(`new URLSearchParams ${show(init)}`, () => [...new URLSearchParams(init)]);
function FormDataLike() {
  return {
    *[Symbol.iterator]() {
      yield ['k', 'v'];
    },
  };
}
check('new URLSearchParams of a symbol', () => new URLSearchParams(Symbol('s')));
check('URLSearchParams as a function', () => URLSearchParams('a'));
for (const method of [
  'append',
  'delete',
  'get',
  'getAll',
  'has',
  'set',
  'sort',
  'forEach',
  'keys',
  'values',
  'entries',
  'toString',
]) {
  check(`${method} without arguments`, () => typeof new URLSearchParams('a=b')[method]());
  check(`${method} with one argument`, () => typeof new URLSearchParams('a=b')[method]('a'));
  check(`${method} of another object`, () =>
    attempt(() => URLSearchParams.prototype[method].call({}, 'a', 'b')).slice(0, 16),
  );
}
check('size of another object', () =>
  attempt(() => Object.getOwnPropertyDescriptor(URLSearchParams.prototype, 'size').get.call({})).slice(
    0,
    16,
  ),
);
check('next of another object', () => attempt(() => iterator.next.call({})).slice(0, 16));
for (let i = 0; i < 4000; ++i) {
  const text = random.text([...names, '&', '=', '&', '=', 'x'], 12);
  check(`parameters ${show(text)}`, () => {
    const params = new URLSearchParams(text);
    return [[...params], String(params), params.size];
  });
}
for (let i = 0; i < 2000; ++i) {
  const url = new URL(
    random.pick(['http://h/?', 'x:y?', 'file:///?']) +
      random.text(['a=1&', 'b=2&', 'a=3&', '%', '+', '\u00e9&'], 5),
  );
  const steps = Array.from({ length: 1 + random.below(5) }, () => [
    random.pick([
      'append',
      'delete',
      'set',
      'has',
      'get',
      'getAll',
      'sort',
      'search',
      'href',
      'delete',
      'has',
    ]),
    random.pick(names),
    random.pick([undefined, '1', '2', ...names]),
  ]);
  check(`${url.href} ${show(steps)}`, () => {
    const params = url.searchParams,
      seen = [];
    for (const [step, name, value] of steps) {
      if (step === 'search') url.search = `${name}=${value}`;
      else if (step === 'href') url.href = `x:?${value}`;
      else seen.push(params[step](name, value));
      seen.push(url.href, [...params.keys()], params.size);
    }
    return seen;
  });
}
check('iteration sees what is appended', () => {
  const params = new URLSearchParams('a=1&b=2'),
    seen = [];
  for (const [name] of params) {
    seen.push(name);
    if (seen.length < 5) params.append(`n${seen.length}`, '');
  }
  return seen;
});
check('iteration sees what is deleted', () => {
  const params = new URLSearchParams('a=1&b=2&c=3'),
    seen = [];
  params.forEach((value, name, object) => {
    seen.push(value, object === params);
    params.delete(name);
  });
  return seen;
});

// What console shows.
const url = new URL('https://user:pw@x.y:8080/p?q=1&r=%20#h');
class Special extends URL {}
for (const value of [
  url,
  [url],
  { a: { b: { c: url } } },
  { a: { b: url } },
  new Special('x:y'),
  url.searchParams,
  new URLSearchParams(),
  new URLSearchParams(`a=${'long '.repeat(10)}&b=${'text '.repeat(10)}`),
  url.searchParams.keys(),
  url.searchParams.entries(),
  [url.searchParams.values()],
]) {
  console.log(value);
  for (const depth of [-1, 0, 1, null]) console.dir(value, { depth, customInspect: true });
}
check('JSON', () => JSON.stringify({ url }));
check('tags', () => [
  String(url),
  Object.prototype.toString.call(url),
  Object.prototype.toString.call(url.searchParams),
  String(url.searchParams),
]);
