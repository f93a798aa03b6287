// AdminToken: the secret that whoever changes what is served has to know.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace evald {

// Immutable; any thread.
class AdminToken {
 public:
  // The first line of the file, without white space around it. If there is no such file, one is made, with
  // 256 random bits in it, that its owner alone can read. INVALID_ARGUMENT: there is a file, but it holds
  // fewer than 16 characters. PERMISSION_DENIED: others can read or write it. UNAVAILABLE: it cannot be read
  // or made.
  static absl::StatusOr<AdminToken> LoadOrCreate(const std::string& path);

  // Takes the same time for every text of the same length.
  bool Matches(std::string_view text) const;
  // The value of an `authorization` header: "Bearer TOKEN", the scheme in any case.
  bool AuthorizedBy(std::string_view authorization) const;

 private:
  explicit AdminToken(std::string token) : token_(std::move(token)) {}

  std::string token_;
};

}  // namespace evald
