// What a file of cases has at hand, in an evald isolate and in Node.js alike. compare.cc puts this before the
// file, which is the body of an async function with the parameters below, and gets the lines it printed.
//
//   random    a generator with a fixed seed, so both sides make the same cases:
//             below(n), chance(p), pick(list), text(alphabet, most), bytes(count)
//   check(name, body)        prints what body() gives, or how it throws. `name` says all that the case depends
//                            on. Of a promise: await check(...).
//   show(value)              a value as ASCII text, without help from console
//   attempt(body)            what check prints
//   accept(reason, count, matches)   from here on, cases that matches(name) may differ, but no more than `count` of them.
//   console   what is written to it is compared after the lines, message by message
globalThis.conformance = async (cases) => {
  const random = generator(20);
  const lines = [],
    accepted = [];
  const print = (name, text) => {
    const reason = accepted.findIndex((difference) => difference.matches(name));
    lines.push(`${reason}\t${ascii(name)}\t${ascii(text)}`);
  };
  const check = (name, body) => {
    const text = attempt(body);
    return typeof text === 'string' ? print(name, text) : text.then((settled) => print(name, settled));
  };
  const accept = (reason, count, matches) => {
    accepted.push({ reason, count, matches });
  };
  await cases(random, check, show, attempt, accept);
  const head = accepted.map(({ reason, count }) => `${count}\t${ascii(reason)}`);
  return [String(head.length), ...head, ...lines].join('\n');

  // Mulberry32.
  function generator(seed) {
    const next = () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    const below = (bound) => Math.floor(next() * bound);
    const pick = (list) => list[below(list.length)];
    return {
      below,
      pick,
      chance: (probability) => next() < probability,
      text: (alphabet, most) => Array.from({ length: below(most + 1) }, () => pick(alphabet)).join(''),
      bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
    };
  }

  function ascii(text) {
    return text.replace(/[^ -~]|\\/g, (unit) =>
      unit === '\\' ? '\\\\' : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }

  function attempt(body) {
    const failed = (error) =>
      error instanceof Error || Object.prototype.toString.call(error) === '[object DOMException]'
        ? `throws ${error.name}${error.code === undefined ? '' : ` ${error.code}`}`
        : `throws ${show(error)}`;
    try {
      const value = body();
      return typeof value?.then === 'function' ? value.then(show, failed) : show(value);
    } catch (error) {
      return failed(error);
    }
  }

  function show(value, open = []) {
    if (typeof value === 'string') return JSON.stringify(value);
    if (typeof value === 'bigint') return `${value}n`;
    if (Object.is(value, -0)) return '-0';
    if (typeof value === 'function') return `function ${value.name}`;
    if (typeof value !== 'object' || value === null) return String(value);
    if (open.includes(value)) return `^${open.length - open.indexOf(value)}`;
    open = [...open, value];
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    const inside = (values) => Array.from(values, (each) => show(each, open)).join(', ');
    const fields = () =>
      Reflect.ownKeys(value)
        .map((key) => {
          const found = Object.getOwnPropertyDescriptor(value, key);
          const flags = `${found.enumerable ? '' : '-'}${found.get ? '@' : ''}`;
          return `${flags}${String(key)}: ${found.get ? 'getter' : show(found.value, open)}`;
        })
        .join(', ');
    if (Array.isArray(value)) {
      return value.length < 1000 && Object.keys(value).length === value.length
        ? `[${inside(value)}]`
        : `[${fields()}]`;
    }
    if (ArrayBuffer.isView(value)) {
      if (tag === 'DataView')
        return `DataView ${value.byteOffset}+${value.byteLength} of ${show(value.buffer, open)}`;
      return `${tag}(${inside(value)})`;
    }
    switch (tag) {
      case 'ArrayBuffer':
        return `ArrayBuffer(${inside(new Uint8Array(value))})`;
      case 'Map':
        return `Map{${inside(value)}}`;
      case 'Set':
        return `Set{${inside(value)}}`;
      case 'Date':
        return `Date(${value.getTime()})`;
      case 'RegExp':
        return `${value} at ${value.lastIndex}`;
      case 'Number':
      case 'String':
      case 'Boolean':
      case 'BigInt':
        return `${tag}(${show(value.valueOf(), open)})`;
      case 'Error':
        return `${value.name}(${show(value.message)}${
          'cause' in value ? `, ${show(value.cause, open)}` : ''
        })`;
    }
    return `${tag === 'Object' ? '' : tag}{${fields()}}`;
  }
};
