// The peers: how each is started, and what kind of unit it makes. Their own settings are in bench/peers/.
import { existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';

import { BENCH, installed, output } from './programs.mjs';

const ARCH = process.arch;
export const NODE = installed(`node-linux-${ARCH}/bin/node`);
const DENO = installed(`@deno/linux-${ARCH}-glibc/deno`);
const BUN = installed(`@oven/bun-linux-${ARCH === 'arm64' ? 'aarch64' : ARCH}/bin/bun`);
const WORKERD = installed(`@cloudflare/workerd-linux-${ARCH === 'x64' ? '64' : ARCH}/bin/workerd`);
const CORES = availableParallelism?.() ?? cpus().length;

const script = (name) => join(BENCH, 'peers', name);
const onNode = (name, ...words) => [NODE, [script(name), ...words]];

export const SNAPSHOT_PEER = 'isolated-vm, isolate from snapshot';

const isolatedVm = (variant) => ({ copies: CORES, start: onNode('isolated_vm.mjs', '--variant', variant) });
const deno = ['run', '--quiet', '--allow-all', '--unstable-worker-options', script('web_worker.mjs')];
const workerd = onNode('workerd.mjs', '--program', WORKERD);

// `unit`: what each request gets a new one of. `copies`: processes, for those that do their work on one
// thread, so that every peer has all of the processors.
export const PEERS = [
  { name: 'isolated-vm, fresh isolate', unit: 'isolate', ...isolatedVm('isolate') },
  { name: SNAPSHOT_PEER, unit: 'isolate', ...isolatedVm('snapshot') },
  { name: 'isolated-vm, context in a kept isolate', unit: 'context', ...isolatedVm('context') },
  { name: 'Node vm', unit: 'context', copies: CORES, start: onNode('node_vm.mjs') },
  { name: 'Node worker_threads', unit: 'isolate', copies: 1, start: onNode('worker_threads.mjs') },
  { name: 'Node process', unit: 'process', copies: 1, start: onNode('node_process.mjs') },
  { name: 'Deno worker', unit: 'isolate', copies: 1, start: [DENO, deno] },
  { name: 'Bun worker', unit: 'isolate', copies: 1, start: [BUN, ['run', script('web_worker.mjs')]] },
  { name: 'workerd, worker loader', unit: 'isolate', copies: CORES, start: workerd, needs: WORKERD },
];

export const buildBundle = (file) => output(process.execPath, [script('web_api/build.mjs'), file]);

// { perSecond, p50, p99 } of all its processes together; throws where it cannot be run.
export async function runPeer({ start: [file, words], copies, needs = file }, { seconds, inFlight, bundle }) {
  for (const wanted of [file, needs]) {
    if (!existsSync(wanted))
      throw new Error(`${wanted} is not there: npm has no package of it for this machine`);
  }
  const load = ['--seconds', seconds, '--in_flight', Math.ceil(inFlight / copies), '--bundle', bundle].map(
    String,
  );
  const texts = await Promise.all(
    Array.from({ length: copies }, () => output(file, [...words, ...load], { timeout: 60_000 })),
  );
  const all = texts.map((text) => JSON.parse(text));
  return {
    perSecond: all.reduce((sum, { perSecond }) => sum + perSecond, 0),
    p50: Math.max(...all.map(({ p50 }) => p50)),
    p99: Math.max(...all.map(({ p99 }) => p99)),
  };
}
