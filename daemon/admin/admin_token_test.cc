#include "daemon/admin/admin_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace evald {
namespace {

using ::testing::HasSubstr;

class AdminTokenTest : public ::testing::Test {
 protected:
  std::string Put(const std::string& text, mode_t mode = 0600) {
    const std::string path = folder_ + "/token";
    std::ofstream(path) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::string folder_ = [] {
    std::string name = ::testing::TempDir() + "/admin_token_XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    return name;
  }();
};

TEST_F(AdminTokenTest, IsTheFirstLineOfItsFile) {
  const auto token = AdminToken::LoadOrCreate(Put("  0123456789abcdef \nthe rest\n"));
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_TRUE(token->Matches("0123456789abcdef"));
  EXPECT_FALSE(token->Matches("0123456789abcdeX"));
  EXPECT_FALSE(token->Matches("0123456789abcde"));
  EXPECT_FALSE(token->Matches(""));
}

TEST_F(AdminTokenTest, IsReadFromAnAuthorizationHeader) {
  const auto token = AdminToken::LoadOrCreate(Put("0123456789abcdef"));
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_TRUE(token->AuthorizedBy("Bearer 0123456789abcdef"));
  EXPECT_TRUE(token->AuthorizedBy("bearer  0123456789abcdef "));
  EXPECT_FALSE(token->AuthorizedBy("0123456789abcdef"));
  EXPECT_FALSE(token->AuthorizedBy("Basic 0123456789abcdef"));
  EXPECT_FALSE(token->AuthorizedBy("Bearer "));
  EXPECT_FALSE(token->AuthorizedBy(""));
}

TEST_F(AdminTokenTest, IsMadeOnceForItsOwnerAlone) {
  const std::string path = folder_ + "/deeper/token";
  const auto first = AdminToken::LoadOrCreate(path);
  ASSERT_TRUE(first.ok()) << first.status();
  struct stat found;
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0600u);
  const std::string text = Read(path);
  EXPECT_EQ(text.size(), 65u);
  EXPECT_TRUE(first->Matches(text.substr(0, 64)));
  ASSERT_TRUE(AdminToken::LoadOrCreate(path).ok());
  EXPECT_EQ(Read(path), text);
  // Nothing is left beside it.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_ + "/deeper"), {}), 1);
}

TEST_F(AdminTokenTest, ThatOthersCanReadIsRefused) {
  const auto token = AdminToken::LoadOrCreate(Put("0123456789abcdef", 0644));
  EXPECT_EQ(token.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(token.status().message()), HasSubstr("mode 644"));
}

TEST_F(AdminTokenTest, ThatIsTooShortIsRefused) {
  const auto token = AdminToken::LoadOrCreate(Put("secret\n"));
  EXPECT_EQ(token.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(token.status().message()), HasSubstr("holds 6 characters"));
}

TEST_F(AdminTokenTest, ThatCannotBeMadeSaysWhy) {
  const auto token = AdminToken::LoadOrCreate("/proc/no/token");
  EXPECT_EQ(token.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(token.status().message()), HasSubstr("/proc/no/token"));
}

}  // namespace
}  // namespace evald
