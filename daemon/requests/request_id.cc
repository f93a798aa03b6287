#include "daemon/requests/request_id.h"

#include <sys/random.h>

#include <algorithm>

#include "base/check.h"

namespace evald {
namespace {

constexpr size_t kTraceIdAt = 3;
constexpr size_t kParentIdAt = 36;
constexpr size_t kFlagsAt = 53;
constexpr size_t kLength = 55;

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return IsHex(c); });
}
bool IsZero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

// The finalizer of SplitMix64: a bijection in which every bit of the input changes about half of the
// output's.
uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

void WriteHex(uint64_t value, char* into) {
  for (int i = 15; i >= 0; --i, value >>= 4) into[i] = "0123456789abcdef"[value & 15];
}

}  // namespace

// version "-" trace-id "-" parent-id "-" trace-flags, of 2, 32, 16 and 2 digits. Versions to come may append
// to it.
std::optional<RequestId> RequestId::FromTraceparent(std::string_view header) {
  if (header.size() < kLength) return std::nullopt;
  const std::string_view version = header.substr(0, 2);
  const std::string_view trace_id = header.substr(kTraceIdAt, 32);
  const std::string_view parent_id = header.substr(kParentIdAt, 16);
  const std::string_view flags = header.substr(kFlagsAt, 2);
  if (header[2] != '-' || header[kParentIdAt - 1] != '-' || header[kFlagsAt - 1] != '-') return std::nullopt;
  if (!IsHex(version) || !IsHex(trace_id) || !IsHex(parent_id) || !IsHex(flags)) return std::nullopt;
  if (version == "ff" || IsZero(trace_id) || IsZero(parent_id)) return std::nullopt;
  if (header.size() > kLength && (version == "00" || header[kLength] != '-')) return std::nullopt;
  RequestId id;
  std::copy(trace_id.begin(), trace_id.end(), id.text_.begin());
  return id;
}

RequestIds::RequestIds() {
  const bool got = getrandom(seeds_.data(), sizeof(seeds_), 0) == sizeof(seeds_);
  EVALD_CHECK(got, "the kernel gives random bytes");
}

RequestId RequestIds::Next() {
  const uint64_t n = count_.fetch_add(1, std::memory_order_relaxed) + 1;
  RequestId id;
  WriteHex(Mix(seeds_[0] + n * 0x9E3779B97F4A7C15u), id.text_.data());
  WriteHex(Mix(seeds_[1] + n * 0xD1B54A32D192ED03u), id.text_.data() + 16);
  return id;
}

}  // namespace evald
