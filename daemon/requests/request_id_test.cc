#include "daemon/requests/request_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace evald {
namespace {

constexpr char kTraceId[] = "4bf92f3577b34da6a3ce929d0e0e4736";

std::string Of(std::string_view header) {
  const std::optional<RequestId> id = RequestId::FromTraceparent(header);
  return id ? std::string(id->text()) : "none";
}

TEST(RequestId, IsTheTraceIdOfATraceparent) {
  EXPECT_EQ(Of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), kTraceId);
  EXPECT_EQ(Of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"), kTraceId);
}

TEST(RequestId, LaterVersionsMayAppend) {
  EXPECT_EQ(Of("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), kTraceId);
  EXPECT_EQ(Of("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes"), kTraceId);
  EXPECT_EQ(Of("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what-comes"), "none");
  EXPECT_EQ(Of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"), "none");
}

TEST(RequestId, IgnoresWhatIsNoTraceparent) {
  for (const char* header : {
           "",
           "00",
           "4bf92f3577b34da6a3ce929d0e0e4736",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-xx",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
           " 0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
       }) {
    EXPECT_EQ(Of(header), "none") << header;
  }
}

TEST(RequestIds, NeverRepeatThemselves) {
  RequestIds ids, of_another_daemon;
  std::set<std::string> seen;
  for (int i = 0; i < 10000; ++i) {
    for (RequestIds* source : {&ids, &of_another_daemon}) {
      const std::string id(source->Next().text());
      EXPECT_EQ(id.size(), 32u);
      EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << id;
      EXPECT_TRUE(seen.insert(id).second) << id;
    }
  }
}

TEST(RequestIds, MakeTraceIds) {
  const std::string id(RequestIds().Next().text());
  EXPECT_EQ(Of("00-" + id + "-00f067aa0ba902b7-01"), id);
}

}  // namespace
}  // namespace evald
