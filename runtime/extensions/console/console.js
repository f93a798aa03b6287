// The console object. Each message is formatted here and kept with the request by the op console_write.

import { inspect, nameOf, showFields, showNumber } from './inspect.js';
import {
  MapOf,
  TypeErrorOf,
  defineProperty,
  eachOfMap,
  eachOfSet,
  floatOf,
  floor,
  functionText,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  indexOf,
  insideOf,
  integerOf,
  isArray,
  join,
  kindOf,
  mapDelete,
  mapGet,
  mapHas,
  mapSet,
  max,
  now,
  numberOf,
  padStart,
  push,
  repeat,
  round,
  slice,
  stringKeys,
  stringOf,
  stringify,
  toFixed,
  toStringTag,
  unshift,
  widthOf,
  write,
} from './primordials.js';
import { indentLines } from './layout.js';

const DEBUG = 1,
  LOG = 2,
  INFO = 3,
  WARN = 4,
  ERROR = 5; // ConsoleMessage.Level

const showArgument = (value) => (typeof value === 'string' ? value : inspect(value));

// What a directive of a format string makes of its argument; undefined if it is none.
function directive(letter, value) {
  const numeric = (convert) =>
    typeof value === 'bigint'
      ? `${value}n`
      : typeof value === 'symbol'
        ? 'NaN'
        : showNumber(convert(value));
  switch (letter) {
    case 's':
      if (typeof value === 'bigint') return `${value}n`;
      if (typeof value === 'number') return showNumber(value);
      return typeof value === 'object' && value !== null && !hasOwnText(value)
        ? inspect(value, { depth: 0 })
        : stringOf(value);
    case 'd':
      return numeric(numberOf);
    case 'i':
      return numeric(integerOf);
    case 'f':
      return typeof value === 'symbol' ? 'NaN' : showNumber(floatOf(value));
    case 'j':
      return toJson(value);
    case 'O':
      return inspect(value);
    case 'o':
      return inspect(value, { showHidden: true, showProxy: true, depth: 4 });
    case 'c':
      return '';
  }
  return undefined;
}

// Whether the script gave the object a toString of its own.
function hasOwnText(object) {
  for (let at = object; at !== null && kindOf(at) !== 'Proxy'; at = getPrototypeOf(at)) {
    if (!hasOwn(at, 'toString')) continue;
    const maker = getOwnPropertyDescriptor(at, 'constructor')?.value;
    return typeof maker !== 'function' || indexOf(functionText(maker), '[native code]') < 0;
  }
  return false;
}

function toJson(value) {
  try {
    return stringOf(stringify(value));
  } catch (error) {
    if (kindOf(error) === 'Error' && indexOf(stringOf(error.message), 'circular structure') >= 0)
      return '[Circular]';
    throw error;
  }
}

function format(args) {
  let next = 0,
    text = '',
    between = '';
  if (args.length > 1 && typeof args[0] === 'string' && indexOf(args[0], '%') >= 0) {
    const pattern = args[0];
    let copied = 0;
    next = 1;
    between = ' ';
    for (
      let at = indexOf(pattern, '%');
      at >= 0 && at + 1 < pattern.length;
      at = indexOf(pattern, '%', at)
    ) {
      const letter = pattern[at + 1];
      const shown =
        letter === '%' ? '%' : next < args.length ? directive(letter, args[next]) : undefined;
      if (shown === undefined) {
        ++at;
        continue;
      }
      if (letter !== '%') ++next;
      text += slice(pattern, copied, at) + shown;
      copied = at += 2;
    }
    text += slice(pattern, copied);
  }
  for (; next < args.length; ++next) {
    text += between + showArgument(args[next]);
    between = ' ';
  }
  return text;
}

let groupIndent = '';
const counts = new MapOf(),
  timers = new MapOf();

const emit = (level, text) =>
  write(level, groupIndent === '' ? text : groupIndent + indentLines(text, groupIndent));

