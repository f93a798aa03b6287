// evalctl as its users meet it: what it prints where, and its exit codes.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/support/shared_daemon.h"

namespace evald::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class EvalctlTest : public SharedDaemonTest<EvalctlTest> {
 public:
  static DaemonOptions Options() {
    return {
        .config =
            R"pb(modules {
                   specifier: "pricing"
                   source: "export function total(items, rate) { return rate * items.reduce((a, b) => a + b, 0) }"
                 })pb"};
  }

 protected:
  static Ending Evalctl(std::vector<std::string> args, const std::string& input = "",
                        const std::string& server = daemon().address()) {
    args.insert(args.begin(), PathFromEnvironment("EVALCTL"));
    return RunProgram({.argv = args, .environment = {{"EVALD_SERVER", server}}, .input = input});
  }

  static void ExpectEnding(const Ending& ending, int code, const std::string& out, const std::string& err) {
    EXPECT_EQ(ending.code, code);
    EXPECT_EQ(ending.out, out);
    EXPECT_EQ(ending.err, err);
  }
};

TEST_F(EvalctlTest, PrintsTheResultAndNothingElse) {
  ExpectEnding(Evalctl({"eval", "({a: [1, 'x\\ny'], b: null})"}), 0, "{\"a\":[1,\"x\\ny\"],\"b\":null}\n",
               "");
  ExpectEnding(Evalctl({"eval", "undefined"}), 0, "undefined\n", "");
  ExpectEnding(Evalctl({"eval", "null"}), 0, "null\n", "");
  ExpectEnding(Evalctl({"eval", "-1"}), 0, "-1\n", "");
  ExpectEnding(Evalctl({"eval", "[]"}), 0, "[]\n", "");
  ExpectEnding(Evalctl({"eval", "new Uint8Array([0, 255, 16])"}), 0, "\"AP8Q\"\n", "");
  ExpectEnding(Evalctl({"eval", "--raw", "'a\\nb'"}), 0, "a\nb", "");
  ExpectEnding(Evalctl({"eval", "--raw", "new Uint8Array([0, 255, 16])"}), 0, std::string("\0\xff\x10", 3),
               "");
}

TEST_F(EvalctlTest, ReadsSourceFromFilesAndStandardInput) {
  const std::string folder = NewFolder();
  WriteFile(folder + "/a.js", "6 * 7\n");
  ExpectEnding(Evalctl({"eval", "-f", folder + "/a.js"}), 0, "42\n", "");
  ExpectEnding(Evalctl({"eval", "-"}, "6 * 8\n"), 0, "48\n", "");
  ExpectEnding(Evalctl({"eval", "-f", "-"}, "6 * 9\n"), 0, "54\n", "");
  ExpectEnding(Evalctl({"eval", "-f", folder + "/none.js"}), 2, "",
               "evalctl: cannot read " + folder + "/none.js: No such file or directory\n");
  ExpectEnding(Evalctl({"eval", "-f", folder}), 2, "",
               "evalctl: cannot read " + folder + ": Is a directory\n");
  ExpectEnding(Evalctl({"eval", "-"}, "'\xff'"), 2, "", "evalctl: standard input is not UTF-8 at byte 2\n");
  WriteFile(folder + "/bad.js", "\n  throw new Error('in a file')");
  EXPECT_THAT(Evalctl({"eval", "-f", folder + "/bad.js"}).err,
              StartsWith(folder + "/bad.js:2\n  throw new Error('in a file')\n  ^\n\nError: in a file\n"));
  std::filesystem::remove_all(folder);
}

TEST_F(EvalctlTest, EvaluatesModulesAndBindsGlobals) {
  ExpectEnding(Evalctl({"eval", "--kind=module",
                        "import { total } from 'pricing'; export default await total([1, 2], 3)"}),
               0, "9\n", "");
  ExpectEnding(
      Evalctl({"eval", "--global", "items=[1,2]", "--global", "o={\"k\":\"v\"}", "items.length + o.k"}), 0,
      "\"2v\"\n", "");
}

