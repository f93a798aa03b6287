// workerd: a worker of its dynamic worker loader for each request, over HTTP on a Unix socket with
// connections that are kept.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { bundle, drive, options } from './harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'workerd-'));
const socketPath = join(folder, 'socket');
cpSync(join(import.meta.dirname, 'workerd'), folder, { recursive: true });
writeFileSync(join(folder, 'bundle.txt'), bundle);
const workerd = spawn(
  options.program,
  ['serve', '--experimental', `--socket-addr=http=unix:${socketPath}`, join(folder, 'config.capnp')],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
process.on('exit', () => {
  workerd.kill();
  rmSync(folder, { recursive: true });
});
workerd.on('exit', (code) => process.exit(code ?? 1));
while (!existsSync(socketPath)) await sleep(10);

const agent = new http.Agent({ keepAlive: true, maxSockets: options.inFlight });
await drive(
  (script) =>
    new Promise((resolve, reject) => {
      const request = http.request({ agent, socketPath, method: 'POST', path: '/' }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part) => (text += part));
        response.on('end', () => resolve(text));
      });
      request.on('error', reject);
      request.end(script);
    }),
);
