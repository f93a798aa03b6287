// Isolates without a daemon: what fork, pre-touch and rewind cost, and the rewind by the pages that a script
// has written.
import { microBenchmarks } from '../micro.mjs';
import { goal, table } from '../report.mjs';
import { wholeNumber } from '../statistics.mjs';

export const title = 'Fork, pre-touch, rewind';

const COLUMNS = ['microseconds', 'mean', 'p50', 'p99', 'CPU, all processes', 'idle, KiB'];
const NAMES = {
  ForkAndAnswer: 'fork on demand, to the answer',
  Fork: 'fork, to its descriptor',
  Pretouch: 'from there until ready (sandbox, pre-touch)',
  PooledAnswer: 'answer of a pooled fork',
  RewoundAnswer: 'answer of a rewound worker',
  NewIsolate: 'Isolate::New + Context::New from the snapshot',
  BareFork: 'fork of a bare process with that isolate, to the answer',
};
const whole = (value) => (value === undefined ? '' : wholeNumber(value));

function curvePoints(found, prefix) {
  return found.filter(({ name }) => name.startsWith(prefix)).map(({ pages, time }) => [pages, time]);
}

export async function run(bench) {
  const found = await microBenchmarks(bench, 'zygote_bench', { rounds: 400 });
  const byName = Object.fromEntries(found.map((one) => [one.name, one]));
  const rows = Object.entries(NAMES).map(([key, label]) => {
    const { time, p50, p99, cpu, idle_kib: idle } = byName[key];
    return [label, ...[time, p50, p99, cpu, idle].map(whole)];
  });
  const rewinds = found.filter(({ name }) => name.startsWith('Rewind/'));
  const curve = rewinds.map(({ name, pages, p50, p99 }) => [
    name.slice(7).replace(':', ' '),
    ...[pages, p50, p99].map(whole),
  ]);
  const picture = await bench.plot('rewind', {
    title: 'Rewind by pages written',
    x: 'pages put back',
    y: 'microseconds',
    log: 'xy',
    series: [
      { name: 'objects', points: curvePoints(rewinds, 'Rewind/objects').slice(1) },
      {
        name: 'one buffer',
        points: rewinds
          .filter(({ name }) => name.includes('buffer'))
          .map(({ name, time }) => [Number(name.split(':')[1]), time]),
      },
    ],
  });
  const { RewoundAnswer: rewound, ForkAndAnswer: forked, BareFork: bare, Pretouch: touched } = byName;
  const cpu = forked.cpu / bare.cpu;
  const goals = [
    goal('rewind of a trivial script, p50, us', '<= 60', whole(rewound.rewind_p50), rewound.rewind_p50 <= 60),
    goal(
      'fork: CPU of all processes to a bare fork of the same isolate',
      '<= 1.1',
      cpu.toFixed(2),
      cpu <= 1.1,
    ),
    goal(
      'idle private memory of a forked worker, KiB',
      '<= 256',
      whole(touched.idle_kib),
      touched.idle_kib <= 256,
    ),
    goal(
      'idle private memory of a rewound worker, KiB',
      '<= 1536',
      whole(rewound.idle_kib),
      rewound.idle_kib <= 1536,
    ),
  ];
  const markdown = `${table(COLUMNS, rows)}

A rewind after a script that made so many objects, or one buffer of so many pages:

${table(['script', 'pages put back', 'p50, us', 'p99, us'], curve)}

${picture}`;
  return { markdown, goals };
}
