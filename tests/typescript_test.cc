// TypeScript, from the request to the answer, with the real transpiler.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/poll.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

v1::EvalRequest Typescript(const std::string& source) {
  v1::EvalRequest request = Script(source);
  request.set_source_kind(v1::SOURCE_KIND_TYPESCRIPT);
  return request;
}

// Ten megabytes that take the compiler longer than anybody waits, or more than it may have.
std::string Endless() {
  std::string source;
  while (source.size() < (10 << 20))
    absl::StrAppend(&source, "export function f", source.size(), "<T>(a: T, b?: string): T { return a }\n");
  return source;
}

class TypescriptTest : public SharedDaemonTest<TypescriptTest> {
 public:
  static DaemonOptions Options() {
    return {.config = R"(
        modules { specifier: "prices" source: "export const tax: number = 1.2;\nexport function fail(why: string): never {\n  throw new Error(why);\n}"
                  type: TYPESCRIPT }
        typescript { min_idle: 2 })"};
  }

 protected:
  std::string Run(const std::string& source) { return Brief(Eval(Typescript(source))); }
  // "LINE:COLUMN TEXT" of what it throws.
  std::string Place(const std::string& source) {
    const auto reply = Eval(Typescript(source));
    if (!reply.ok() || !reply->has_exception()) return Brief(reply);
    const v1::ScriptException& exception = reply->exception();
    return absl::StrCat(exception.line(), ":", exception.column(), " ", exception.source_line());
  }
};

TEST_F(TypescriptTest, TypesAreDropped) {
  EXPECT_EQ(Run("let a: number = 5; a * 2"), "10");
  EXPECT_EQ(Run("interface P { x: number }\ntype Q = P | null;\nconst p = { x: 1 } as P satisfies Q; p!.x"),
            "1");
  EXPECT_EQ(Run("function id<T extends object>(t: T): T { return t } id<{ a: number }>({ a: 3 }).a"), "3");
  EXPECT_EQ(Run("abstract class A<T> { constructor(protected readonly t: T) {} get(): T { return this.t } }\n"
                "class B extends A<number> {} new B(7).get()"),
            "7");
  EXPECT_EQ(Run("type OnlyATypeHere = 1"), "undefined");
}

TEST_F(TypescriptTest, WhatIsMoreThanTypesIsMadeJavascript) {
  EXPECT_EQ(Run("enum Color { Red = 1, Green, Blue = Green << 2 } [Color.Blue, Color[2]]"), R"([8,"Green"])");
  EXPECT_EQ(Run("const enum E { A = 'a' } E.A"), R"("a")");
  EXPECT_EQ(
      Run("namespace N { export const k: number = 3; export namespace M { export const j = k } } N.M.j"),
      "3");
  EXPECT_EQ(Run("function twice(f: (x: number) => number, _: ClassMethodDecoratorContext) {\n"
                "  return function (this: unknown, x: number) { return f.call(this, f.call(this, x)) } }\n"
                "class C { @twice inc(x: number) { return x + 1 } } new C().inc(1)"),
            "3");
}

TEST_F(TypescriptTest, ImportsAndExportsMakeItAModule) {
  EXPECT_EQ(Run("import { tax } from 'prices'; export default tax as number * 10"), "12");
  EXPECT_EQ(Run("import type { Nothing } from 'nowhere'; const x: Nothing = 1; export default x"), "1");
  EXPECT_EQ(Run("export default await Promise.resolve<number>(6 * 7)"), "42");
  EXPECT_EQ(Run("typeof this"), R"("object")");
}

