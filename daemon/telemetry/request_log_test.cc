#include "daemon/telemetry/request_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/log/testing/captured_log.h"
#include "daemon/requests/outcome.h"

namespace evald {
namespace {

using testing::HasSubstr;

TEST(RequestLog, IsOneLineForARequest) {
  CapturedLog log;
  v1::ExecutionStats stats;
  stats.mutable_wall_time()->set_nanos(1'500'000);
  stats.set_worker_id(3);
  RequestLog().OnFinished({.method = FinishedRequest::Method::kCallFunction,
                           .tenant = "one \"two\"",
                           .request_id = "4bf9",
                           .threw = true,
                           .end_to_end = std::chrono::milliseconds(2),
                           .stats = &stats});
  EXPECT_THAT(log.text(), HasSubstr(R"("level":"debug","message":"request","request_id":"4bf9")"
                                    R"(,"tenant":"one \"two\"","method":"CallFunction")"
                                    R"(,"outcome":"EXCEPTION","duration_us":2000,)"));
  EXPECT_THAT(log.text(), HasSubstr(R"("wall_us":1500,)"));
  EXPECT_THAT(log.text(), HasSubstr(R"("worker_id":3,)"));
}

TEST(RequestLog, ARequestThatDidNotRunHasNothingToShow) {
  CapturedLog log;
  RequestLog().OnFinished({.reason = v1::ERROR_REASON_QUEUE_FULL});
  EXPECT_THAT(log.text(), HasSubstr(R"("outcome":"QUEUE_FULL")"));
  EXPECT_THAT(log.text(), HasSubstr(R"("wall_us":0,)"));
}

TEST(Outcome, EveryReasonHasItsName) {
  for (int number = v1::ErrorReason_MIN; number <= v1::ErrorReason_MAX; ++number) {
    if (!v1::ErrorReason_IsValid(number) || number == 0) continue;
    const auto reason = static_cast<v1::ErrorReason>(number);
    EXPECT_EQ("ERROR_REASON_" + std::string(OutcomeName(OutcomeOf({.reason = reason}))),
              v1::ErrorReason_Name(reason));
  }
  EXPECT_EQ(OutcomeName(OutcomeOf({})), "OK");
  EXPECT_EQ(OutcomeName(OutcomeOf({.threw = true})), "EXCEPTION");
  EXPECT_EQ(OutcomeName(OutcomeOf({.reason = static_cast<v1::ErrorReason>(4711)})), "INTERNAL");
  EXPECT_EQ(OutcomeName(OutcomeOf({.reason = static_cast<v1::ErrorReason>(-1)})), "INTERNAL");
}

}  // namespace
}  // namespace evald
