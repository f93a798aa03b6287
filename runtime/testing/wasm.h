// Small WebAssembly modules for tests.
#pragma once

#include <string>

namespace evald::testing {

// (func (export "add") (param i32 i32) (result i32)): their sum.
inline std::string AddWasm() {
  using namespace std::string_literals;
  return "\0asm\1\0\0\0"
         "\1\7\1\x60\2\x7f\x7f\1\x7f"
         "\3\2\1\0"
         "\7\7\1\3"
         "add\0\0"
         "\n\t\1\7\0\x20\0\x20\1\x6a\x0b"s;
}

// Imports a function `scale` from `module` (of less than 100 bytes) and exports `twice`, which gives
// 2 * scale(x).
inline std::string TwiceWasm(const std::string& module) {
  using namespace std::string_literals;
  const auto size = static_cast<char>(module.size());
  return "\0asm\1\0\0\0"
         "\1\6\1\x60\1\x7f\1\x7f"
         "\2"s +
         static_cast<char>(module.size() + 10) + "\1"s + size + module +
         "\5scale\0\0"
         "\3\2\1\0"
         "\7\t\1\5twice\0\1"
         "\n\x0b\1\t\0\x20\0\x10\0\x41\2\x6c\x0b"s;
}

}  // namespace evald::testing
