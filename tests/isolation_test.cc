// Who may see what somebody else's script has done: nobody, or only the same tenant's REUSED requests. And
// what must never repeat.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <set>

#include "tests/support/concurrently.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

v1::EvalRequest For(const std::string& tenant, const std::string& source) {
  v1::EvalRequest request = Script(source);
  request.set_tenant(tenant);
  return request;
}

v1::EvalRequest Reused(const std::string& tenant, const std::string& source) {
  v1::EvalRequest request = For(tenant, source);
  request.set_isolation(v1::ISOLATION_REUSED);
  return request;
}

double NowMillis() {
  return std::chrono::duration<double, std::milli>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Draws from every source of randomness in `count` requests, and expects to see nothing twice.
void ExpectNoRepeats(Client& client, int count) {
  const std::string source =
      "[Math.random(), Math.random(), crypto.randomUUID(), crypto.getRandomValues(new "
      "Uint32Array(4)).join()].map(String).concat("
      "performance.timeOrigin)";
  std::mutex mutex;
  std::set<std::string> seen;
  size_t drawn = 0;
  Concurrently(count, 4, [&](int) {
    const double before = NowMillis();
    const absl::StatusOr<Reply> reply = Eval(client, source);
    const double after = NowMillis();
    ASSERT_EQ(Brief(reply).substr(0, 1), "[") << Brief(reply);
    std::string json = reply->value().json();
    // The last of the five is a number of its own kind: the request's start, by the clock on the wall.
    const size_t comma = json.rfind(',');
    const double origin = std::stod(json.substr(comma + 1));
    EXPECT_GE(origin, before - 2);
    EXPECT_LE(origin, after + 2);
    const std::lock_guard lock(mutex);
    size_t begin = 0;
    for (size_t end; (end = json.find('"', begin)) < comma; begin = end + 1) {
      const size_t close = json.find('"', end + 1);
      EXPECT_TRUE(seen.insert(json.substr(end, close - end)).second) << "seen before: " << json;
      ++drawn;
      end = close;
    }
  });
  EXPECT_EQ(drawn, 4u * static_cast<size_t>(count));
}

class IsolationTest : public SharedDaemonTest<IsolationTest> {
 public:
  static DaemonOptions Options() { return {.config = "pool { min_idle: 4 max_workers: 16 }"}; }
};

TEST_F(IsolationTest, APristineScriptSeesNothingOfTheOneBefore) {
  // Each pair: what one script does, and what the next must find as it always was.
  const std::pair<const char*, const char*> pairs[] = {
      {"globalThis.leak = 1; var leak2 = 2; function leak3() {}",
       "typeof leak + typeof leak2 + typeof leak3 === 'undefinedundefinedundefined'"},
      {"let lexical = 1; const constant = 2; class C {}",
       "let lexical, constant; class C {}; lexical === undefined"},
      {"Array.prototype.evil = 1; Object.prototype.evil = 1",
       "[].evil === undefined && ({}).evil === undefined"},
      {"JSON.stringify = () => 'evil'; JSON.parse = null",
       "JSON.stringify({a: 1}) === '{\"a\":1}' && typeof JSON.parse === 'function'"},
      {"Object.prototype.toJSON = () => 'evil'", "JSON.stringify({}) === '{}'"},
      {"Array.prototype[Symbol.iterator] = null; Promise.prototype.then = null", "[...[1, 2]].length === 2"},
      {"Object.freeze(globalThis); Object.freeze(Array.prototype)", "globalThis.fresh = 1; fresh === 1"},
      {"Math.random = () => 4; Date.now = () => 0; performance.now = () => 0",
       "Math.random() < 1 && Date.now() > 1e12"},
      {"delete globalThis.crypto; delete globalThis.TextEncoder; delete globalThis.console",
       "typeof crypto + typeof TextEncoder + typeof console === 'objectfunctionobject'"},
      {"console.log = () => {}; console.log('x')", "console.log('y'); true"},
      {"Error.prepareStackTrace = () => 'evil'; Error.stackTraceLimit = 0",
       "new Error('x').stack.includes('eval.js')"},
      {"RegExp.prototype.exec = null; /a(b)/.test('ab'); String.prototype.split = null",
       "'a,b'.split(',').length === 2 && RegExp.$1 === ''"},
      {"Promise.resolve().then(() => { globalThis.late = 1 }); new Promise(() => {}).finally(() => {}); 0",
       "typeof late === 'undefined'"},
      {"globalThis.f = new FinalizationRegistry(() => {}); f.register({}, 1); new WeakRef({}); 0",
       "typeof f === 'undefined'"},
      {"new Array(300000).fill(0).map((_, i) => ({i})); 0", "typeof i === 'undefined'"},
      {"const m = new WebAssembly.Memory({initial: 10}); m.grow(5); 0",
       "new WebAssembly.Memory({initial: 1}).buffer.byteLength === 65536"},
      {"import('no-such-module').catch(() => {}); throw new Error('x')", "1 === 1"},
      {"(function f() { f() })()", "1 === 1"},
  };
  for (int round = 0; round < 10; ++round) {
    for (const auto& [does, finds] : pairs) {
      const absl::StatusOr<Reply> done = Eval(does);
      ASSERT_TRUE(done.ok()) << does << ": " << done.status();
      EXPECT_EQ(Brief(Eval(finds)), "true") << "after " << does;
    }
  }
}

TEST_F(IsolationTest, GlobalsOfARequestAreGoneWithIt) {
  v1::EvalRequest request = Script("secret");
  (*request.mutable_globals())["secret"].set_json("\"s\"");
  EXPECT_EQ(Brief(Eval(request)), "\"s\"");
  EXPECT_EQ(Brief(Eval("typeof secret")), "\"undefined\"");
}

TEST_F(IsolationTest, PristineScriptsAtOnceDoNotMeet) {
  // Scripts of one tenant, all at once, each of which would notice any other.
  Concurrently(500, 8, [](int i) {
    const std::string n = std::to_string(i);
    EXPECT_EQ(
        Brief(Eval("if (globalThis.mine !== undefined) throw new Error('seen ' + mine); globalThis.mine = " +
                   n + "; mine")),
        n);
  });
}

TEST_F(IsolationTest, ReusedScriptsOfOneTenantKeepTheirGlobals) {
  int most = 0;
  v1::IsolateOrigin origin = v1::ISOLATE_ORIGIN_UNSPECIFIED;
  for (int i = 0; i < 20; ++i) {
    const absl::StatusOr<Reply> reply = Eval(Reused("keeper", "globalThis.n = (globalThis.n ?? 0) + 1"));
    ASSERT_TRUE(reply.ok()) << reply.status();
    most = std::max(most, std::stoi(reply->value().json()));
    origin = reply->stats().isolate_origin();
  }
  EXPECT_GE(most, 10);
  EXPECT_EQ(origin, v1::ISOLATE_ORIGIN_REUSED);
  EXPECT_EQ(Brief(Eval(For("keeper", "typeof n"))), "\"undefined\"") << "a pristine request never sees them";
}

TEST_F(IsolationTest, ReusedScriptsGoOnAfterExceptionsAndLimits) {
  for (const char* source :
       {"throw new Error('x')", "Promise.reject(1)", "new Promise(() => {})", "for (;;);", "null.x"}) {
    v1::EvalRequest request = Reused("survivor", source);
    *request.mutable_limits()->mutable_wall_time() = ToProto(std::chrono::milliseconds(100));
    (void)Eval(request);
    EXPECT_EQ(Brief(Eval(Reused("survivor", "1 + 1"))), "2") << "after " << source;
  }
}

TEST_F(IsolationTest, NoTenantEverSeesAnothersState) {
  Concurrently(400, 4, [](int i) {
    const std::string tenant = "tenant" + std::to_string(i % 5);
    EXPECT_EQ(Brief(Eval(Reused(tenant, "globalThis.owner = globalThis.owner || '" + tenant + "'; owner"))),
              "\"" + tenant + "\"");
  });
}

TEST_F(IsolationTest, NoWorkerEverServesTwoTenants) {
  std::mutex mutex;
  std::map<uint64_t, std::string> tenant_of;
  Concurrently(600, 4, [&](int i) {
    const std::string tenant = i % 7 == 0 ? "" : "tenant" + std::to_string(i % 7);
    const absl::StatusOr<Reply> reply = Eval(i % 3 == 0 ? Reused(tenant, "1") : For(tenant, "1"));
    ASSERT_TRUE(reply.ok()) << reply.status();
    const std::lock_guard lock(mutex);
    const auto [entry, first] = tenant_of.try_emplace(reply->stats().worker_id(), tenant);
    EXPECT_EQ(entry->second, tenant) << "worker " << entry->first;
  });
  EXPECT_GE(tenant_of.size(), 7u);
}

TEST_F(IsolationTest, AWorkerIsForkedFirstAndRewoundFromThenOn) {
  const absl::StatusOr<Reply> first = Eval(For("newcomer", "1"));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->stats().isolate_origin(), v1::ISOLATE_ORIGIN_FORKED);
  EXPECT_EQ(first->stats().worker_uses(), 0u);
  // It may still be rewinding when the next request comes; sooner or later it is not.
  EXPECT_TRUE(Eventually([&] {
    const absl::StatusOr<Reply> next = Eval(For("newcomer", "1"));
    return next.ok() && next->stats().worker_id() == first->stats().worker_id() &&
           next->stats().worker_uses() > 0 && next->stats().isolate_origin() == v1::ISOLATE_ORIGIN_REWOUND;
  }));
}

