// Scripts that compute and scripts that make garbage: evald against the same V8 with its defaults and all of
// its threads (//bench:v8_shell), against that on one thread, and against the Node.js 26 that the peers run
// on.
import { join } from 'node:path';

import { NODE } from '../peers.mjs';
import { BENCH, output, program } from '../programs.mjs';
import { goal, table } from '../report.mjs';
import { Rounds } from '../statistics.mjs';

export const title = 'Compute';

const SCRIPTS = [
  ['a CPU-bound script', 'compute.js'],
  ['a script that makes garbage', 'garbage.js'],
];

const PRINT = 'console.log((0, eval)(require("fs").readFileSync(process.argv[1], "utf8")))';

export async function run(bench) {
  const evald = await bench.evald();
  const rows = [],
    goals = [];
  for (const [name, file] of SCRIPTS) {
    const path = join(BENCH, 'scripts', file);
    const shell = async (...flags) => Number(await output(program('bench/v8_shell'), [path, ...flags]));
    const ours = [],
      threads = [],
      one = [],
      node = [];
    for (let i = 0; i < Math.max(bench.rounds, bench.quick ? 1 : 3); ++i) {
      ours.push(Number(await evald.evalctl('eval', '-f', path)));
      threads.push(await shell());
      one.push(await shell('--single-threaded'));
      node.push(Number(await output(NODE, ['-e', PRINT, path])));
    }
    const [own, all, single, other] = [ours, threads, one, node].map((values) => new Rounds(values));
    rows.push([
      name,
      ...[own, all, single, other].map((times) => times.text(0)),
      own.over(all).text(),
      single.over(all).text(),
    ]);
    goals.push(
      goal(
        `${name} to the same V8 with its threads`,
        '<= 1.1',
        own.over(all).text(),
        own.over(all).median <= 1.1,
      ),
    );
  }
  const columns = [
    ...['milliseconds', 'evald', 'same V8, its threads', 'same V8, one thread', 'Node.js 26'],
    ...['evald to threads', 'one thread to threads'],
  ];
  return { markdown: table(columns, rows), goals };
}
