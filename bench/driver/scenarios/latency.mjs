// Latency at fixed rates: never-used isolates against the bare echo, and evald's own cold start against V8
// making an isolate.
import { microBenchmarks } from '../micro.mjs';
import { cleanLoad } from '../load.mjs';
import { goal, table } from '../report.mjs';
import { Rounds } from '../statistics.mjs';

export const title = 'Latency, pristine, at fixed rates';

const RATES = [50, 200];
const PERCENTILES = [50, 99];

async function measure(bench, evald, echo, rate) {
  const seconds = bench.quick ? 1 : Math.max(2, 200 / rate);
  const ours = [];
  const theirs = [];
  for (let i = 0; i < bench.rounds; ++i) {
    ours.push(await cleanLoad(evald.address, { call: 'eval', expect: 2, rate, seconds }));
    theirs.push(await cleanLoad(echo.address, { call: 'echo', rate, seconds }));
  }
  return { rate, ours, theirs };
}

const rounds = (outcomes, percentile) => new Rounds(outcomes.map((outcome) => outcome.latency(percentile)));

function goalsAt({ rate, ours, theirs }) {
  const ratio = (percentile) => rounds(ours, percentile).over(rounds(theirs, percentile));
  const p50 = ratio(50);
  const p99 = ratio(99);
  const beyond = new Rounds(ours.map((outcome, i) => (outcome.latency(99) - theirs[i].latency(99)) / 1000));
  const what = `latency, pristine, ${rate}/s`;
  return [
    goal(`${what}: p50 to the echo's`, '<= 1.5', p50.text(), p50.median <= 1.5),
    goal(`${what}: p99 to the echo's`, '<= 3', p99.text(), p99.median <= 3),
    goal(`${what}: p99 beyond the echo's, ms`, '< 1', beyond.text(), beyond.median < 1),
  ];
}

async function coldStartGoals(bench, { rate, ours }) {
  const cold = (percentile) => new Rounds(ours.map((outcome) => outcome.coldStart(percentile)));
  const made = [];
  for (let i = 0; i < bench.rounds; ++i) {
    const [isolate] = await microBenchmarks(bench, 'zygote_bench', { filter: '^NewIsolate', rounds: 100 });
    made.push(isolate.p50);
  }
  const share = cold(50).over(new Rounds(made));
  return [
    goal(`cold start at ${rate}/s: p50, us`, '<= 150', cold(50).text(0), cold(50).median <= 150),
    goal(`cold start at ${rate}/s: p99, us`, '<= 1000', cold(99).text(0), cold(99).median <= 1000),
    goal('cold start p50 to Isolate::New + Context::New', '<= 0.05', share.text(3), share.median <= 0.05),
  ];
}

export async function run(bench) {
  const evald = await bench.evald();
  const echo = await bench.echo();
  const measured = [];
  for (const rate of RATES) measured.push(await measure(bench, evald, echo, rate));
  const rows = measured.flatMap(({ rate, ours, theirs }) =>
    PERCENTILES.map((percentile) => {
      const own = rounds(ours, percentile);
      const other = rounds(theirs, percentile);
      return [`${rate}/s, p${percentile}`, own.text(0), other.text(0), own.over(other).text()];
    }),
  );
  const picture = await bench.plot('latency', {
    title: 'Latency by percentile',
    x: 'percentile',
    y: 'microseconds',
    log: 'y',
    series: measured.flatMap(({ rate, ours, theirs }) => [
      { name: `evald, ${rate}/s`, points: ours[0].distribution() },
      { name: `echo, ${rate}/s`, points: theirs[0].distribution() },
    ]),
  });
  return {
    markdown: `Microseconds, from when a call was due.\n\n${table(['', 'evald', 'echo', 'ratio'], rows)}\n\n${picture}`,
    goals: [...measured.flatMap(goalsAt), ...(await coldStartGoals(bench, measured.at(-1)))],
  };
}
