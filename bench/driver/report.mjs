// What the benchmark tells: tables as Markdown, verdicts on goals, and RESULTS.md, in which each section that
// a scenario makes stands between two marks. Whatever stands outside of them is prose, and stays.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const begin = (name) => `<!-- made by ./dev bench: ${name} -->`;
const end = (name) => `<!-- end: ${name} -->`;

export function table(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = columns.map((_, i) => (i === 0 ? '---' : '---:'));
  return [line(columns), line(rule), ...rows.map(line)].join('\n');
}

// `met`: true, false, or undefined for what is only reported.
export const goal = (what, target, figure, met) => ({ what, target, figure, met });

const verdict = (met) => (met === undefined ? 'reported' : met ? 'met' : '**not met**');

export const goalTable = (goals) =>
  table(
    ['goal', 'target', 'figure', ''],
    goals.map(({ what, target, figure, met }) => [what, target, figure, verdict(met)]),
  );

function replaceSection(text, name, body) {
  const section = `${begin(name)}\n${body}\n${end(name)}`;
  const from = text.indexOf(begin(name));
  if (from < 0) return `${text.trimEnd()}\n\n${section}\n`;
  const to = text.indexOf(end(name), from);
  if (to < 0) throw new Error(`RESULTS.md has no mark '${end(name)}'`);
  return text.slice(0, from) + section + text.slice(to + end(name).length);
}

// What scenarios came to that were run before and what they come to now: { scenario: goals }, kept beside the
// plots.
function mergeGoals(file, goals) {
  const merged = { ...(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}), ...goals };
  writeFileSync(file, `${JSON.stringify(merged, null, 1)}\n`);
  return merged;
}

// `sections` and `goals` by scenario; those that were made this time take the place of those of the same
// names. The table of all goals is in the order of `scenarios`.
export function writeResults({ resultsFile, goalsFile, scenarios, sections, goals }) {
  const merged = mergeGoals(goalsFile, goals);
  const all = scenarios.flatMap((name) => merged[name] ?? []);
  const judged = all.filter(({ met }) => met !== undefined);
  const summary = `${judged.filter(({ met }) => met).length} of ${judged.length} goals are met.\n\n${goalTable(all)}`;
  let text = existsSync(resultsFile) ? readFileSync(resultsFile, 'utf8') : '# Results\n';
  for (const [name, body] of Object.entries({ goals: summary, ...sections }))
    text = replaceSection(text, name, body);
  writeFileSync(resultsFile, text);
}
