#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/daemon.h"
#include "tests/support/process.h"

namespace evald::testing {
namespace {

using ::testing::HasSubstr;

std::string Json(Daemon& daemon, const std::string& source) {
  v1::EvalRequest request;
  request.set_source(source);
  const absl::StatusOr<v1::EvalResponse> response = daemon.client().Eval(request, CallOptions());
  return response.ok() ? response->value().json() : response.status().ToString();
}

TEST(NativeExtension, ScriptsCallItInADaemonOfItsOwnPrograms) {
  auto daemon = Daemon::Start({});
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  // Paris to Berlin.
  EXPECT_EQ(Json(**daemon,
                 "Math.round(geo.distance({latitude: 48.8566, longitude: 2.3522}, "
                 "{latitude: 52.52, longitude: 13.405}))"),
            "877");
  EXPECT_EQ(Json(**daemon, "[geo.distance({}, {}), typeof atob]"), "[null,\"function\"]");
}

TEST(NativeExtension, ASnapshotOfOtherOpsIsRefusedWithTheReason) {
  auto daemon = Daemon::Start({.config = "snapshot_file: \"" + PathFromEnvironment("RULES_SNAPSHOT") + "\""});
  ASSERT_FALSE(daemon.ok());
  EXPECT_THAT(std::string(daemon.status().message()), HasSubstr("cannot run in this evald: "));
  EXPECT_THAT(std::string(daemon.status().message()), HasSubstr("the set of native functions changed"));
}

}  // namespace
}  // namespace evald::testing
