#include <gtest/gtest.h>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

TEST(TextEncoder, Encodes) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("[...new TextEncoder().encode('a\\u00e9\\u20ac\\u{1f600}')].join()"),
            "\"97,195,169,226,130,172,240,159,152,128\"");
  EXPECT_EQ(isolate.Eval("[...new TextEncoder().encode('\\ud83d')].join()"), "\"239,191,189\"");
  EXPECT_EQ(isolate.Eval("new TextEncoder().encode().length + new TextEncoder().encode('').length"), "0");
  EXPECT_EQ(isolate.Eval("new TextEncoder().encode(12).join()"), "\"49,50\"");
  EXPECT_EQ(isolate.Eval("const e = new TextEncoder().encode('x'.repeat(1e6)); [e.constructor === "
                         "Uint8Array, e.length, e.byteOffset, e.buffer.byteLength]"),
            "[true,1000000,0,1000000]");
  EXPECT_EQ(isolate.Eval("new TextEncoder().encoding"), "\"utf-8\"");
}

TEST(TextEncoder, EncodesInto) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("const into = new Uint8Array(5); const done = new "
                         "TextEncoder().encodeInto('a\\u{1f600}b', into.subarray(1));"
                         "[done, ...into]"),
            "[{\"read\":1,\"written\":1},0,97,0,0,0]");
  EXPECT_EQ(isolate.Eval("new TextEncoder().encodeInto('\\u{1f600}b', new Uint8Array(8))"),
            "{\"read\":3,\"written\":5}");
  EXPECT_EQ(isolate.Eval("new TextEncoder().encodeInto('abc', new Uint8Array(0))"),
            "{\"read\":0,\"written\":0}");
  EXPECT_EQ(isolate.Eval("new TextEncoder().encodeInto('a', [])"),
            "TypeError: The \"destination\" argument must be a Uint8Array");
}

TEST(TextDecoder, DecodesAnyBytes) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("new TextDecoder().decode(new Uint8Array([97, 195, 169, 240, 159, 152, 128]))"),
            "\"a\u00e9\U0001f600\"");
  EXPECT_EQ(isolate.Eval("new TextDecoder().decode(new Uint8Array([97, 98, 99, 100]).buffer.slice(1))"),
            "\"bcd\"");
  EXPECT_EQ(isolate.Eval("new TextDecoder().decode(new DataView(new Uint8Array([97, 98, 99]).buffer, 1, 1))"),
            "\"b\"");
  EXPECT_EQ(isolate.Eval("new TextDecoder().decode(new Uint16Array([0x6261]))"), "\"ab\"");
  EXPECT_EQ(isolate.Eval("const shared = new Uint8Array(new SharedArrayBuffer(3)); shared.set([97, 98, 99]);"
                         "new TextDecoder().decode(shared) + new TextDecoder().decode(shared.buffer)"),
            "\"abcabc\"");
  EXPECT_EQ(isolate.Eval("new TextDecoder().decode() + new TextDecoder().decode(new Uint8Array(0))"), "\"\"");
  EXPECT_EQ(isolate.Eval("new TextDecoder().decode('text')"),
            "TypeError: The \"input\" argument must be an ArrayBuffer or a view of one");
  EXPECT_EQ(isolate.Eval("new TextDecoder().decode(new Uint8Array(1e6).fill(120)) === 'x'.repeat(1e6)"),
            "true");
}

