#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

using testing::MatchesRegex;
using testing::StartsWith;

// What a test may use in its arguments.
constexpr char kPrelude[] = R"js('use strict';
class Foo { constructor() { this.a = 1 } }
class Bar extends Foo {}
class Tag { get [Symbol.toStringTag]() { return 'tagged' } }
class MyError extends Error {}
class Named extends Error { constructor(m) { super(m); this.name = 'Custom' } }
const circular = { name: 'c' }; circular.self = circular; circular.deep = { x: circular };
const rejected = Promise.reject(new RangeError('no')); rejected.catch((e) => { e.stack = 'RangeError: no\n    at here' });
const withStack = (e) => { e.stack = e.stack.split('\n')[0] + '\n    at one (a.js:1:2)\n    at two (b.js:3:4)'; return e };
)js";

struct Example {
  const char* arguments;
  const char* shown;
};

// clang-format off
// Arguments of console.log and what Node 20's console.log writes for them.
constexpr Example kExamples[] = {
    {R"js(1)js",
     R"text(1)text"},
    {R"js(-0)js",
     R"text(-0)text"},
    {R"js(1.5, NaN, -Infinity)js",
     R"text(1.5 NaN -Infinity)text"},
    {R"js(10n, true, null, undefined, Symbol('s'))js",
     R"text(10n true null undefined Symbol(s))text"},
    {R"js('plain', 'text')js",
     R"text(plain text)text"},
    {R"js(['a'], ["it's"], ["it's \"q\""], ["it's \"q\" `b`"])js",
     R"text([ 'a' ] [ "it's" ] [ `it's "q"` ] [ 'it\'s "q" `b`' ])text"},
    {R"js(['new\nline\ttab\x07\x7f\\'])js",
     R"text([ 'new\nline\ttab\x07\x7F\\' ])text"},
    {R"js(['\ud83d', '\ud83d\ude00'])js",
     R"text([ '\ud83d', '😀' ])text"},
    {R"js({})js",
     R"text({})text"},
    {R"js([])js",
     R"text([])text"},
    {R"js({a: 1, b: 'x', c: [1, 2, 3]})js",
     R"text({ a: 1, b: 'x', c: [ 1, 2, 3 ] })text"},
    {R"js({'a-b': 1, 2: 3, _x: 1, $y: 2, [Symbol('k')]: 3, '': 4})js",
     R"text({ '2': 3, 'a-b': 1, _x: 1, '$y': 2, '': 4, [Symbol(k)]: 3 })text"},
    {R"js({a: {b: {c: {}}}})js",
     R"text({ a: { b: { c: {} } } })text"},
    {R"js({a: {b: {c: {d: 1}}}})js",
     R"text({ a: { b: { c: [Object] } } })text"},
    {R"js({level1: {level2: {level3: {level4: 1}}, arr: [[[[1]]]], inst: new Foo, m: new Map([[1, {a: {b: {}}}]])}})js",
     R"text({
  level1: {
    level2: { level3: [Object] },
    arr: [ [Array] ],
    inst: Foo { a: 1 },
    m: Map(1) { 1 => [Object] }
  }
})text"},
    {R"js(circular)js",
     R"text(<ref *1> { name: 'c', self: [Circular *1], deep: { x: [Circular *1] } })text"},
    {R"js([circular])js",
     R"text([
  <ref *1> {
    name: 'c',
    self: [Circular *1],
    deep: { x: [Circular *1] }
  }
])text"},
    {R"js(Object.create(null))js",
     R"text([Object: null prototype] {})text"},
    {R"js(Object.assign(Object.create(null), {a: 1}))js",
     R"text([Object: null prototype] { a: 1 })text"},
    {R"js({a: {b: {c: Object.assign(Object.create(null), {a: 1})}}})js",
     R"text({ a: { b: { c: [Object: null prototype] } } })text"},
    {R"js(new Foo)js",
     R"text(Foo { a: 1 })text"},
    {R"js(new Bar)js",
     R"text(Bar { a: 1 })text"},
    {R"js({a: {b: {c: new Foo}}})js",
     R"text({ a: { b: { c: [Foo] } } })text"},
    {R"js(Foo.prototype, Bar.prototype)js",
     R"text({} Foo {})text"},
    {R"js(new (class {}))js",
     R"text({})text"},
    {R"js(new Tag)js",
     R"text(Tag [tagged] {})text"},
    {R"js({[Symbol.toStringTag]: 'own'})js",
     R"text({ [Symbol(Symbol.toStringTag)]: 'own' })text"},
    {R"js(Foo, Bar, class {}, class extends Foo {})js",
     R"text([class Foo] [class Bar extends Foo] [class (anonymous)] [class (anonymous) extends Foo])text"},
    {R"js(function f() {}, () => {}, function () {})js",
     R"text([Function: f] [Function (anonymous)] [Function (anonymous)])text"},
    {R"js(async () => {}, function* g() {}, async function* ag() {}, async function af() {})js",
     R"text([AsyncFunction (anonymous)] [GeneratorFunction: g] [AsyncGeneratorFunction: ag] [AsyncFunction: af])text"},
    {R"js(Object.assign(function withProps() {}, {a: 1}))js",
     R"text([Function: withProps] { a: 1 })text"},
    {R"js({f() {}, get a() { return 1 }, set a(v) {}, get b() { return 2 }, set c(v) {}})js",
     R"text({ f: [Function: f], a: [Getter/Setter], b: [Getter], c: [Setter] })text"},
    {R"js([1, , 3], new Array(5), [, , 1, , ])js",
     R"text([ 1, <1 empty item>, 3 ] [ <5 empty items> ] [ <2 empty items>, 1, <1 empty item> ])text"},
    {R"js(Object.assign([1, 2], {extra: 'x', '-1': 0}))js",
     R"text([ 1, 2, extra: 'x', '-1': 0 ])text"},
    {R"js(Array.from({length: 7}, (_, i) => i))js",
     R"text([
  0, 1, 2, 3,
  4, 5, 6
])text"},
    {R"js(Array.from({length: 27}, (_, i) => i * 1000))js",
     R"text([
      0,  1000,  2000,  3000,  4000,
   5000,  6000,  7000,  8000,  9000,
  10000, 11000, 12000, 13000, 14000,
  15000, 16000, 17000, 18000, 19000,
  20000, 21000, 22000, 23000, 24000,
  25000, 26000
])text"},
    {R"js(Array.from({length: 101}, (_, i) => i))js",
     R"text([
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11,
  12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
  24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
  36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
  48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59,
  60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71,
  72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83,
  84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95,
  96, 97, 98, 99,
  ... 1 more item
])text"},
    {R"js(Array.from({length: 102}, () => 'ab'))js",
     R"text([
  'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab',
  'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab',
  'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab',
  'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab',
  'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab',
  'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab',
  'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab',
  'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab',
  'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab',
  'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab', 'ab',
  ... 2 more items
])text"},
    {R"js(Array.from({length: 30}, (_, i) => 'item' + i * 7))js",
     R"text([
  'item0',   'item7',   'item14',
  'item21',  'item28',  'item35',
  'item42',  'item49',  'item56',
  'item63',  'item70',  'item77',
  'item84',  'item91',  'item98',
  'item105', 'item112', 'item119',
  'item126', 'item133', 'item140',
  'item147', 'item154', 'item161',
  'item168', 'item175', 'item182',
  'item189', 'item196', 'item203'
])text"},
    {R"js(Array.from({length: 10}, (_, i) => 'x'.repeat(i)))js",
     R"text([
  '',         'x',
  'xx',       'xxx',
  'xxxx',     'xxxxx',
  'xxxxxx',   'xxxxxxx',
  'xxxxxxxx', 'xxxxxxxxx'
])text"},
    {R"js([1.5, 22.25, 333, 4, 5, 6, 7, 8])js",
     R"text([
  1.5, 22.25, 333,
    4,     5,   6,
    7,     8
])text"},
    {R"js([undefined, null, 'a', true, 1n, Symbol('z'), -0])js",
     R"text([ undefined, null, 'a', true, 1n, Symbol(z), -0 ])text"},
    {R"js([[[[]]], [[[[]]]]])js",
     R"text([ [ [ [] ] ], [ [ [Array] ] ] ])text"},
    {R"js([{a: 1, b: 2}, {a: 3, b: {c: {}}}])js",
     R"text([ { a: 1, b: 2 }, { a: 3, b: { c: {} } } ])text"},
    {R"js(Array.from({length: 7}, (_, i) => ({id: i})))js",
     R"text([
  { id: 0 },
  { id: 1 },
  { id: 2 },
  { id: 3 },
  { id: 4 },
  { id: 5 },
  { id: 6 }
])text"},
    {R"js(new (class Mine extends Array {})(1, 2))js",
     R"text(Mine(2) [ 1, 2 ])text"},
    {R"js(new Map([['a', {b: 1}], [{k: 1}, [1, 2]]]))js",
     R"text(Map(2) { 'a' => { b: 1 }, { k: 1 } => [ 1, 2 ] })text"},
    {R"js(new Map, new Set, new Set([1, 'a', {b: 2}]))js",
     R"text(Map(0) {} Set(0) {} Set(3) { 1, 'a', { b: 2 } })text"},
    {R"js({a: new Map([['k', new Set([1])]])})js",
     R"text({ a: Map(1) { 'k' => Set(1) { 1 } } })text"},
    {R"js(new (class MyMap extends Map {})([[1, 2]]))js",
     R"text(MyMap(1) [Map] { 1 => 2 })text"},
    {R"js(new Map([['a', 1]]).keys(), new Map([['a', 1]]).values(), new Map([['a', 1]]).entries())js",
     R"text([Map Iterator] { 'a' } [Map Iterator] { 1 } [Map Entries] { [ 'a', 1 ] })text"},
    {R"js(new Set([1, 2]).values(), new Set([1]).entries())js",
     R"text([Set Iterator] { 1, 2 } [Set Entries] { [ 1, 1 ] })text"},
    {R"js(new Set(Array.from({length: 102}, (_, i) => i)))js",
     R"text(Set(102) {
  0,
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
  15,
  16,
  17,
  18,
  19,
  20,
  21,
  22,
  23,
  24,
  25,
  26,
  27,
  28,
  29,
  30,
  31,
  32,
  33,
  34,
  35,
  36,
  37,
  38,
  39,
  40,
  41,
  42,
  43,
  44,
  45,
  46,
  47,
  48,
  49,
  50,
  51,
  52,
  53,
  54,
  55,
  56,
  57,
  58,
  59,
  60,
  61,
  62,
  63,
  64,
  65,
  66,
  67,
  68,
  69,
  70,
  71,
  72,
  73,
  74,
  75,
  76,
  77,
  78,
  79,
  80,
  81,
  82,
  83,
  84,
  85,
  86,
  87,
  88,
  89,
  90,
  91,
  92,
  93,
  94,
  95,
  96,
  97,
  98,
  99,
  ... 2 more items
})text"},
    {R"js(new Uint8Array([1, 2, 3]), new Float64Array(2), new BigInt64Array(2), new Uint8Array(0))js",
     R"text(Uint8Array(3) [ 1, 2, 3 ] Float64Array(2) [ 0, 0 ] BigInt64Array(2) [ 0n, 0n ] Uint8Array(0) [])text"},
    {R"js(new Uint8Array(120))js",
     R"text(Uint8Array(120) [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0,
  ... 20 more items
])text"},
    {R"js(new ArrayBuffer(4), new DataView(new ArrayBuffer(2)))js",
     R"text(ArrayBuffer { [Uint8Contents]: <00 00 00 00>, byteLength: 4 } DataView {
  byteLength: 2,
  byteOffset: 0,
  buffer: ArrayBuffer { [Uint8Contents]: <00 00>, byteLength: 2 }
})text"},
    {R"js(new Date(0), new Date(NaN), /a\/b/giu)js",
     R"text(1970-01-01T00:00:00.000Z Invalid Date /a\/b/giu)text"},
    {R"js(Object.assign(/b/, {x: 1}), Object.assign(new Date(0), {y: 1}))js",
     R"text(/b/ { x: 1 } 1970-01-01T00:00:00.000Z { y: 1 })text"},
    {R"js(new Number(3), new Number(-0), new String('abc'), new Boolean(false), Object(Symbol('b')), Object(5n))js",
     R"text([Number: 3] [Number: -0] [String: 'abc'] [Boolean: false] [Symbol: Symbol(b)] [BigInt: 5n])text"},
    {R"js(Object.assign(new String('ab'), {z: 1}))js",
     R"text([String: 'ab'] { z: 1 })text"},
    {R"js(Promise.resolve(4), new Promise(() => {}), Promise.resolve({a: {b: {c: {d: 1}}}}))js",
     R"text(Promise { 4 } Promise { <pending> } Promise { { a: { b: [Object] } } })text"},
    {R"js(rejected)js",
     R"text(Promise {
  <rejected> RangeError: no
      at here
})text"},
    {R"js(new WeakSet, new WeakMap)js",
     R"text(WeakSet { <items unknown> } WeakMap { <items unknown> })text"},
    {R"js((function () { return arguments })(1, 'b'))js",
     R"text([Arguments] { '0': 1, '1': 'b' })text"},
    {R"js((function* () {})())js",
     R"text(Object [Generator] {})text"},
    {R"js(new Proxy({a: 1}, {}), new Proxy([1, 2], {}), new Proxy(function pf() {}, {}))js",
     R"text({ a: 1 } [ 1, 2 ] [Function: pf])text"},
    {R"js({__proto__: {inherited: 1}, own: 2}, {['__proto__']: 5})js",
     R"text({ own: 2 } { ['__proto__']: 5 })text"},
    {R"js(Object.defineProperty({}, 'hidden', {value: 1}))js",
     R"text({})text"},
    {R"js(Math, JSON, Reflect)js",
     R"text(Object [Math] {} Object [JSON] {} Object [Reflect] {})text"},
    {R"js(withStack(new Error('outer')))js",
     R"text(Error: outer
    at one (a.js:1:2)
    at two (b.js:3:4))text"},
    {R"js({e: withStack(new TypeError('inner'))})js",
     R"text({
  e: TypeError: inner
      at one (a.js:1:2)
      at two (b.js:3:4)
})text"},
    {R"js(Object.assign(withStack(new Error('x')), {code: 'E_X', info: {a: 1}}))js",
     R"text(Error: x
    at one (a.js:1:2)
    at two (b.js:3:4) {
  code: 'E_X',
  info: { a: 1 }
})text"},
    {R"js(withStack(new Error('outer', {cause: withStack(new TypeError('why'))})))js",
     R"text(Error: outer
    at one (a.js:1:2)
    at two (b.js:3:4) {
  [cause]: TypeError: why
      at one (a.js:1:2)
      at two (b.js:3:4)
})text"},
    {R"js(withStack(new MyError('mine')), withStack(new Named('named')))js",
     R"text(MyError: mine
    at one (a.js:1:2)
    at two (b.js:3:4) Custom: named
    at one (a.js:1:2)
    at two (b.js:3:4))text"},
    {R"js(Object.assign(new Error('m'), {stack: 'short'}), [Object.assign(new Error('m'), {stack: undefined})])js",
     R"text([short] [ [Error: m] ])text"},
    {R"js(withStack(new AggregateError([withStack(new Error('one'))], 'several')))js",
     R"text(AggregateError: several
    at one (a.js:1:2)
    at two (b.js:3:4) {
  [errors]: [
    Error: one
        at one (a.js:1:2)
        at two (b.js:3:4)
  ]
})text"},
    {R"js({a: 'x'.repeat(100)})js",
     R"text({
  a: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
})text"},
    {R"js({a: 'line1\nline2 ' + 'y'.repeat(80)})js",
     R"text({
  a: 'line1\n' +
    'line2 yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy'
})text"},
    {R"js({aaaaaaaaaaaaaaaaaaaaaaaa: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', cccccccccccccccccccc: 'dddddddddddddddddddddddd', e: {f: {g: {h: 1}}}})js",
     R"text({
  aaaaaaaaaaaaaaaaaaaaaaaa: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
  cccccccccccccccccccc: 'dddddddddddddddddddddddd',
  e: { f: { g: [Object] } }
})text"},
    {R"js('%s is %d years and %i, %f %j %O %c css %% done', 'Bob', 42, 42.9, '1.5', {a: 1}, {b: {c: {d: {}}}}, 'color:red', 'extra', {z: 1})js",
     R"text(Bob is 42 years and 42, 1.5 {"a":1} { b: { c: { d: {} } } }  css % done extra { z: 1 })text"},
    {R"js('%s')js",
     R"text(%s)text"},
    {R"js('%s', null)js",
     R"text(null)text"},
    {R"js('%s %s', undefined)js",
     R"text(undefined %s)text"},
    {R"js('%s %s %s', {a: {b: 1}}, new Foo, [1, [2, [3]]])js",
     R"text({ a: [Object] } Foo { a: 1 } [ 1, [Array] ])text"},
    {R"js('%s %s %s %s', Symbol('q'), -0, 5n, new Date(0))js",
     R"text(Symbol(q) -0 5n 1970-01-01T00:00:00.000Z)text"},
    {R"js('%s', {toString() { return 'custom' }})js",
     R"text(custom)text"},
    {R"js('%s', class A {})js",
     R"text(class A {})text"},
    {R"js('%d %d %d %d', '0x10', {}, 7n, Symbol())js",
     R"text(16 NaN 7n NaN)text"},
    {R"js('%i %i %f', 1n, '3.9abc', 'abc')js",
     R"text(1n 3 NaN)text"},
    {R"js('%j', circular)js",
     R"text([Circular])text"},
    {R"js('%x %y', 1)js",
     R"text(%x %y 1)text"},
    {R"js('100%', 1)js",
     R"text(100% 1)text"},
    {R"js('%% %s', 1)js",
     R"text(% 1)text"},
    {R"js('%%', 1)js",
     R"text(% 1)text"},
    {R"js('a%', 1)js",
     R"text(a% 1)text"},
    {R"js('%o', {f: {g: {h: {i: {}}}}})js",
     R"text({
  f: { g: { h: { i: {} } } }
})text"},
};
// clang-format on

TEST(ConsoleLog, WritesWhatNodeWrites) {
  TestIsolate isolate;
  // The rejection is handled, so its reason has its fixed stack, in the request before.
  isolate.Eval(std::string(kPrelude) +
               "globalThis.kit = { Foo, Bar, Tag, MyError, Named, circular, rejected, withStack };");
  for (const Example& example : kExamples) {
    EXPECT_EQ(
        isolate.Console(
            "{ const { Foo, Bar, Tag, MyError, Named, circular, rejected, withStack } = kit; console.log(" +
            std::string(example.arguments) + "); }"),
        example.shown)
        << "console.log(" << example.arguments << ")";
  }
}

TEST(ConsoleLog, OfNothingIsAnEmptyLine) {
  TestIsolate isolate;
  isolate.Eval("console.log()");
  ASSERT_EQ(isolate.console().size(), 1u);
  EXPECT_EQ(isolate.console()[0].text(), "");
}

TEST(ConsoleLog, LoneSurrogatesBecomeValidText) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Console("console.log('a\\ud83d')"), "a\xEF\xBF\xBD");
}

TEST(ConsoleLog, LeavesProxiesAndGettersAlone) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Console(
          "const touched = []; const trap = new Proxy({}, { get(_, key) { touched.push(key) } });"
          "console.log(new Proxy({ a: 1 }, trap), { get a() { touched.push('a') } }, [new Proxy([1], trap)]);"
          "console.log(touched.length)"),
      "{ a: 1 } { a: [Getter] } [ [ 1 ] ]\n0");
  EXPECT_EQ(isolate.Console("const gone = Proxy.revocable({}, {}); gone.revoke(); console.log(gone.proxy)"),
            "<Revoked Proxy>");
}

TEST(ConsoleLog, AHugeSparseArrayIsShort) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Console("const a = []; a[4e9] = 1; console.log(a)"), "[ <4000000000 empty items>, 1 ]");
}

TEST(Console, MethodsHaveTheirLevels) {
  TestIsolate isolate;
  isolate.Eval("for (const level of ['debug', 'log', 'info', 'warn', 'error']) console[level](level, 1)");
  ASSERT_EQ(isolate.console().size(), 5u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(isolate.console()[i].level(), v1::ConsoleMessage::LEVEL_DEBUG + i);
  EXPECT_EQ(isolate.console()[3].text(), "warn 1");
}

TEST(Console, GroupsIndent) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Console(
          "console.group('outer', 1); console.log('a\\nb'); console.groupCollapsed(); console.log({ x: 1 });"
          "console.groupEnd(); console.groupEnd(); console.groupEnd(); console.log('end')"),
      "outer 1\n  a\n  b\n    { x: 1 }\nend");
}

TEST(Console, Counts) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Console("console.count(); console.count('x'); console.count(); console.countReset(); "
                            "console.count(); console.countReset('y')"),
            "default: 1\nx: 1\ndefault: 2\ndefault: 1\nWarning: Count for 'y' does not exist");
}

TEST(Console, Times) {
  TestIsolate isolate;
  EXPECT_THAT(
      isolate.Console("console.time('t'); console.timeLog('t', 'so far', { a: 1 }); console.timeEnd('t')"),
      MatchesRegex("t: [0-9.]+ms so far . a: 1 .\nt: [0-9.]+ms"));
  EXPECT_EQ(isolate.Console("console.timeEnd('t')"), "Warning: No such label 't' for console.timeEnd()");
  EXPECT_EQ(isolate.Console("console.time(); console.time()"),
            "Warning: Label 'default' already exists for console.time()");
}

TEST(Console, Asserts) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Console("console.assert(true, 'no'); console.assert(false); console.assert(0, '%d is "
                            "%s', 1, 'odd'); console.assert(null, { a: 1 })"),
            "Assertion failed\nAssertion failed: 1 is odd\nAssertion failed { a: 1 }");
}

TEST(Console, DirTakesADepth) {
  TestIsolate isolate;
  isolate.Eval("globalThis.deep = { a: { b: { c: { d: { e: 1 } } } } }");
  EXPECT_EQ(isolate.Console("console.dir(deep)"), "{ a: { b: { c: [Object] } } }");
  EXPECT_EQ(isolate.Console("console.dir(deep, { depth: 0 })"), "{ a: [Object] }");
  EXPECT_EQ(isolate.Console("console.dir(deep, { depth: null })"),
            "{\n  a: {\n    b: { c: { d: { e: 1 } } }\n  }\n}");
}

TEST(Console, TraceShowsWhereItWasCalled) {
  TestIsolate isolate;
  const std::string text = isolate.Console("function outer() { console.trace('at %s', 'x') } outer()");
  EXPECT_THAT(text, StartsWith("Trace: at x\n    at outer (eval.js:1:"));
  EXPECT_EQ(isolate.console()[0].level(), v1::ConsoleMessage::LEVEL_ERROR);
}

TEST(Console, TableDrawsWhatNodeDraws) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Console("console.table([{ a: 1, b: 'x' }, { a: 2, c: true }])"),
            "┌─────────┬───┬─────┬──────┐\n"
            "│ (index) │ a │ b   │ c    │\n"
            "├─────────┼───┼─────┼──────┤\n"
            "│ 0       │ 1 │ 'x' │      │\n"
            "│ 1       │ 2 │     │ true │\n"
            "└─────────┴───┴─────┴──────┘");
  EXPECT_EQ(isolate.Console("console.table([[1, 2], 3])"),
            "┌─────────┬───┬───┬────────┐\n"
            "│ (index) │ 0 │ 1 │ Values │\n"
            "├─────────┼───┼───┼────────┤\n"
            "│ 0       │ 1 │ 2 │        │\n"
            "│ 1       │   │   │ 3      │\n"
            "└─────────┴───┴───┴────────┘");
  EXPECT_EQ(isolate.Console("console.table(new Map([['k', { v: 1 }]]))"),
            "┌───────────────────┬─────┬──────────┐\n"
            "│ (iteration index) │ Key │ Values   │\n"
            "├───────────────────┼─────┼──────────┤\n"
            "│ 0                 │ 'k' │ { v: 1 } │\n"
            "└───────────────────┴─────┴──────────┘");
  EXPECT_EQ(isolate.Console("console.table([{ a: 1, b: 2 }], ['b'])"),
            "┌─────────┬───┐\n"
            "│ (index) │ b │\n"
            "├─────────┼───┤\n"
            "│ 0       │ 2 │\n"
            "└─────────┴───┘");
  EXPECT_EQ(isolate.Console("console.table(5)"), "5");
}

TEST(Console, LooksAsOnTheWeb) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("const { log } = console; log('detached');"
                         "[Object.keys(globalThis).includes('console'), console.log.name, 'prototype' in "
                         "console.log, String(console)]"),
            "[false,\"log\",false,\"[object console]\"]");
}

TEST(ConsoleExtension, AnObjectSaysHowItIsShown) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Console(R"js(class Money {
      #cents = 1250;
      [Symbol.for('nodejs.util.inspect.custom')](depth, options, inspect) {
        return `Money ${inspect({ euros: this.#cents / 100 }, options)}`;
      }
    }
    console.log([new Money()]))js"),
            "[ Money { euros: 12.5 } ]");
}

}  // namespace
}  // namespace evald
