// CHECK: a broken invariant ends the process with the place and the words. Not for input, not for the
// environment.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace evald {

[[noreturn]] inline void CheckFailed(const char* file, int line, const char* condition, const char* why) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s (%s)\n", file, line, condition, why);
  std::abort();
}

}  // namespace evald

// `why` is a string literal that says what holds, in words.
#define EVALD_CHECK(condition, why) \
  (static_cast<bool>(condition) ? void() : ::evald::CheckFailed(__FILE__, __LINE__, #condition, why))
