// Makes the page that the daemon holds: one HTML file, script and style inside, and the Content-Security-Policy
// under which a browser runs these and nothing else. Writes them as a file to look at and as a C++ header.
//
// usage: node bundle.mjs --esbuild PROGRAM --packages FOLDER --entry FILE --template FILE --page OUT --header OUT
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const names = ['esbuild', 'packages', 'entry', 'template', 'page', 'header'];
const { values: options } = parseArgs({
  options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
});
for (const name of names) {
  if (!options[name]) throw new Error(`--${name} is missing`);
}

// What a C++ compiler has to take in one string literal, and no more.
const LITERAL_BYTES = 2000;

function bundle() {
  const folder = mkdtempSync(join(resolve(options.page, '..'), 'bundle-'));
  try {
    // Links are kept as they are: Bazel's lead out of the files that it was told of.
    const flags = [
      '--bundle',
      '--minify',
      '--format=iife',
      '--target=es2022',
      '--charset=ascii',
      '--preserve-symlinks',
      '--jsx=automatic',
      '--jsx-import-source=preact',
      '--log-level=warning',
      '--legal-comments=none',
      '--define:process.env.NODE_ENV="production"',
    ];
    execFileSync(options.esbuild, [...flags, options.entry, `--outdir=${folder}`], {
      stdio: 'inherit',
      env: { ...process.env, NODE_PATH: resolve(options.packages) },
    });
    return {
      script: readFileSync(join(folder, 'main.js'), 'utf8').trim(),
      style: readFileSync(join(folder, 'main.css'), 'utf8').trim(),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// What ends an element's text for the HTML parser must not occur in it.
function inside(element, text) {
  const end = new RegExp(`</${element}|<!--`, 'i').exec(text);
  if (end) throw new Error(`the bundled ${element} holds ${JSON.stringify(end[0])}`);
  return text;
}

const sourceOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

function policyOf({ script, style }) {
  return [
    "default-src 'none'",
    `script-src ${sourceOf(script)}`,
    `style-src ${sourceOf(style)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // No text becomes HTML: a browser refuses innerHTML and its like.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function literal(text) {
  const pieces = [];
  let piece = '';
  for (const character of text) {
    const code = character.codePointAt(0);
    if (code > 126)
      throw new Error(`the page holds the character U+${code.toString(16)}: write it as an escape`);
    if (code >= 32) piece += '"?\\'.includes(character) ? `\\${character}` : character;
    else piece += `\\${code.toString(8).padStart(3, '0')}`;
    if (piece.length >= LITERAL_BYTES) {
      pieces.push(piece);
      piece = '';
    }
  }
  return [...pieces, piece].map((each) => `    "${each}"`).join('\n');
}

const parts = bundle();
// Replaced by functions: a string's "$&" would be special.
const page = readFileSync(options.template, 'utf8')
  .replace('/*STYLE*/', () => inside('style', parts.style))
  .replace('/*SCRIPT*/', () => inside('script', parts.script));

writeFileSync(options.page, page);
writeFileSync(
  options.header,
  `#pragma once

#include <string_view>

namespace evald {
inline constexpr std::string_view kDashboardPage =
${literal(page)};
inline constexpr std::string_view kDashboardPolicy =
${literal(policyOf(parts))};
}  // namespace evald
`,
);
