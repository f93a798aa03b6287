// Twice the load that saturates evald, beside a steady client of another tenant: what is still answered, how
// soon the rest is refused, and how soon it is as if nothing had been.
import { setTimeout as sleep } from 'node:timers/promises';

import { RESOURCE_EXHAUSTED, cleanLoad, load } from '../load.mjs';
import { goal, table } from '../report.mjs';
import { Rounds, median, wholeNumber } from '../statistics.mjs';

export const title = 'Overload';
export const rounds = 3;

const STEADY_RATE = 100;
const WINDOW = 0.2;
const BEFORE = 1.5;
// p99 is normal again when it is within this of what it was before.
const NORMAL = 1.5;

const evalCall = { call: 'eval', expect: 2 };

function windows(outcome) {
  const found = [];
  for (const record of outcome.records)
    (found[Math.floor(record.dueSeconds / WINDOW)] ??= []).push(record.latencyMicros);
  return Array.from(found, (micros) => (micros ? Math.max(...micros) : 0));
}

// From the end of the flood until the last window that is not normal.
function recoverySeconds(steady, floodEnd, normal) {
  const worst = windows(steady).map((micros, i) => ({ micros, end: (i + 1) * WINDOW }));
  const late = worst.filter(({ micros, end }) => end > floodEnd + WINDOW && micros > normal);
  return late.length === 0 ? 0 : late.at(-1).end - floodEnd;
}

async function once(bench, evald) {
  const seconds = bench.quick ? 1 : 4;
  const after = bench.quick ? 1 : 4;
  const peak = (await cleanLoad(evald.address, { ...evalCall, in_flight: 32, seconds })).perSecond;
  const steadyOptions = {
    ...evalCall,
    tenant: 'steady',
    rate: STEADY_RATE,
    seconds: BEFORE + seconds + after,
  };
  const steadyRun = load(evald.address, steadyOptions);
  await sleep(BEFORE * 1000);
  const flood = await load(evald.address, {
    ...evalCall,
    tenant: 'flood',
    rate: Math.round(2 * peak),
    seconds,
  });
  const steady = await steadyRun;
  const before = steady.filter(({ dueSeconds }) => dueSeconds < BEFORE - 0.5);
  // The worst of a window is held against the worst of a usual one.
  const usual = median(windows(before)) * NORMAL + 1000;
  const refused = flood.filter(({ code }) => code === RESOURCE_EXHAUSTED);
  return {
    peak,
    goodput: flood.perSecondWithin(seconds) / peak,
    refusedShare: refused.count / flood.count,
    refusal: refused.latency(99) / 1000,
    otherFailures: flood.failed.count - refused.count,
    steadyDuring: steady.filter(({ dueSeconds }) => dueSeconds > BEFORE && dueSeconds < BEFORE + seconds),
    before,
    recovery: recoverySeconds(steady, BEFORE + seconds, usual),
    timeline: windows(steady),
  };
}

export async function run(bench) {
  const evald = await bench.evald();
  const found = [];
  for (let i = 0; i < bench.rounds; ++i) found.push(await once(bench, evald));
  const of = (pick) => new Rounds(found.map(pick));
  const goodput = of((one) => one.goodput);
  const refusal = of((one) => one.refusal);
  const recovery = of((one) => one.recovery);
  const rows = [
    ['peak, 32 in flight, evals/s', of((one) => one.peak).text(0)],
    ['goodput at twice that rate, share of the peak', goodput.text()],
    ['share of calls refused', of((one) => one.refusedShare).text()],
    ['refusal p99, ms', refusal.text(1)],
    ['calls that failed otherwise', wholeNumber(Math.max(...found.map((one) => one.otherFailures)))],
    [`steady client of ${STEADY_RATE}/s before: p99, ms`, of((one) => one.before.latency(99) / 1000).text()],
    ['the same during', of((one) => one.steadyDuring.latency(99) / 1000).text()],
    [
      'the same during: calls of it refused',
      wholeNumber(Math.max(...found.map((one) => one.steadyDuring.failed.count))),
    ],
    ['until it is normal again, s', recovery.text(1)],
  ];
  const picture = await bench.plot('overload', {
    title: `A steady client's worst latency; the flood begins at ${BEFORE} s`,
    x: 'seconds',
    y: 'milliseconds',
    log: 'y',
    series: [
      {
        name: 'worst in 200 ms',
        points: found[0].timeline.map((micros, i) => [i * WINDOW, Math.max(micros, 1) / 1000]),
      },
    ],
  });
  return {
    markdown: `${table(['', ''], rows)}\n\n${picture}`,
    goals: [
      goal(
        'overload: goodput at twice the saturation rate, of the peak',
        '>= 0.9',
        goodput.text(),
        goodput.median >= 0.9,
      ),
      goal('overload: refusals p99, ms', '<= 5', refusal.text(1), refusal.median <= 5),
      goal('overload: until normal p99, s', '<= 2', recovery.text(1), recovery.median <= 2),
    ],
  };
}
