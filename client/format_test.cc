#include "client/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evald {
namespace {

using testing::HasSubstr;

v1::ScriptException Exception(const std::string& line, int column, const std::string& stack) {
  v1::ScriptException exception;
  exception.set_name("Error");
  exception.set_message("boom");
  exception.set_stack(stack);
  exception.set_resource_name("eval.js");
  exception.set_line(1);
  exception.set_column(column);
  exception.set_source_line(line);
  return exception;
}

absl::Status Failure(absl::StatusCode code, const std::string& message, const std::string& reason) {
  absl::Status status(code, message);
  if (!reason.empty()) status.SetPayload("evald.v1.ErrorReason", absl::Cord(reason));
  return status;
}

TEST(FormatValue, WritesEveryKindOnOneLine) {
  v1::Value value;
  EXPECT_EQ(FormatValue(value), "undefined");
  value.mutable_undefined();
  EXPECT_EQ(FormatValue(value), "undefined");
  value.set_json("[1,4,9]");
  EXPECT_EQ(FormatValue(value), "[1,4,9]");
  value.set_bytes(std::string("\0\xff\x10", 3));
  EXPECT_EQ(FormatValue(value), "\"AP8Q\"");
  value.mutable_structured()->mutable_list_value()->add_values()->set_string_value("a");
  EXPECT_EQ(FormatValue(value), "[\"a\"]");
}

TEST(Printable, LeavesNothingThatSteersATerminal) {
  EXPECT_EQ(Printable("a\tb\n\x1b[2Jc\x7f"), "a?b??[2Jc?");
  EXPECT_EQ(Printable("caf\u00e9 \u2588 \u009b1m"), "caf\u00e9 \u2588 ?1m");
  EXPECT_EQ(Printable("\xC2"), "\xC2");
}

TEST(FormatRawValue, LeavesBytesAsTheyAre) {
  v1::Value value;
  value.set_bytes(std::string("a\0b\n", 4));
  EXPECT_EQ(FormatRawValue(value), std::string("a\0b\n", 4));
}

TEST(FormatException, LooksLikeNodes) {
  EXPECT_EQ(FormatException(Exception("throw new Error('boom')", 1, "Error: boom\n    at eval.js:1:7")),
            "eval.js:1\n"
            "throw new Error('boom')\n"
            "^\n"
            "\n"
            "Error: boom\n"
            "    at eval.js:1:7\n");
}

TEST(FormatException, TheCaretStandsUnderItsColumn) {
  EXPECT_THAT(FormatException(Exception("\tfoo()", 2, "S")), HasSubstr("\tfoo()\n\t^\n"));
  // Two UTF-16 units, one place on the screen.
  EXPECT_THAT(FormatException(Exception("'\xF0\x9F\x98\x80'; f()", 7, "S")), HasSubstr("\n     ^\n"));
  // The line was shortened before that column.
  EXPECT_THAT(FormatException(Exception("abc", 300, "S")), HasSubstr("abc\n\nS\n"));
}

TEST(FormatException, AThrownValueHasNoStack) {
  v1::ScriptException exception;
  exception.set_name("Uncaught");
  exception.set_message("null");
  EXPECT_EQ(FormatException(exception), "Uncaught null\n");
  exception.set_name("UnsettledPromiseError");
  exception.set_message("never settles");
  EXPECT_EQ(FormatException(exception), "UnsettledPromiseError: never settles\n");
}

TEST(FormatConsole, WritesMessagesInOrderAndSaysWhenThereWasMore) {
  Reply reply;
  reply.add_console()->set_text("a");
  reply.add_console()->set_text("b");
  EXPECT_EQ(FormatConsole(reply), "a\nb\n");
  reply.set_console_truncated(true);
  EXPECT_THAT(FormatConsole(reply), HasSubstr("more console output"));
}

TEST(FormatError, HasCodeReasonAndMessage) {
  EXPECT_EQ(FormatError(Failure(absl::StatusCode::kResourceExhausted, "64 MiB", "HEAP_LIMIT"), "s:1"),
            "RESOURCE_EXHAUSTED (HEAP_LIMIT): 64 MiB");
  EXPECT_EQ(FormatError(Failure(absl::StatusCode::kInternal, "odd", ""), "s:1"), "INTERNAL: odd");
  EXPECT_EQ(FormatError(Failure(absl::StatusCode::kInternal, "odd", "FROM_A_LATER_VERSION"), "s:1"),
            "INTERNAL: odd");
}

TEST(FormatError, TellsWhereTheScriptWas) {
  absl::Status status = Failure(absl::StatusCode::kDeadlineExceeded, "time is up", "CPU_TIME_LIMIT");
  v1::ErrorDetail detail;
  detail.set_stack("    at f (eval.js:1:20)\n    at eval.js:2:1");
  status.SetPayload("evald.v1.ErrorDetail", absl::Cord(detail.SerializeAsString()));
  EXPECT_EQ(FormatError(status, "s:1"),
            "DEADLINE_EXCEEDED (CPU_TIME_LIMIT): time is up\n    at f (eval.js:1:20)\n    at eval.js:2:1");
}

TEST(FormatError, DoesNotSteerATerminal) {
  EXPECT_EQ(
      FormatError(Failure(absl::StatusCode::kFailedPrecondition, "m.mjs:1\n\tx\x1b[2J\ry\n^", ""), "s:1"),
      "FAILED_PRECONDITION: m.mjs:1\n\tx?[2J?y\n^");
}

TEST(FormatError, HintsWhereNobodyAnswers) {
  const std::string text =
      FormatError(Failure(absl::StatusCode::kUnavailable, "connection refused", ""), "host:7");
  EXPECT_THAT(text, HasSubstr("is evald running at host:7?"));
  EXPECT_THAT(text, HasSubstr("./dev run"));
  EXPECT_THAT(FormatError(Failure(absl::StatusCode::kUnavailable, "lost", "WORKER_LOST"), "h:7"),
              testing::Not(HasSubstr("hint")));
}

TEST(FormatStats, NamesEachFigure) {
  v1::ExecutionStats stats;
  stats.mutable_wall_time()->set_nanos(1'250'000);
  stats.set_heap_bytes(3 << 20);
  stats.set_worker_id(7);
  stats.set_isolate_origin(v1::ISOLATE_ORIGIN_REWOUND);
  stats.set_worker_uses(2);
  EXPECT_EQ(FormatStats(stats),
            "wall 1.25 ms, cpu 0.00 ms, queued 0.00 ms, cold start 0.00 ms, heap 3.0 MiB, worker 7 (rewound, "
            "uses before: 2), "
            "snapshot generation 0");
}

TEST(FormatStatus, ShowsTheSandbox) {
  v1::GetSnapshotResponse status;
  EXPECT_THAT(FormatStatus(Client::Health::kServing, status), HasSubstr("sandbox      none\n"));
  status.mutable_pool()->add_sandbox_in_force("empty root");
  status.mutable_pool()->add_sandbox_in_force("no capabilities");
  status.mutable_pool()->add_sandbox_missing("user namespace: Operation not permitted");
  const std::string text = FormatStatus(Client::Health::kServing, status);
  EXPECT_THAT(text, HasSubstr("sandbox      empty root; no capabilities\n"));
  EXPECT_THAT(text, HasSubstr("not in force user namespace: Operation not permitted\n"));
}

TEST(FormatStatus, SaysWhyRewindingIsOff) {
  v1::GetSnapshotResponse status;
  status.mutable_pool()->set_rewind_off_reason("no pagemap");
  (*status.mutable_pool()->mutable_retired())["max_age"] = 3;
  const std::string text = FormatStatus(Client::Health::kNotServing, status);
  EXPECT_THAT(text, HasSubstr("NOT serving"));
  EXPECT_THAT(text, HasSubstr("off although configured: no pagemap"));
  EXPECT_THAT(text, HasSubstr("max_age 3"));
}

TEST(FormatSnapshots, SeparatesGenerationsByAnEmptyLine) {
  v1::ListSnapshotsResponse list;
  EXPECT_EQ(FormatSnapshots(list), "no snapshots are stored\n");
  list.add_snapshots()->set_generation(2);
  list.add_snapshots()->set_generation(1);
  const std::string text = FormatSnapshots(list);
  EXPECT_THAT(text, HasSubstr("generation   2\n"));
  EXPECT_THAT(text, HasSubstr("\n\ngeneration   1\n"));
}

TEST(FormatJson, IsOneLine) {
  Reply reply;
  reply.mutable_value()->set_json("{\"a\":\"x\\ny\"}");
  EXPECT_EQ(FormatJson(reply), R"({"value":{"json":"{\"a\":\"x\\ny\"}"}})");
}

}  // namespace
}  // namespace evald
