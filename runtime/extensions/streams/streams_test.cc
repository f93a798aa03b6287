#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

// Made while the snapshot is built: what a script finds there goes on, but for zlib's state.
constexpr char kSetup[] = R"(
  var early = new ReadableStream({ start(c) { c.enqueue('early'); c.close(); } });
  var earlyPipe = new TransformStream({ transform(chunk, c) { c.enqueue(chunk + '!'); } });
  var earlyZip = new CompressionStream('gzip');
)";

std::string Eval(const std::string& body) {
  TestIsolate isolate(kSetup);
  return isolate.Eval("(async () => {" + body + R"(
    async function all(stream) { const chunks = []; for await (const chunk of stream) chunks.push(chunk); return chunks; }
    async function bytes(stream) { return Uint8Array.from((await all(stream)).flatMap((chunk) => [...chunk])); }
    function through(transform, ...chunks) { return ReadableStream.from(chunks).pipeThrough(transform); }
  })())");
}

TEST(Streams, AreReadWrittenPipedAndTeed) {
  EXPECT_EQ(
      Eval("return all(through(new TransformStream({ transform(x, c) { c.enqueue(2 * x); } }), 1, 2, 3));"),
      "[2,4,6]");
  EXPECT_EQ(Eval("const [a, b] = ReadableStream.from('ab').tee(); return [await all(a), await all(b)];"),
            R"([["a","b"],["a","b"]])");
  EXPECT_EQ(Eval(R"(const seen = [];
                    await ReadableStream.from([1, 2]).pipeTo(new WritableStream({ write(x) { seen.push(x); } }));
                    return seen;)"),
            "[1,2]");
}

TEST(Streams, GiveBytesIntoTheReadersBuffer) {
  EXPECT_EQ(Eval(R"(
    const stream = new ReadableStream({ type: 'bytes', pull(c) { c.byobRequest.view[0] = 7; c.byobRequest.respond(1); } });
    const buffer = new Uint8Array(4);
    const { value } = await stream.getReader({ mode: 'byob' }).read(buffer);
    return [value.length, value[0], value.buffer.byteLength, buffer.length];)"),
            "[1,7,4,0]");
}

TEST(Streams, MadeBeforeTheSnapshotGoOn) {
  EXPECT_EQ(Eval("return all(early.pipeThrough(earlyPipe));"), R"(["early!"])");
  EXPECT_EQ(Eval("return all(through(earlyZip, new Uint8Array(1)));"),
            "TypeError: The stream was made before the snapshot that this isolate came from");
}

TEST(Streams, AreMovedIntoAClone) {
  EXPECT_EQ(Eval(R"(
    const chunk = { a: 1 };
    const old = new ReadableStream({ start(c) { c.enqueue(chunk); c.close(); } });
    const { moved } = structuredClone({ moved: old }, { transfer: [old] });
    const [read] = await all(moved);
    return [old.locked, read.a, read === chunk];)"),
            "[true,1,false]");
  EXPECT_EQ(Eval(R"(
    const seen = [], old = new WritableStream({ write(x) { seen.push(x); }, close() { seen.push('end'); } });
    const writer = structuredClone(old, { transfer: [old] }).getWriter();
    await writer.write('a');
    await writer.close();
    return [old.locked, seen];)"),
            R"([true,["a","end"]])");
  EXPECT_EQ(Eval(R"(
    const old = new TransformStream({ transform(x, c) { c.enqueue(x + 1); } });
    return all(ReadableStream.from([1, 2]).pipeThrough(structuredClone(old, { transfer: [old] })));)"),
            "[2,3]");
  EXPECT_EQ(Eval("const s = new ReadableStream(); s.getReader(); structuredClone(s, { transfer: [s] });"),
            "DataCloneError: A locked stream could not be transferred");
  EXPECT_EQ(Eval("structuredClone(new ReadableStream());"),
            "DataCloneError: #<ReadableStream> has to be transferred and is not in the list.");
  EXPECT_EQ(Eval(R"(
    const old = ReadableStream.from([() => 1]);
    return all(structuredClone(old, { transfer: [old] }));)"),
            "DataCloneError: () => 1 could not be cloned.");
}

TEST(TextStreams, JoinCharactersThatAreCut) {
  EXPECT_EQ(
      Eval("return [...await bytes(through(new TextEncoderStream(), '\\ud83d', '\\ude00x', '\\ud800'))];"),
      "[240,159,152,128,120,239,191,189]");
  EXPECT_EQ(Eval(R"(const e = new Uint8Array([0xe2, 0x82, 0xac]);
                    return all(through(new TextDecoderStream(), e.subarray(0, 1), e.subarray(1), e.subarray(0, 2)));)"),
            R"(["€","�"])");
  EXPECT_EQ(
      Eval("return all(through(new TextDecoderStream('utf-8', { fatal: true }), Uint8Array.of(0xff)));"),
      "TypeError: The encoded data was not valid for encoding utf-8");
  EXPECT_EQ(Eval("return all(through(new TextDecoderStream(), 'text'));"),
            "TypeError: The \"input\" argument must be an ArrayBuffer or a view of one");
}

