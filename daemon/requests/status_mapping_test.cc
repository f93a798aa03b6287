#include "daemon/requests/status_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <map>

namespace evald {
namespace {

using testing::HasSubstr;

TEST(StatusMapping, EveryReasonHasTheCodeThatTheApiPromises) {
  using Code = grpc::StatusCode;
  const std::map<v1::ErrorReason, Code> promised = {
      {v1::ERROR_REASON_UNSPECIFIED, Code::INTERNAL},
      {v1::ERROR_REASON_INVALID_REQUEST, Code::INVALID_ARGUMENT},
      {v1::ERROR_REASON_FUNCTION_NOT_FOUND, Code::NOT_FOUND},
      {v1::ERROR_REASON_MODULE_NOT_FOUND, Code::NOT_FOUND},
      {v1::ERROR_REASON_WALL_TIME_LIMIT, Code::DEADLINE_EXCEEDED},
      {v1::ERROR_REASON_CPU_TIME_LIMIT, Code::DEADLINE_EXCEEDED},
      {v1::ERROR_REASON_HEAP_LIMIT, Code::RESOURCE_EXHAUSTED},
      {v1::ERROR_REASON_MEMORY_LIMIT, Code::RESOURCE_EXHAUSTED},
      {v1::ERROR_REASON_OUTPUT_LIMIT, Code::RESOURCE_EXHAUSTED},
      {v1::ERROR_REASON_RESULT_DEPTH_LIMIT, Code::RESOURCE_EXHAUSTED},
      {v1::ERROR_REASON_SOURCE_LIMIT, Code::RESOURCE_EXHAUSTED},
      {v1::ERROR_REASON_QUEUE_FULL, Code::RESOURCE_EXHAUSTED},
      {v1::ERROR_REASON_DRAINING, Code::UNAVAILABLE},
      {v1::ERROR_REASON_NOT_READY, Code::UNAVAILABLE},
      {v1::ERROR_REASON_WORKER_LOST, Code::UNAVAILABLE},
      {v1::ERROR_REASON_WORKER_CRASHED, Code::INTERNAL},
      {v1::ERROR_REASON_SANDBOX_VIOLATION, Code::INTERNAL},
      {v1::ERROR_REASON_UNAUTHENTICATED, Code::UNAUTHENTICATED},
      {v1::ERROR_REASON_TENANT_DENIED, Code::PERMISSION_DENIED},
      {v1::ERROR_REASON_RIGHT_DENIED, Code::PERMISSION_DENIED},
      {v1::ERROR_REASON_SNAPSHOT_FAILED, Code::FAILED_PRECONDITION},
      {v1::ERROR_REASON_SNAPSHOT_NOT_FOUND, Code::NOT_FOUND},
      {v1::ERROR_REASON_SNAPSHOT_SUPERSEDED, Code::ABORTED},
      {v1::ERROR_REASON_INTERNAL, Code::INTERNAL},
      {v1::ERROR_REASON_CANCELLED, Code::CANCELLED},
  };
  EXPECT_EQ(promised.size(), static_cast<size_t>(v1::ErrorReason_descriptor()->value_count()));
  for (const auto& [reason, code] : promised) EXPECT_EQ(StatusCodeOf(reason), code) << ReasonName(reason);
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
  EXPECT_EQ(FailureOf(WorkerExited{{Kind::kMemoryLimit, 88, "memory_limit"}}).reason,
            v1::ERROR_REASON_MEMORY_LIMIT);
  EXPECT_EQ(FailureOf(WorkerExited{{Kind::kSandboxViolation, SIGSYS, "sandbox_violation"}}).reason,
            v1::ERROR_REASON_SANDBOX_VIOLATION);
  EXPECT_EQ(FailureOf(WorkerExited{{Kind::kSetup, 87, "setup"}}).reason, v1::ERROR_REASON_WORKER_LOST);
  EXPECT_EQ(FailureOf(WorkerExited{{Kind::kKilled, SIGKILL, "killed"}}).reason, v1::ERROR_REASON_WORKER_LOST);
  EXPECT_EQ(FailureOf(WorkerLost{"zygote"}).reason, v1::ERROR_REASON_WORKER_LOST);
  const Failure crash = FailureOf(WorkerExited{{Kind::kCrashed, SIGSEGV, "signal_11"}});
  EXPECT_EQ(crash.reason, v1::ERROR_REASON_WORKER_CRASHED);
  EXPECT_THAT(crash.message, HasSubstr("signal 11 (SIGSEGV)"));
  EXPECT_EQ(FailureOf(WorkerGarbled{"x"}).reason, v1::ERROR_REASON_WORKER_CRASHED);
}

}  // namespace
}  // namespace evald
