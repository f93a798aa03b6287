// Throughput with requests in flight, against the bare echo.
import { cleanLoad } from '../load.mjs';
import { goal, table } from '../report.mjs';
import { Rounds } from '../statistics.mjs';

export const title = 'Throughput';

const KINDS = [
  {
    name: 'Eval, pristine, one tenant, 16 in flight',
    options: { call: 'eval', expect: 2, in_flight: 16 },
    goals: [
      ['>= 20% of the echo', 0.2],
      ['then 35%', 0.35],
    ],
  },
  {
    name: 'CallFunction, reused, 16 in flight',
    options: { call: 'function', expect: 2, in_flight: 16 },
    goals: [['>= 50% of the echo', 0.5]],
  },
  {
    name: 'Eval, every request another tenant, 16 in flight',
    options: { call: 'eval', expect: 2, in_flight: 16, tenants: 0, tenant: 'stranger' },
    goals: [],
  },
  { name: 'Eval, pristine, one at a time', options: { call: 'eval', expect: 2, in_flight: 1 }, goals: [] },
];

async function compare(bench, evald, echo, { options }) {
  const seconds = bench.quick ? 0.5 : 1.5;
  const ours = [];
  const theirs = [];
  for (let i = 0; i < bench.rounds; ++i) {
    ours.push((await cleanLoad(evald.address, { ...options, seconds })).perSecond);
    theirs.push(
      (await cleanLoad(echo.address, { call: 'echo', in_flight: options.in_flight, seconds })).perSecond,
    );
  }
  return { ours: new Rounds(ours), theirs: new Rounds(theirs) };
}

export async function run(bench) {
  const evald = await bench.evald();
  const echo = await bench.echo();
  const rows = [];
  const goals = [];
  for (const kind of KINDS) {
    const { ours, theirs } = await compare(bench, evald, echo, kind);
    const ratio = ours.over(theirs);
    rows.push([kind.name, ours.text(0), theirs.text(0), ratio.text(3)]);
    for (const [target, least] of kind.goals) {
      goals.push(goal(`throughput: ${kind.name}`, target, ratio.text(3), ratio.median >= least));
    }
  }
  return { markdown: `Calls a second.\n\n${table(['', 'evald', 'echo', 'ratio'], rows)}`, goals };
}
