// Runs the micro-benchmarks (bench/micro), which tell in Google Benchmark's JSON.
import { output, program } from './programs.mjs';

const SNAPSHOT = 'bench/full_set.snapshot';

// Of what `filter` names: { name, time, unit, and the counters }.
export async function microBenchmarks(
  bench,
  name,
  { filter = '', rounds = 0, snapshot = SNAPSHOT, seconds = 0.1 } = {},
) {
  const words = [
    '--benchmark_format=json',
    `--benchmark_filter=${filter}`,
    `--benchmark_min_time=${seconds}`,
  ];
  if (name === 'zygote_bench') {
    words.push(
      program('runtime/evald-zygote'),
      program(snapshot),
      '--rounds',
      String(bench.quick ? rounds / 4 : rounds),
    );
  }
  const { benchmarks } = JSON.parse(await output(program(`bench/micro/${name}`), words));
  return benchmarks.map((found) => ({
    ...found,
    name: found.name.replace(/\/(iterations:\d+|manual_time)/g, ''),
    time: found.real_time,
    unit: found.time_unit,
  }));
}
