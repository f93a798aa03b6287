#include "runtime/extensions/builtin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

TEST(BuiltinExtensions, AreValidInTheirStandardOrder) {
  EXPECT_EQ(CheckExtensions(BuiltinExtensions()), absl::OkStatus());
}

TEST(BuiltinOps, AreSortedAndNamedAfterTheirExtension) {
  const std::vector<NativeOp> ops = BuiltinOps();
  EXPECT_TRUE(
      std::is_sorted(ops.begin(), ops.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  std::set<v8::FunctionCallback> callbacks;
  for (const Extension& extension : BuiltinExtensions()) {
    for (const NativeOp& op : extension.ops) {
      EXPECT_TRUE(op.name.starts_with(extension.name + "_")) << op.name;
      EXPECT_TRUE(callbacks.insert(op.callback).second) << op.name << " shares its function with another";
    }
  }
  EXPECT_EQ(callbacks.size(), ops.size());
}

// A script that spoils everything it can reach, then uses the extensions: they were written before it came.
TEST(BuiltinExtensions, HostileScriptsDoNotReachInside) {
  TestIsolate isolate;
  const std::string result = isolate.Eval(R"(
    const expect = [];
    const { defineProperty, getOwnPropertyNames } = Object;
    const log = console.log, random = Math.random, { parse } = JSON, $ = String;
    const encoder = new TextEncoder(), decoder = new TextDecoder();
    const Bytes = Uint8Array, MapType = Map, SetType = Set;
    const map = new Map([['k', 1]]), set = new Set([2]), date = new Date(0), error = new RangeError('bad');
    error.stack = 'RangeError: bad\n    at somewhere';
    const OldError = Error; const spoil = () => { throw 'spoiled' + new OldError().stack; };
    const names = ['Array', 'String', 'Number', 'Function', 'Map', 'Set', 'RegExp', 'Date', 'Symbol', 'Error', 'Promise', 'Uint8Array', 'Boolean', 'BigInt'];
    for (let n = 0; n < names.length; n++) {
      const name = names[n], prototype = globalThis[name].prototype, keys = getOwnPropertyNames(prototype);
      for (let k = 0; k < keys.length; k++) {
        const key = keys[k];
        if (key === 'constructor' || key === 'length') continue;
        try { defineProperty(prototype, key, { value: spoil, writable: true, configurable: true }); } catch {}
      }
      try { defineProperty(prototype, Symbol.iterator, { value: spoil, configurable: true }); } catch {}
      try { defineProperty(globalThis[name], Symbol.hasInstance, { value: spoil, configurable: true }); } catch {}
    }
    const typed = Object.getPrototypeOf(Uint8Array.prototype);
    const each = (list, body) => { for (let i = 0; i < list.length; i++) body(list[i]); };
    each(['length', 'set', 'slice', 'subarray', 'buffer', 'byteLength', 'byteOffset'], (key) => defineProperty(typed, key, { get: spoil }));
    each(['defineProperty', 'getOwnPropertyDescriptor', 'getPrototypeOf', 'keys'], (key) => { Object[key] = spoil; });
    each(['min', 'max', 'floor', 'sqrt', 'round'], (key) => { Math[key] = spoil; });
    JSON.stringify = spoil;
    Error.captureStackTrace = spoil;
    globalThis.String = globalThis.Number = globalThis.Map = globalThis.Uint8Array = globalThis.parseInt = spoil;

    log({ a: [1, 'two', { three: 3 }], map, set, date, r: /x/g, f: spoil, n: -0, big: [1, 2, 3, 4, 5, 6, 7, 8] }, 'str %s', 1);
    log('%s %d %i %j %o', 'a', 1, 2, 3, { b: 4 });
    log(error);
    console.group('g'); console.warn('in\ngroup'); console.groupEnd();
    console.count(); console.time('t'); console.timeEnd('nope'); console.assert(false, 'no'); console.table([[1]]); console.trace('t');
    const bytes = encoder.encode('h\u00e9');
    const parts = [decoder.decode(bytes), atob(btoa('x')), crypto.randomUUID()[8], random() < 1, performance.now() >= 0];
    parts[0] === 'h\u00e9' && parts[1] === 'x' && parts[2] === '-' && parts[3] && parts[4];
  )");
  EXPECT_EQ(result, "true");
  ASSERT_GE(isolate.console().size(), 10u);
  EXPECT_EQ(isolate.console()[0].text(),
            "{\n  a: [ 1, 'two', { three: 3 } ],\n  map: Map(1) { 'k' => 1 },\n  set: Set(1) { 2 },\n"
            "  date: 1970-01-01T00:00:00.000Z,\n  r: /x/g,\n  f: [Function: spoil],\n  n: -0,\n  big: [\n    "
            "1, 2, 3, 4,\n"
            "    5, 6, 7, 8\n  ]\n} str %s 1");
  EXPECT_EQ(isolate.console()[1].text(), "a 1 2 3 { b: 4 }");
  EXPECT_EQ(isolate.console()[2].text(), "RangeError: bad\n    at somewhere");
}

}  // namespace
}  // namespace evald
