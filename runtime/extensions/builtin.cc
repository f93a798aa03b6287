#include "runtime/extensions/builtin.h"

#include <algorithm>

#include "runtime/extensions/base64/base64.h"
#include "runtime/extensions/console/console.h"
#include "runtime/extensions/dom_exception/dom_exception.h"
#include "runtime/extensions/encoding/encoding.h"
#include "runtime/extensions/performance/performance.h"
#include "runtime/extensions/random/random.h"

namespace evald {

const std::vector<Extension>& BuiltinExtensions() {
  static const auto* const extensions = new std::vector<Extension>{
      ConsoleExtension(), DomExceptionExtension(), EncodingExtension(),
      Base64Extension(),  RandomExtension(),       PerformanceExtension(),
  };
  return *extensions;
}

std::vector<NativeOp> BuiltinOps() {
  std::vector<NativeOp> ops;
  for (const Extension& extension : BuiltinExtensions())
    ops.insert(ops.end(), extension.ops.begin(), extension.ops.end());
  std::sort(ops.begin(), ops.end(), [](const NativeOp& a, const NativeOp& b) { return a.name < b.name; });
  return ops;
}

}  // namespace evald