function showTime(millis) {
  const seconds = millis / 1000,
    minutes = floor(seconds / 60),
    hours = floor(minutes / 60);
  const two = (value) => padStart(`${value}`, 2, '0');
  if (hours > 0) return `${hours}:${two(minutes % 60)}:${two(floor(seconds % 60))} (h:mm:ss)`;
  if (minutes > 0) return `${minutes}:${padStart(toFixed(seconds % 60, 3), 6, '0')} (m:ss.mmm)`;
  return seconds >= 1 ? `${toFixed(seconds, 3)}s` : `${numberOf(toFixed(millis, 3))}ms`;
}

// Says how long a timer has been running, and whatever else there is to say.
function reportTimer(label, method, rest) {
  const started = mapGet(timers, label);
  if (started === undefined) {
    emit(WARN, `Warning: No such label '${label}' for console.${method}()`);
    return;
  }
  const passed = showTime(round(max(0, now() - started) * 10) / 10);
  emit(LOG, `${label}: ${passed}${rest.length > 0 ? ` ${format(rest)}` : ''}`);
}

// What console.table shows of a value: not much of a large one.
const showCell = (value) =>
  inspect(value, { maxArrayLength: 3, breakLength: Infinity, depth: isLarge(value) ? -1 : 0 });
const isLarge = (value) =>
  typeof value === 'object' &&
  value !== null &&
  !isArray(value) &&
  kindOf(value) !== 'TypedArray' &&
  stringKeys(value).length > 2;

// The columns and rows of console.table, or undefined for what has none.
function tabulate(data, wanted) {
  if (typeof data !== 'object' || data === null) return undefined;
  const rows = [];
  const addValue = (value) => push(rows, [`${rows.length}`, showCell(value)]);
  const addPair = (key, value) => push(rows, [`${rows.length}`, showCell(key), showCell(value)]);
  const withPairs = { columns: ['(iteration index)', 'Key', 'Values'], rows },
    withValues = { columns: ['(iteration index)', 'Values'], rows };
  switch (kindOf(data)) {
    case 'Map':
      eachOfMap(data, (value, key) => addPair(key, value));
      return withPairs;
    case 'Set':
      eachOfSet(data, addValue);
      return withValues;
    case 'Map Iterator':
    case 'Set Iterator': {
      const { 0: values, 1: pairs } = insideOf(data);
      if (pairs && kindOf(data) === 'Map Iterator') {
        for (let i = 0; i < values.length; i += 2) addPair(values[i], values[i + 1]);
        return withPairs;
      }
      for (let i = 0; i < values.length; ++i) addValue(values[i]);
      return withValues;
    }
  }
  // Columns in the order that keys of an object have.
  const cells = { __proto__: null },
    names = stringKeys(data),
    plain = [];
  for (let i = 0; i < names.length; ++i) {
    const value = data[names[i]];
    const isRow = value !== null && (typeof value === 'object' || typeof value === 'function');
    if (!isRow && wanted === undefined) {
      plain[i] = showCell(value);
      continue;
    }
    const keys = wanted ?? stringKeys(value);
    for (let k = 0; k < keys.length; ++k) {
      const column = (cells[keys[k]] ??= []);
      column[i] = isRow && hasOwn(value, keys[k]) ? showCell(value[keys[k]]) : '';
    }
  }
  const keys = stringKeys(cells);
  for (let i = 0; i < names.length; ++i) {
    const row = [names[i]];
    for (let k = 0; k < keys.length; ++k) push(row, cells[keys[k]][i] ?? '');
    if (plain.length > 0) push(row, plain[i] ?? '');
    push(rows, row);
  }
  const columns = ['(index)'];
  for (let k = 0; k < keys.length; ++k) push(columns, keys[k]);
  if (plain.length > 0) push(columns, 'Values');
  return { columns, rows };
}

function notAnArray() {
  const error = new TypeErrorOf('The "properties" argument must be an instance of Array');
  error.code = 'ERR_INVALID_ARG_TYPE';
  return error;
}

