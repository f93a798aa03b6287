// SHA-256, as the snapshot files and fingerprints use it.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace evald::snapshot {

inline constexpr size_t kSha256Bytes = 32;

// The digest, 32 bytes, of the pieces put one after the other. Where a piece ends leaves no mark:
// length-prefix them where that matters.
std::string Sha256(std::initializer_list<std::string_view> pieces);

// The same in lower-case hexadecimal, 64 characters.
std::string Sha256Hex(std::initializer_list<std::string_view> pieces);

}  // namespace evald::snapshot
