#include "daemon/status_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

namespace evald {
namespace {

using testing::HasSubstr;

TEST(StatusMapping, EveryReasonHasTheCodeThatTheApiPromises) {
  EXPECT_EQ(StatusCodeOf(v1::ERROR_REASON_INVALID_REQUEST), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(StatusCodeOf(v1::ERROR_REASON_FUNCTION_NOT_FOUND), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(StatusCodeOf(v1::ERROR_REASON_CPU_TIME_LIMIT), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(StatusCodeOf(v1::ERROR_REASON_OUTPUT_LIMIT), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(StatusCodeOf(v1::ERROR_REASON_WORKER_LOST), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(StatusCodeOf(v1::ERROR_REASON_WORKER_CRASHED), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(StatusCodeOf(v1::ERROR_REASON_CANCELLED), grpc::StatusCode::CANCELLED);
}

TEST(StatusMapping, AReasonFromAWorkerThatNobodyKnowsIsInternal) {
  const auto unknown = static_cast<v1::ErrorReason>(4711);
  EXPECT_EQ(StatusCodeOf(unknown), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(ReasonName(unknown), "INTERNAL");
  EXPECT_EQ(ReasonName(v1::ERROR_REASON_QUEUE_FULL), "QUEUE_FULL");
}

TEST(StatusMapping, LongMessagesAreCutBetweenCharacters) {
  EXPECT_EQ(ShortenMessage("short"), "short");
  std::string umlauts(1, 'x');
  for (int i = 0; i < 2000; ++i) umlauts += "\u00e4";
  EXPECT_EQ(ShortenMessage(umlauts), umlauts.substr(0, 1999) + "...");
}

TEST(StatusMapping, EndingsAreToldApart) {
  using Kind = WorkerExit::Kind;
  EXPECT_EQ(FailureOf(WorkerExited{{Kind::kOutOfMemory, 80, "out_of_memory"}}).reason,
            v1::ERROR_REASON_HEAP_LIMIT);
  EXPECT_EQ(FailureOf(WorkerExited{{Kind::kKilled, SIGKILL, "killed"}}).reason, v1::ERROR_REASON_WORKER_LOST);
  EXPECT_EQ(FailureOf(WorkerLost{"zygote"}).reason, v1::ERROR_REASON_WORKER_LOST);
  const Failure crash = FailureOf(WorkerExited{{Kind::kCrashed, SIGSEGV, "signal_11"}});
  EXPECT_EQ(crash.reason, v1::ERROR_REASON_WORKER_CRASHED);
  EXPECT_THAT(crash.message, HasSubstr("signal 11 (SIGSEGV)"));
  EXPECT_EQ(FailureOf(WorkerGarbled{"x"}).reason, v1::ERROR_REASON_WORKER_CRASHED);
}

}  // namespace
}  // namespace evald
