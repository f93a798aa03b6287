// Scripts that do not end, or not soon. The format of these files: tests/hostile/corpus.h.

//## endless-loop
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
for (;;);

//## endless-loop-that-catches
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
for (;;) {
  try {
    for (;;);
  } catch {
  } finally {
    continue;
  }
}

//## finally-that-loops
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
try {
  for (;;);
} finally {
  for (;;);
}

//## recursion-that-never-gives-up
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
(function f() {
  try {
    f();
  } finally {
    f();
  }
})();

//## labels-and-eval
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
console: for (;;) {
  with ({ a: 1 }) {
    eval('var a = 1');
    continue console;
  }
}

//## endless-microtasks
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
const f = () => Promise.resolve().then(f);
f();
new Promise(() => {});

//## endless-async-loop
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
(async () => {
  for (;;) await null;
})();

//## async-catch-that-swallows-termination
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
(async function again() {
  try {
    for (;;);
  } catch {
    await again();
  } finally {
    await again();
  }
})();

//## async-loop-that-allocates
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: whichever of its limits it reaches first, which is a matter of how busy the machine is
//# wall: 8000
const kept = [];
(async () => {
  for (;;) {
    await null;
    kept.push(new Array(1000).fill(kept.length));
  }
})();

//## never-settling-promise
//# expect: throws UnsettledPromiseError
new Promise(() => {});

//## never-settling-top-level-await
//# module
//# expect: throws UnsettledPromiseError
await new Promise(() => {});
export default 1;

//## thenable-that-never-calls-back
//# expect: throws UnsettledPromiseError
(async () => ({ then() {} }))();

//## thenable-that-is-the-result
//# expect: throws DataCloneError
({ then() { for (;;); } });

//## thenable-that-never-returns
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
(async () => ({ then() { for (;;); } }))();

//## thenable-without-end
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
const thenable = { then(resolve) { resolve(thenable); } };
Promise.resolve(thenable);

//## async-generators-left-hanging
//# expect: value "left"
for (let i = 0; i < 2000; i++) {
  const g = (async function* () {
    try {
      yield 1;
      await new Promise(() => {});
    } finally {
      await new Promise(() => {});
    }
  })();
  g.next();
  g.next();
  g.return();
}
'left';

//## generators-left-hanging
//# expect: value 20000
let held = [];
for (let i = 0; i < 20000; i++) {
  const g = (function* () {
    try {
      yield new Array(10);
    } finally {
      yield 2;
    }
  })();
  g.next();
  held.push(g);
}
held.length;

//## endless-async-iteration
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
(async () => {
  for await (const x of (async function* () { for (;;) yield 1; })());
})();

//## endless-iterator
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
new Map({ [Symbol.iterator]: () => ({ next: () => ({ value: [1, 2], done: false }) }) });

//## catastrophic-regexp
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
/^(a+)+$/.test('a'.repeat(40) + 'b');

//## catastrophic-lookbehind
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
/(?<=!(a+)+)b/.test('a'.repeat(40) + 'b');

//## catastrophic-sticky-regexp
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
const sticky = /(?:(a|aa)+)+$/y;
const text = 'a'.repeat(60) + '!';
for (let i = 0; ; i = (i + 1) % 20) {
  sticky.lastIndex = i;
  sticky.test(text);
}

//## catastrophic-backreference
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
/(.*)(.*)(.*)(.*)(.*)(.*)[^a]\1\2\3\4\5/.test('a'.repeat(400));

//## regexp-replace-without-end
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
'a'.repeat(1000).replace(/a/g, () => { for (;;); });

//## sort-that-never-ends
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
const list = Array.from({ length: 2e5 }, (_, i) => i);
for (;;) list.sort(() => Math.random() - 0.5);

//## sort-comparator-that-never-returns
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
[3, 2, 1].sort(() => { for (;;); });

//## bigint-multiplication
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
let n = 3n;
for (;;) n = (n * n) % 2n ** 65536n;

//## bigint-explosion
//# expect: throws RangeError
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: it is a matter of speed whether it gets to V8's largest BigInt or to its limit first
let big = 3n;
for (;;) big **= 3n;

//## bigint-to-text
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
for (;;) (7n ** 3000000n).toString();

//## bigint-from-text
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
const digits = '9'.repeat(5e6);
for (;;) BigInt(digits);

//## atomics-wait
//# expect: throws ReferenceError
Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0);

//## fill-of-a-large-array
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: it cannot be interrupted and needs more memory than there is: what kills it first is a matter of
//#     speed
new Array(4e7).fill('a');

//## fill-of-a-sparse-array
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: it cannot be interrupted and needs more memory than there is: what kills it first is a matter of
//#     speed
Array(1e9).fill(0);

//## search-in-an-array-that-is-none
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);

//## reversal-of-an-array-that-is-none
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
Array.prototype.reverse.call({ length: 2 ** 53 - 1 });

//## join-of-nothing
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: throws RangeError
//# why: V8 may see the length of the result beforehand
Array(2 ** 32 - 1).join('x');

//## splice-of-an-array-that-is-none
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
Array.prototype.splice.call({ length: 2 ** 53 - 1 }, 0, 1);

