// Figures as people read them.

const NBSP = '\u00a0';
const shortened = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 2 });
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function withUnit(value: string, unit: string): string {
  return value + NBSP + unit;
}

export function count(value: number): string {
  return grouped.format(value);
}

// Where there is little room: "8.6K".
export function compact(value: number): string {
  return value < 1000 ? grouped.format(value) : shortened.format(value);
}

export function rate(perSecond: number): string {
  return Number.isInteger(perSecond) || perSecond >= 10 ? grouped.format(perSecond) : perSecond.toFixed(1);
}

// A span of time, given in seconds.
export function duration(value: number): string {
  if (value <= 0) return withUnit('0', 'ms');
  if (value < 0.000_999_5) return withUnit((value * 1e6).toFixed(0), '\u00b5s');
  if (value < 0.999_5) return withUnit(digits(value * 1e3), 'ms');
  if (value < 60) return withUnit(digits(value), 's');
  if (value < 3600) return pair(value, 60, 'min', 1, 's');
  if (value < 86_400) return pair(value, 3600, 'h', 60, 'min');
  return pair(value, 86_400, 'd', 3600, 'h');
}

// One of which nobody wants to know more than the seconds.
export function span(value: number): string {
  return value < 60 ? withUnit(String(Math.floor(value)), 's') : duration(value);
}

function pair(value: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const first = Math.floor(value / large);
  const second = Math.floor((value - first * large) / small);
  return withUnit(String(first), largeUnit) + (second > 0 ? NBSP + withUnit(String(second), smallUnit) : '');
}

// The same for the marks of an axis, which are round.
export function mark(value: number): string {
  if (value <= 0) return '0';
  const [scaled, unit] =
    value < 0.001 ? [value * 1e6, '\u00b5s'] : value < 1 ? [value * 1e3, 'ms'] : [value, 's'];
  return withUnit(String(Number(scaled.toPrecision(3))), unit);
}

export function bytes(value: number): string {
  if (value < 1024) return withUnit(String(value), 'B');
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let scaled = value / 1024;
  let unit = 0;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return withUnit(digits(scaled), units[unit] ?? '');
}

export function percent(part: number, whole: number): string {
  if (whole === 0) return '0' + NBSP + '%';
  const share = (100 * part) / whole;
  const text =
    share === 0 || share === 100
      ? share.toFixed(0)
      : share > 99.9
        ? '>99.9'
        : share < 0.1
          ? '<0.1'
          : share.toFixed(1);
  return text + NBSP + '%';
}

const clockFormat = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

// Time of the day, of milliseconds since 1970.
export function clock(at: number): string {
  return at === 0 ? '' : clockFormat.format(at);
}

export function dateAndClock(at: number): string {
  return at === 0 ? '' : `${dayFormat.format(at)}, ${clockFormat.format(at)}`;
}

export function ago(at: number, now: number): string {
  const past = (now - at) / 1000;
  if (at === 0) return '';
  if (past < 5) return 'just now';
  const rounded =
    past < 60 ? Math.floor(past) : past < 3600 ? Math.floor(past / 60) * 60 : Math.floor(past / 3600) * 3600;
  return `${span(rounded)} ago`;
}

// "SNAPSHOT_STAGE_BUILD" without what all of its kind begin with, in the words of a sentence: "build".
// Nothing for the value that stands for none.
export function enumWords(name: string | undefined, prefix = ''): string {
  if (!name || name.endsWith('_UNSPECIFIED')) return '';
  return (name.startsWith(prefix) ? name.slice(prefix.length) : name).toLowerCase().replaceAll('_', ' ');
}

// JSON text laid out, and otherwise as it is: numbers keep the digits that they came with.
export function layOutJson(text: string): string {
  let out = '';
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === '"') {
      const begin = at;
      for (at += 1; at < text.length && text[at] !== '"'; at += 1) {
        if (text[at] === '\\') at += 1;
      }
      out += text.slice(begin, at + 1);
    } else if (character === '{' || character === '[') {
      const closing = /^\s*[\]}]/.exec(text.slice(at + 1, at + 20));
      if (closing) {
        out += character + closing[0].trim();
        at += closing[0].length;
      } else {
        depth += 1;
        out += character + line();
      }
    } else if (character === '}' || character === ']') {
      depth = Math.max(0, depth - 1);
      out += line() + character;
    } else if (character === ',') {
      out += character + line();
    } else if (character === ':') {
      out += ': ';
    } else if (!/\s/.test(character)) {
      out += character;
    }
  }
  return out;
}
