import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { goal, writeResults } from './report.mjs';
import { Rounds } from './statistics.mjs';

test('a ratio is taken within each round', () => {
  const ratio = new Rounds([10, 40, 90]).over(new Rounds([10, 20, 30]));
  assert.deepEqual(ratio.values, [1, 2, 3]);
  assert.equal(ratio.text(1), '2.0 (1.0 to 3.0)');
});

test('one round has no spread', () => {
  assert.equal(new Rounds([1.234]).text(), '1.23');
});

// RESULTS.md with `text`, after each of `runs` ({ sections, goals }) has been written into it.
function resultsAfter(text, ...runs) {
  const folder = mkdtempSync(join(tmpdir(), 'driver-test-'));
  const resultsFile = join(folder, 'RESULTS.md');
  writeFileSync(resultsFile, text);
  const where = { resultsFile, goalsFile: join(folder, 'goals.json'), scenarios: ['first', 'second'] };
  for (const run of runs) writeResults({ ...where, ...run });
  return readFileSync(resultsFile, 'utf8');
}

const marked = (name, body) => `<!-- made by ./dev bench: ${name} -->\n${body}\n<!-- end: ${name} -->`;

test('prose around what is made stays', () => {
  const written = resultsAfter(`before\n\n${marked('first', 'old')}\n\nafter\n`, {
    sections: { first: 'new' },
    goals: {},
  });
  assert.ok(written.startsWith(`before\n\n${marked('first', 'new')}\n\nafter\n`), written);
});

test('a section that was not there is added at the end', () => {
  const written = resultsAfter('prose\n', { sections: { second: 'figures' }, goals: {} });
  assert.ok(written.endsWith(`${marked('second', 'figures')}\n`), written);
});

test('the goals of a scenario that was not run again stay in the table', () => {
  const first = { sections: {}, goals: { first: [goal('speed', '> 1', '2', true)] } };
  const slow = { sections: {}, goals: { second: [goal('memory', '< 1', '3', false)] } };
  const small = { sections: {}, goals: { second: [goal('memory', '< 1', '0.5', true)] } };
  assert.match(
    resultsAfter('', slow, first),
    /1 of 2 goals are met.*speed \| > 1 \| 2 \| met.*memory \| < 1 \| 3 \| \*\*not met/s,
  );
  assert.match(resultsAfter('', slow, first, small), /2 of 2 goals are met/);
});

test('a section whose end is missing is not guessed at', () => {
  const text = '<!-- made by ./dev bench: first -->\nfigures\n';
  assert.throws(() => resultsAfter(text, { sections: { first: 'new' }, goals: {} }), /no mark/);
});
