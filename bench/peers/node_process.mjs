// A Node process for each request. Its program, the bundle included, is compiled from Node's compile cache
// (NODE_COMPILE_CACHE). A user-land snapshot (node --build-snapshot) would be the other way; V8 refuses to
// make one of this bundle in Node 26 ("CheckGlobalAndEternalHandles failed"), and without the bundle it
// starts no sooner.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { bundle, drive } from './harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'node-process-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const program = join(folder, 'program.cjs');
writeFileSync(program, `${bundle}\nprocess.stdout.write(JSON.stringify((0, eval)(process.argv[2])));`);
const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'cache') };

const run = promisify(execFile);
await drive(async (script) => (await run(process.execPath, [program, script], { env })).stdout);
