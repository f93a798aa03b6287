// Many warm isolates held at once: what they take together, and whether a checkout notices.
import { cleanLoad } from '../load.mjs';
import { goal, table } from '../report.mjs';
import { memoryOf, processTree } from '../servers.mjs';
import { Rounds, wholeNumber } from '../statistics.mjs';

export const title = 'Warm isolates held at once';

const FEW = 16;
const GIB = 1 << 20; // in KiB

function total(pid) {
  const processes = processTree(pid).map(memoryOf);
  const sum = (field) => processes.reduce((all, fields) => all + (fields[field] ?? 0), 0);
  return { processes: processes.length, rss: sum('Rss'), pss: sum('Pss') };
}

// The pool fills itself after evald says that it is ready.
async function untilFilled(evald, workers) {
  for (let before = -1; ;) {
    const now = processTree(evald.pid).length;
    if (now >= workers && now === before) return;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function hold(bench, workers) {
  const config = `pool { min_idle: ${workers} max_workers: ${workers + 64} }`;
  const evald = await bench.startEvald({ config });
  try {
    await untilFilled(evald, workers);
    const memory = total(evald.pid);
    const checkouts = [];
    for (let i = 0; i < bench.rounds; ++i) {
      // Each takes a fork that has waited.
      const options = {
        call: 'eval',
        expect: 2,
        rate: 50,
        seconds: bench.quick ? 1 : 2,
        tenants: 0,
        tenant: `held-${i}`,
      };
      checkouts.push((await cleanLoad(evald.address, options)).coldStart(50));
    }
    return { workers, ...memory, checkout: new Rounds(checkouts) };
  } finally {
    await evald.stop();
  }
}

export async function run(bench) {
  const many = bench.quick ? 300 : 5000;
  const held = [await hold(bench, FEW), await hold(bench, many)];
  const rows = held.map(({ workers, processes, rss, pss, checkout }) => [
    workers,
    processes,
    wholeNumber(rss / 1024),
    wholeNumber(pss / 1024),
    wholeNumber(pss / workers),
    checkout.text(0),
  ]);
  const [few, most] = held;
  const change = most.checkout.over(few.checkout);
  const columns = [
    'isolates held',
    'processes',
    'sum of RSS, MiB',
    'PSS, MiB',
    'PSS each, KiB',
    'checkout to first line p50, us',
  ];
  return {
    markdown: table(columns, rows),
    goals: [
      goal(
        `${many} warm isolates: memory of all processes (PSS), MiB`,
        '< 3072',
        wholeNumber(most.pss / 1024),
        most.pss < 3 * GIB,
      ),
      goal(
        `checkout with ${many} held, to that with ${FEW}`,
        'unchanged (<= 1.25)',
        change.text(),
        change.median <= 1.25,
      ),
    ],
  };
}
