// What a script may see of its isolate, one expression a line. Randomness, clocks and the collector's timing
// are left out.
typeof $w + typeof lexical_$w + typeof constant_$w + typeof Class_$w
Object.getOwnPropertyNames(globalThis).join()
Reflect.ownKeys(globalThis).length
Reflect.ownKeys($g).map(String).join()
Reflect.ownKeys($g.prototype).map(String).join()
JSON.stringify(Object.getOwnPropertyDescriptors($g.prototype))
$g.$m + ''
$g.prototype.$m + ''
typeof $g + $g.name + $g.length
Object.isFrozen($g) + '' + Object.isExtensible($g.prototype) + Object.isExtensible(globalThis)
Object.getPrototypeOf(Object.getPrototypeOf(globalThis)) === Object.prototype
Object.getPrototypeOf($g) === Function.prototype
({}).$w + [].$w + (() => 1).$w + 'x'.$w
({})[$n] + '' + [][$n]
Object.keys({ a: 1 }).join() + (() => { let s = ''; for (const k in {}) s += k; return s })()
[...[1, 2, 3]].join() + [...'abc'].join()
[1, 2, 3].map(x => x * 2).concat([4]).join()
[] instanceof $g
[RegExp.$1, RegExp.$2, RegExp.$9, RegExp.lastMatch, RegExp.input].join('|')
[RegExp.leftContext, RegExp.rightContext, RegExp.lastParen].join('|')
'a1b2'.replace(/[a-z](\d)/g, '<$1>') + /x/y.lastIndex
typeof sticky + /a/gy.exec('aa')
Error.stackTraceLimit + typeof Error.prepareStackTrace
new Error('x').stack
new TypeError('$w') + ''
Object.prototype.toString.call(JSON) + Object.prototype.toString.call(null)
JSON.stringify({ a: [1, { b: 2 }] }) + JSON.parse('[1]')
console.log('seen', { $w: $n }, [1, [2, [3, [4]]]])
console.count('$w')
console.timeLog('$w')
console.groupEnd() || console.log('out')
Reflect.ownKeys(console).join()
typeof Symbol.keyFor(Symbol.for('$w')) + Object.prototype[Symbol.for('$w')]
Math.max(1, 2) + Math.PI + typeof Math.random() + Reflect.ownKeys(Math).length
new Date(0).toISOString() + new Date(86400000).toString() + typeof Date.now() + (Date.now() > 1e12)
new Date(0).toLocaleString('de', { timeZone: 'UTC' })
new Intl.NumberFormat('de', { style: 'currency', currency: 'EUR' }).format(1234.5)
new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).format(0) + Reflect.ownKeys(Intl).length
['z', 'ä', 'a'].sort(new Intl.Collator('sv').compare).join() + 'ä'.localeCompare('z', 'de')
((f) => f() === f())(() => ((s) => s)`a${1}`)
typeof template + typeof template_function
typeof weak + typeof registry + typeof map
new WeakMap([[globalThis, 1]]).get(globalThis)
typeof late + typeof generator
Promise.resolve(1).then(x => x + 1) instanceof Promise
Promise.prototype.then.length + Promise.name
(function f() { return f.toString() })()
Function.prototype.toString.call(Math.max)
Function('return this')() === globalThis
typeof eval + eval('1 + 1')
undefined + '' + typeof globalThis
typeof crypto + typeof crypto.randomUUID() + crypto.getRandomValues(new Uint8Array(4)).length
typeof performance.now() + (performance.now() < 5000)
Reflect.ownKeys(Object.getPrototypeOf(performance)).map(String).join()
new TextEncoder().encode('\u20ac').join() + new TextDecoder().decode(new Uint8Array([0xac]))
btoa('xx') + atob('eHg=')
new WebAssembly.Memory({ initial: 1 }).buffer.byteLength + typeof WebAssembly.Module
typeof bytes + typeof big + typeof list + typeof hot + typeof many5
new Uint8Array(16).join() + new Float64Array(2).join()
((x) => x.a + 1)({ a: 1 }) + ((x) => x.a + 1)({ b: 1, a: 'x' })
(() => { try { null.x } catch (e) { return e.message + e.constructor.name } })()
(() => { try { (function f() { f() })() } catch (e) { return e.name } })()
[5, 3, 4].sort().join() + [5, 3, 4].sort((a, b) => b - a).join()
(12345.678).toString() + (255).toString(16) + (1n << 70n) + true
Object.entries({ b: 1, a: 2, 1: 3 }).join() + Object.assign({}, { x: 1 }).x
Reflect.ownKeys(Object.prototype).map(String).join() + Reflect.ownKeys(Array.prototype).length
Reflect.ownKeys(Function.prototype).map(String).join()
Reflect.ownKeys((async () => {}).constructor.prototype).map(String).join()
new Set([1, 2]).size + new Map([[1, 2]]).get(1) + [...new Set([3, 4])].join()
(() => { let n = 0; for (let i = 0; i < 30000; i++) n += [i].map(x => x % 3)[0]; return n })()
Array.isArray(Array.prototype) + '' + Array.prototype.length
