// Where line breaks go: the same places as in Node.

import {
  floor,
  indexOf,
  join,
  max,
  min,
  padEnd,
  padStart,
  push,
  repeat,
  round,
  slice,
  sqrt,
} from './primordials.js';

export const LINE = 80,
  MAX_ENTRIES = 100;

export function indentLines(text, indent) {
  let out = '';
  for (let from = 0, to; from <= text.length; from = to) {
    to = indexOf(text, '\n', from) + 1 || text.length + 1;
    out += (from > 0 ? indent : '') + slice(text, from, to);
  }
  return out;
}

// On one line if it is short and not too deep, else on a line each; a long list goes into columns.
export function layOut(context, output, base, open, close, list, level) {
  const before = base === '' ? open : `${base} ${open}`;
  const entries = output.length;
  if (list !== undefined && entries > 6) output = intoColumns(context, output, list);
  if (context.reached - level < 3 && entries === output.length) {
    const text = join(output, ', ');
    const length =
      text.length - 2 * (entries - 1) + entries * 2 + context.indent + open.length + base.length + 10;
    if (length <= LINE && indexOf(text, '\n') < 0 && indexOf(base, '\n') < 0)
      return `${before} ${text} ${close}`;
  }
  const line = `\n${repeat(' ', context.indent)}`;
  return `${before}${line}  ${join(output, `,${line}  `)}${line}${close}`;
}

// About as many columns as make a square, counting a character as two and a half times as high as wide.
function intoColumns(context, output, list) {
  const count = output.length > MAX_ENTRIES && list.length > MAX_ENTRIES ? MAX_ENTRIES : output.length;
  let total = 0,
    widest = 0;
  for (let i = 0; i < count; ++i) {
    total += output[i].length + 2;
    widest = max(widest, output[i].length);
  }
  const width = widest + 2;
  if (width * 3 + context.indent >= LINE || (total / width <= 5 && widest > 6)) return output;
  const typical = max(width - 3 - sqrt(width - total / output.length), 1);
  const columns = min(
    round(sqrt(2.5 * typical * count) / typical),
    floor((LINE - context.indent) / width),
    12,
    15,
  );
  if (columns <= 1) return output;
  const widths = [];
  for (let column = 0; column < columns; ++column) {
    let most = 0;
    for (let i = column; i < count; i += columns) most = max(most, output[i].length);
    push(widths, most + 2);
  }
  let numbers = true;
  for (let i = 0; i < output.length && numbers; ++i)
    numbers = typeof list[i] === 'number' || typeof list[i] === 'bigint';
  const rows = [];
  for (let from = 0; from < count; from += columns) {
    const to = min(from + columns, count);
    let row = '';
    for (let i = from; i < to - 1; ++i)
      row += (numbers ? padStart : padEnd)(`${output[i]}, `, widths[i - from], ' ');
    row += numbers ? padStart(output[to - 1], widths[to - 1 - from] - 2, ' ') : output[to - 1];
    push(rows, row);
  }
  if (count < output.length) push(rows, output[count]);
  return rows;
}