function drawTable({ columns, rows }) {
  const widths = [];
  for (let c = 0; c < columns.length; ++c) {
    let most = widthOf(columns[c]);
    for (let r = 0; r < rows.length; ++r) most = max(most, widthOf(rows[r][c]));
    push(widths, most);
  }
  const line = (left, middle, right, cell) => {
    let text = left;
    for (let c = 0; c < widths.length; ++c) text += (c > 0 ? middle : '') + cell(c);
    return text + right;
  };
  const rule = (left, middle, right) => line(left, middle, right, (c) => repeat('─', widths[c] + 2));
  const row = (texts) =>
    line('│', '│', '│', (c) => ` ${texts[c]}${repeat(' ', widths[c] - widthOf(texts[c]) + 1)}`);
  const lines = [rule('┌', '┬', '┐'), row(columns), rule('├', '┼', '┤')];
  for (let r = 0; r < rows.length; ++r) push(lines, row(rows[r]));
  push(lines, rule('└', '┴', '┘'));
  return join(lines, '\n');
}

function openGroup(args) {
  if (args.length > 0) emit(LOG, format(args));
  groupIndent += '  ';
}

const methods = {
  log(...args) {
    emit(LOG, format(args));
  },
  warn(...args) {
    emit(WARN, format(args));
  },
  dir(object, options) {
    emit(LOG, inspect(object, { customInspect: false, ...options }));
  },
  time(label = 'default') {
    label = `${label}`;
    if (mapHas(timers, label)) emit(WARN, `Warning: Label '${label}' already exists for console.time()`);
    else mapSet(timers, label, now());
  },
  timeEnd(label = 'default') {
    label = `${label}`;
    reportTimer(label, 'timeEnd', []);
    mapDelete(timers, label);
  },
  timeLog(label = 'default', ...data) {
    reportTimer(`${label}`, 'timeLog', data);
  },
  trace(...args) {
    const error = { __proto__: null };
    captureStackTrace(error, trace);
    const stack = `${error.stack}`,
      from = indexOf(stack, '\n');
    emit(
      ERROR,
      `Trace${args.length > 0 ? `: ${format(args)}` : ''}${from < 0 ? '' : slice(stack, from)}`,
    );
  },
  assert(condition, ...args) {
    if (condition) return;
    if (typeof args[0] === 'string') args[0] = `Assertion failed: ${args[0]}`;
    else unshift(args, 'Assertion failed');
    emit(WARN, format(args));
  },
  clear() {},
  count(label = 'default') {
    label = `${label}`;
    const count = (mapGet(counts, label) ?? 0) + 1;
    mapSet(counts, label, count);
    emit(LOG, `${label}: ${count}`);
  },
  countReset(label = 'default') {
    label = `${label}`;
    if (!mapDelete(counts, label)) emit(WARN, `Warning: Count for '${label}' does not exist`);
  },
  group(...args) {
    openGroup(args);
  },
  groupEnd() {
    groupIndent = slice(groupIndent, 0, max(0, groupIndent.length - 2));
  },
  table(data, columns) {
    if (columns !== undefined && !isArray(columns)) throw notAnArray();
    const table = tabulate(data, columns);
    emit(LOG, table === undefined ? showArgument(data) : drawTable(table));
  },
  debug(...args) {
    emit(DEBUG, format(args));
  },
  info(...args) {
    emit(INFO, format(args));
  },
  dirxml(...args) {
    emit(LOG, format(args));
  },
  error(...args) {
    emit(ERROR, format(args));
  },
  groupCollapsed(...args) {
    openGroup(args);
  },
};

const { captureStackTrace } = Error;
const { trace } = methods;
const console = Object.create(Object.create(Object.prototype));
for (const name of stringKeys(methods)) console[name] = methods[name];
defineProperty(console, toStringTag, { value: 'console', configurable: true });
defineProperty(globalThis, 'console', { value: console, writable: true, configurable: true });

// For other extensions: how instances of their classes are shown.
export { inspect, nameOf, showFields };