TEST(TextDecoder, ByteOrderMark) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Eval("new TextDecoder().decode(new Uint8Array([239, 187, 191, 97, 239, 187, 191])).length"),
      "2");
  EXPECT_EQ(
      isolate.Eval(
          "new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([239, 187, 191, 97])).length"),
      "2");
  EXPECT_EQ(isolate.Eval("new TextDecoder('utf-16le').decode(new Uint8Array([255, 254, 97, 0]))"), "\"a\"");
  EXPECT_EQ(isolate.Eval("new TextDecoder('utf-16be').decode(new Uint8Array([254, 255, 0, 97]))"), "\"a\"");
  // In pieces: only the beginning of a stream has one, however it is cut; the next stream has its own.
  EXPECT_EQ(isolate.Eval(
                "const d = new TextDecoder(); const s = { stream: true };"
                "const read = () => [d.decode(new Uint8Array([239]), s), d.decode(new Uint8Array([187]), s),"
                "d.decode(new Uint8Array([191, 97]), s), d.decode(new Uint8Array([239, 187, 191])).length];"
                "[read(), read()]"),
            "[[\"\",\"\",\"a\",1],[\"\",\"\",\"a\",1]]");
}

TEST(TextDecoder, Streams) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval(
                "const u = new TextDecoder(); const bytes = new TextEncoder().encode('a\\u{1f600}\\u20acz');"
                "let text = ''; for (const b of bytes) text += u.decode(new Uint8Array([b]), { stream: true "
                "}); text += u.decode(); text"),
            "\"a\U0001f600\u20acz\"");
  EXPECT_EQ(isolate.Eval("const cut = new TextDecoder(); cut.decode(new Uint8Array([240, 159]), { stream: "
                         "true }) + cut.decode()"),
            "\"\uFFFD\"");
}

TEST(TextDecoder, Fatal) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Eval("const f = new TextDecoder('utf-8', { fatal: true }); f.decode(new Uint8Array([255]))"),
      "TypeError: The encoded data was not valid for encoding utf-8");
  EXPECT_EQ(isolate.Eval(
                "f.decode(new Uint8Array([226, 130]), { stream: true }) + f.decode(new Uint8Array([172]))"),
            "\"\u20ac\"");
  EXPECT_EQ(isolate.Eval(
                "f.decode(new Uint8Array([226]), { stream: true }); try { f.decode() } catch (e) { e.code }"),
            "\"ERR_ENCODING_INVALID_ENCODED_DATA\"");
  EXPECT_EQ(isolate.Eval("f.decode(new Uint8Array([97]))"), "\"a\"");
}

TEST(TextDecoder, Labels) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Eval("['utf8', ' UTF-8 ', 'unicode-1-1-utf-8', 'utf-16', 'utf-16le', 'utf-16be', 'latin1', "
                   "'ascii', 'iso-8859-1', 'windows-1252']"
                   ".map((l) => new TextDecoder(l).encoding).join()"),
      "\"utf-8,utf-8,utf-8,utf-16le,utf-16le,utf-16be,windows-1252,windows-1252,windows-1252,windows-1252\"");
  EXPECT_EQ(isolate.Eval("new TextDecoder('latin1').decode(new Uint8Array([0x80, 0xe9]))"),
            "\"\u20ac\u00e9\"");
  EXPECT_EQ(isolate.Eval("new TextDecoder('klingon')"),
            "RangeError: The \"klingon\" encoding is not supported");
  EXPECT_EQ(isolate.Eval("[new TextDecoder().fatal, new TextDecoder('utf8', { fatal: 1 }).fatal, new "
                         "TextDecoder().ignoreBOM]"),
            "[false,true,false]");
}

TEST(Encoding, LooksAsOnTheWeb) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Eval(
          "[String(new TextEncoder), String(new TextDecoder), TextDecoder.length, "
          "TextDecoder.prototype.decode.length,"
          "Object.keys(globalThis).includes('TextEncoder'), Object.keys(TextEncoder.prototype).join()]"),
      "[\"[object TextEncoder]\",\"[object TextDecoder]\",0,0,false,\"encoding,encode,encodeInto\"]");
  EXPECT_EQ(isolate.Eval("TextEncoder()").substr(0, 9), "TypeError");
  EXPECT_EQ(isolate.Eval("TextEncoder.prototype.encode.call({}, 'a')").substr(0, 9), "TypeError");
}

}  // namespace
}  // namespace evald
