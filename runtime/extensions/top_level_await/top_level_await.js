// `await` at the top level of a classic script: the hook await.rewrite makes an async function of the script, for
// the host (runtime/top_level_await.h). It is asked only about scripts that do not compile as they are, or mean something
// else then.

import { Parser } from 'acorn';
import { setHook } from 'evald:hooks';

// The host knows that it is one line.
const HEAD = '(async () => {\n';
const TAIL = '\n})()';
const RETURN = 'return ';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function vlq(number) {
  let left = number < 0 ? (-number << 1) | 1 : number << 1;
  let text = '';
  do {
    const digit = left & 31;
    left >>>= 5;
    text += DIGITS[left > 0 ? digit | 32 : digit];
  } while (left > 0);
  return text;
}

// Whether the script being parsed awaits outside of all functions.
let awaits = false;

class Watcher extends Parser {
  parseAwait(...rest) {
    awaits ||= !this.inFunction;
    return super.parseAwait(...rest);
  }
  parseForStatement(node) {
    awaits ||= !this.inFunction && /^for\s+await\b/.test(this.input.slice(node.start, node.start + 200));
    return super.parseForStatement(node);
  }
}

// The statement whose value is the script's: what follows it has none, and may run before it.
function lastExpression({ body }) {
  let at = body.length - 1;
  while (at >= 0 && (body[at].type === 'EmptyStatement' || body[at].type === 'FunctionDeclaration'))
    at--;
  return body[at]?.type === 'ExpressionStatement' ? body[at] : undefined;
}

// A source map of the one line in which something was put, at `start`.
function mapOf(source, tokens, start) {
  const before = source.slice(0, start).split(/\r\n|[\n\r\u2028\u2029]/);
  const line = before.length - 1;
  const lineStart = start - before[line].length;
  const [text] = source.slice(lineStart).split(/[\n\r\u2028\u2029]/, 1);
  const segments = [];
  let lastMade = 0,
    lastColumn = 0;
  for (const token of tokens) {
    const column = token - lineStart;
    if (column < 0) continue;
    if (column >= text.length) break;
    const made = column + (token >= start ? RETURN.length : 0);
    const lines = segments.length === 0 ? line : 0;
    segments.push(vlq(made - lastMade) + vlq(0) + vlq(lines) + vlq(column - lastColumn));
    lastMade = made;
    lastColumn = column;
  }
  const mappings = ';'.repeat(line) + segments.join(',');
  return JSON.stringify({
    version: 3,
    sources: [''],
    sourcesContent: ['\n'.repeat(line) + text],
    names: [],
    mappings,
  });
}

// [the rewritten source, a source map of it or '']; undefined: it is not a script with `await` in it.
function rewrite(source) {
  const tokens = [];
  let program;
  try {
    awaits = false;
    program = Watcher.parse(source, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      allowAwaitOutsideFunction: true,
      allowHashBang: true,
      onToken: ({ start }) => tokens.push(start),
    });
  } catch {
    return undefined;
  }
  if (!awaits) return undefined;
  const body = source.startsWith('#!') ? `//${source.slice(2)}` : source;
  const result = lastExpression(program);
  if (result === undefined) return [HEAD + body + TAIL, ''];
  const { start } = result;
  return [HEAD + body.slice(0, start) + RETURN + body.slice(start) + TAIL, mapOf(source, tokens, start)];
}

// Compiles what a first script would have to wait for; that becomes part of the snapshot.
rewrite(`#! /usr/bin/env evalctl
const { a, b: [c = 1, ...d], ...e } = await f(1, 'two', ...g);
for (const x of [null, \`\${a}!\`, /x[^y]/g, -1.5e3, 0x1f, 10n]) { if (!x) continue; else h({ a, [b]: c, get d() { return 1 } }, (i) => i?.j ?? 2); }
class K extends L { #m = 1; static n() { return super.n(this.#m); } async *o() { yield await 1; } }
function p(q = 1, [r]) { switch (q) { case 1: break; default: try { throw new Error("e"); } catch (s) {} finally {} } do { t++; } while (t < 3 && u || v); }
let w = async function () { for await (const x of y) delete x.z; };
label: for (var i = 0; i < 3; i += 1) break label;
(await w()).x + 1;`);

setHook('await.rewrite', rewrite);
