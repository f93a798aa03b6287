// Peers on the same work: a script text arrives, runs in a never-used unit of isolation, its JSON result
// returns.
import { statSync } from 'node:fs';
import { join } from 'node:path';

import { cleanLoad } from '../load.mjs';
import { PEERS, SNAPSHOT_PEER, buildBundle, runPeer } from '../peers.mjs';
import { goal, table } from '../report.mjs';
import { Rounds } from '../statistics.mjs';

export const title = 'Peers on the same work';
export const rounds = 3;

const IN_FLIGHT = 16;
// As in peers/harness.mjs.
const SCRIPTS = {
  bare: '[1, 2, 3].map((x) => x * x)[2]',
  set: 'new Headers({ a: new URL("http://host/9").pathname.slice(1) }).get("a") * 1',
};
const LEAST = {
  bare: { isolate: 10, process: 10, context: 3 },
  set: { isolate: 25, process: 25, context: 3 },
};

async function evaldPerSecond(evald, source, tenants, seconds) {
  const options = { call: 'eval', source, expect: 9, in_flight: IN_FLIGHT, seconds, tenants, tenant: 'peer' };
  const outcome = await cleanLoad(evald.address, options);
  return { perSecond: outcome.perSecond, p50: outcome.latency(50), p99: outcome.latency(99) };
}

// One line of what is known.
function reasonOf({ stderr, signal, message }) {
  const said = (stderr ?? '').split('\n').find((line) => /error|fatal/i.test(line));
  return [signal && `ended by ${signal}`, said ?? message.split('\n')[0].slice(0, 200)]
    .filter(Boolean)
    .join(': ');
}

// All in turn, in each round. Gives lists of what each came to, or the reason why it did not.
async function measure(bench, evald, kind, bundle) {
  const seconds = bench.quick ? 0.3 : 1.2;
  const runs = [
    ['evald, rewound', () => evaldPerSecond(evald, SCRIPTS[kind], 1, seconds)],
    ['evald, forked', () => evaldPerSecond(evald, SCRIPTS[kind], 0, seconds)],
    ...PEERS.map((peer) => [peer.name, () => runPeer(peer, { seconds, inFlight: IN_FLIGHT, bundle })]),
  ];
  const found = Object.fromEntries(runs.map(([name]) => [name, { rounds: [], reason: '' }]));
  for (let i = 0; i < bench.rounds; ++i) {
    for (const [name, once] of runs) {
      bench.note(`${kind}, round ${i + 1}: ${name}`);
      await once().then(
        (result) => found[name].rounds.push(result),
        (error) => (found[name].reason = reasonOf(error)),
      );
    }
  }
  return found;
}

const of = ({ rounds }, field) => new Rounds(rounds.map((round) => round[field]));
const complete = (bench, measured) => measured.rounds.length === bench.rounds;

function rowsOf(bench, found) {
  const evald = of(found['evald, rewound'], 'perSecond');
  return Object.entries(found).map(([name, measured]) => {
    if (!complete(bench, measured)) return [name, `did not run: ${measured.reason}`, '', '', ''];
    const perSecond = of(measured, 'perSecond');
    const millis = (field) => (of(measured, field).median / 1000).toFixed(2);
    return [name, perSecond.text(0), millis('p50'), millis('p99'), evald.over(perSecond).text(1)];
  });
}

function goalsOf(bench, kind, found) {
  const ratioTo = (ours, name) => of(found[ours], 'perSecond').over(of(found[name], 'perSecond'));
  const label = kind === 'bare' ? 'no set' : 'the set present';
  const goals = PEERS.filter(({ name }) => complete(bench, found[name])).map(({ name, unit }) => {
    const ratio = ratioTo('evald, rewound', name);
    const least = LEAST[kind][unit];
    return goal(`throughput to ${name}, ${label}`, `>= ${least}`, ratio.text(1), ratio.median >= least);
  });
  if (kind === 'set' && complete(bench, found[SNAPSHOT_PEER])) {
    const ratio = ratioTo('evald, forked', SNAPSHOT_PEER);
    goals.push(goal(`a fork for each request to ${SNAPSHOT_PEER}`, '>= 3', ratio.text(1), ratio.median >= 3));
  }
  return goals;
}

export async function run(bench) {
  const evald = await bench.evald();
  const bundle = join(bench.folder, 'web_api.js');
  await buildBundle(bundle);
  const columns = ['', 'evals/s', 'p50, ms', 'p99, ms', 'evald, rewound, is so many times that'];
  const parts = [];
  const goals = [];
  for (const kind of ['bare', 'set']) {
    const found = await measure(bench, evald, kind, kind === 'set' ? bundle : '');
    const heading =
      kind === 'bare'
        ? 'Peers with nothing but the language:'
        : `Peers with a web-API bundle of ${Math.round(statSync(bundle).size / 1024)} KiB in each unit:`;
    parts.push(`${heading}\n\n${table(columns, rowsOf(bench, found))}`);
    goals.push(...goalsOf(bench, kind, found));
  }
  const intro = `${IN_FLIGHT} in flight. evald has its full set in both tables and is asked over gRPC; the peers are driven in
their own process (workerd over HTTP on a Unix socket), those that work on one thread in a process for each
processor. Their settings: bench/peers/.`;
  return { markdown: [intro, ...parts].join('\n\n'), goals };
}
