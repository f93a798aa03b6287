// Scripts that take more memory than they may. The format of these files: tests/hostile/corpus.h.

//## arrays-without-end
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
const a = [];
for (;;) a.push(new Array(1000).fill(a.length));

//## objects-without-end
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
const a = [];
for (;;) a.push({ a: { b: {} } });

//## map-without-end
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: a table is rehashed without interruption, and a nearly full heap collected again and again:
//#     either limit may be first
//# wall: 20000
const m = new Map();
for (let i = 0; ; i++) m.set(i, 'x' + i);

//## closures-without-end
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
let f = () => 0;
for (;;) {
  const g = f;
  f = () => g;
}

//## heap-limit-caught
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
const a = [];
for (;;) {
  try {
    for (;;) a.push(new Array(1000).fill(1));
  } catch {
  } finally {
    a.push('more');
  }
}

//## heap-limit-in-a-promise
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
(async () => {
  const a = [];
  for (;;) {
    try {
      for (;;) a.push(await null, new Array(1000).fill(1));
    } catch {}
  }
})();

//## promises-without-end
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
const a = [];
for (;;) a.push(Promise.reject(a.length));

//## split-into-characters
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: throws RangeError
//# expect: fails INTERNAL (WORKER_CRASHED)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: an array of this size is fatal to V8 10.2 and an exception in others; first the string is made
//#     flat, which takes a while
//# wall: 5000
'x'.repeat(2e8).split('');

//## spread-of-a-long-string
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: throws RangeError
//# why: an array of this size is fatal to V8 10.2 and an exception in others
[...'x'.repeat(2e7)].length;

//## spread-into-arguments
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: the array of arguments may be too large for the heap before it is too large for the stack
Math.max(...Array(5e6).fill(1));

//## json-bomb
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: throws RangeError
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: a heap that is nearly full is collected again and again, without interruption: which limit is
//#     first is a matter of speed
//# wall: 20000
JSON.parse('[' + '[1],'.repeat(1e7) + '1]').length;

//## json-nested-deeply
//# expect: throws RangeError
//# expect: throws SyntaxError
//# expect: value "parsed"
//# why: V8's parser of JSON keeps its own stack, so depth alone does not trouble it
JSON.parse('['.repeat(1e5) + ']'.repeat(1e5)) && 'parsed';

//## string-of-400-million
//# expect: value 400000000
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: throws RangeError
//# why: as a rope it takes no room; made flat it takes more than there is, and V8 may or may not need it flat
const rope = 'x'.repeat(4e8);
rope.length;

//## flat-string-of-400-million
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: throws RangeError
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: which of its limits it meets first is a matter of speed and of the V8
//# wall: 5000
const rope = 'xy'.repeat(2e8);
rope.charCodeAt(1e8) + JSON.parse('[' + '1'.repeat(3e8) + ']');

//## string-doubled-without-end
//# expect: throws RangeError
let s = 'x';
for (;;) s += s;

//## strings-without-end
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
const a = [];
for (;;) a.push('x'.repeat(1000) + a.length);

//## padding-to-the-limit
//# expect: value 536870888
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: a rope takes no room, a flat string has none
'x'.padEnd(2 ** 29 - 24, 'abc').length;

//## template-bomb
//# expect: throws RangeError
let t = '!';
for (;;) t = `${t}${t}${t}${t}`;

//## array-buffers-of-a-gigabyte
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: an array buffer past the limit is an exception; what else then finds no memory ends the worker
const a = [];
for (let i = 0; i < 1024; i++) a.push(new Uint8Array(1 << 20).fill(1));
a.length;

//## one-array-buffer-of-a-gigabyte
//# expect: throws RangeError
new Uint8Array(2 ** 30).fill(1).length;

