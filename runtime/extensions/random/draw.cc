#include "runtime/extensions/random/draw.h"

#include <errno.h>
#include <sys/random.h>

#include <cstdint>

#include "base/check.h"

namespace evald {

void DrawBytes(void* data, size_t size) {
  auto* at = static_cast<uint8_t*>(data);
  while (size > 0) {
    const ssize_t n = getrandom(at, size, 0);
    if (n < 0 && errno == EINTR) continue;
    EVALD_CHECK(n > 0, "the system has random bytes");
    at += n;
    size -= static_cast<size_t>(n);
  }
}

}  // namespace evald
