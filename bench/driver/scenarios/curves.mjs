// How it grows: with the script, its result, the workers, the tenants, the extension set and the processors.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cleanLoad } from '../load.mjs';
import { microBenchmarks } from '../micro.mjs';
import { table } from '../report.mjs';
import { Rounds, wholeNumber } from '../statistics.mjs';

export const title = 'How it grows';
// It takes about as long as all of the rest.
export const onDemand = true;
export const rounds = 3;

const IN_FLIGHT = 16;

// { x, p50, p99 (microseconds, one at a time), perSecond (16 in flight) } as medians.
async function point(bench, x, address, options, loadOptions = {}) {
  const seconds = bench.quick ? 0.3 : 1;
  const alone = [];
  const many = [];
  for (let i = 0; i < bench.rounds; ++i) {
    alone.push(await cleanLoad(address, { call: 'eval', ...options, in_flight: 1, seconds }, loadOptions));
    many.push(
      await cleanLoad(address, { call: 'eval', ...options, in_flight: IN_FLIGHT, seconds }, loadOptions),
    );
  }
  return {
    x,
    p50: new Rounds(alone.map((outcome) => outcome.latency(50))),
    p99: new Rounds(alone.map((outcome) => outcome.latency(99))),
    perSecond: new Rounds(many.map(({ perSecond }) => perSecond)),
  };
}

async function curve(bench, name, heading, xLabel, points, log = 'xy') {
  const rows = points.map(({ x, p50, p99, perSecond }) => [x, p50.text(0), p99.text(0), perSecond.text(0)]);
  const numeric = points.every(({ x }) => typeof x === 'number');
  const pictures = !numeric
    ? []
    : [
        await bench.plot(name, {
          title: heading,
          x: xLabel,
          y: 'microseconds; evals a second',
          log,
          series: [
            { name: 'p50, us', points: points.map(({ x, p50 }) => [x, p50.median]) },
            { name: 'evals/s', points: points.map(({ x, perSecond }) => [x, perSecond.median]) },
          ],
        }),
      ];
  const columns = [xLabel, 'one at a time: p50, us', 'p99, us', `${IN_FLIGHT} in flight: evals/s`];
  return [`### ${heading}`, table(columns, rows), ...pictures].join('\n\n');
}

const sizes = (bench) => (bench.quick ? [1, 100] : [1, 4, 16, 64, 256, 1024]);

// What scripts are made of, functions, most of which are not called: so long a text of them.
function scriptOf(kib) {
  const parts = [];
  for (let length = 0, i = 0; length < kib * 1024; ++i) {
    const part = `function f${i}(a, b) { const sum = a * ${i} + b; return sum > 10 ? { sum, name: 'f${i}' } : [sum, a, b]; }\n`;
    parts.push(part);
    length += part.length;
  }
  return `${parts.join('')}f0(1, 2)[0]`;
}

async function scriptSize(bench) {
  const evald = await bench.evald();
  const points = [];
  for (const kib of sizes(bench)) {
    const file = join(bench.folder, `script-${kib}.js`);
    writeFileSync(file, scriptOf(kib));
    points.push(await point(bench, kib, evald.address, { source_file: file, expect: 2 }));
  }
  return curve(bench, 'script-size', 'By the size of the script', 'script, KiB', points);
}

async function resultSize(bench) {
  const evald = await bench.evald();
  const points = [];
  for (const kib of sizes(bench)) {
    const source = `Array.from({ length: ${kib * 16} }, (_, i) => ({ id: i, name: 'a record of about 64 bytes', ok: true }))`;
    points.push(await point(bench, kib, evald.address, { source }));
  }
  return curve(bench, 'result-size', 'By the size of the result', 'result, KiB', points);
}

async function workers(bench) {
  const points = [];
  for (const most of bench.quick ? [1, 8] : [1, 2, 4, 8, 16, 32, 64]) {
    const config = `pool { min_idle: ${most} max_workers: ${most} } admission { max_running_per_tenant: ${most} }`;
    const evald = await bench.startEvald({ config });
    points.push(await point(bench, most, evald.address, { expect: 2 }));
    await evald.stop();
  }
  return curve(bench, 'workers', 'By the workers', 'max_workers', points);
}

async function tenants(bench) {
  const evald = await bench.evald();
  const points = [];
  for (const count of bench.quick ? [1, 64] : [1, 2, 4, 8, 16, 32, 64, 256]) {
    points.push(
      await point(bench, count, evald.address, { expect: 2, tenants: count, tenant: `of-${count}` }),
    );
  }
  return curve(bench, 'tenants', 'By the tenants that take turns (max_workers: 64)', 'tenants', points);
}

async function extensionSet(bench) {
  const columns = [
    'extensions',
    'fork on demand p50, us',
    'pooled answer p50',
    'rewind p50',
    'idle forked, KiB',
    'idle rewound, KiB',
    'new isolate p50',
  ];
  const rows = [];
  for (const [name, file] of [
    ['console alone', 'console_alone'],
    ['half of them', 'half_set'],
    ['all', 'full_set'],
  ]) {
    const found = await microBenchmarks(bench, 'zygote_bench', {
      filter: '^(ForkAndAnswer|PooledAnswer|RewoundAnswer|Pretouch|NewIsolate)',
      rounds: 200,
      snapshot: `bench/${file}.snapshot`,
    });
    const of = Object.fromEntries(found.map((one) => [one.name, one]));
    const figures = [
      of.ForkAndAnswer.p50,
      of.PooledAnswer.p50,
      of.RewoundAnswer.rewind_p50,
      of.Pretouch.idle_kib,
    ];
    rows.push([name, ...[...figures, of.RewoundAnswer.idle_kib, of.NewIsolate.p50].map(wholeNumber)]);
  }
  return ['### By the extension set', table(columns, rows)].join('\n\n');
}

// Client and servers on the same one, and on the same two.
async function processors(bench) {
  const rows = [];
  for (const cpus of ['0', '0,1']) {
    const evald = await bench.startEvald({ cpus });
    const echo = await bench.startEcho({ cpus });
    const rewound = await point(bench, '', evald.address, { expect: 2 }, { cpus });
    const forked = await point(bench, '', evald.address, { expect: 2, tenants: 0, tenant: 'cpus' }, { cpus });
    const bare = await point(bench, '', echo.address, { call: 'echo' }, { cpus });
    for (const [name, { p50, perSecond }] of Object.entries({ rewound, forked, echo: bare })) {
      rows.push([`${name}, processors ${cpus}`, p50.text(0), perSecond.text(0)]);
    }
    await evald.stop();
    await echo.stop();
  }
  return [
    '### By the processors',
    table(['client and server on the same', 'one at a time: p50, us', '16 in flight: calls/s'], rows),
  ].join('\n\n');
}

export async function run(bench) {
  const parts = [];
  for (const part of [scriptSize, resultSize, workers, tenants, extensionSet, processors]) {
    bench.note(part.name);
    parts.push(await part(bench));
  }
  return { markdown: parts.join('\n\n'), goals: [] };
}
