// Puts the extension `syscalls` after the built-in ones, for a whole program: the linker's --wrap sends every
// call of the two functions of runtime/extensions/builtin.h here. So the programs under test are linked from
// the very objects that are shipped.
#include <algorithm>
#include <vector>

#include "runtime/extensions/builtin.h"
#include "tests/hostile/native/syscalls.h"

namespace evald {

// The names that --wrap makes of _ZN5evald17BuiltinExtensionsEv and _ZN5evald10BuiltinOpsEv.
const std::vector<Extension>& RealExtensions() asm("__real__ZN5evald17BuiltinExtensionsEv");
const std::vector<Extension>& WrappedExtensions() asm("__wrap__ZN5evald17BuiltinExtensionsEv");
std::vector<NativeOp> WrappedOps() asm("__wrap__ZN5evald10BuiltinOpsEv");

const std::vector<Extension>& WrappedExtensions() {
  static const auto* const extensions = [] {
    auto* const all = new std::vector<Extension>(RealExtensions());
    all->push_back(testing::SyscallsExtension());
    return all;
  }();
  return *extensions;
}

std::vector<NativeOp> WrappedOps() {
  std::vector<NativeOp> ops;
  for (const Extension& extension : WrappedExtensions())
    ops.insert(ops.end(), extension.ops.begin(), extension.ops.end());
  std::sort(ops.begin(), ops.end(), [](const NativeOp& a, const NativeOp& b) { return a.name < b.name; });
  return ops;
}

}  // namespace evald
