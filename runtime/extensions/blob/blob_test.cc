#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

std::string Eval(const std::string& body) {
  TestIsolate isolate("var early = new Blob(['made before the snapshot'], { type: 'a/b' });");
  return isolate.Eval("(async () => {" + body + "})()");
}

TEST(Blob, JoinsItsParts) {
  EXPECT_EQ(Eval(R"(
    const bytes = Uint8Array.of(0, 65, 66, 0);
    const blob = new Blob(['h\u00e9', bytes.subarray(1, 3), new DataView(bytes.buffer, 2, 1), bytes.buffer.slice(1, 2),
                           new Blob(['in', 'side']), 12, null, '\ud800']);
    bytes.fill(0);
    return [blob.size, await blob.text()];)"),
            "[22,\"h\u00e9ABBAinside12null\uFFFD\"]");
}

TEST(Blob, SharesItsBytesWithSlicesOnly) {
  EXPECT_EQ(Eval(R"(
    const blob = new Blob(['0123456789']), slice = blob.slice(2, -2, 'Text/Plain').slice(-4, 3);
    new Uint8Array(await blob.arrayBuffer()).fill(0);
    (await blob.bytes()).fill(0);
    return [slice.size, slice.type, await slice.text(), blob.slice(1, 9, 'X/Y').type];)"),
            R"([1,"","4","x/y"])");
}

TEST(Blob, NormalizesTypesAndLineEndings) {
  EXPECT_EQ(Eval("return [new Blob([], { type: 'A/B;C=D' }).type, new Blob([], { type: 'a\\u00e9' }).type];"),
            R"(["a/b;c=d",""])");
  EXPECT_EQ(
      Eval(R"(return new Blob(['a\r\nb\rc\nd', Uint8Array.of(13, 10)], { endings: 'native' }).text();)"),
      R"("a\nb\nc\nd\r\n")");
  EXPECT_EQ(Eval("return new Blob([], { endings: 'other' });"),
            "TypeError: 'other' is not one of 'transparent' and 'native'");
}

TEST(Blob, StreamsItselfInPieces) {
  EXPECT_EQ(Eval(R"(
    const sizes = [];
    for await (const chunk of new Blob([new Uint8Array(150000)]).stream()) sizes.push(chunk.length);
    const { value, done } = await new Blob(['xyz']).stream().getReader({ mode: 'byob' }).read(new Uint8Array(2));
    return [sizes, [...value], done, (await new Blob().stream().getReader().read()).done];)"),
            "[[65536,65536,18928],[120,121],false,true]");
}

TEST(Blob, MadeBeforeTheSnapshotGoesOn) {
  EXPECT_EQ(Eval("return [await early.text(), early.type];"), R"(["made before the snapshot","a/b"])");
}

TEST(Blob, RefusesOtherReceivers) {
  EXPECT_EQ(Eval("return Blob.prototype.slice.call({})").substr(0, 9), "TypeError");
  EXPECT_EQ(Eval("return Blob.prototype.text.call(Object.create(Blob.prototype))").substr(0, 9), "TypeError");
  EXPECT_EQ(Eval("return new Blob('a string')"), "TypeError: The parts of a Blob must be a sequence");
}

TEST(Blob, IsAsLargeAsTheRequestMayBe) {
  TestIsolate isolate("var early = new Blob(['made before the snapshot'], { type: 'a/b' });");
  EXPECT_EQ(
      isolate.EvalWithin(64 << 20, "let b = new Blob(['0123456789abcdef']); for (;;) b = new Blob([b, b]);"),
      "RangeError: Array buffer allocation failed");
}

TEST(File, HasANameAndATime) {
  EXPECT_EQ(Eval(R"(
    const file = new File(['abc'], 'a/b\ud800.txt', { type: 'X/Y', lastModified: 5.9 });
    return [file.name, file.type, file.size, file.lastModified, file instanceof Blob, `${file}`,
            Math.abs(new File([], '').lastModified - Date.now()) < 5000, file.slice(1).constructor.name];)"),
            "[\"a/b\uFFFD.txt\",\"x/y\",3,5,true,\"[object File]\",true,\"Blob\"]");
  EXPECT_EQ(Eval("return new File([]);"), "TypeError: 2 arguments required, but only 1 present");
}

}  // namespace
}  // namespace evald
