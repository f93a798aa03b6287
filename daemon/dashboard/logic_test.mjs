import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

import { curlCommand, FieldError, requestOf, shellWord } from './src/eval_request.ts';
import { ago, bytes, compact, duration, enumWords, layOutJson, mark, percent, rate, span } from './src/format.ts';
import { integer, seconds } from './src/messages.ts';
import { serverEvents } from './src/server_events.ts';

const plain = (text) => text.replaceAll('\u00a0', ' ');

const FIELDS = {
  source: '1',
  kind: 'SOURCE_KIND_SCRIPT',
  isolation: 'ISOLATION_PRISTINE',
  tenant: '',
  wallMs: '',
  cpuMs: '',
  heapMib: '',
  globals: '',
};

// A response's body that arrives in these pieces.
function bodyOf(...pieces) {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces)
        controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
}

async function eventsOf(...pieces) {
  const events = [];
  for await (const event of serverEvents(bodyOf(...pieces))) events.push(event);
  return events;
}

test('durations have the unit that suits them', () => {
  const shown = [0, 0.0000004, 0.00025, 0.0009996, 0.0123, 0.9996, 1.5, 75, 3600, 93_784].map((value) =>
    plain(duration(value)),
  );
  assert.deepEqual(shown, [
    '0 ms',
    '0 µs',
    '250 µs',
    '1.00 ms',
    '12.3 ms',
    '1.00 s',
    '1.50 s',
    '1 min 15 s',
    '1 h',
    '1 d 2 h',
  ]);
  assert.equal(plain(span(9.9)), '9 s');
  assert.equal(plain(mark(0.002)), '2 ms');
});

test('sizes, shares and ages are short', () => {
  assert.deepEqual([0, 0.25, 5, 9.96, 1240.4].map(rate), ['0', '0.3', '5', '10.0', '1,240']);
  assert.deepEqual([7, 999, 8647, 1_234_567].map(compact), ['7', '999', '8.6K', '1.2M']);
  assert.deepEqual(
    [0, 1023, 1024, 1_153_024].map((value) => plain(bytes(value))),
    ['0 B', '1023 B', '1.00 KiB', '1.10 MiB'],
  );
  assert.deepEqual(
    [
      [0, 0],
      [1, 10_000],
      [1, 3],
      [99_999, 100_000],
      [5, 5],
    ].map(([part, whole]) => plain(percent(part, whole))),
    ['0 %', '<0.1 %', '33.3 %', '>99.9 %', '100 %'],
  );
  assert.equal(plain(ago(1_000_000, 1_000_000 + 90_000)), '1 min ago');
  assert.equal(enumWords('ISOLATE_ORIGIN_REWOUND', 'ISOLATE_ORIGIN_'), 'rewound');
});

test('what is absent in a message counts as nothing', () => {
  assert.equal(seconds(undefined), 0);
  assert.equal(seconds('0.000123s'), 0.000123);
  assert.equal(integer('12345678901'), 12345678901);
  assert.equal(integer(undefined), 0);
});

test('laid out JSON keeps every digit and every string', () => {
  const text = '{"a":[1.50,1e400,{}],"b, {":"x\\"y: [","c":[]}';
  const laidOut = layOutJson(text);
  assert.equal(
    laidOut,
    '{\n  "a": [\n    1.50,\n    1e400,\n    {}\n  ],\n  "b, {": "x\\"y: [",\n  "c": []\n}',
  );
  assert.equal(layOutJson(laidOut), laidOut);
});

test('laying out takes text that was cut off', () => {
  assert.equal(layOutJson('{"a":"b'), '{\n  "a": "b');
  assert.equal(layOutJson(']}'), '\n]\n}');
});

test('events are found however the bytes arrive', async () => {
  assert.deepEqual(await eventsOf('data: {"a"', ':1}\n', '\ndata: two\n\n'), ['{"a":1}', 'two']);
  assert.deepEqual(await eventsOf('event: x\nid: 1\n: comment\ndata:one\ndata: more\r\n\r\n'), ['one\nmore']);
  const euro = new TextEncoder().encode('data: €\n\n');
  assert.deepEqual(await eventsOf(euro.slice(0, 7), euro.slice(7)), ['€']);
});

test('an event that did not end is none', async () => {
  assert.deepEqual(await eventsOf('data: one\n\n', 'data: half'), ['one']);
});

test('fields that are empty are left to evald', () => {
  assert.deepEqual(requestOf(FIELDS), {
    source: '1',
    source_kind: 'SOURCE_KIND_SCRIPT',
    isolation: 'ISOLATION_PRISTINE',
  });
});

test('limits and globals are written as protobuf reads them', () => {
  const request = requestOf({
    ...FIELDS,
    tenant: 't',
    wallMs: '0.0001',
    cpuMs: '1500',
    heapMib: '1.5',
    globals: '{"user":{"name":"Ada"}}',
  });
  assert.deepEqual(request.limits, { wall_time: '0.0000001s', cpu_time: '1.5s', heap_bytes: '1572864' });
  assert.deepEqual(request.globals, { user: { json: '{"name":"Ada"}' } });
  assert.equal(requestOf({ ...FIELDS, wallMs: '100000' }).limits.wall_time, '100s');
});

test('a field that cannot be sent is named', () => {
  for (const [field, text] of [
    ['wallMs', 'soon'],
    ['cpuMs', '0'],
    ['heapMib', '-1'],
    ['globals', '[1]'],
    ['globals', '{'],
  ]) {
    assert.throws(
      () => requestOf({ ...FIELDS, [field]: text }),
      (error) => error instanceof FieldError && error.field === field,
    );
  }
});

test('the command says to a shell what the page says to evald', () => {
  const request = requestOf({ ...FIELDS, source: '`it\'s $HOME` + "\\n"\n// two lines' });
  const command = curlCommand(request, 'http://127.0.0.1:9080', false);
  const words = execFileSync('sh', ['-c', `curl() { printf '%s\\0' "$@"; }; ${command}`], {
    encoding: 'utf8',
  }).split('\0');
  assert.deepEqual(JSON.parse(words[words.indexOf('-d') + 1]), request);
  assert.equal(words[1], 'http://127.0.0.1:9080/v1/eval');
  assert.match(curlCommand(request, '', true), /Bearer \$EVALD_TOKEN/);
  assert.equal(shellWord("a'b"), "'a'\\''b'");
});
