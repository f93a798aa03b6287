// 256 simultaneous requests, and what a steady client of another tenant has meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';

import { cleanLoad, load } from '../load.mjs';
import { goal, table } from '../report.mjs';
import { Rounds } from '../statistics.mjs';

export const title = 'Bursts of 256';

const BURST = 256;
const KINDS = [
  { name: 'of one tenant', tenants: 1 },
  { name: 'of 256 tenants', tenants: 0 },
];

async function once(bench, evald, { tenants }, round) {
  const seconds = bench.quick ? 1.6 : 3;
  const at = bench.quick ? 0.6 : 1;
  const steadyRun = cleanLoad(evald.address, {
    call: 'eval',
    expect: 2,
    tenant: 'steady',
    rate: 100,
    seconds,
  });
  await sleep(at * 1000);
  const options = {
    call: 'eval',
    expect: 2,
    in_flight: BURST,
    most: BURST,
    seconds: 30,
    tenants,
    tenant: `burst-${round}`,
  };
  const burst = await load(evald.address, options);
  const lasted = Math.max(...burst.records.map(({ latencyMicros }) => latencyMicros)) / 1e6;
  const steady = await steadyRun;
  // The generator takes a moment to start.
  const during = steady.filter(({ dueSeconds }) => dueSeconds >= at && dueSeconds <= at + 0.5 + lasted);
  return { burst, during, before: steady.filter(({ dueSeconds }) => dueSeconds < at) };
}

export async function run(bench) {
  const evald = await bench.evald();
  const rows = [];
  const goals = [];
  for (const kind of KINDS) {
    const found = [];
    for (let i = 0; i < bench.rounds; ++i) found.push(await once(bench, evald, kind, i));
    const millis = (pick) => new Rounds(found.map((one) => pick(one) / 1000)).text(1);
    const p99 = millis(({ burst }) => burst.answered.latency(99));
    const steady = millis(({ during }) => during.latency(99));
    const failed = Math.max(...found.map(({ burst }) => burst.failed.count));
    rows.push([
      kind.name,
      millis(({ burst }) => burst.answered.latency(50)),
      p99,
      failed,
      millis(({ before }) => before.latency(99)),
      steady,
    ]);
    goals.push(
      goal(
        `a burst of ${BURST} ${kind.name}: p99, ms; a steady client's meanwhile`,
        'reported',
        `${p99}; ${steady}`,
        undefined,
      ),
    );
  }
  const columns = ['milliseconds', 'p50', 'p99', 'refused', "steady client's p99 before", 'and meanwhile'];
  return { markdown: table(columns, rows), goals };
}
