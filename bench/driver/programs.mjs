// Where the programs are that ./dev bench has built, and how one that ends is run.
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const BENCH = dirname(dirname(fileURLToPath(import.meta.url)));
export const REPOSITORY = dirname(BENCH);

export const program = (name) => join(REPOSITORY, 'bazel-bin', name);
export const installed = (path) => join(BENCH, 'node_modules', path);

// What it wrote on standard output.
export async function output(file, words = [], options = {}) {
  const { stdout } = await promisify(execFile)(file, words, { maxBuffer: 64 << 20, ...options });
  return stdout;
}