//## normalization-of-a-long-string
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: throws RangeError
//# why: ICU cannot be interrupted, and its buffers come from the allocator that the memory limit holds for
'\u1e9b\u0323'.repeat(5e7).normalize('NFKD').length;

//## case-of-a-long-string
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: throws RangeError
//# why: as with normalization
'\u0130'.repeat(1e8).toLowerCase().length;

//## comparison-of-long-strings
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: as with normalization
for (;;) ('\u00e4'.repeat(1e7) + 'a').localeCompare('\u00e4'.repeat(1e7) + 'b', 'de');

//## intl-objects-without-end
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: ICU's part of each is outside V8's heap, so it depends on the speed whether time or memory runs
//#     out first
const formats = [];
for (let i = 0; ; i++) {
  const locale = ['de', 'ja', 'ar', 'th'][i % 4];
  formats.push(new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'full' }));
}

//## segmenter-of-a-long-string
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: throws RangeError
//# why: as with normalization
[...new Intl.Segmenter('th', { granularity: 'word' }).segment('\u0e01\u0e32'.repeat(3e6))].length;

//## json-reviver-without-end
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
JSON.parse('[1,2,3]', () => { for (;;); });

//## json-replacer-without-end
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
JSON.stringify([1], () => { for (;;); });

//## wasm-endless-loop
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
// (module (func (export "f") (loop (br 0))))
const bytes = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 3, 64,
  12, 0, 11, 11,
]);
new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f();

//## date-extremes
//# expect: throws RangeError
const dates = [8.64e15, -8.64e15, NaN, Infinity, 1e300].map((t) => new Date(t));
for (const date of dates) `${date} ${date.getTimezoneOffset()} ${date.toLocaleString('ar-u-ca-islamic')}`;
dates[4].toISOString();

//## waits-for-itself
//# expect: throws UnsettledPromiseError
let me;
me = (async () => { await null; await me; })();

//## sleep-past-the-limit
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
new Promise((resolve) => setTimeout(resolve, 1e9));

//## timers-by-the-million
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: whichever of its limits it reaches first, which is a matter of how busy the machine is
//# wall: 8000
for (let i = 0; i < 1e7; i++) setTimeout(() => i, i % 1000);
new Promise(() => {});

//## interval-storm
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
for (let i = 0; i < 1000; i++) setInterval(() => {}, 0);
new Promise(() => {});

//## timer-that-arms-itself-again
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
(function again() {
  setTimeout(again);
})();
new Promise(() => {});

//## timers-that-multiply
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: whichever of its limits it reaches first, which is a matter of how busy the machine is
//# wall: 8000
(function twice() {
  setTimeout(twice);
  setTimeout(twice);
})();
new Promise(() => {});

//## timer-callback-that-never-returns
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
setInterval(() => {
  try {
    for (;;);
  } finally {
    for (;;);
  }
});
new Promise(() => {});

//## timer-delays-of-all-kinds
//# expect: value 14
let ran = 0;
for (const delay of [NaN, -1, -Infinity, Infinity, 2 ** 31, 2 ** 32, 1e308, 'x', {}, [], null, undefined, true])
  setTimeout(() => ran++, delay);
setTimeout(() => ran++, { valueOf: () => 2 });
new Promise((resolve) => setTimeout(() => resolve(ran), 3));

//## timer-delay-that-is-never-told
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
setTimeout(() => {}, { valueOf() { for (;;); } });

//## timers-left-behind
//# expect: value "settled"
for (let i = 0; i < 10000; i++) setInterval(() => { for (;;); }, 1 + i);
'settled';

//## timers-that-are-cleared-by-the-million
//# expect: value "cleared"
for (let i = 0; i < 1e6; i++) clearTimeout(setTimeout(() => {}, 1e9));
'cleared';

//## rejections-by-the-hundred-thousand
//# expect: throws Uncaught: 0
for (let i = 0; i < 1e5; i++) Promise.reject(i);
'not the result';

//## rejection-listener-that-rejects
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
onunhandledrejection = (event) => {
  event.preventDefault();
  Promise.reject(1);
};
Promise.reject(0);
new Promise(() => {});

//## error-listener-that-throws
//# expect: throws Error: again
addEventListener('error', () => {
  throw new Error('again');
});
setTimeout(() => {
  throw new Error('first');
});
new Promise(() => {});

//## error-listener-that-arms-a-timer-that-throws
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
onerror = () => {
  setTimeout(() => null.x);
  return true;
};
reportError(1);
new Promise(() => {});

//## listener-that-dispatches-again
//# expect: throws RangeError
const target = new EventTarget();
target.addEventListener('x', () => target.dispatchEvent(new Event('x')));
target.dispatchEvent(new Event('x'));

//## signals-in-a-long-chain
//# expect: value "aborted"
const controller = new AbortController();
let signal = controller.signal;
for (let i = 0; i < 50000; i++) signal = AbortSignal.any([signal]);
new Promise((resolve) => {
  signal.onabort = () => resolve('aborted');
  setTimeout(() => controller.abort());
});

//## top-level-await-and-then-no-end
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
await 1;
for (;;);

//## top-level-await-of-what-is-too-deep
//# expect: throws SyntaxError
//# expect: throws RangeError
//# why: it depends on how deep V8 goes before it gives up
//# repeat: OPEN 100000 (
await OPEN 1;
