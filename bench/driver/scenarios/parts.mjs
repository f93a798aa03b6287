// Micro-benchmarks of what is between gRPC and V8: frames, the pool's bookkeeping, values.
import { microBenchmarks } from '../micro.mjs';
import { table } from '../report.mjs';

export const title = 'Frame codec, checkout, value conversion';

export async function run(bench) {
  const rows = [];
  for (const name of ['frame_bench', 'pool_bench', 'value_bench']) {
    for (const { name: what, cpu_time: time, bytes_per_second: rate } of await microBenchmarks(bench, name, {
      seconds: bench.quick ? 0.01 : 0.2,
    })) {
      rows.push([what, time.toFixed(0), rate ? (rate / 1e6).toFixed(0) : '']);
    }
  }
  return { markdown: table(['', 'CPU, ns', 'MB/s'], rows), goals: [] };
}