TEST_F(IsolationTest, NothingRandomRepeats) { ExpectNoRepeats(client(), 10'000); }

class ForkOnlyTest : public SharedDaemonTest<ForkOnlyTest> {
 public:
  static DaemonOptions Options() {
    return {.config = "pool { mode: FORK_ONLY min_idle: 8 max_workers: 32 }"};
  }
};

TEST_F(ForkOnlyTest, EveryRequestHasAProcessOfItsOwn) {
  std::mutex mutex;
  std::set<uint64_t> workers;
  Concurrently(200, 4, [&](int) {
    const absl::StatusOr<Reply> reply = Eval("1");
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->stats().isolate_origin(), v1::ISOLATE_ORIGIN_FORKED);
    EXPECT_EQ(reply->stats().worker_uses(), 0u);
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(workers.insert(reply->stats().worker_id()).second);
  });
}

TEST_F(ForkOnlyTest, NothingRandomRepeats) { ExpectNoRepeats(client(), 1000); }

TEST_F(ForkOnlyTest, TheStatusSaysSo) {
  const auto status = client().GetSnapshot({.timeout = kPatience});
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_FALSE(status->pool().rewind());
  EXPECT_EQ(status->pool().rewinds(), 0u);
  EXPECT_EQ(status->pool().rewind_off_reason(), "") << "it is off because the configuration says so";
}

}  // namespace
}  // namespace evald::testing
