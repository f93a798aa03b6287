// Makes one extension's C++ header: its manifest, and its JavaScript with everything that it imports as one text.
//
// usage: node bundle.mjs --esbuild PROGRAM --packages FOLDER --manifest FILE --entry FILE --header OUT
//            [--globals FILE] [--alias MODULE=FILE]...
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const names = ['esbuild', 'packages', 'manifest', 'entry', 'header'];
const { values: options } = parseArgs({
  options: {
    ...Object.fromEntries([...names, 'globals'].map((name) => [name, { type: 'string' }])),
    alias: { type: 'string', multiple: true, default: [] },
  },
});
for (const name of names) {
  if (!options[name]) throw new Error(`--${name} is missing`);
}

const DELIMITER = 'JAVASCRIPT';
// What every extension can import without needing another one (runtime/realm.h).
const OF_THE_HOST = ['ops', 'hooks'];

function readManifest() {
  const manifest = JSON.parse(readFileSync(options.manifest, 'utf8'));
  const fields = { name: '', version: '', needs: [], provides: [], ops: [] };
  for (const [key, value] of Object.entries(manifest)) {
    const known = fields[key];
    if (known === undefined || Array.isArray(known) !== Array.isArray(value))
      throw new Error(`${options.manifest}: '${key}' is not a field, or not of its kind`);
    fields[key] = value;
  }
  for (const key of ['name', 'version']) {
    if (fields[key] === '') throw new Error(`${options.manifest}: '${key}' is missing`);
  }
  return fields;
}

function bundle() {
  // Of the V8 in Debian 12. Links are kept as they are: Bazel's lead out of the files that it was told of.
  const flags = [
    '--bundle',
    '--format=cjs',
    '--platform=neutral',
    '--main-fields=module,main',
    '--target=chrome102',
    '--charset=ascii',
    '--preserve-symlinks',
    '--external:evald:*',
    '--legal-comments=none',
    '--log-level=warning',
    ...options.alias.map((alias) => `--alias:${alias.replace('=', `=${resolve('.')}/`)}`),
  ];
  if (options.globals) flags.push(`--inject:${options.globals}`);
  return execFileSync(options.esbuild, [...flags, options.entry], {
    env: { ...process.env, NODE_PATH: resolve(options.packages) },
    maxBuffer: 64 << 20,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
}

function checkImports(manifest, source) {
  for (const [, imported] of source.matchAll(/\brequire\("evald:([^"]*)"\)/g)) {
    if (!OF_THE_HOST.includes(imported) && !manifest.needs.includes(imported))
      throw new Error(`${options.entry}: imports 'evald:${imported}', which ${options.manifest} does not need`);
  }
}

const quoted = (text) => JSON.stringify(text);
const list = (texts) => `{${texts.map(quoted).join(', ')}}`;

const manifest = readManifest();
const source = bundle();
checkImports(manifest, source);
if (source.includes(`)${DELIMITER}"`)) throw new Error(`${options.entry}: holds the end of a C++ literal`);
const camel = manifest.name.replace(/(^|_)(.)/g, (match, before, letter) => letter.toUpperCase());

writeFileSync(
  options.header,
  `#pragma once

#include "runtime/extension.h"

namespace evald {

inline Extension ${camel}Bundle() {
  Extension extension;
  extension.name = ${quoted(manifest.name)};
  extension.version = ${quoted(manifest.version)};
  extension.needs = ${list(manifest.needs)};
  extension.provides = ${list(manifest.provides)};
  extension.op_names = ${list(manifest.ops)};
  extension.form = Extension::Form::kBundle;
  extension.source = R"${DELIMITER}(${source})${DELIMITER}";
  return extension;
}

}  // namespace evald
`,
);