TEST_F(EvalctlTest, CallsFunctions) {
  ExpectEnding(Evalctl({"call", "Math.max", "3", "7", "-5"}), 0, "7\n", "");
  ExpectEnding(Evalctl({"call", "JSON.stringify", "{\"a\":[1,2]}"}), 0, "\"{\\\"a\\\":[1,2]}\"\n", "");
  ExpectEnding(Evalctl({"call", "--module", "pricing", "total", "[1,2,3]", "2"}), 0, "12\n", "");
  ExpectEnding(Evalctl({"call", "Array.isArray", "[]"}), 0, "true\n", "");
  ExpectEnding(Evalctl({"call", "no.such"}), 2, "", Evalctl({"call", "no.such"}).err);
  EXPECT_THAT(Evalctl({"call", "no.such"}).err, StartsWith("evalctl: NOT_FOUND (FUNCTION_NOT_FOUND): "));
}

TEST_F(EvalctlTest, AScriptsExceptionLooksLikeNodesAndIsCodeOne) {
  const Ending ending = Evalctl({"eval", "let a = 1;\n  a.b.c"});
  EXPECT_EQ(ending.code, 1);
  EXPECT_EQ(ending.out, "");
  EXPECT_THAT(
      ending.err,
      AllOf(StartsWith("eval.js:2\n  a.b.c\n      ^\n\nTypeError: Cannot read properties of undefined"),
            HasSubstr("\n    at eval.js:2:7")));
  EXPECT_EQ(Evalctl({"eval", "throw null"}).err, "eval.js:1\nthrow null\n^\n\nUncaught null\n");
  EXPECT_THAT(Evalctl({"eval", "let x = ;"}).err,
              StartsWith("eval.js:1\nlet x = ;\n        ^\n\nSyntaxError: Unexpected token ';'"));
}

TEST_F(EvalctlTest, ConsoleOutputGoesToStderr) {
  ExpectEnding(Evalctl({"eval", "console.log('one'); console.error('two'); 3"}), 0, "3\n", "one\ntwo\n");
}

TEST_F(EvalctlTest, LimitsAreCodeTwo) {
  const auto start = std::chrono::steady_clock::now();
  const Ending ending = Evalctl({"eval", "--timeout", "300ms", "for (;;);"});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
  EXPECT_EQ(ending.code, 2);
  EXPECT_EQ(ending.out, "");
  EXPECT_THAT(ending.err, StartsWith("evalctl: DEADLINE_EXCEEDED (WALL_TIME_LIMIT): "));
  EXPECT_THAT(Evalctl({"eval", "--timeout=2h", "1"}).err,
              StartsWith("evalctl: INVALID_ARGUMENT (INVALID_REQUEST): limits.wall_time"));
}

TEST_F(EvalctlTest, WrongUsageIsCodeTwoAndIsSaidBeforeAnythingIsSent) {
  const std::string nowhere = "unix:/nowhere";
  ExpectEnding(Evalctl({"call", "f", "hello"}, "", nowhere), 2, "",
               "evalctl: argument 1 is not JSON: hello (expected a JSON value at byte 1); a string keeps its "
               "quotes: '\"hello\"'\n");
  EXPECT_EQ(Evalctl({}, "", nowhere).code, 2);
  EXPECT_EQ(Evalctl({"eval"}, "", nowhere).code, 2);
  EXPECT_EQ(Evalctl({"eval", "--timeout", "soon", "1"}, "", nowhere).err,
            "evalctl: --timeout 'soon' is not a duration: write 300ms or 1.5s\n");
  EXPECT_EQ(Evalctl({"--help"}, "", nowhere).code, 0);
}

