// Scripts that compute and scripts that make garbage: evald against the same V8 with its defaults and all of
// its threads (//bench:v8_shell), and what each difference between the two comes to.
import { join } from 'node:path';

import { NODE } from '../peers.mjs';
import { BENCH, output, program } from '../programs.mjs';
import { goal, table } from '../report.mjs';
import { Rounds } from '../statistics.mjs';

export const title = 'Compute';
export const rounds = 3;

const SCRIPTS = [
  ['a CPU-bound script', 'compute.js'],
  ['a script that makes garbage', 'garbage.js'],
];
const OURS = 'evald';
const THEIRS = 'the same V8 with its threads';
const PRINT = 'console.log((0, eval)(require("fs").readFileSync(process.argv[1], "utf8")))';

const shell =
  (...flags) =>
  (path) =>
    output(program('bench/v8_shell'), [path, ...flags]);

// Each gives the milliseconds that the script itself has counted.
const waysOf = (evald) => ({
  [OURS]: (path) => evald.evalctl('eval', '-f', path),
  [THEIRS]: shell(),
  'with threads, in the heap that evald gives a request': shell('--max-heap-size=64'),
  'without threads': shell('--single-threaded'),
  'Node.js 26': (path) => output(NODE, ['-e', PRINT, path]),
});

async function measure(bench, ways, path) {
  const found = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let i = 0; i < bench.rounds; ++i) {
    for (const [name, run] of Object.entries(ways)) found[name].push(Number(await run(path)));
  }
  return Object.fromEntries(Object.entries(found).map(([name, times]) => [name, new Rounds(times)]));
}

export async function run(bench) {
  const ways = waysOf(await bench.evald());
  const rows = [];
  const goals = [];
  for (const [what, file] of SCRIPTS) {
    const found = await measure(bench, ways, join(BENCH, 'scripts', file));
    for (const [name, times] of Object.entries(found)) {
      rows.push([`${what}, ${name}`, times.text(0), times.over(found[THEIRS]).text()]);
    }
    const ratio = found[OURS].over(found[THEIRS]);
    goals.push(goal(`${what} to ${THEIRS}`, '<= 1.1', ratio.text(), ratio.median <= 1.1));
  }
  return { markdown: table(['', 'ms', `to ${THEIRS}`], rows), goals };
}
