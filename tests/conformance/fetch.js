// Request, Response and FormData: construction, bodies of all kinds, what is read from them in which way, and clones.
const errorName = (error) => `fails with ${error?.name}`;
const tried = async (body) => {
  try {
    return await body();
  } catch (error) {
    return errorName(error);
  }
};
// The boundary of a multipart body is drawn anew each time.
const steady = (text) =>
  typeof text === 'string' ? text.replace(/formdata-undici-\d+/g, 'BOUNDARY') : text;
const describeEntry = async (value) =>
  typeof value === 'string' ? value : [`${value}`, value.name, value.type, await value.text()];
const describeForm = async (form) =>
  Promise.all([...form].map(async ([name, value]) => [name, await describeEntry(value)]));
const describe = {
  text: async (holder) => steady(await holder.text()),
  json: (holder) => holder.json(),
  bytes: async (holder) => steady(String.fromCharCode(...(await holder.bytes()))),
  arrayBuffer: async (holder) =>
    steady(String.fromCharCode(...new Uint8Array(await holder.arrayBuffer()))),
  blob: async (holder) => {
    const blob = await holder.blob();
    return [`${blob}`, steady(blob.type), steady(await blob.text())];
  },
  formData: async (holder) => describeForm(await holder.formData()),
};
const words = [
  'a',
  'name',
  'q"r',
  'x\r\ny',
  '\u00e9',
  '\ud83d\ude00',
  '',
  'a=b&c',
  '100%',
  '\n',
  '\r',
  ' ',
  '+',
  '%0A',
  '\\',
  ';',
];
const text = () => random.text(words, 3);

function form() {
  const made = new FormData();
  for (let n = random.below(4); n > 0; --n) {
    const add = random.pick(['append', 'append', 'set']);
    if (random.chance(0.6)) made[add](text(), text());
    else {
      const content = random.pick([
        () => new Blob([text()], { type: 'Text/x' }),
        () => new File([random.bytes(3), text()], text(), { type: random.pick(['', 'a/b']) }),
      ])();
      if (random.chance(0.5)) made[add](text(), content);
      else made[add](text(), content, text());
    }
  }
  return made;
}
const bodies = {
  nothing: () => undefined,
  null: () => null,
  string: () => random.pick([text(), '{"a":[1,2]}', 'a=b&c=%C3%A9+d', '\ufeffbom', '\ud800']),
  bytes: () =>
    random.pick([
      random.bytes(5),
      new Uint8Array([0xef, 0xbb, 0xbf, 65]),
      new Uint8Array(random.bytes(8).buffer, 2, 3),
    ]),
  buffer: () => random.bytes(4).buffer,
  view: () => new DataView(random.bytes(6).buffer, 1, 3),
  blob: () =>
    new Blob([text()], { type: random.pick(['', 'text/plain', 'application/x-www-form-urlencoded']) }),
  search: () =>
    new URLSearchParams([
      [text(), text()],
      ['b', text()],
    ]),
  form,
  stream: () => {
    const chunks = Array.from({ length: random.below(4) }, () => random.bytes(3));
    return new ReadableStream({
      pull(controller) {
        const chunk = chunks.shift();
        chunk ? controller.enqueue(chunk) : controller.close();
      },
    });
  },
  strings: () => ReadableStream.from(['not', 'bytes']),
  broken: () => new ReadableStream({ pull: (controller) => controller.error(new RangeError('broken')) }),
  number: () => 12,
  object: () => ({ toString: () => 'an object' }),
};
const types = [
  undefined,
  undefined,
  'text/html',
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'nonsense',
  'text/plain;charset=latin1',
  'TEXT/HTML; Charset=UTF-8, a/b',
];

for (let i = 0; i < 2500; ++i) {
  const kind = random.pick(Object.keys(bodies));
  const body = bodies[kind]();
  const type = random.pick(types);
  const method = random.pick([
    'POST',
    'put',
    'GET',
    'HEAD',
    'PATCH',
    'x',
    'CONNECT',
    'TRACE',
    'track',
    'bad method',
    undefined,
  ]);
  const readers = Array.from({ length: 1 + random.below(2) }, () => random.pick(Object.keys(describe)));
  const isResponse = random.chance(0.5);
  const status = random.pick([200, 200, 200, 204, 205, 304, 404, 599, 199, 600, 101, 'x', undefined]);
  const statusText = random.pick([undefined, '', 'OK', 'caf\u00e9', 'bad\n', '\u0100']);
  const clones = random.chance(0.3);
  const headers = type === undefined ? undefined : { 'Content-Type': type };
  const make = isResponse
    ? () => new Response(body, { status, statusText, headers })
    : () => new Request('http://user.test/path?q#f', { method, headers, body, duplex: 'half' });
  await check(
    `${i} ${isResponse ? `Response ${show(status)} ${show(statusText)}` : `Request ${method}`} ${kind} ${type} ${readers}`,
    () =>
      tried(async () => {
        const holder = make();
        const out = [
          `${holder}`,
          isResponse
            ? [holder.status, holder.statusText, holder.ok, holder.type, holder.url, holder.redirected]
            : [holder.method, holder.url, holder.duplex],
          steady(show([...holder.headers])),
          `${holder.body}`,
          holder.bodyUsed,
        ];
        const other = clones ? holder.clone() : undefined;
        for (const reader of readers)
          out.push(await tried(() => describe[reader](holder)), holder.bodyUsed);
        if (other)
          out.push(other.bodyUsed, await tried(() => describe[readers[0]](other)), other.bodyUsed);
        out.push(await tried(() => `${holder.clone()}`));
        return out;
      }),
  );
}

