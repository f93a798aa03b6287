// Scripts that break what others stand on, or reach for what is not theirs. The format of these files:
// tests/hostile/corpus.h.

//## json-overwritten
//# expect: value {"a":[1,"x"]}
JSON.stringify = JSON.parse = () => { for (;;); };
globalThis.JSON = null;
({ a: [1, 'x'] });

//## promise-overwritten
//# expect: value 7
globalThis.Promise = null;
(async () => 7)();

//## promise-prototype-overwritten
//# expect: value 7
const p = Promise.resolve(7);
Promise.prototype.then = Promise.prototype.catch = Promise.prototype.finally = () => { for (;;); };
Object.defineProperty(Promise.prototype, 'constructor', { get() { for (;;); } });
p;

//## promise-species
//# expect: value 7
Object.defineProperty(Promise, Symbol.species, { get() { for (;;); } });
Promise.resolve(7);

//## array-prototype-setters
//# expect: value [1,[2],{"0":3}]
for (let i = 0; i < 100; i++) {
  Object.defineProperty(Array.prototype, i, { set() { for (;;); }, get() { for (;;); } });
}
[1, [2], { 0: 3 }];

//## array-species
//# expect: value [2,4]
Object.defineProperty(Array, Symbol.species, { get: () => function () { return []; } });
const a = [1, 2].map((x) => x * 2);
a;

//## array-iterator-overwritten
//# expect: value [1,2]
Array.prototype[Symbol.iterator] = () => { for (;;); };
Array.prototype.push = Array.prototype.map = Array.prototype.join = () => { for (;;); };
[1, 2];

//## object-prototype-setters
//# expect: value {"a":1,"value":2}
const names = 'a b value json length stack name message exception level text';
for (const key of names.split(' ')) {
  Object.defineProperty(Object.prototype, key, { __proto__: null, set() { for (;;); }, configurable: true });
}
({ a: 1, value: 2 });

//## object-prototype-then
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
Object.defineProperty(Object.prototype, 'then', { get() { for (;;); } });
(async () => ({}))();

//## object-prototype-tojson
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
Object.defineProperty(Object.prototype, 'toJSON', { get() { for (;;); } });
({});

//## object-prototype-value-and-get
//# expect: throws Error: plain
for (const key of ['value', 'get', 'set', 'enumerable', 'configurable', 'writable']) {
  Object.defineProperty(Object.prototype, key, { __proto__: null, get() { for (;;); } });
}
throw new Error('plain');

//## object-prototype-and-console
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
for (const key of ['value', 'get', 'depth', 'colors', 'seen', 'level', 'indent', 'constructor', 'stylize']) {
  try {
    const trap = { __proto__: null, get() { for (;;); }, set() { for (;;); } };
    Object.defineProperty(Object.prototype, key, trap);
  } catch {}
}
console.log({ a: [1, new Map([[1, 2]])] }, 'x', new Error('y'), () => 1);
1;

//## string-prototype-overwritten
//# expect: value "x"
for (const key of Object.getOwnPropertyNames(String.prototype)) {
  if (key !== 'length') try { String.prototype[key] = () => { for (;;); }; } catch {}
}
console.log('%s %d %o', 'a', 1, {}, [1]);
'x';

//## everything-deleted
//# expect: value [1,{"a":2}]
for (const name of Object.getOwnPropertyNames(globalThis)) {
  if (name !== 'globalThis') delete globalThis[name];
}
[1, { a: 2 }];

//## every-prototype-emptied
//# expect: value [1,{"a":2}]
const names = Object.getOwnPropertyNames(globalThis);
const { ownKeys, deleteProperty } = Reflect;
for (let i = 0; i < names.length; i++) {
  const thing = globalThis[names[i]];
  if (!thing || !thing.prototype) continue;
  const keys = ownKeys(thing.prototype);
  for (let k = 0; k < keys.length; k++) deleteProperty(thing.prototype, keys[k]);
}
[1, { a: 2 }];

