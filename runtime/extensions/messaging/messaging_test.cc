#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/extensions/testing/isolate.h"

namespace evald {
namespace {

using testing::StartsWith;

TEST(Messaging, MessagesAreTasksInTheirOrder) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Eval(
          "const { port1, port2 } = new MessageChannel(), log = [];"
          "const all = new Promise((done) => { port2.onmessage = ({ data }) => { log.push(data);"
          "  Promise.resolve().then(() => log.push('micro')); if (data === 2) setTimeout(() => done(log), "
          "1); }; });"
          "port1.postMessage(1); port1.postMessage(2); Promise.resolve().then(() => log.push('first')); all"),
      "[\"first\",1,\"micro\",2,\"micro\"]");
}

TEST(Messaging, MessagesWaitForTheStartAndGoWithAPort) {
  TestIsolate isolate;
  EXPECT_EQ(isolate.Eval("const a = new MessageChannel(), b = new MessageChannel();"
                         "a.port1.postMessage('early'); b.port1.postMessage({ port: a.port2 }, [a.port2]);"
                         "new Promise((done) => { b.port2.onmessage = ({ data, ports }) => {"
                         "  data.port.onmessage = (e) => done([e.data, ports[0] === data.port, data.port !== "
                         "a.port2]); }; })"),
            "[\"early\",true,true]");
}

TEST(Messaging, AClosedPortTellsTheOther) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Eval("const { port1, port2 } = new MessageChannel(), log = [];"
                   "port2.onmessage = (e) => log.push(e.data);"
                   "const closed = new Promise((done) => port2.addEventListener('close', () => done(log)));"
                   "port1.postMessage('last'); port1.close(); port1.postMessage('lost'); closed"),
      "[\"last\"]");
}

TEST(Messaging, RefusesWhatItCannotSend) {
  TestIsolate isolate;
  EXPECT_THAT(isolate.Eval("const { port1, port2 } = new MessageChannel(); port1.postMessage(1, [port1])"),
              StartsWith("DataCloneError: "));
  EXPECT_THAT(isolate.Eval("port1.postMessage(port2)"), StartsWith("DataCloneError: "));
  EXPECT_THAT(
      isolate.Eval(
          "structuredClone(port2, { transfer: [port2] }); structuredClone(port2, { transfer: [port2] })"),
      StartsWith("DataCloneError: "));
  EXPECT_THAT(isolate.Eval("new MessagePort()"), StartsWith("TypeError: Illegal constructor"));
}

TEST(Messaging, WhatOneRequestLeftDoesNotComeInTheNext) {
  TestIsolate isolate;
  EXPECT_EQ(
      isolate.Eval(
          "var { port1, port2 } = new MessageChannel(), log = []; port2.onmessage = (e) => log.push(e.data);"
          "queueMicrotask(() => port1.postMessage('left')); 1"),
      "1");
  EXPECT_EQ(isolate.Eval("port1.postMessage('new'); new Promise((done) => setTimeout(() => done(log), 5))"),
            "[\"new\"]");
}

}  // namespace
}  // namespace evald