// Multipart bodies, whole and damaged.
const fixed = (body) => body.replace(/formdata-undici-\d+/g, 'formdata-undici-000000000000');
for (let i = 0; i < 800; ++i) {
  const made = form();
  const damage = random.below(4);
  const at = random.chance(0.5) ? random.below(400) : random.below(60),
    to = random.below(256);
  await check(`form ${i} ${damage} ${at} ${to}`, () =>
    tried(async () => {
      const first = new Response(made);
      const type = fixed(first.headers.get('content-type'));
      const bytes = Uint8Array.from(fixed(String.fromCharCode(...(await first.bytes()))), (letter) =>
        letter.charCodeAt(0),
      );
      if (damage === 1 && at < bytes.length) bytes[at] = to;
      const rest = damage === 2 ? bytes.subarray(0, at) : damage === 3 ? bytes.subarray(at) : bytes;
      return describeForm(await new Response(rest, { headers: { 'Content-Type': type } }).formData());
    }).then((result) => steady(show(result))),
  );
}
const boundary = 'multipart/form-data; boundary=';
const part = (head, body = 'x') => `--b\r\n${head}\r\n\r\n${body}\r\n--b--`;
for (const [type, body] of [
  [`${boundary}b`, part('Content-Disposition: form-data; name="a"')],
  [`${boundary}"b"`, part('content-disposition: form-data; name="a"; filename="f"')],
  [
    `${boundary}b`,
    part('Content-Disposition: form-data; name="a"; filename="f"\r\nContent-Type: image/x'),
  ],
  [`${boundary}b`, part('Content-Disposition: form-data; name=a')],
  [`${boundary}b`, part('Content-Disposition: form-data; filename="f"')],
  [`${boundary}b`, part('X: y\r\nContent-Disposition:   form-data; name="a%22%0d%0A"')],
  [
    `${boundary}b`,
    part('Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64', 'aGVsbG8='),
  ],
  [`${boundary}b`, '--b--'],
  [`${boundary}b`, '--b--\r\n'],
  [`${boundary}b`, ''],
  [`${boundary}`, part('Content-Disposition: form-data; name="a"')],
  ['multipart/form-data', part('Content-Disposition: form-data; name="a"')],
  [`${boundary}c`, part('Content-Disposition: form-data; name="a"')],
  [`${boundary}b`, `preamble\r\n${part('Content-Disposition: form-data; name="a"')}`],
  [`${boundary}b`, part('Content-Disposition: form-data; name="a"').replaceAll('\r\n', '\n')],
])
  await check(`multipart ${show(type)} ${show(body)}`, () =>
    tried(async () =>
      describeForm(await new Response(body, { headers: { 'Content-Type': type } }).formData()),
    ),
  );

// FormData itself.
for (let i = 0; i < 500; ++i) {
  const operations = Array.from({ length: random.below(8) }, () => {
    const name = random.pick(['a', 'b', 'c', '\ud800', '']);
    const value = random.pick([text(), 5, null, new Blob(['x']), new File(['y'], 'f')]);
    return random.pick([
      ['append', name, value],
      ['append', name, value],
      ['set', name, value],
      ['delete', name],
      ['get', name],
      ['getAll', name],
      ['has', name],
      ['append', name, value, 'file'],
      ['append', name],
      [],
    ]);
  });
  await check(`FormData ${i}`, async () => {
    const made = new FormData();
    const out = [];
    for (const [method, ...given] of operations) {
      const result = await tried(() => made[method ?? 'keys'](...given));
      out.push(
        Array.isArray(result)
          ? await Promise.all(result.map(describeEntry))
          : typeof result === 'object' && result !== null
            ? `${result}`
            : result,
      );
    }
    return [out, await describeForm(made), [...made.keys()]];
  });
}

