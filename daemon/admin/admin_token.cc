#include "daemon/admin/admin_token.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/unique_fd.h"

namespace evald {
namespace {

constexpr size_t kLeastCharacters = 16;
constexpr size_t kRandomBytes = 32;
constexpr size_t kMostFileBytes = 4096;

absl::Status Unavailable(const std::string& path, const char* what) {
  return absl::UnavailableError(
      absl::StrCat("the admin token file ", path, ": ", what, ": ", std::generic_category().message(errno)));
}

std::string Octal(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof(text), "%o", static_cast<unsigned>(mode & 07777));
  return text;
}

// Makes the file whole or not at all, and leaves one alone that somebody else made meanwhile.
absl::Status Make(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  char random[kRandomBytes];
  if (getrandom(random, sizeof(random), 0) != sizeof(random)) return Unavailable(path, "getrandom");
  const std::string text =
      absl::StrCat(absl::BytesToHexString(absl::string_view(random, sizeof(random))), "\n");
  const std::string unfinished = absl::StrCat(path, ".new.", getpid());
  UniqueFd file(open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return Unavailable(path, "cannot be made");
  const bool written = write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool linked = written && (link(unfinished.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const absl::Status made = linked ? absl::OkStatus() : Unavailable(path, "cannot be written");
  unlink(unfinished.c_str());
  return made;
}

}  // namespace

absl::StatusOr<AdminToken> AdminToken::LoadOrCreate(const std::string& path) {
  UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) {
    if (absl::Status made = Make(path); !made.ok()) return made;
    file = UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
  if (!file) return Unavailable(path, "cannot be opened");
  struct stat found;
  if (fstat(file.get(), &found) != 0) return Unavailable(path, "stat");
  if ((found.st_mode & 0027) != 0) {
    return absl::PermissionDeniedError(absl::StrCat("the admin token file ", path,
                                                    " can be read by others or written by its group (mode ",
                                                    Octal(found.st_mode), "): run chmod 600 on it"));
  }
  char text[kMostFileBytes];
  const ssize_t size = read(file.get(), text, sizeof(text));
  if (size < 0) return Unavailable(path, "cannot be read");
  const absl::string_view all(text, static_cast<size_t>(size));
  const std::string token(absl::StripAsciiWhitespace(all.substr(0, all.find('\n'))));
  if (token.size() < kLeastCharacters) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the admin token file ", path, " holds ", token.size(), " characters in its first line, fewer than ",
        kLeastCharacters, ": put a longer token there, or remove it"));
  }
  return AdminToken(token);
}

bool AdminToken::Matches(std::string_view text) const {
  return text.size() == token_.size() && CRYPTO_memcmp(text.data(), token_.data(), token_.size()) == 0;
}

bool AdminToken::AuthorizedBy(std::string_view authorization) const {
  constexpr size_t kScheme = sizeof("Bearer ") - 1;
  const absl::string_view all(authorization.data(), authorization.size());
  if (!absl::StartsWithIgnoreCase(all, "Bearer ")) return false;
  const absl::string_view token = absl::StripAsciiWhitespace(all.substr(kScheme));
  return Matches({token.data(), token.size()});
}

}  // namespace evald
