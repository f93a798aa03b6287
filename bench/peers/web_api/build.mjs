// Bundles entry.js and all that it imports into one script. Usage: node build.mjs OUT
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const bench = join(here, '../..');
const extensions = join(bench, '../runtime/extensions');

const OF_NODE = [
  ...['async_hooks', 'buffer', 'crypto', 'diagnostics_channel', 'dns', 'events', 'http', 'net', 'perf_hooks'],
  ...['querystring', 'stream', 'util', 'util/types', 'worker_threads', 'zlib'],
];
const aliases = {
  ...Object.fromEntries(OF_NODE.map((module) => [`node:${module}`, join(here, 'node.js')])),
  'node:assert': join(extensions, 'fetch/assert.js'),
  tr46: join(here, 'tr46.js'),
  '@exodus/bytes/encoding.js': join(here, 'utf8.js'),
  '@exodus/bytes/whatwg.js': join(extensions, 'url/percent.js'),
};

execFileSync(
  join(bench, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`),
  [
    ...['--bundle', '--format=iife', '--platform=neutral', '--main-fields=module,main', '--minify'],
    ...['--target=es2022', '--charset=ascii', '--legal-comments=none', '--log-level=warning'],
    ...Object.entries(aliases).map(([module, file]) => `--alias:${module}=${file}`),
    `--outfile=${process.argv[2]}`,
    join(here, 'entry.js'),
  ],
  { stdio: 'inherit' },
);