//## every-prototype-frozen
//# expect: value [1,{"a":2}]
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const thing = globalThis[name];
  if (thing && (typeof thing === 'object' || typeof thing === 'function')) {
    Object.freeze(thing.prototype ?? thing);
    Object.freeze(thing);
  }
}
[1, { a: 2 }];

//## error-deleted-and-thrown
//# expect: throws TypeError
delete globalThis.Error;
delete globalThis.TypeError;
null.x;

//## global-object-frozen
//# expect: value 5
Object.freeze(globalThis);
'use strict';
let five = 5;
five;

//## global-object-without-prototype
//# expect: value 1
Object.setPrototypeOf(globalThis, null);
1;

//## global-object-behind-a-proxy
//# expect: value 1
const handler = {
  get(_, key) {
    if (key !== 'x') for (;;);
    return 1;
  },
  has: (_, key) => key === 'x',
};
Object.setPrototypeOf(globalThis, new Proxy({}, handler));
x;

//## reflection-on-the-global-object
//# expect: value true
const p = new Proxy(globalThis, {});
for (const key of Reflect.ownKeys(p)) {
  const d = Reflect.getOwnPropertyDescriptor(p, key);
  Reflect.defineProperty(p, key, d);
  Reflect.get(p, key, globalThis);
}
Reflect.setPrototypeOf(p, Reflect.getPrototypeOf(p)) && Reflect.isExtensible(p);

//## source-of-everything
//# expect: value true
const seen = new Set();
let native = true;
(function walk(value) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
  seen.add(value);
  if (typeof value === 'function') {
    const text = Function.prototype.toString.call(value);
    if (text.includes('ops.') && text.includes('native')) native = false;
  }
  for (const key of Reflect.ownKeys(value)) {
    const d = Reflect.getOwnPropertyDescriptor(value, key);
    if (d) [d.value, d.get, d.set].forEach(walk);
  }
  walk(Reflect.getPrototypeOf(value));
})(globalThis);
native && seen.size > 500;

//## constructor-escape
//# expect: throws ReferenceError: process is not defined
this.constructor.constructor('return process')();

//## constructor-escape-by-error
//# expect: throws ReferenceError: process is not defined
try {
  null.x;
} catch (e) {
  e.constructor.constructor('return process.mainModule.require("child_process")')();
}

//## constructor-escape-by-host-function
//# expect: throws ReferenceError: require is not defined
console.log.constructor('return require("fs")')();

//## constructor-escape-by-async-function
//# expect: throws ReferenceError: process is not defined
(async () => {}).constructor('return await process')();

//## host-objects
//# expect: value true
const names = ['process', 'require', 'module', 'exports', 'Buffer', 'XMLHttpRequest', 'Deno', 'Worker', 'd8', 'ops', 'gc'];
names.every((name) => typeof globalThis[name] === 'undefined' && eval('typeof ' + name) === 'undefined');

//## arguments-of-the-wrapper
//# expect: throws ReferenceError: arguments is not defined
arguments.callee.caller;

//## call-sites-for-host-objects
//# expect: value true
Error.prepareStackTrace = (_, sites) => sites;
const sites = new Error('x').stack;
const isOurs = (site) => [undefined, globalThis].includes(site.getThis());
const isHarmless = (site) => isOurs(site) && !`${site.getFileName()}`.startsWith('/');
sites.every(isHarmless);

//## code-from-strings
//# expect: value [1,2,3,4]
//# expect: throws EvalError
//# why: where engine.no_code_from_strings is set there is none
[eval('1'), new Function('return 2')(), (0, eval)('3'), Reflect.construct(Function, ['return 4'])()];

//## native-syntax
//# expect: throws SyntaxError
eval('%DebugPrint(1)');

//## console-overwritten
//# expect: value 1
console.log = console.error = null;
Object.defineProperty(globalThis, 'console', { get() { for (;;); } });
1;

