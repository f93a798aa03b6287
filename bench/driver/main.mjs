// ./dev bench: runs the scenarios, in one run on one machine, and tells what came of them. Usage: main.mjs
// [FLAGS] [SCENARIO...]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { plot } from './plot.mjs';
import { BENCH, REPOSITORY } from './programs.mjs';
import { goalTable, writeResults } from './report.mjs';
import { startEcho, startEvald } from './servers.mjs';

const SCENARIOS = [
  ...[
    'latency',
    'throughput',
    'peers',
    'isolates',
    'memory',
    'overload',
    'bursts',
    'compute',
    'parts',
    'service',
    'curves',
  ],
];

// A scenario may have a number of its own.
const USUAL_ROUNDS = 5;

const HELP = `usage: ./dev bench [--quick] [--curves] [--write] [SCENARIO...]

  --quick    under a minute instead of under ten
  --curves   how it grows, too: takes as long again
  --write    put the tables into bench/RESULTS.md and the plots into bench/results/
  SCENARIO   only these: ${SCENARIOS.join(', ')}
`;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    curves: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const progress = (text) => process.stderr.write(`bench: ${text}\n`);

// What a scenario is given: how thorough to be, servers that all share, and where plots go.
class Bench {
  constructor(folder, results) {
    this.folder = folder;
    this.results = results;
    this.quick = flags.quick;
    this.rounds = 1;
    this.shared = {};
  }
  note(text) {
    if (!this.quick) progress(`  ${text}`);
  }
  startEvald(options) {
    return startEvald(this.folder, options);
  }
  startEcho(options) {
    return startEcho(this.folder, options);
  }
  // With the configuration that one gets without writing any.
  evald() {
    return (this.shared.evald ??= this.startEvald());
  }
  echo() {
    return (this.shared.echo ??= this.startEcho());
  }
  async stop() {
    for (const server of Object.values(this.shared)) await (await server).stop();
    this.shared = {};
  }
  // Markdown that shows it.
  async plot(name, spec) {
    await plot(join(this.results, `${name}.svg`), spec);
    return `![${spec.title}](results/${name}.svg)`;
  }
}

function machine() {
  const [{ model }] = cpus();
  const commit = execFileSync('git', ['-C', REPOSITORY, 'describe', '--always', '--dirty'], {
    encoding: 'utf8',
  }).trim();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const processors = `${cpus().length} processors (${model.trim()})`;
  const load = loadavg()[0].toFixed(2);
  return `Commit ${commit}, ${processors}, ${memory} GiB, Linux ${release()}; load average: ${load}.`;
}

async function chosen() {
  for (const name of positionals) {
    if (!SCENARIOS.includes(name)) throw new Error(`there is no scenario '${name}'\n${HELP}`);
  }
  const loaded = await Promise.all(
    SCENARIOS.map(async (name) => ({ name, ...(await import(`./scenarios/${name}.mjs`)) })),
  );
  if (positionals.length > 0) return loaded.filter(({ name }) => positionals.includes(name));
  return loaded.filter(
    ({ onDemand = false, thorough = false }) => (flags.curves || !onDemand) && !(flags.quick && thorough),
  );
}

async function runAll(bench, scenarios) {
  const command = ['./dev bench', ...process.argv.slice(2)].join(' ');
  const day = new Date().toISOString().slice(0, 10);
  const facts = () => {
    const repeated = bench.rounds > 1 ? `Medians of ${bench.rounds} (least to greatest).` : 'Measured once.';
    return `\`${command}\`, ${day}. ${machine()} ${repeated}`;
  };
  const sections = {};
  const goalsOf = {};
  const failures = [];
  for (const { name, title, run, rounds = USUAL_ROUNDS } of scenarios) {
    bench.rounds = flags.quick ? 1 : rounds;
    const begin = Date.now();
    progress(title);
    try {
      const { markdown, goals } = await run(bench);
      goalsOf[name] = goals;
      const verdicts = goals.length > 0 ? `${goalTable(goals)}\n\n` : '';
      sections[name] = `## ${title}\n\n${facts()}\n\n${verdicts}${markdown}`;
    } catch (error) {
      failures.push(`${title}: ${error.stack}`);
    }
    progress(`  ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  }
  return { sections, goals: goalsOf, failures };
}

async function main() {
  if (flags.help) return process.stdout.write(HELP);
  const scenarios = await chosen();
  const folder = mkdtempSync(join(tmpdir(), 'evald-bench-'));
  const results = flags.write ? join(BENCH, 'results') : join(tmpdir(), 'evald-bench-results', 'results');
  mkdirSync(results, { recursive: true });
  const bench = new Bench(folder, results);
  try {
    const { sections, goals, failures } = await runAll(bench, scenarios);
    process.stdout.write(`${Object.values(sections).join('\n\n')}\n`);
    if (flags.write) {
      const resultsFile = join(BENCH, 'RESULTS.md');
      const goalsFile = join(results, 'goals.json');
      writeResults({ resultsFile, goalsFile, scenarios: SCENARIOS, sections, goals });
    }
    progress(`plots are in ${results}`);
    failures.forEach(progress);
    process.exitCode = failures.length > 0 ? 1 : 0;
  } finally {
    await bench.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