TEST(Compression, TakesBackWhatItCompressed) {
  EXPECT_EQ(Eval(R"(
    const text = 'a text that is much the same '.repeat(20000), results = [];
    for (const format of ['deflate', 'deflate-raw', 'gzip']) {
      const packed = await bytes(through(new CompressionStream(format), new TextEncoder().encode(text)));
      const unpacked = through(new DecompressionStream(format), packed.subarray(0, 100), packed.subarray(100));
      results.push(packed.length < 6000, (await all(unpacked.pipeThrough(new TextDecoderStream()))).join('') === text);
    }
    return results;)"),
            "[true,true,true,true,true,true]");
}

TEST(Compression, ReadsWhatOthersCompressed) {
  EXPECT_EQ(Eval("return [...await bytes(through(new DecompressionStream('gzip'), Uint8Array.from(atob("
                 "'H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA=='), (c) => c.charCodeAt())))].join();"),
            R"("104,101,108,108,111")");
}

TEST(Compression, TakesBytesOfEveryKind) {
  EXPECT_EQ(Eval(R"(
    const { buffer } = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const packed = through(new CompressionStream('deflate'), buffer, new DataView(buffer, 1, 2), new Uint16Array(buffer, 4, 1));
    return [...await bytes(packed.pipeThrough(new DecompressionStream('deflate')))];)"),
            "[1,2,3,4,5,6,7,8,2,3,5,6]");
}

TEST(Compression, RefusesWhatIsNoCompressedData) {
  const std::string hello =
      "const hello = await bytes(through(new CompressionStream('gzip'), new Uint8Array(9)));";
  EXPECT_EQ(Eval("return bytes(through(new DecompressionStream('gzip'), new Uint8Array(99)));"),
            "TypeError: The compressed data is not valid");
  EXPECT_EQ(Eval(hello + "return bytes(through(new DecompressionStream('gzip'), hello.subarray(0, -1)));"),
            "TypeError: The compressed data ends too early");
  EXPECT_EQ(Eval("return bytes(through(new DecompressionStream('gzip')));"),
            "TypeError: The compressed data ends too early");
  EXPECT_EQ(Eval(hello + "return bytes(through(new DecompressionStream('gzip'), hello, hello));"),
            "TypeError: There is data after the end of the compressed data");
  EXPECT_EQ(Eval("return bytes(through(new DecompressionStream('gzip'), 'text'));"),
            "TypeError: A chunk must be an ArrayBuffer or a view of one");
  EXPECT_EQ(
      Eval("return bytes(through(new CompressionStream('gzip'), new Uint8Array(new SharedArrayBuffer(1))));"),
      "TypeError: A chunk must be an ArrayBuffer or a view of one");
  EXPECT_EQ(Eval("return new CompressionStream('zip');"),
            "TypeError: The compression format 'zip' is not supported");
}

// A gigabyte of zeros, packed twice, is a few kilobytes.
TEST(Compression, UnpacksNoFurtherThanIsRead) {
  EXPECT_EQ(Eval(R"(
    const zeros = new Uint8Array(1 << 20);
    const once = new CompressionStream('gzip'), bomb = once.readable.pipeThrough(new CompressionStream('gzip'));
    const writer = once.writable.getWriter();
    const packed = bytes(bomb);
    for (let i = 0; i < 64; ++i) await writer.write(zeros);
    await writer.close();
    let made = 0;
    const counted = new TransformStream({ transform(chunk, c) { made += chunk.length; c.enqueue(chunk); } });
    const reader = through(new DecompressionStream('gzip'), await packed)
      .pipeThrough(new DecompressionStream('gzip')).pipeThrough(counted).getReader();
    const { value } = await reader.read();
    for (let i = 0; i < 1000; ++i) await null;
    await reader.cancel();
    return [value.length, made < 1000000];)"),
            "[65536,true]");
}

TEST(Compression, CountsItsStateAsTheMemoryOfArrayBuffers) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(
      isolate.EvalWithin(64 << 20, "const kept = []; for (;;) kept.push(new CompressionStream('gzip'));"),
      "RangeError: There is no memory left for a compression stream");
}

// What is forgotten is collected: this is many times the limit.
TEST(Compression, GivesItsStateBackWhenTheStreamIsForgotten) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(isolate.EvalWithin(64 << 20, R"((async () => {
    for (let i = 0; i < 1000; ++i) {
      new CompressionStream('gzip');
      for (let turn = 0; turn < 10; ++turn) await null;
    }
    return 'done';
  })())"),
            "\"done\"");
}

}  // namespace
}  // namespace evald
