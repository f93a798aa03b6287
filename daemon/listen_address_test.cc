#include "daemon/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "base/unique_fd.h"

namespace evald {
namespace {

using testing::HasSubstr;

TEST(ListenAddress, Parses) {
  EXPECT_EQ(ParseListenAddress("127.0.0.1:80")->ToString(), "127.0.0.1:80");
  EXPECT_EQ(ParseListenAddress("localhost:0")->port, 0);
  EXPECT_EQ(ParseListenAddress("[::1]:8080")->host, "::1");
  EXPECT_EQ(ParseListenAddress("[::1]:8080")->ToString(), "[::1]:8080");
  EXPECT_EQ(ParseListenAddress("unix:/run/evald.sock")->unix_path, "/run/evald.sock");
  EXPECT_EQ(ParseListenAddress("unix:/run/evald.sock")->ToString(), "unix:/run/evald.sock");
}

TEST(ListenAddress, RefusesWhatIsNone) {
  for (const char* text :
       {"", "80", ":80", "host", "host:", "host:x", "host:70000", "unix:", "unix:relative", "[::1:80",
        "[]:80", "[[a]:1", "a]:1", "[unix]:4", "host: 80", "host:+80", "host:80 "}) {
    EXPECT_FALSE(ParseListenAddress(text).ok()) << text;
  }
  EXPECT_FALSE(ParseListenAddress("unix:/" + std::string(200, 'x')).ok());
  using std::string_literals::operator""s;
  EXPECT_FALSE(ParseListenAddress("unix:/a\0b"s).ok());
  EXPECT_FALSE(ParseListenAddress("a\0b:1"s).ok());
}

TEST(ListenAddress, APortInUseIsNamed) {
  UniqueFd taken(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(taken.get(), reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  ASSERT_EQ(listen(taken.get(), 1), 0);
  socklen_t size = sizeof(name);
  getsockname(taken.get(), reinterpret_cast<sockaddr*>(&name), &size);
  ListenAddress address;
  address.host = "127.0.0.1";
  address.port = ntohs(name.sin_port);
  const std::string message(CheckListenable(address).message());
  EXPECT_THAT(message, HasSubstr(address.ToString()));
  EXPECT_THAT(message, HasSubstr("in use"));
  taken.reset();
  EXPECT_TRUE(CheckListenable(address).ok());
}

}  // namespace
}  // namespace evald
