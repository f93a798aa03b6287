#include "daemon/admin/admin_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace evald {
namespace {

namespace http = boost::beast::http;
using testing::HasSubstr;
using Reach = AdminAccess::Reach;

constexpr char kToken[] = "0123456789abcdef";

class AdminGuardTest : public testing::Test {
 protected:
  AdminGuardTest() : token_(Load()) {
    access_.reach = Reach::kLoopback;
    access_.token = &token_;
    access_.token_file = "/etc/evald/token";
    Set("Host", "127.0.0.1:9080");
  }

  static AdminToken Load() {
    std::string folder = testing::TempDir() + "/admin_guard_XXXXXX";
    EXPECT_NE(mkdtemp(folder.data()), nullptr);
    const std::string path = folder + "/token";
    auto token = AdminToken::LoadOrCreate(path);
    EXPECT_TRUE(token.ok()) << token.status();
    std::ofstream(path) << kToken;
    token = AdminToken::LoadOrCreate(path);
    EXPECT_TRUE(token.ok()) << token.status();
    return *token;
  }

  void Set(const char* name, const std::string& value) { header_.set(name, value); }

  // 0: it comes in.
  unsigned Entry() const {
    const auto refusal = RefuseEntry(access_, header_, &route_);
    return refusal ? static_cast<unsigned>(refusal->status) : 0;
  }
  unsigned EntryFrom(const std::string& host) {
    Set("Host", host);
    return Entry();
  }
  unsigned Route(bool has_body = false) const {
    const auto refusal = RefuseRoute(access_, header_, route_, has_body);
    return refusal ? static_cast<unsigned>(refusal->status) : 0;
  }

  const AdminToken token_;
  AdminAccess access_;
  AdminRoute route_;
  AdminRequest header_{http::verb::post, "/v1/eval", 11};
};

TEST_F(AdminGuardTest, ReachIsWhatTheAddressIs) {
  EXPECT_EQ(ReachOf({.unix_path = "/run/evald"}), Reach::kUnixSocket);
  EXPECT_EQ(ReachOf({.host = "127.0.0.1"}), Reach::kLoopback);
  EXPECT_EQ(ReachOf({.host = "127.9.9.9"}), Reach::kLoopback);
  EXPECT_EQ(ReachOf({.host = "::1"}), Reach::kLoopback);
  EXPECT_EQ(ReachOf({.host = "localhost"}), Reach::kLoopback);
  EXPECT_EQ(ReachOf({.host = "0.0.0.0"}), Reach::kNetwork);
  EXPECT_EQ(ReachOf({.host = "::"}), Reach::kNetwork);
  EXPECT_EQ(ReachOf({.host = "10.0.0.1"}), Reach::kNetwork);
  EXPECT_EQ(ReachOf({.host = "evald.example"}), Reach::kNetwork);
}

TEST_F(AdminGuardTest, OnLoopbackTheHostIsALoopbackName) {
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:9080", "127.1.2.3:1", "localhost", "LocalHost:9080", "[::1]", "[::1]:9080"}) {
    EXPECT_EQ(EntryFrom(host), 0u) << host;
  }
  for (const char* host : {"evil.example",
                           "evil.example:9080",
                           "localhost.evil.example",
                           "127.0.0.1.evil.example",
                           "10.0.0.1",
                           "1127.0.0.1",
                           "127.0.0.1@evil.example",
                           "evil.example#localhost",
                           "[::2]:9080",
                           "[::1]evil.example",
                           "[::1",
                           "::1",
                           "0.0.0.0",
                           "2130706433",
                           "0x7f.1",
                           "127.1",
                           "localhost.",
                           "x.localhost",
                           "",
                           "[::ffff:127.0.0.1]"}) {
    EXPECT_EQ(EntryFrom(host), 403u) << host;
  }
}

TEST_F(AdminGuardTest, OneHostIsNeeded) {
  header_.erase(http::field::host);
  EXPECT_EQ(Entry(), 400u);
  header_.version(10);
  EXPECT_EQ(Entry(), 0u) << "what speaks HTTP/1.0 without a Host is nobody's browser";
  header_.version(11);
  header_.insert(http::field::host, "localhost");
  header_.insert(http::field::host, "localhost");
  EXPECT_EQ(Entry(), 400u);
}

TEST_F(AdminGuardTest, ElsewhereTheHostIsWhatItIsCalledThere) {
  access_.reach = Reach::kUnixSocket;
  EXPECT_EQ(EntryFrom("evald.example"), 0u);
  access_.reach = Reach::kNetwork;
  Set("Authorization", std::string("Bearer ") + kToken);
  EXPECT_EQ(EntryFrom("evald.example"), 0u);
}