TEST_F(TypescriptTest, ASyntaxErrorIsToldWhereItIs) {
  const auto reply = Eval(Typescript("const ok = 1;\n  let a: = 5;\n"));
  EXPECT_EQ(Brief(reply), "throws SyntaxError: Type expected. (TS1110)");
  EXPECT_EQ(reply->exception().resource_name(), "eval.ts");
  EXPECT_EQ(reply->exception().stack(), "SyntaxError: Type expected. (TS1110)\n    at eval.ts:2:10");
  EXPECT_EQ(Place("const ok = 1;\n  let a: = 5;\n"), "2:10   let a: = 5;");
  // What TypeScript lets pass and V8 does not.
  EXPECT_THAT(Place("type T = 1;\n  let same: T; let same: T;"), StartsWith("2:"));
  EXPECT_EQ(Run(std::string(100000, '(')), "throws RangeError: the TypeScript is nested too deeply");
}

TEST_F(TypescriptTest, AnExceptionIsToldWhereItWasThrown) {
  v1::EvalRequest request = Typescript(
      "interface P { x: number }\n\nfunction fail(p: P): never {\n  throw new RangeError(`no ${p.x as "
      "number}`);\n}\n"
      "fail({ x: 1 });");
  request.set_resource_name("shop.ts");
  const auto reply = Eval(request);
  ASSERT_TRUE(reply.ok() && reply->has_exception()) << Brief(reply);
  EXPECT_EQ(reply->exception().stack(), "RangeError: no 1\n    at fail (shop.ts:4:9)\n    at shop.ts:6:1");
  EXPECT_EQ(reply->exception().line(), 4);
  EXPECT_EQ(reply->exception().source_line(), "  throw new RangeError(`no ${p.x as number}`);");
  // As the script itself sees it, and in a module.
  EXPECT_THAT(Run("enum E { A }\n\ntry { (null as any).x } catch (e) { (e as Error).stack }"),
              HasSubstr("at eval.ts:3:"));
  EXPECT_EQ(Place("export type T = 1;\n\n   throw new Error('here' as string)"),
            "3:10    throw new Error('here' as string)");
}

TEST_F(TypescriptTest, APreloadedModulesStackPointsIntoItsTypescript) {
  const auto reply = Eval(Typescript("import { fail } from 'prices';\n fail('far');"));
  ASSERT_TRUE(reply.ok() && reply->has_exception()) << Brief(reply);
  EXPECT_EQ(reply->exception().stack(), "Error: far\n    at fail (prices:3:9)\n    at eval.ts:2:2");
}

TEST_F(TypescriptTest, TheStackAtATimeLimitPointsIntoIt) {
  v1::EvalRequest request =
      Typescript("type T = 1;\n\nfunction spin(n: number): void {\n  for (;;) n++;\n}\nspin(1)");
  *request.mutable_limits()->mutable_wall_time() = ToProto(std::chrono::milliseconds(500));
  const auto reply = Eval(request);
  EXPECT_EQ(ReasonOf(reply.status()), v1::ERROR_REASON_WALL_TIME_LIMIT) << Brief(reply);
  EXPECT_THAT(DetailOf(reply.status()).stack(),
              AllOf(HasSubstr("spin (eval.ts:4:"), HasSubstr("at eval.ts:6:1")));
}

TEST_F(TypescriptTest, TheTimerThatIsAwaitedAtATimeLimitIsToldToo) {
  v1::EvalRequest request = Typescript(
      "enum E { A }\n\nnew Promise<void>((resolve) => setTimeout(function poll(): void { resolve() }, "
      "60_000))");
  *request.mutable_limits()->mutable_wall_time() = ToProto(std::chrono::milliseconds(500));
  const auto reply = Eval(request);
  EXPECT_EQ(ReasonOf(reply.status()), v1::ERROR_REASON_WALL_TIME_LIMIT) << Brief(reply);
  EXPECT_THAT(DetailOf(reply.status()).stack(), HasSubstr("calls poll (eval.ts:3:"));
}

TEST_F(TypescriptTest, TheClientsDeadlineCoversTheTranspiling) {
  const auto start = std::chrono::steady_clock::now();
  const auto reply = client().Eval(Typescript(Endless()), {.timeout = std::chrono::milliseconds(700)});
  EXPECT_TRUE(absl::IsDeadlineExceeded(reply.status())) << Brief(reply);
  EXPECT_LT(std::chrono::steady_clock::now() - start, kPatience);
  EXPECT_EQ(Run("let a: number = 1; a"), "1");
}