TEST_F(EvalctlTest, NobodyThereIsCodeTwoWithAHint) {
  const std::string server = "127.0.0.1:" + std::to_string(FreePort());
  const Ending ending = Evalctl({"eval", "1"}, "", server);
  EXPECT_EQ(ending.code, 2);
  EXPECT_THAT(ending.err, AllOf(StartsWith("evalctl: UNAVAILABLE: "),
                                HasSubstr("is evald running at " + server + "? `./dev run` starts it")));
  EXPECT_EQ(Evalctl({"eval", "--server", daemon().address(), "1"}, "", server).out, "1\n")
      << "the flag comes before the environment";
}

TEST_F(EvalctlTest, JsonIsTheWholeReplyOnOneLine) {
  Ending ending = Evalctl({"eval", "--json", "console.log('x'); [1]"});
  EXPECT_EQ(ending.code, 0);
  EXPECT_EQ(ending.err, "");
  Reply reply;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ending.out, &reply).ok()) << ending.out;
  EXPECT_EQ(std::count(ending.out.begin(), ending.out.end(), '\n'), 1);
  EXPECT_EQ(reply.value().json(), "[1]");
  EXPECT_EQ(reply.console(0).text(), "x");
  EXPECT_GT(reply.stats().worker_id(), 0u);
  ending = Evalctl({"eval", "--json", "throw new RangeError('r')"});
  EXPECT_EQ(ending.code, 1);
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ending.out, &reply).ok()) << ending.out;
  EXPECT_EQ(reply.exception().name(), "RangeError");
}

TEST_F(EvalctlTest, StatsGoToStderr) {
  const Ending ending = Evalctl({"eval", "--stats", "1"});
  EXPECT_EQ(ending.out, "1\n");
  EXPECT_THAT(ending.err, AllOf(StartsWith("evalctl: wall "), HasSubstr("snapshot generation 1\n")));
}

TEST_F(EvalctlTest, ReusedKeepsATenantsState) {
  const auto count = [](const std::string& tenant) {
    return Evalctl({"eval", "--reused", "--tenant", tenant, "globalThis.n = (globalThis.n ?? 0) + 1"}).out;
  };
  EXPECT_EQ(count("ada"), "1\n");
  EXPECT_TRUE(Eventually([&] { return count("ada") == "3\n"; }));
  EXPECT_EQ(count("bob"), "1\n");
}

TEST_F(EvalctlTest, ShowsStatusAndSnapshots) {
  Ending ending = Evalctl({"status"});
  EXPECT_EQ(ending.code, 0) << ending.err;
  EXPECT_THAT(ending.out, AllOf(HasSubstr(", serving\n"), HasSubstr("modules      pricing\n"),
                                HasSubstr("rewind       on\n")));
  ending = Evalctl({"snapshot", "get"});
  EXPECT_EQ(ending.code, 0) << ending.err;
  EXPECT_THAT(ending.out, HasSubstr("generation   1 (serving)\n"));
  ending = Evalctl({"snapshot", "list", "--json"});
  EXPECT_EQ(ending.code, 0) << ending.err;
  v1::ListSnapshotsResponse list;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ending.out, &list).ok()) << ending.out;
  EXPECT_EQ(list.snapshots_size(), 1);
}

TEST_F(EvalctlTest, TopShowsTheLiveFigures) {
  ASSERT_EQ(Evalctl({"eval", "throw new Error('\\x1b[2J')"}).code, 1);
  EXPECT_TRUE(Eventually([] {
    const Ending ending = Evalctl({"top", "--once"});
    EXPECT_EQ(ending.code, 0) << ending.err;
    return ending.out.find("EXCEPTION") != std::string::npos;
  }));
  const std::string screen = Evalctl({"top", "--once"}).out;
  EXPECT_THAT(screen, AllOf(HasSubstr("  ready  "), HasSubstr("end to end"), HasSubstr("?[2J"),
                            Not(HasSubstr("\x1b"))));
  const Ending ending = Evalctl({"top", "--once", "--json"});
  v1::LiveStatus status;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ending.out, &status).ok()) << ending.out;
  EXPECT_EQ(status.phase(), "ready");
}

