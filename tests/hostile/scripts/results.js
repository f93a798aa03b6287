// Results and exceptions that are a trap for who reads them. The format of these files:
// tests/hostile/corpus.h.

//## getter-that-never-returns
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
({ get a() { for (;;); } });

//## tojson-that-never-returns
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
({ toJSON() { for (;;); } });

//## tojson-that-returns-itself
//# expect: throws DataCloneError
({ toJSON() { return this; } });

//## tojson-nested-without-end
//# expect: fails RESOURCE_EXHAUSTED (RESULT_DEPTH_LIMIT)
({ toJSON() { return { a: { toJSON: this.toJSON } }; } });

//## proxy-get-that-never-returns
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
new Proxy([1], { get() { for (;;); } });

//## proxy-ownkeys-that-never-returns
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
new Proxy({}, { ownKeys() { for (;;); } });

//## proxy-descriptor-that-never-returns
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
new Proxy({ a: 1 }, { getOwnPropertyDescriptor() { for (;;); } });

//## proxy-with-endless-length
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (OUTPUT_LIMIT)
//# why: four billion members are more than its time and more than its output's limit
//# wall: 3000
new Proxy([], { get: (_, key) => (key === 'length' ? 4294967295 : key === 'toJSON' ? undefined : 1) });

//## proxy-nested-without-end
//# expect: fails RESOURCE_EXHAUSTED (RESULT_DEPTH_LIMIT)
const handler = {
  ownKeys: () => ['a'],
  getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }),
  get: (_, key) => (key === 'a' ? new Proxy({}, handler) : undefined),
};
new Proxy({}, handler);

//## proxy-revoked
//# expect: throws TypeError
const { proxy, revoke } = Proxy.revocable({}, {});
revoke();
proxy;

//## proxy-of-proxies
//# expect: throws RangeError
//# expect: value {}
//# why: a hundred thousand proxies deep the stack overflows, unless there is room for it
let p = {};
for (let i = 0; i < 100000; i++) p = new Proxy(p, {});
p;

//## result-that-changes-while-it-is-read
//# expect: value {"a":1,"c":[1,2,3,null]}
const list = [{ toJSON() { list.length = 3; return 1; } }, 2, 3];
({ get a() { delete this.b; return 1; }, b: 2, c: (list.push(4), list), get d() { return undefined; } });

//## result-that-grows-while-it-is-read
//# expect: value [1,2]
const growing = [{ toJSON() { growing.push(3); return 1; } }, 2];
growing;

//## array-buffer-detached-while-it-is-read
//# expect: value {"a":{},"b":{}}
const buffer = new ArrayBuffer(8);
({ a: {}, get b() { return new DataView(buffer); } });

//## hundred-thousand-keys
//# expect: value
const o = {};
for (let i = 0; i < 1e5; i++) o['k' + i] = i;
o;

//## million-keys
//# expect: value
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: such an object and the list of its keys are about as large as the heap, which is then collected
//#     again and again
//# wall: 20000
const o = {};
for (let i = 0; i < 1e6; i++) o['k' + i] = i;
o;

