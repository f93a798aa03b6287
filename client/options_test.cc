#include "client/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evald {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

absl::StatusOr<Command> Parse(const std::vector<std::string>& args) {
  return ParseCommandLine(args, {.server = "127.0.0.1:50051", .local_token_file = "/state/admin-token"});
}

std::string Trouble(const std::vector<std::string>& args) {
  const absl::StatusOr<Command> command = Parse(args);
  return command.ok() ? "no trouble" : std::string(command.status().message());
}

TEST(ParseCommandLine, EvalTakesCodeOfAnyLook) {
  for (const char* code : {"1 + 1", "[1,2,3].map(x => x * x)", "[1,2]", "{}", "[]", "-1", "%%", "a=1,b=2",
                           "'x'", "\"x\"", "`", "", "x\ny"}) {
    const absl::StatusOr<Command> command = Parse({"eval", code});
    ASSERT_TRUE(command.ok()) << code << ": " << command.status();
    EXPECT_EQ(command->verb, Command::Verb::kEval);
    EXPECT_EQ(command->eval.source(), code);
    EXPECT_FALSE(command->source_file.has_value());
  }
}

TEST(ParseCommandLine, CodeThatLooksLikeAFlagComesAfterTwoDashes) {
  const absl::StatusOr<Command> command = Parse({"eval", "--", "--x"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->eval.source(), "--x");
}

TEST(ParseCommandLine, SourceComesFromAFileOrStandardInput) {
  EXPECT_EQ(Parse({"eval", "-"})->source_file, "-");
  EXPECT_EQ(Parse({"eval", "-"})->eval.resource_name(), "stdin");
  EXPECT_EQ(Parse({"eval", "-f", "-"})->source_file, "-");
  EXPECT_EQ(Parse({"eval", "-f", "dir/a.js"})->source_file, "dir/a.js");
  EXPECT_EQ(Parse({"eval", "--file=dir/a.js"})->eval.resource_name(), "dir/a.js");
  EXPECT_THAT(Trouble({"eval"}), HasSubstr("either CODE or -f FILE"));
  EXPECT_THAT(Trouble({"eval", "1", "-f", "a.js"}), HasSubstr("either CODE or -f FILE"));
}

TEST(ParseCommandLine, EvalFlagsBecomeTheRequest) {
  const absl::StatusOr<Command> command =
      Parse({"eval", "--kind", "module", "--tenant", "t", "--reused", "--timeout", "1.5s", "--global",
             "x=[1,2]", "--global", "y={\"a\":\"=\"}", "--global", "z=undefined", "--stats", "--json",
             "--server", "unix:/tmp/s", "export default x"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->eval.source(), "export default x");
  EXPECT_EQ(command->eval.source_kind(), v1::SOURCE_KIND_MODULE);
  EXPECT_EQ(command->eval.tenant(), "t");
  EXPECT_EQ(command->eval.isolation(), v1::ISOLATION_REUSED);
  EXPECT_EQ(command->eval.limits().wall_time().seconds(), 1);
  EXPECT_EQ(command->eval.limits().wall_time().nanos(), 500'000'000);
  EXPECT_EQ(command->eval.globals().at("x").json(), "[1,2]");
  EXPECT_EQ(command->eval.globals().at("y").json(), "{\"a\":\"=\"}");
  EXPECT_TRUE(command->eval.globals().at("z").has_undefined());
  EXPECT_TRUE(command->stats);
  EXPECT_TRUE(command->json);
  EXPECT_EQ(command->server, "unix:/tmp/s");
  EXPECT_EQ(command->timeout, milliseconds(1500));
}

TEST(ParseCommandLine, FilesWithTypescriptAreKnownByTheirName) {
  const auto kind = [](const std::vector<std::string>& args) { return Parse(args)->eval.source_kind(); };
  for (const char* file : {"a.ts", "b/c.mts", "d.cts"})
    EXPECT_EQ(kind({"eval", "-f", file}), v1::SOURCE_KIND_TYPESCRIPT) << file;
  EXPECT_EQ(kind({"eval", "--kind", "typescript", "let x: number"}), v1::SOURCE_KIND_TYPESCRIPT);
  EXPECT_EQ(kind({"eval", "--kind", "module", "-f", "a.ts"}), v1::SOURCE_KIND_MODULE);
  for (const char* file : {"a.js", "a.tsx", "ts"})
    EXPECT_EQ(kind({"eval", "-f", file}), v1::SOURCE_KIND_UNSPECIFIED) << file;
}

TEST(ParseCommandLine, AGlobalThatIsWrongIsNamed) {
  EXPECT_THAT(Trouble({"eval", "1", "--global", "x"}), HasSubstr("--global x: write NAME=JSON"));
  EXPECT_THAT(Trouble({"eval", "1", "--global", "=1"}), HasSubstr("write NAME=JSON"));
  EXPECT_THAT(Trouble({"eval", "1", "--global", "x={a:1}"}), HasSubstr("--global x is not JSON: {a:1}"));
}

TEST(ParseCommandLine, SnapshotsAreReplacedWithAToken) {
  absl::StatusOr<Command> command = Parse({"snapshot", "regenerate"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->verb, Command::Verb::kSnapshotRegenerate);
  EXPECT_FALSE(command->force);
  EXPECT_EQ(command->token_file, "/state/admin-token");
  EXPECT_FALSE(command->token_file_given);

  command = Parse({"snapshot", "regenerate", "--force", "--token_file", "t", "--json"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_TRUE(command->force);
  EXPECT_EQ(command->token_file, "t");
  EXPECT_TRUE(command->token_file_given);

  EXPECT_EQ(Parse({"snapshot", "rollback"})->generation, 0u);
  command = Parse({"snapshot", "rollback", "12"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->verb, Command::Verb::kSnapshotRollback);
  EXPECT_EQ(command->generation, 12u);
  EXPECT_THAT(Trouble({"snapshot", "rollback", "x"}), HasSubstr("GENERATION is a number"));
  EXPECT_THAT(Trouble({"snapshot", "rollback", "-1"}), HasSubstr("GENERATION is a number"));
}

TEST(ParseCommandLine, ATokenThatNobodyHasNamedStaysOnThisMachine) {
  for (const char* here : {"127.0.0.1:1", "127.1.2.3:1", "localhost:1", "[::1]:1", "unix:/tmp/s"})
    EXPECT_EQ(Parse({"snapshot", "regenerate", "--server", here})->token_file, "/state/admin-token") << here;
  for (const char* elsewhere : {"10.0.0.1:1", "evald.example:1", "localhost.example:1", "127.0.0.1.example:1",
                                "[::2]:1", "0.0.0.0:1"}) {
    EXPECT_EQ(Parse({"snapshot", "regenerate", "--server", elsewhere})->token_file, "") << elsewhere;
    EXPECT_EQ(Parse({"snapshot", "rollback", "--server", elsewhere, "--token_file", "t"})->token_file, "t");
    const Defaults named{.token_file = "named", .local_token_file = "/state/admin-token"};
    EXPECT_EQ(ParseCommandLine({"snapshot", "rollback", "--server", elsewhere}, named)->token_file, "named");
  }
}

TEST(ParseCommandLine, TopTakesAnInterval) {
  EXPECT_EQ(Parse({"top"})->interval, milliseconds(1000));
  EXPECT_FALSE(Parse({"top"})->once);
  const absl::StatusOr<Command> command = Parse({"top", "--once", "--interval", "250ms"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->verb, Command::Verb::kTop);
  EXPECT_TRUE(command->once);
  EXPECT_EQ(command->interval, milliseconds(250));
  EXPECT_THAT(Trouble({"top", "--interval", "soon"}), HasSubstr("--interval 'soon' is not a duration"));
  EXPECT_THAT(Trouble({"top", "--interval", "1ms"}), HasSubstr("--interval: at least 100ms"));
}

TEST(ParseCommandLine, CallTakesJsonOfAnyShape) {
  const std::vector<std::string> json = {"1",           "-5",    "[1,2]",   "{}",  "[]",
                                         "{\"a\":[1]}", "\"x\"", "\"a,b\"", "null"};
  std::vector<std::string> args = {"call", "rules.price", "--module", "rules"};
  args.insert(args.end(), json.begin(), json.end());
  const absl::StatusOr<Command> command = Parse(args);
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->verb, Command::Verb::kCall);
  EXPECT_EQ(command->call.function(), "rules.price");
  EXPECT_EQ(command->call.module(), "rules");
  ASSERT_EQ(command->call.args_size(), static_cast<int>(json.size()));
  for (size_t i = 0; i < json.size(); ++i) {
    const std::string& sent = command->call.args(static_cast<int>(i)).json();
    EXPECT_EQ(sent.substr(sent.find_first_not_of(' ')), json[i]);
  }
}

TEST(ParseCommandLine, CallNeedsNoArguments) {
  const absl::StatusOr<Command> command = Parse({"call", "f"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->call.args_size(), 0);
  EXPECT_TRUE(Parse({"call", "f", "undefined"})->call.args(0).has_undefined());
}

TEST(ParseCommandLine, AnArgumentThatIsNotJsonIsNamed) {
  EXPECT_EQ(Trouble({"call", "f", "1", "hello"}),
            "argument 2 is not JSON: hello (expected a JSON value at byte 1); a string keeps its quotes: "
            "'\"hello\"'");
  EXPECT_THAT(Trouble({"call", "f", "{a:1}"}), HasSubstr("argument 1 is not JSON"));
}

TEST(ParseCommandLine, ServerComesFromTheFlagElseTheDefault) {
  EXPECT_EQ(Parse({"status"})->server, "127.0.0.1:50051");
  EXPECT_EQ(Parse({"status", "--server", "[::1]:9"})->server, "[::1]:9");
  EXPECT_THAT(Trouble({"status", "--server", "nonsense"}), HasSubstr("host:port"));
}

TEST(ParseCommandLine, FlagsMayComeBeforeTheCommand) {
  const absl::StatusOr<Command> command =
      Parse({"--server", "h:1", "--timeout", "1s", "eval", "--json", "1"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->server, "h:1");
  EXPECT_EQ(command->timeout, milliseconds(1000));
  EXPECT_TRUE(command->json);
  EXPECT_EQ(Parse({"--server", "h:1", "status", "--server", "h:2"})->server, "h:2");
}

TEST(ParseCommandLine, EveryVerbIsThere) {
  EXPECT_EQ(Parse({"status"})->verb, Command::Verb::kStatus);
  EXPECT_EQ(Parse({"snapshot", "get"})->verb, Command::Verb::kSnapshotGet);
  EXPECT_EQ(Parse({"snapshot", "list", "--json"})->verb, Command::Verb::kSnapshotList);
  EXPECT_TRUE(Parse({"snapshot", "list", "--json"})->json);
}

TEST(ParseCommandLine, WrongUsageSaysWhereHelpIs) {
  for (const std::vector<std::string>& args : {std::vector<std::string>{},
                                               {"frobnicate"},
                                               {"call"},
                                               {"snapshot"},
                                               {"eval", "1", "--nope"},
                                               {"eval", "1", "2"},
                                               {"eval", "1", "--kind", "coffee"},
                                               {"status", "--stats"}}) {
    EXPECT_THAT(Trouble(args), HasSubstr("evalctl --help")) << testing::PrintToString(args);
  }
  EXPECT_THAT(Trouble({"eval", "1", "--json", "--raw"}), HasSubstr("cannot go together"));
}

TEST(ParseCommandLine, HelpIsAnAnswerNotAnError) {
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"--help"}, {"eval", "--help"}, {"snapshot", "get", "-h"}}) {
    const absl::StatusOr<Command> command = Parse(args);
    ASSERT_TRUE(command.ok()) << command.status();
    EXPECT_EQ(command->verb, Command::Verb::kPrintText);
  }
  EXPECT_THAT(Parse({"eval", "--help"})->text, HasSubstr("--global"));
}

TEST(ParseTimeout, TakesDurationsOnly) {
  EXPECT_EQ(*ParseTimeout("300ms"), milliseconds(300));
  EXPECT_EQ(*ParseTimeout("1.5s"), milliseconds(1500));
  EXPECT_EQ(*ParseTimeout("2m"), std::chrono::minutes(2));
  for (const char* text : {"", "300", "ms", "-1s", "0s", "inf", "25h", "1 s"}) {
    EXPECT_EQ(ParseTimeout(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace evald