TEST_F(TypescriptTest, TranspilingIsWithinTheRequestsTime) {
  v1::EvalRequest request = Typescript(Endless());
  *request.mutable_limits()->mutable_wall_time() = ToProto(std::chrono::milliseconds(300));
  const auto start = std::chrono::steady_clock::now();
  const auto reply = Eval(request);
  EXPECT_EQ(ReasonOf(reply.status()), v1::ERROR_REASON_WALL_TIME_LIMIT) << Brief(reply);
  EXPECT_THAT(std::string(reply.status().message()), HasSubstr("while the TypeScript was transpiled"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, kPatience);
  EXPECT_EQ(Run("let a: number = 1; a"), "1");
}

TEST_F(TypescriptTest, HostileSourcesEndWithAReason) {
  v1::EvalRequest request = Typescript(Endless());
  *request.mutable_limits()->mutable_wall_time() = ToProto(std::chrono::seconds(20));
  const auto reply = client().Eval(request, {.timeout = std::chrono::seconds(60)});
  EXPECT_THAT(ReasonOf(reply.status()),
              AnyOf(v1::ERROR_REASON_HEAP_LIMIT, v1::ERROR_REASON_MEMORY_LIMIT,
                    v1::ERROR_REASON_WALL_TIME_LIMIT, v1::ERROR_REASON_CPU_TIME_LIMIT))
      << Brief(reply);
  for (const std::string& source : std::vector<std::string>{
           std::string(1 << 20, '<'), std::string(1 << 20, '['), "let x: " + std::string(1 << 18, '{'),
           "type T = " + std::string(100000, '(') + "1", std::string(1 << 20, '\n') + "x: ;", "`${", "/*",
           "'", "\xEF\xBB\xBFlet y: number = 1; throw y", "//# sourceMappingURL=source.js.map", "@@@", "enum",
           "<<<<<<<", "#!x\nlet y: number = 1", "declare module 'x' {",
           "export =", "import x = require('fs'); x.y"}) {
    const auto answer = Eval(Typescript(source));
    EXPECT_TRUE(answer.ok() || (ReasonOf(answer.status()) != v1::ERROR_REASON_INTERNAL &&
                                ReasonOf(answer.status()) != v1::ERROR_REASON_WORKER_CRASHED))
        << Brief(answer) << " of " << source.substr(0, 40);
  }
  EXPECT_EQ(Run("let a: number = 2; a"), "2");
}

TEST_F(TypescriptTest, TenantsAndRequestsLeaveNothingToOneAnother) {
  for (const char* tenant : {"a", "b", "a"}) {
    v1::EvalRequest request = Typescript(
        "const seen: unknown = (globalThis as any).mark; (globalThis as any).mark = 1; seen === undefined");
    request.set_tenant(tenant);
    EXPECT_EQ(Brief(Eval(request)), "true");
  }
}

TEST_F(TypescriptTest, AnIsolateThatKeepsStateTellsOldPlacesToo) {
  v1::EvalRequest request = Typescript("type T = 1;\n\nfunction later(): never { throw new Error('late') }");
  request.set_isolation(v1::ISOLATION_REUSED);
  request.set_resource_name("first.ts");
  request.set_tenant("keeper");
  ASSERT_EQ(Brief(Eval(request)), "undefined");
  request.set_source("type U = 1; later()");
  request.set_resource_name("second.ts");
  const auto reply = Eval(request);
  ASSERT_TRUE(reply.ok() && reply->has_exception()) << Brief(reply);
  EXPECT_EQ(reply->exception().stack(), "Error: late\n    at later (first.ts:3:33)\n    at second.ts:1:13");
}

TEST_F(TypescriptTest, TheZygotesEndIsSurvived) {
  ASSERT_EQ(Run("let a: number = 1; a"), "1");
  const std::vector<pid_t> zygotes = daemon().ZygotePids();
  ASSERT_EQ(zygotes.size(), 2u);
  ASSERT_EQ(kill(zygotes[1], SIGKILL), 0);
  // It may be lost with the zygote, and waits for the next one otherwise.
  EXPECT_TRUE(Eventually([&] { return Run("let a: number = 3; a") == "3"; }, kPatience));
  EXPECT_EQ(Brief(Eval("4")), "4");
}

// Programs that throw at a place that is known, between all kinds of TypeScript.
TEST_F(TypescriptTest, PlacesAreThoseOfTheTypescript) {
  const std::vector<std::string> fillers = {
      "interface I$ { readonly a: number; b?(): void }",
      "type T$<K extends string = 'x'> = {\n  [P in K]?: number;\n};",
      "enum E$ { A = 1, B = A << 3, C = 'c'.length }",
      "namespace N$ {\n  export const x: number = 1;\n  export type U = typeof x;\n}",
      "abstract class C$<T> { constructor(private readonly t: T, public u?: string) {} abstract m(): T }",
      "function f$<T extends unknown[]>(this: void, ...rest: T): asserts rest is T {}",
      "const g$ = <T,>(x: T): T => x satisfies T;",
      "declare const d$: number; declare function dd$(): void;",
      "function dec$(v: unknown, c: unknown): void {}\nclass D$ { @dec$ static m(): number { return 1 } }",
      "let u$: string | undefined = 'a' as const; u$!.length;",
      "const o$ = {\n  a: <number>1, async *gen(x?: number): AsyncGenerator<number> { yield x! }\n};",
      "/* a comment\n   of lines */ // and another",
      "const s$ = `template ${1 as number}\nwith a line`;",
      "label$: for (const k of [1, 2] as number[]) { if (k as unknown) break label$; }",
  };
  std::mt19937 random(20);
  for (int program = 0; program < 150; ++program) {
    std::string source;
    const auto fill = [&](int most) {
      for (int n = static_cast<int>(random() % static_cast<unsigned>(most)); n > 0; --n) {
        std::string filler = fillers[random() % fillers.size()];
        const std::string id = std::to_string(random());
        for (size_t at; (at = filler.find('$')) != std::string::npos && filler[at + 1] != '{';)
          filler.replace(at, 1, id);
        absl::StrAppend(&source, filler, random() % 2 == 0 ? "\n" : "\n\n");
      }
    };
    fill(6);
    absl::StrAppend(&source, "function thrower<T>(x: T, y?: number): never {\n");
    if (random() % 2 == 0) absl::StrAppend(&source, "  const z: T = x as T;\n");
    const int line = 1 + static_cast<int>(std::count(source.begin(), source.end(), '\n'));
    const std::string before =
        std::string(random() % 7, ' ') + (random() % 2 == 0 ? "if (x as boolean) throw " : "throw <any>");
    absl::StrAppend(&source, before, "new TypeError('", program, "' as string);\n  return x as never;\n}\n");
    fill(4);
    const int called = 1 + static_cast<int>(std::count(source.begin(), source.end(), '\n'));
    const std::string call = std::string(random() % 5, ' ') + "(1 as any) && ";
    absl::StrAppend(&source, call, "thrower<number>(1);\n");
    if (random() % 3 == 0) absl::StrAppend(&source, "export {};\n");
    const auto reply = Eval(Typescript(source));
    ASSERT_TRUE(reply.ok() && reply->has_exception()) << Brief(reply) << "\n" << source;
    EXPECT_THAT(reply->exception().stack(),
                HasSubstr(absl::StrCat("at thrower (eval.ts:", line, ":", before.size() + 1,
                                       ")\n    at eval.ts:", called, ":", call.size() + 1)))
        << source;
  }
}

TEST(TypescriptModes, OffRefusesIt) {
  auto daemon = Daemon::Start({.config = "typescript { mode: OFF }"});
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  const auto reply = Eval((*daemon)->client(), Typescript("1"));
  EXPECT_THAT(Brief(reply),
              StartsWith("fails INVALID_ARGUMENT (INVALID_REQUEST): source_kind: TypeScript is off"));
  EXPECT_EQ((*daemon)->ZygotePids().size(), 1u);
}

TEST(TypescriptModes, OnDemandTheFirstRequestStartsItAndOthersDoNot) {
  auto daemon = Daemon::Start({});
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  EXPECT_EQ(Brief(Eval((*daemon)->client(), "1")), "1");
  EXPECT_THAT((*daemon)->Log(), Not(HasSubstr("transpiler")));
  EXPECT_EQ(Brief(Eval((*daemon)->client(), Typescript("let a: number = 1; a"))), "1");
  EXPECT_EQ((*daemon)->ZygotePids().size(), 2u);
  EXPECT_EQ((*daemon)->Stop(), 0) << (*daemon)->Log();
}

TEST(TypescriptModes, AlwaysItIsThereUnasked) {
  auto daemon = Daemon::Start({.config = "typescript { mode: ALWAYS }"});
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  EXPECT_TRUE(
      Eventually([&] { return (*daemon)->Log().find("transpiler is up") != std::string::npos; }, kPatience));
  EXPECT_EQ((*daemon)->Stop(), 0) << (*daemon)->Log();
}

TEST(TypescriptModes, WithoutItsSnapshotTheReasonIsTold) {
  auto daemon = Daemon::Start({.transpiler = "/nowhere/transpiler.snapshot"});
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(
        Brief(Eval((*daemon)->client(), Typescript("1"))),
        AllOf(StartsWith("fails UNAVAILABLE (NOT_READY): "), HasSubstr("/nowhere/transpiler.snapshot")));
  }
  EXPECT_EQ(Brief(Eval((*daemon)->client(), "1")), "1");
}

