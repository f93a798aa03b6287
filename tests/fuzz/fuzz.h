// What the fuzzers share. Each is one file that defines LLVMFuzzerTestOneInput: it takes any bytes whatsoever
// and aborts (EVALD_CHECK) if something that must hold does not. Reading more than there is gives zeros, so
// that every input means something.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

// libFuzzer's name for it, and the replay's.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace evald::fuzz {

// An input taken apart from its beginning on. Does not own the bytes.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }

  uint8_t Byte() {
    const std::string_view byte = Take(1);
    return byte.empty() ? uint8_t{0} : static_cast<uint8_t>(byte[0]);
  }

  // The next `size` bytes, or fewer at the end.
  std::string_view Take(size_t size) {
    const std::string_view taken = rest_.substr(0, std::min(size, rest_.size()));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view TakeRest() { return Take(rest_.size()); }

 private:
  std::string_view rest_;
};

}  // namespace evald::fuzz