// One after the other, as each changes what the next one finds.
class EvalctlSnapshotTest : public ::testing::Test {
 protected:
  static std::string Config(const std::string& source) {
    return absl::StrCat("extensions { builtin: 'console' } extensions { name: 'greeting' source: \"", source,
                        "\" }");
  }

  void SetUp() override {
    auto started = Daemon::Start({.config = Config("globalThis.greeting = 'hello'")});
    ASSERT_TRUE(started.ok()) << started.status();
    daemon_ = *std::move(started);
  }

  Ending Evalctl(std::vector<std::string> args, const std::string& token_file = "") {
    args.insert(args.begin(), PathFromEnvironment("EVALCTL"));
    const std::string token = token_file.empty() ? daemon_->data_dir() + "/admin-token" : token_file;
    return RunProgram(
        {.argv = args, .environment = {{"EVALD_SERVER", daemon_->address()}, {"EVALD_TOKEN_FILE", token}}});
  }

  std::string Greeting() { return Evalctl({"eval", "greeting"}).out; }

  std::unique_ptr<Daemon> daemon_;
};

TEST_F(EvalctlSnapshotTest, RegeneratesAndRollsBackStageByStage) {
  Ending ending = Evalctl({"snapshot", "regenerate"});
  EXPECT_EQ(ending.code, 0) << ending.err;
  EXPECT_EQ(ending.out, "generation 1 serves on: nothing has changed (--force rebuilds all the same)\n");

  daemon_->Configure(Config("globalThis.greeting = 'good day'; console.log('greeting is ready')"));
  ending = Evalctl({"snapshot", "regenerate"});
  EXPECT_EQ(ending.code, 0) << ending.err;
  EXPECT_THAT(ending.out, StartsWith("generation 2 serves now, instead of 1, after "));
  EXPECT_THAT(ending.err,
              AllOf(HasSubstr("config ... "), HasSubstr("  greeting is ready\n"), HasSubstr("build ... "),
                    HasSubstr("canary ... "), HasSubstr("swap ... "), HasSubstr("drain ... ")));
  EXPECT_EQ(Greeting(), "\"good day\"\n");

  ending = Evalctl({"snapshot", "rollback"});
  EXPECT_EQ(ending.code, 0) << ending.err;
  EXPECT_THAT(ending.out, StartsWith("generation 1 serves now, instead of 2, after "));
  EXPECT_EQ(Greeting(), "\"hello\"\n");

  ending = Evalctl({"snapshot", "rollback", "2", "--json"});
  v1::SnapshotOutcome outcome;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ending.out, &outcome).ok()) << ending.out;
  EXPECT_EQ(outcome.result(), v1::SnapshotOutcome::SWAPPED);
  EXPECT_EQ(outcome.generation(), 2u);
}

TEST_F(EvalctlSnapshotTest, SaysWhatWentWrong) {
  daemon_->Configure(Config("throw new Error('no greeting today')"));
  Ending ending = Evalctl({"snapshot", "regenerate"});
  EXPECT_EQ(ending.code, 2);
  EXPECT_EQ(ending.out, "");
  EXPECT_THAT(ending.err, AllOf(HasSubstr("evalctl: FAILED_PRECONDITION (SNAPSHOT_FAILED): "),
                                HasSubstr("greeting"), HasSubstr("no greeting today")));
  EXPECT_EQ(Greeting(), "\"hello\"\n");

  EXPECT_THAT(Evalctl({"snapshot", "rollback", "77"}).err,
              HasSubstr("evalctl: NOT_FOUND (SNAPSHOT_NOT_FOUND): "));
  EXPECT_THAT(Evalctl({"snapshot", "regenerate"}, "/nowhere").err,
              AllOf(HasSubstr("evalctl: UNAUTHENTICATED (UNAUTHENTICATED): "), HasSubstr("--token_file")));
  EXPECT_EQ(Evalctl({"snapshot", "regenerate", "--token_file", "/nowhere"}).err,
            "evalctl: --token_file /nowhere: No such file or directory\n");
}

}  // namespace
}  // namespace evald::testing