class TypescriptConfigTest : public ::testing::Test {
 protected:
  void SetUp() override { folder_ = NewFolder(); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void File(const std::string& name, const std::string& text) { WriteFile(folder_ + "/" + name, text); }

  std::string folder_;
};

TEST_F(TypescriptConfigTest, FilesOfAConfigurationMayBeTypescript) {
  File("money.ts", "enum Currency { EUR = 978 }\nfunction currency(): number { return Currency.EUR }\n");
  File("rules.mts",
       "export type T = 1;\nexport function fail(p?: T): never {\n  throw new Error('in rules');\n}\n");
  File("warm.ts", "const warm: number = currency();\nvar warmed = warm as any;");
  File("canary.ts", "const x: number = currency(); x");
  File("evald.textproto", R"(
      extensions { builtin: "console" }
      extensions { name: "money" file: "money.ts" }
      modules { specifier: "rules" file: "rules.mts" }
      warmup { file: "warm.ts" }
      canaries { file: "canary.ts" expect: "978" })");
  auto daemon = Daemon::Start({.config_file = folder_ + "/evald.textproto"});
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  EXPECT_EQ(Brief(Eval((*daemon)->client(), "currency() + warmed")), "1956");
  const auto reply = Eval((*daemon)->client(), "import('rules').then((rules) => rules.fail())");
  ASSERT_TRUE(reply.ok() && reply->has_exception()) << Brief(reply);
  EXPECT_THAT(reply->exception().stack(), HasSubstr("rules.mts:3:9"));
}

TEST_F(TypescriptConfigTest, WhatIsNoTypescriptIsToldWithItsPlace) {
  File("bad.ts", "let ok = 1;\nlet a: = 5;\n");
  File("evald.textproto", "warmup { file: \"bad.ts\" }");
  const auto daemon = Daemon::Start({.config_file = folder_ + "/evald.textproto"});
  EXPECT_THAT(std::string(daemon.status().message()),
              HasSubstr("bad.ts:2:8: SyntaxError: Type expected. (TS1110)"));
  File("bad.ts", "export const x: number = 1;");
  const auto again = Daemon::Start({.config_file = folder_ + "/evald.textproto"});
  EXPECT_THAT(std::string(again.status().message()), HasSubstr("imports or exports something"));
}

}  // namespace
}  // namespace evald::testing
