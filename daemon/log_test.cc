#include "daemon/log.h"

#include <gtest/gtest.h>
#include <spdlog/details/log_msg.h>

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

}  // namespace
}  // namespace evald