//## array-buffers-caught
//# expect: value "gave up"
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: an array buffer past the limit is an exception; what else then finds no memory ends the worker
const a = [];
let refused = 0;
for (; refused < 100; ) {
  try {
    a.push(new Uint8Array(8 << 20).fill(1));
  } catch {
    refused++;
  }
}
'gave up';

//## sliced-array-buffers
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: an array buffer past the limit is an exception; what else then finds no memory ends the worker
const a = [new ArrayBuffer(1 << 24)];
for (;;) a.push(a[a.length - 1].slice(0));

//## wasm-memory-growth
//# expect: value "refused"
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: throws RangeError
//# why: growth past the limit is refused; touching what was reserved before it may end the worker
const memory = new WebAssembly.Memory({ initial: 1 });
let failure = '';
try {
  for (;;) {
    memory.grow(256);
    new Uint8Array(memory.buffer).fill(1);
  }
} catch {
  failure = 'refused';
}
failure;

//## wasm-memories-without-end
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: each one reserves gigabytes of addresses: they run out before memory does, or the limit is met first
const a = [];
for (;;) a.push(new WebAssembly.Memory({ initial: 16 }));

//## wasm-table-growth
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: a table is limited by V8 and lives on its heap
const table = new WebAssembly.Table({ initial: 1, element: 'anyfunc' });
for (;;) table.grow(100000);

//## large-compiled-functions
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: compiling is slow and fills the heap: either may be first
//# wall: 3000
const functions = [];
for (let i = 0; ; i++) {
  const f = new Function('x', 'x = [' + `${i},`.repeat(20000) + ']; return x');
  f();
  functions.push(f);
}

//## weak-references
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: value 300000
//# why: targets of WeakRefs live until the end of the turn, so the heap may be full before they can go
//# wall: 10000
const refs = [];
const registry = new FinalizationRegistry(() => { for (;;); });
for (let i = 0; i < 300000; i++) {
  const target = { i };
  refs.push(new WeakRef(target));
  registry.register(target, i, target);
}
refs.length;

//## finalizers-that-loop
//# expect: value 0
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: whether a finalizer runs before the result is known is up to the collector
const registry = new FinalizationRegistry(() => { for (;;); });
for (let i = 0; i < 100000; i++) registry.register(new Array(50), i);
(async () => {
  for (let i = 0; i < 100; i++) await new Array(10000);
  return 0;
})();

//## symbols-without-end
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: a table is rehashed without interruption, and a nearly full heap collected again and again:
//#     either limit may be first
//# wall: 20000
for (let i = 0; ; i++) Symbol.for('symbol ' + i);

//## properties-without-end
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: a table is rehashed without interruption, and a nearly full heap collected again and again:
//#     either limit may be first
//# wall: 20000
const o = {};
for (let i = 0; ; i++) o['property ' + i] = i;

//## globals-without-end
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: compiling is slow and fills the heap: either may be first
//# wall: 5000
for (let i = 0; ; i++) (0, eval)('var v' + i + ' = ' + i);

//## typed-array-lengths
//# expect: throws RangeError
new Float64Array(2 ** 40);

//## typed-array-of-a-liar
//# expect: throws RangeError
new Uint8Array({ length: 2 ** 33, 0: 1 });

//## array-length-game
//# expect: throws RangeError
//# expect: value 4294967295
//# why: the last statement's value, where V8 lets the length be set
const a = [1];
a.length = 4294967295;
a.push(1);

//## array-from-a-huge-length
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: either may be first
//# wall: 3000
Array.from({ length: 1e9 }).length;

//## concat-of-liars
//# expect: throws TypeError
//# expect: throws RangeError
//# why: V8 words lengths past 2^53 differently
const liar = { length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true };
[1].concat(liar, liar);

//## flat-without-end
//# expect: throws RangeError
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: a cycle overflows the stack, unless the result fills the heap first
const a = [1];
a.push(a);
a.flat(Infinity);

//## global-heap-of-its-own
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# heap: 16
const a = [];
for (;;) a.push({ n: a.length });
