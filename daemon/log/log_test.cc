#include "daemon/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/details/log_msg.h>

#include "daemon/log/log_fields.h"
#include "daemon/log/testing/captured_log.h"

namespace evald {
namespace {

TEST(Log, JsonLinesAreEscaped) {
  spdlog::details::log_msg message(spdlog::log_clock::time_point(std::chrono::milliseconds(1706702400123)),
                                   {}, "evald", spdlog::level::warn, "a \"quoted\" \\ word,\nand a line");
  spdlog::memory_buf_t line;
  MakeJsonFormatter()->format(message, line);
  EXPECT_EQ(
      std::string(line.data(), line.size()),
      R"({"time":"2024-01-31T12:00:00.123Z","level":"warning","message":"a \"quoted\" \\ word,\u000aand a line"})"
      "\n");
}

TEST(Log, FieldsAreKeysInJson) {
  CapturedLog log(MakeJsonFormatter());
  LogWith(spdlog::level::warn, "gone", {{"tenant", "a \"b\"\n"}, {"worker_id", uint64_t{7}}});
  EXPECT_THAT(log.text(), testing::EndsWith(
                              R"("level":"warning","message":"gone","tenant":"a \"b\"\u000a","worker_id":7})"
                              "\n"));
}

TEST(Log, FieldsFollowTheTextAndReadBackAsOneWordEach) {
  CapturedLog log(MakeTextFormatter());
  LogWith(spdlog::level::warn, "gone",
          {{"tenant", "one"}, {"none", ""}, {"detail", "a b=\"c\"\n"}, {"worker_id", uint64_t{7}}});
  EXPECT_THAT(log.text(),
              testing::EndsWith(R"(Z W gone tenant=one none="" detail="a b=\"c\"\u000a" worker_id=7)"
                                "\n"));
}

TEST(Log, FieldsBelongToTheirLineOnly) {
  CapturedLog log(MakeTextFormatter());
  LogWith(spdlog::level::warn, "one", {{"tenant", "a"}});
  spdlog::warn("two");
  EXPECT_THAT(log.text(), testing::EndsWith("W two\n"));
}

}  // namespace
}  // namespace evald
