// Modules, import maps and imports that are a trap for who resolves, compiles and evaluates them. The format of
// these files: tests/hostile/corpus.h.

//## specifier-of-a-megabyte
//# expect: throws TypeError
import('x'.repeat(1 << 20));

//## path-of-a-megabyte-of-dots
//# expect: throws TypeError
import('../'.repeat(1 << 18) + 'x');

//## specifier-with-lone-surrogates
//# expect: throws TypeError
import('\ud800/\udfff');

//## getters-in-import-attributes
//# expect: throws RangeError: from the getter
import('./a.js', { get with() { throw new RangeError('from the getter'); },
                   get assert() { throw new RangeError('from the getter'); } });

//## attributes-that-are-a-proxy
//# expect: throws
import('./a.js', { assert: new Proxy({}, { ownKeys: () => Array.from({ length: 1e5 }, (_, i) => 'k' + i),
                                           getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true,
                                                                              value: 'v' }) }) });

//## ten-thousand-imports-one-in-the-other
//# expect: value 10000
//# with: ./a.js export const a = 1
(async () => { let n = 0; const go = async () => { await import('./a.js'); if (++n < 10000) await go(); }; await go();
               return n; })();

//## hundred-thousand-imports-at-once
//# expect: value 100000
//# expect: fails RESOURCE_EXHAUSTED (HEAP_LIMIT)
//# why: each of them holds promises until all are there
//# with: ./a.js export const a = 1
Promise.all(Array.from({ length: 1e5 }, () => import('./a.js'))).then((all) => all.length);

//## imports-for-ever
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# with: ./a.js export const a = 1
const go = () => import('./a.js').then(go);
go();

//## imports-of-what-is-not-there-for-ever
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
const go = () => import('./none.js').catch(go);
go();

//## import-of-itself-while-it-is-evaluated
//# module
//# expect: value 1
const self = import('./eval.js');
export const x = 1;
export default self.then((m) => m.x);

//## import-that-awaits-itself
//# module
//# expect: throws UnsettledPromiseError
await import('./eval.js');

//## circle-of-json
//# expect: throws TypeError
//# with: ./a.json ["./a.json"]
import('./a.json');

//## json-of-a-million-brackets
//# repeat: @@ 1000000 [
//# expect: throws SyntaxError
//# expect: throws RangeError
//# why: the parser may run out of stack first
//# with: ./a.json @@
import('./a.json', { assert: { type: 'json' } });

//## module-that-never-ends
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# with: ./a.js for (;;);
import('./a.js');

//## module-that-imports-a-syntax-error
//# expect: throws SyntaxError
//# with: ./a.js import './b.js'
//# with: ./b.js }
import('./a.js').catch(() => import('./a.js'));

//## module-whose-namespace-is-thenable
//# expect: fails DEADLINE_EXCEEDED (WALL_TIME_LIMIT)
//# with: ./a.js export function then(resolve) { import('./a.js').then(resolve) }
import('./a.js');

//## promises-patched-before-an-import
//# expect: value 1
//# expect: fails INTERNAL (WORKER_CRASHED)
//# why: V8 10.2 takes it for granted that waiting for a module with a top-level await cannot throw, and ends its process
//# with: ./a.js await 0; export const a = 1
Promise.prototype.then = () => { throw 1; };
Object.defineProperty(Promise, Symbol.species, { get() { throw 2; } });
Array.prototype[Symbol.iterator] = null;
(async () => (await import('./a.js')).a)();

//## import-meta-resolve-of-anything
//# module
//# expect: throws
export default [Symbol(), { toString() { throw new Error('mine'); } }, 'x'.repeat(1 << 22)].map((what) =>
  import.meta.resolve(what));
