// What a service around the isolates is asked for: to be ready soon, to replace its snapshot unnoticed, to
// stop scripts in time.
import { join } from 'node:path';

import { microBenchmarks } from '../micro.mjs';
import { DEADLINE_EXCEEDED, cleanLoad, load } from '../load.mjs';
import { table } from '../report.mjs';
import { Rounds } from '../statistics.mjs';

export const title = 'Boot, regeneration, limits';
// What --quick leaves out.
export const thorough = true;

const POOL = 16;
const LIMIT_MILLIS = 50;

function readyMillis(log) {
  // "ready after 134.5ms: ..." or "ready after 1.2s: ..."
  const [, number, unit] = /ready after ([0-9.]+)(m?s)/.exec(log);
  return Number(number) * (unit === 's' ? 1000 : 1);
}

async function boots(bench) {
  const nothing = [];
  const store = [];
  for (let i = 0; i < bench.rounds; ++i) {
    const data = join(bench.folder, `boot-${i}`);
    for (const times of [nothing, store]) {
      const evald = await bench.startEvald({ config: `pool { min_idle: ${POOL} }`, data });
      times.push(readyMillis(evald.readLog()));
      await evald.stop();
    }
  }
  return [
    ['ready, snapshot built', new Rounds(nothing).text(0)],
    ['ready, snapshot from the store', new Rounds(store).text(0)],
  ];
}

// A steady load of half of what evald can do, alone, and while the snapshot is replaced again and again.
async function regenerations(bench, evald) {
  const seconds = bench.quick ? 1 : 4;
  const call = { call: 'eval', expect: 2 };
  const capacity = (await cleanLoad(evald.address, { ...call, in_flight: 16, seconds })).perSecond;
  const rate = Math.round(capacity / 2);
  const alone = await cleanLoad(evald.address, { ...call, rate, seconds });
  const took = [];
  const replaceAgainAndAgain = async () => {
    for (const end = Date.now() + seconds * 1500; Date.now() < end;) {
      const begin = Date.now();
      await evald.evalctl('snapshot', 'regenerate', '--force');
      took.push(Date.now() - begin);
    }
  };
  const loading = load(evald.address, { ...call, rate, seconds: seconds * 2 });
  const [during] = await Promise.all([loading, replaceAgainAndAgain()]);
  const p99 = [alone, during].map((outcome) => outcome.latency(99) / 1000);
  return [
    [`p99 at ${rate} evals/s, half of what it can do`, p99[0].toFixed(1)],
    [`the same while the snapshot is replaced ${took.length} times in a row`, p99[1].toFixed(1)],
    ['calls refused or failed meanwhile, a number', String(during.failed.count)],
    ['one regeneration', new Rounds(took).text(0)],
  ];
}

// How late the answer to a script comes that reaches its limit.
async function limits(bench, evald) {
  const kinds = [
    ['interrupted by V8', 'for (;;);'],
    // A search that V8 does not interrupt and that needs no memory: its process is ended after kill_grace,
    // 250 ms.
    ['killed, kill_grace of 250 ms included', 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)'],
  ];
  const rows = [];
  for (const [name, source] of kinds) {
    for (const inFlight of [1, 8]) {
      const options = { call: 'eval', source, wall_time_millis: LIMIT_MILLIS, in_flight: inFlight };
      const outcome = await load(evald.address, { ...options, seconds: 30, most: bench.quick ? 8 : 40 });
      const stopped = outcome.filter(({ code }) => code === DEADLINE_EXCEEDED);
      if (stopped.count !== outcome.count)
        throw new Error(`${outcome.count - stopped.count} scripts were not stopped`);
      const late = (percentile) => (stopped.latency(percentile) / 1000 - LIMIT_MILLIS).toFixed(1);
      rows.push([
        `lateness at a wall-time limit, ${inFlight} at a time, ${name}: p50, p99`,
        `${late(50)}, ${late(99)}`,
      ]);
    }
  }
  return rows;
}

export async function run(bench) {
  const evald = await bench.evald();
  const rows = [
    ...(await boots(bench)),
    ...(await regenerations(bench, evald)),
    ...(await limits(bench, evald)),
  ];
  const [full] = await microBenchmarks(bench, 'zygote_bench', { filter: '^NewIsolate', rounds: 100 });
  rows.push(['for comparison: one isolate from the snapshot, in a process', (full.p50 / 1000).toFixed(1)]);
  return { markdown: table(['milliseconds', ''], rows), goals: [] };
}