TEST_F(AdminGuardTest, PagesOfOtherSitesAreRefused) {
  for (const char* origin : {"http://127.0.0.1:9080", "HTTP://127.0.0.1:9080", "https://127.0.0.1:9080"}) {
    Set("Origin", origin);
    EXPECT_EQ(Entry(), 0u) << origin;
  }
  for (const char* origin :
       {"http://evil.example", "http://127.0.0.1", "http://127.0.0.1:9081", "http://localhost:9080", "null",
        "", "http://", "127.0.0.1:9080", "http://127.0.0.1:9080.evil.example", "http://127.0.0.1:9080/"}) {
    Set("Origin", origin);
    EXPECT_EQ(Entry(), 403u) << origin;
  }
  Set("Origin", "http://127.0.0.1:9080");
  header_.insert(http::field::origin, "http://127.0.0.1:9080");
  EXPECT_EQ(Entry(), 403u) << "two of them";
}

TEST_F(AdminGuardTest, APortThatGoesWithoutSayingMayBeSaid) {
  Set("Host", "localhost:80");
  Set("Origin", "http://localhost");
  EXPECT_EQ(Entry(), 0u);
  Set("Host", "localhost");
  Set("Origin", "http://localhost:80");
  EXPECT_EQ(Entry(), 0u);
  Set("Origin", "http://localhost:443");
  EXPECT_EQ(Entry(), 403u);
}

TEST_F(AdminGuardTest, WhereARequestComesFromIsTakenFromTheBrowserToo) {
  for (const char* site : {"same-origin", "none"}) {
    Set("Sec-Fetch-Site", site);
    EXPECT_EQ(Entry(), 0u) << site;
  }
  for (const char* site : {"cross-site", "same-site", "Cross-Site"}) {
    Set("Sec-Fetch-Site", site);
    EXPECT_EQ(Entry(), 403u) << site;
  }
  header_.method(http::verb::get);
  EXPECT_EQ(Entry(), 403u) << "reading is no exception";
  EXPECT_EQ(RefuseEntry(access_, header_, nullptr)->status, http::status::forbidden) << "nor is nothing";
  route_.harmless = true;
  EXPECT_EQ(Entry(), 0u) << "but for what is harmless";
  header_.method(http::verb::head);
  EXPECT_EQ(Entry(), 0u);
  Set("Host", "evil.example");
  EXPECT_EQ(Entry(), 403u) << "a name that leads here is another matter";
}

TEST_F(AdminGuardTest, WhatChangesSomethingNeedsTheToken) {
  EXPECT_EQ(Route(), 0u);
  route_.needs_token = true;
  const auto refusal = RefuseRoute(access_, header_, route_, false);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, http::status::unauthorized);
  EXPECT_THAT(refusal->body, HasSubstr("/etc/evald/token"));
  ASSERT_EQ(refusal->headers.size(), 1u);
  EXPECT_EQ(refusal->headers[0].first, "WWW-Authenticate");
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer 0123456789abcdeX", "Basic 0123456789abcdef",
                            "0123456789abcdef", "Bearer 0123456789abcdef0"}) {
    Set("Authorization", wrong);
    EXPECT_EQ(Route(), 401u) << wrong;
  }
  Set("Authorization", std::string("Bearer ") + kToken);
  EXPECT_EQ(Route(), 0u);
  header_.insert(http::field::authorization, std::string("Bearer ") + kToken);
  EXPECT_EQ(Route(), 401u) << "two of them";
}

TEST_F(AdminGuardTest, WithoutATokenNobodyKnowsIt) {
  access_.token = nullptr;
  route_.needs_token = true;
  Set("Authorization", "Bearer ");
  EXPECT_EQ(Route(), 401u);
  EXPECT_THAT(RefuseRoute(access_, header_, route_, false)->body, HasSubstr("its log says why"));
}

TEST_F(AdminGuardTest, OnANetworkEverythingNeedsTheToken) {
  access_.reach = Reach::kNetwork;
  header_.method(http::verb::get);
  route_.harmless = true;
  EXPECT_EQ(Entry(), 401u);
  EXPECT_EQ(RefuseEntry(access_, header_, nullptr)->status, http::status::unauthorized)
      << "even to learn that there is nothing";
  Set("Authorization", std::string("Bearer ") + kToken);
  EXPECT_EQ(Entry(), 0u);
}

TEST_F(AdminGuardTest, BodiesAreJson) {
  EXPECT_EQ(Route(true), 415u);
  for (const char* type : {"application/json", "Application/JSON; charset=utf-8", " application/json ;x"}) {
    Set("Content-Type", type);
    EXPECT_EQ(Route(true), 0u) << type;
  }
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "",
                           "application/jsonp", "text/plain; application/json"}) {
    Set("Content-Type", type);
    EXPECT_EQ(Route(true), 415u) << type;
  }
}

}  // namespace
}  // namespace evald
