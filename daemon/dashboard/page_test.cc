#include "daemon/dashboard/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <string>

namespace evald {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kMostBytes = 200 << 10;

std::string Page() { return std::string(DashboardPage()); }

// The text of the only element of that name.
std::string TextOf(const std::string& element) {
  const std::string page = Page();
  const size_t begin = page.find("<" + element + ">");
  const size_t end = page.find("</" + element + ">");
  if (begin == std::string::npos || end == std::string::npos) return "";
  return page.substr(begin + element.size() + 2, end - begin - element.size() - 2);
}

// As a policy names a source.
std::string DigestOf(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  unsigned char base64[64];
  EVP_EncodeBlock(base64, digest, sizeof(digest));
  return std::string("'sha256-") + reinterpret_cast<const char*>(base64) + "'";
}

TEST(DashboardPage, PolicyAllowsThisScriptAndThisStyleOnly) {
  const std::string policy(DashboardPolicy());
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("script-src " + DigestOf(TextOf("script")) + ";"));
  EXPECT_THAT(policy, HasSubstr("style-src " + DigestOf(TextOf("style")) + ";"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

TEST(DashboardPage, IsOneSmallFile) {
  EXPECT_LT(Page().size(), kMostBytes);
  EXPECT_THAT(Page(), HasSubstr("<!doctype html>"));
  for (const char* other : {" src=", "<link rel=\"stylesheet\"", "@import", "@font-face"}) {
    EXPECT_THAT(Page().substr(0, Page().find("<style>")), Not(HasSubstr(other)));
    EXPECT_THAT(TextOf("style"), Not(HasSubstr(other)));
  }
}

TEST(DashboardPage, HoldsNoByteThatALiteralCouldHaveLost) {
  EXPECT_TRUE(std::all_of(DashboardPage().begin(), DashboardPage().end(),
                          [](char byte) { return byte == '\n' || (byte >= ' ' && byte <= '~'); }));
}

}  // namespace
}  // namespace evald