//## million-keys-structured
//# format: structured
//# expect: value
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (OUTPUT_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# wall: 20000
//# why: as above, and as messages a million members take many times the room that their text takes
const o = {};
for (let i = 0; i < 1e6; i++) o['k' + i] = i;
o;

//## ten-thousand-levels
//# expect: fails RESOURCE_EXHAUSTED (RESULT_DEPTH_LIMIT)
let o = {};
for (let i = 0; i < 10000; i++) o = { o };
o;

//## ten-thousand-levels-of-arrays
//# expect: fails RESOURCE_EXHAUSTED (RESULT_DEPTH_LIMIT)
let a = [];
for (let i = 0; i < 10000; i++) a = [a];
a;

//## cycle
//# expect: throws DataCloneError
const o = { a: [1] };
o.a.push(o);
o;

//## billion-laughs
//# expect: fails RESOURCE_EXHAUSTED (OUTPUT_LIMIT)
let o = ['ha'];
for (let i = 0; i < 30; i++) o = [o, o];
o;

//## large-sparse-array
//# expect: fails RESOURCE_EXHAUSTED (OUTPUT_LIMIT)
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# why: four billion nulls are more than its output's limit, which it gets to within its time or not
//# wall: 3000
const a = [];
a[4294967294] = 1;
a;

//## large-string
//# expect: fails RESOURCE_EXHAUSTED (OUTPUT_LIMIT)
'x'.repeat(3e8);

//## large-bytes
//# expect: fails RESOURCE_EXHAUSTED (OUTPUT_LIMIT)
new Uint8Array(100 << 20);

//## large-string-as-bytes
//# format: bytes
//# expect: fails RESOURCE_EXHAUSTED (OUTPUT_LIMIT)
'\u20ac'.repeat(1e7);

//## key-of-many-megabytes
//# expect: fails RESOURCE_EXHAUSTED (OUTPUT_LIMIT)
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: a key has to be flat, which may be more than there is
({ ['k'.repeat(3e8)]: 1 });

//## path-of-many-megabytes
//# expect: throws DataCloneError
let o = { f() {} };
for (let i = 0; i < 500; i++) o = { ['k'.repeat(100000)]: o };
o;

//## unpaired-surrogates
//# expect: value ["\ud800","\udfff","a\udc00b",{"\udbff":1}]
['\ud800', '\udfff', 'a\udc00b', { '\udbff': 1 }];

//## unpaired-surrogates-structured
//# format: structured
//# expect: value
['\ud800', { '\udbff': '\udfff' }];

//## unpaired-surrogates-thrown
//# expect: throws Error
const e = new Error('\ud800');
e.stack = '\udfff';
throw e;

//## symbols-and-functions
//# expect: throws DataCloneError
[Symbol.iterator];

//## valueof-traps
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
const n = new Number(1);
n.valueOf = () => { for (;;); };
n;

//## tostring-traps
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
const s = new String('x');
s.toString = () => { for (;;); };
s;

//## toprimitive-traps
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
`${{ [Symbol.toPrimitive]() { for (;;); } }}`;

//## thrown-null
//# expect: throws Uncaught: null
throw null;

//## thrown-proxy
//# expect: throws Uncaught
throw new Proxy({}, { get() { for (;;); }, getPrototypeOf() { for (;;); }, ownKeys() { for (;;); } });

//## thrown-proxy-of-an-error
//# expect: throws Uncaught
throw new Proxy(new Error('inner'), { get() { for (;;); }, getOwnPropertyDescriptor() { for (;;); } });

//## thrown-function
//# expect: throws Uncaught
function f() {}
f.toString = () => { for (;;); };
throw f;

//## thrown-object-with-traps
//# expect: throws Uncaught
throw {
  toString() { for (;;); },
  [Symbol.toPrimitive]() { for (;;); },
  get [Symbol.toStringTag]() { for (;;); },
};

//## thrown-error-with-getters
//# expect: throws Error
const e = new Error('x');
for (const key of ['stack', 'message', 'name', 'cause', 'constructor']) {
  Object.defineProperty(e, key, { get() { for (;;); } });
}
throw e;

//## thrown-error-with-a-hostile-class
//# expect: throws Error
class Hostile extends Error {
  get name() { for (;;); }
  static get name() { for (;;); }
  get [Symbol.toStringTag]() { for (;;); }
}
throw new Hostile('x');

//## thrown-error-with-a-proxy-for-prototype
//# expect: throws Error
throw Object.setPrototypeOf(new Error('x'), new Proxy({}, { get() { for (;;); }, has() { for (;;); } }));

//## thrown-symbol
//# expect: throws Uncaught
throw Symbol('x'.repeat(1e6));

//## thrown-bigint
//# expect: throws Uncaught
throw 10n ** 100000n;

//## rejected-with-a-proxy
//# expect: throws Uncaught
Promise.reject(new Proxy({}, { get() { for (;;); } }));

//## rejections-without-handlers
//# expect: throws Uncaught: 0
for (let i = 0; i < 100000; i++) Promise.reject(i);
'unhandled';

//## prepare-stack-trace-that-never-returns
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
Error.prepareStackTrace = () => { for (;;); };
throw new Error('x');

//## prepare-stack-trace-that-throws
//# expect: throws Error: x
Error.prepareStackTrace = () => { throw new Error('formatter'); };
throw new Error('x');

//## prepare-stack-trace-that-recurses
//# expect: throws
Error.prepareStackTrace = (e) => { throw new Error(e.stack + new Error('again').stack); };
throw new Error('x');

//## prepare-stack-trace-that-inspects
//# expect: value "undefined undefined"
Error.prepareStackTrace = (_, sites) => `${typeof sites[0].getThis()} ${typeof sites[0].getFunction()}`;
(function strict() {
  'use strict';
  return new Error('x').stack;
})();

//## stack-trace-limit
//# expect: throws RangeError
Error.stackTraceLimit = Infinity;
(function f() { f(); })();

//## capture-on-everything
//# expect: value true
for (const value of [{}, [], () => 0, globalThis, Object.prototype, new Proxy({}, {}), /x/, new Map()]) {
  try {
    Error.captureStackTrace(value);
    value.stack;
  } catch {}
}
true;

//## huge-exception-message
//# expect: throws Error
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: what is kept of it is bounded, but V8 may make all of it flat first
throw new Error('x'.repeat(3e8));

//## huge-exception-stack
//# expect: throws Error
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: what is kept of it is bounded, but V8 may make all of it flat first
const e = new Error('x');
e.stack = 'y'.repeat(3e8);
throw e;

//## huge-thrown-string
//# expect: throws Uncaught
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: as above
throw 'z'.repeat(3e8);

//## huge-exception-name
//# expect: throws
//# expect: fails RESOURCE_EXHAUSTED (MEMORY_LIMIT)
//# why: as above
const e = new Error('x');
e.name = 'n'.repeat(3e8);
throw e;

//## deep-recursion
//# expect: throws RangeError
(function f() { f(); })();

//## deep-recursion-through-native-code
//# expect: throws RangeError
const f = () => [1].map(() => JSON.parse('[1]', () => 'x'.replace(/x/, f)));
f();

//## deep-recursion-through-getters
//# expect: throws RangeError
const o = { get a() { return this.a; } };
o.a;

//## deep-recursion-through-proxies
//# expect: throws RangeError
const p = new Proxy({}, {});
Object.setPrototypeOf(p, p) || p.x;
let q = {};
q = new Proxy(q, { get: (t, k, r) => r[k] });
q.x;

//## deep-recursion-while-it-is-read
//# expect: throws RangeError
({ get a() { return this.a; } });

//## deep-recursion-in-tojson
//# expect: throws RangeError
({ toJSON() { return this.toJSON(); } });

//## deep-recursion-of-bound-functions
//# expect: throws RangeError
//# expect: value 1
//# why: V8 may follow the chain without using the stack
let f = () => 1;
for (let i = 0; i < 200000; i++) f = f.bind(null);
f();
