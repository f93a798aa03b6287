#include <gtest/gtest.h>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

TEST(Base64Extension, EncodesAndDecodes) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("btoa('hello')"), "\"aGVsbG8=\"");
  EXPECT_EQ(isolate.Eval("atob('aGVsbG8')"), "\"hello\"");
  EXPECT_EQ(isolate.Eval("btoa('\\xff\\0')"), "\"/wA=\"");
  EXPECT_EQ(isolate.Eval("atob('/wA=').charCodeAt(0)"), "255");
  EXPECT_EQ(isolate.Eval("let all = ''; for (let i = 0; i < 256; i++) all += String.fromCharCode(i); "
                         "atob(btoa(all)) === all"),
            "true");
}

TEST(Base64Extension, ConvertsItsArgument) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("btoa(null) + btoa(12) + btoa(undefined)"), "\"bnVsbA==MTI=dW5kZWZpbmVk\"");
  EXPECT_EQ(isolate.Eval("atob(null) === '\\x9e\\xe9\\x65'"), "true");
  EXPECT_EQ(isolate.Eval("btoa()"), "TypeError: The \"input\" argument must be specified");
  EXPECT_EQ(isolate.Eval("btoa(Symbol())"), "TypeError: Cannot convert a Symbol value to a string");
}

TEST(Base64Extension, InvalidCharactersAreInvalidCharacterErrors) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("btoa('\\u0100')"), "InvalidCharacterError: Invalid character");
  EXPECT_EQ(isolate.Eval("atob('a')"),
            "InvalidCharacterError: The string to be decoded is not correctly encoded.");
  EXPECT_EQ(isolate.Eval("try { atob('\\u0141') } catch (e) { [e.name, e.code, e instanceof DOMException] }"),
            "[\"InvalidCharacterError\",5,true]");
}

TEST(Base64Extension, LooksAsOnTheWeb) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("[atob.name, btoa.name, atob.length, 'prototype' in atob, "
                         "Object.keys(globalThis).includes('atob')]"),
            "[\"atob\",\"btoa\",1,false,true]");
}

}  // namespace
}  // namespace evald
