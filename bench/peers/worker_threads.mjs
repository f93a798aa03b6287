// Node's worker_threads: a new worker for each request. SHARE_ENV spares it a copy of the environment.
import { SHARE_ENV, Worker } from 'node:worker_threads';

import { bundle, drive } from './harness.mjs';

const program = `${bundle}
const { parentPort, workerData } = require('node:worker_threads');
parentPort.postMessage(JSON.stringify((0, eval)(workerData)));`;

await drive(
  (script) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(program, { eval: true, env: SHARE_ENV, workerData: script });
      worker.once('message', resolve);
      worker.once('error', reject);
    }),
);