//## hundred-megabytes-of-console
//# expect: value 1
const line = 'x'.repeat(100000);
for (let i = 0; i < 1000; i++) console.log(line);
1;

//## one-console-line-of-300-megabytes
//# expect: value 1
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: throws RangeError
//# why: made flat the line is larger than the memory that there is, and what V8 does about that depends
//#     on where it happens
console.log('x'.repeat(3e8));
1;

//## console-lines-without-end
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
for (;;) console.log('');

//## console-groups-without-end
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: indentation grows with each group; either may be first
//# wall: 1000
for (;;) console.group('x');

//## console-of-traps
//# expect: value "survived"
const traps = new Proxy({}, { get() { throw 1; }, ownKeys() { throw 2; }, getPrototypeOf() { throw 3; } });
console.log(traps, { get a() { for (;;); } }, [traps]);
console.log('%o %d %c', traps, 1n, 'x');
console.dir(traps);
'survived';

//## console-table-of-traps
//# expect: throws Uncaught: 2
console.table([new Proxy({}, { ownKeys() { throw 2; } })]);

//## console-format-of-traps
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: value undefined
//# why: %s of an object is its own toString only where it has one
console.log('%s', { toString() { for (;;); } });

//## console-of-cycles
//# expect: value 1
let deep = {};
for (let i = 0; i < 100000; i++) deep = { deep };
const cycle = [];
cycle.push(cycle, { cycle }, new Map([[cycle, cycle]]), new Set([cycle]));
console.log(cycle, deep, globalThis);
1;

//## console-of-depth
//# expect: throws RangeError
//# expect: value 1
//# why: where the console notices that its stack is at an end it may say that instead
let deep = {};
for (let i = 0; i < 100000; i++) deep = { deep };
console.dir(deep, { depth: Infinity });
1;

//## console-counters-without-end
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: either may be first
//# wall: 2000
for (let i = 0; ; i++) {
  console.count('c' + i);
  console.time('t' + i);
}

//## random-of-liars
//# expect: throws
crypto.getRandomValues(new Proxy(new Uint8Array(10), {}));

//## random-without-end
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
const bytes = new Uint8Array(65536);
for (;;) crypto.getRandomValues(bytes) && crypto.randomUUID() && Math.random();

//## random-of-a-detached-buffer
//# expect: value 0
const memory = new WebAssembly.Memory({ initial: 1 });
const view = new Uint8Array(memory.buffer);
memory.grow(1);
crypto.getRandomValues(view).length;

//## text-of-liars
//# expect: throws
new TextDecoder().decode({ buffer: new ArrayBuffer(8), byteLength: 2 ** 40, byteOffset: 2 ** 40 });

//## text-encoding-of-much
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: made flat and encoded it is more than there is; where V8 finds out decides what comes of it
new TextEncoder().encode('\u20ac'.repeat(2.5e8)).length;

//## base64-of-much
//# expect: value
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: as with text
atob(btoa('x'.repeat(1e8))).length;

//## arguments-that-change-in-flight
//# expect: value true
let calls = 0;
const trap = { toString() { calls++; trap.toString = null; return 'eHg='; } };
atob(trap) === 'xx' && calls === 1;

//## hostile-globals-binding
//# global: globalThis={"a":1}
//# global: undefined_=null
//# global: __proto__={"polluted":true}
//# global: Object={"x":1}
//# global: then={"y":1}
//# expect: value ["number","undefined","number"]
[typeof globalThis.a, typeof {}.polluted, typeof then.y];

//## globals-that-cannot-be
//# global: undefined=1
//# expect: fails INVALID_ARGUMENT (INVALID_REQUEST)
undefined;

//## globals-of-a-million-members
//# global: huge={"a":[@@0]}
//# repeat: @@ 1000000 1,
//# expect: value 1000001
huge.a.length;
