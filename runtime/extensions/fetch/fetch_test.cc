#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

constexpr char kSetup[] = R"(
  var earlyHeaders = new Headers({ a: '1' });
  var earlyResponse = new Response('early body', { status: 201 });
  var earlyRequest = new Request('http://example.test/', { method: 'PUT', body: 'x' });
)";

std::string Eval(const std::string& body) {
  TestIsolate isolate(kSetup);
  return isolate.Eval("(async () => {" + body + "})()");
}

TEST(Headers, AreSortedCombinedAndChecked) {
  EXPECT_EQ(Eval(R"(
    const headers = new Headers({ b: '2', A: ' 1 ' });
    headers.append('B', '3');
    headers.append('set-cookie', 'x=1');
    headers.append('Set-Cookie', 'y=2');
    return [[...headers], headers.getSetCookie()];)"),
            R"([[["a","1"],["b","2, 3"],["set-cookie","x=1"],["set-cookie","y=2"]],["x=1","y=2"]])");
  EXPECT_EQ(Eval("new Headers([['a b', 'c']]);"),
            "TypeError: Headers.append: \"a b\" is an invalid header name.");
  EXPECT_EQ(Eval("Response.error().headers.set('a', 'b');"), "TypeError: immutable");
}

TEST(Response, HasABodyOfAnyKind) {
  EXPECT_EQ(Eval(R"(
    const bodies = ['h\u00e9', new Uint8Array([104, 105]), new Blob(['blob'], { type: 'a/b' }),
                    new URLSearchParams({ a: 'b c' }), new Blob(['streamed']).stream()];
    return Promise.all(bodies.map(async (body) => {
      const response = new Response(body);
      return [response.headers.get('content-type'), await response.text(), response.bodyUsed];
    }));)"),
            "[[\"text/plain;charset=UTF-8\",\"h\u00e9\",true],[null,\"hi\",true],[\"a/b\",\"blob\",true],"
            "[\"application/x-www-form-urlencoded;charset=UTF-8\",\"a=b+c\",true],[null,\"streamed\",true]]");
  EXPECT_EQ(Eval("return (await Response.json({ a: [1] }, { status: 202 }).json()).a[0];"), "1");
  EXPECT_EQ(Eval("const used = new Response('x'); await used.text(); return used.text();"),
            "TypeError: Body is unusable: Body has already been read");
}

TEST(Response, IsClonedWithItsBody) {
  EXPECT_EQ(Eval("const one = new Response('body'), two = one.clone(); return [await one.text(), await "
                 "two.text()];"),
            R"(["body","body"])");
}

TEST(FormData, GoesThroughAMultipartBody) {
  EXPECT_EQ(Eval(R"(
    const form = new FormData();
    form.append('text', 'a\nb');
    form.append('file', new File([new Uint8Array([0, 255, 13, 10])], 'n"ame.bin', { type: 'x/y' }));
    const request = new Request('http://example.test/', { method: 'POST', body: form });
    const back = await request.formData(), file = back.get('file');
    return [back.get('text'), file.name, file.type, [...await file.bytes()]];)"),
            R"(["a\r\nb","n\"ame.bin","x/y",[0,255,13,10]])");
}

TEST(FormData, BoundariesDifferFromRequestToRequest) {
  TestIsolate isolate(kSetup);
  const std::string script = "new Response(new FormData()).headers.get('content-type')";
  EXPECT_NE(isolate.Eval(script), isolate.Eval(script));
}

TEST(Request, FollowsItsSignal) {
  EXPECT_EQ(Eval(R"(
    const controller = new AbortController();
    const request = new Request('http://example.test/a?b#c', { signal: controller.signal, method: 'post' });
    controller.abort('why');
    return [request.url, request.method, request.signal.aborted, request.signal.reason];)"),
            R"(["http://example.test/a?b#c","POST",true,"why"])");
}

TEST(Fetch, SaysThatThereIsNoNetwork) {
  EXPECT_EQ(Eval("return fetch('http://example.test/');"),
            "TypeError: fetch failed: this evald gives scripts no network");
  EXPECT_EQ(Eval("return fetch('no url');"), "TypeError: Failed to parse URL from no url");
  EXPECT_EQ(
      Eval("return fetch('http://example.test/', { signal: AbortSignal.abort(new RangeError('gone')) });"),
      "RangeError: gone");
}

TEST(Fetch, ObjectsMadeBeforeTheSnapshotGoOn) {
  EXPECT_EQ(Eval("earlyHeaders.append('b', '2'); return [[...earlyHeaders], earlyResponse.status, await "
                 "earlyResponse.text(), await earlyRequest.text()];"),
            R"([[["a","1"],["b","2"]],201,"early body","x"])");
}

TEST(Fetch, ObjectsAreShownAsNodeShowsThem) {
  TestIsolate isolate(kSetup);
  EXPECT_EQ(
      isolate.Console(R"(console.log(new Headers({ a: 'b' }), new Blob(['abc']), new ReadableStream());
                               const form = new FormData(); form.append('a', 'b'); console.log(form);)"),
      "Headers { a: 'b' } Blob { size: 3, type: '' } ReadableStream { locked: false, state: 'readable', "
      "supportsBYOB: false }\nFormData { a: 'b' }");
}

}  // namespace
}  // namespace evald