// Requests of requests, and their fields.
const fields = [
  'method',
  'url',
  'destination',
  'referrer',
  'referrerPolicy',
  'mode',
  'credentials',
  'cache',
  'redirect',
  'integrity',
  'keepalive',
  'duplex',
];
const options = {
  mode: ['cors', 'no-cors', 'same-origin', 'navigate', 'bad', undefined],
  credentials: ['omit', 'include', 'same-origin', 'bad'],
  cache: ['default', 'no-store', 'only-if-cached', 'bad'],
  redirect: ['follow', 'error', 'manual', 'bad'],
  referrer: ['', 'about:client', 'http://other.test/', '::', undefined],
  referrerPolicy: ['', 'origin', 'no-referrer', 'bad'],
  integrity: ['', 'sha256-x', null],
  keepalive: [true, false, 1],
  method: ['get', 'Post', 'options', 'patch'],
  window: [null, 1, undefined],
  signal: [undefined, null, 5],
  body: ['text', null],
};
const urls = [
  'http://a.test/',
  'relative',
  '//a',
  'http://u:p@a.test/',
  'data:,x',
  'HTTP://A.test:80/%7e?\u00e9#h',
  '',
  5,
  new URL('http://b.test/c'),
];
for (let i = 0; i < 800; ++i) {
  const chosen = {};
  for (const key of Object.keys(options))
    if (random.chance(0.15)) chosen[key] = random.pick(options[key]);
  const url = random.chance(0.6) ? 'http://a.test/' : random.pick(urls);
  const again = random.chance(0.5);
  await check(`${i} new Request(${show(String(url))}, ${show(chosen)})`, () =>
    tried(async () => {
      const request = new Request(url, chosen);
      const read = (from) => [
        ...fields.map((field) => from[field]),
        [...from.headers],
        `${from.signal}`,
        from.signal.aborted,
        from.bodyUsed,
      ];
      if (!again) return read(request);
      const second = new Request(request, random.chance(0.5) ? {} : { method: 'PUT' });
      return [read(second), request.bodyUsed, await second.text()];
    }),
  );
}

// Abort signals.
await check('a signal is followed', () => {
  const controller = new AbortController();
  const request = new Request('http://a/', { signal: controller.signal });
  const second = new Request(request),
    third = request.clone();
  controller.abort('reason');
  return [request, second, third].map(({ signal }) => [
    signal.aborted,
    signal.reason,
    signal === controller.signal,
  ]);
});
await check('a signal that is aborted already', () => {
  const { signal } = new Request('http://a/', { signal: AbortSignal.abort('now') });
  return [signal.aborted, signal.reason];
});

for (const status of [200, 301, 302, 303, 307, 308, 304, 400, 'x', undefined])
  for (const url of ['http://a/\u00e9', 'bad', 'http://a/b c'])
    await check(`Response.redirect(${show(url)}, ${show(status)})`, () =>
      tried(() => {
        const response = Response.redirect(url, status);
        return [response.status, [...response.headers], response.body, response.type];
      }),
    );
for (const value of [
  undefined,
  null,
  1,
  'text',
  { a: [1] },
  [],
  () => 1,
  Symbol('s'),
  5n,
  { toJSON: () => 'j' },
  NaN,
])
  await check(`Response.json(${show(value)})`, () =>
    tried(async () => {
      const response = Response.json(value, { status: 201, headers: { b: 'c' } });
      return [response.status, [...response.headers], await response.text()];
    }),
  );
await check('Response.error()', () => {
  const { type, status, statusText, ok, body, headers } = Response.error();
  return [type, status, statusText, ok, body, [...headers]];
});
for (const type of [Request, Response, FormData])
  for (const key of Reflect.ownKeys(type.prototype).filter((key) => typeof key === 'string')) {
    const found = Object.getOwnPropertyDescriptor(type.prototype, key);
    check(`${type.name} ${key}`, () => [
      found.enumerable,
      found.configurable,
      found.writable,
      found.value?.length,
    ]);
    await check(`${type.name} ${key} of another`, () =>
      tried(() => (found.get ?? found.value).call({})),
    );
  }
check('fetch', () => [
  typeof fetch,
  fetch.name,
  fetch.length,
  Object.getOwnPropertyDescriptor(globalThis, 'fetch').enumerable,
]);
for (const given of [
  [],
  ['nonsense'],
  ['http://u:p@a.test/'],
  ['http://a.test/', { method: 'bad method' }],
  ['http://a.test/', { signal: AbortSignal.abort(new EvalError('no')) }],
])
  await check(`fetch(${given.length} ${show(String(given[0]))})`, () => tried(() => fetch(...given)));
