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
  widthOf,
} from './primordials.js';

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
  const { compact, breakLength } = context.options;
  const before = base === '' ? open : `${base} ${open}`;
  const line = `\n${repeat(' ', context.indent)}`;
  const fits = (start) => {
    let length = output.length + start;
    if (length + output.length > breakLength) return false;
    for (let i = 0; i < output.length; ++i) length += output[i].length;
    return length <= breakLength && indexOf(base, '\n') < 0;
  };
  if (compact === true) {
    const around = base === '' ? open : `${open} ${base}`;
    if (fits(0)) return `${around} ${join(output, ', ')} ${close}`;
    const first = base === '' && open.length === 1 ? ' ' : `${base === '' ? '' : ` ${base}`}${line}  `;
    return `${open}${first}${join(output, `,${line}  `)} ${close}`;
  }
  if (typeof compact === 'number' && compact >= 1) {
    const entries = output.length;
    if (list !== undefined && entries > 6) output = intoColumns(context, output, list);
    if (context.reached - level < compact && entries === output.length) {
      const start = output.length + context.indent + open.length + base.length + 10;
      if (fits(start)) {
        const text = join(output, ', ');
        if (indexOf(text, '\n') < 0) return `${before} ${text} ${close}`;
      }
    }
  }
  return `${before}${line}  ${join(output, `,${line}  `)}${line}${close}`;
}

// About as many columns as make a square, counting a character as two and a half times as high as wide.
function intoColumns(context, output, list) {
  const { maxEntries } = context,
    { breakLength, compact } = context.options;
  const count = output.length > maxEntries ? output.length - 1 : output.length;
  const sizes = [];
  let total = 0,
    widest = 0;
  for (let i = 0; i < count; ++i) {
    const width = widthOf(output[i]);
    push(sizes, width);
    total += width + 2;
    widest = max(widest, width);
  }
  const width = widest + 2;
  if (width * 3 + context.indent >= breakLength || (total / width <= 5 && widest > 6)) return output;
  const typical = max(width - 3 - sqrt(width - total / output.length), 1);
  const columns = min(
    round(sqrt(2.5 * typical * count) / typical),
    floor((breakLength - context.indent) / width),
    compact * 4,
    15,
  );
  if (columns <= 1) return output;
  const widths = [];
  for (let column = 0; column < columns; ++column) {
    let most = 0;
    for (let i = column; i < count; i += columns) most = max(most, sizes[i]);
    push(widths, most + 2);
  }
  let numbers = true;
  for (let i = 0; i < output.length && numbers; ++i)
    numbers = typeof list[i] === 'number' || typeof list[i] === 'bigint';
  const rows = [];
  for (let from = 0; from < count; from += columns) {
    const to = min(from + columns, count);
    let row = '';
    const padded = (i) => widths[i - from] + output[i].length - sizes[i];
    for (let i = from; i < to - 1; ++i)
      row += (numbers ? padStart : padEnd)(`${output[i]}, `, padded(i), ' ');
    row += numbers ? padStart(output[to - 1], padded(to - 1) - 2, ' ') : output[to - 1];
    push(rows, row);
  }
  if (count < output.length) push(rows, output[count]);
  return rows;
}
