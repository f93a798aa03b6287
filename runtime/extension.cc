#include "runtime/extension.h"

#include <set>

#include "absl/strings/str_cat.h"

namespace evald {

absl::Status CheckExtensions(absl::Span<const Extension> extensions) {
  std::set<std::string_view> all, before, ops;
  for (const Extension& extension : extensions) all.insert(extension.name);
  for (const Extension& extension : extensions) {
    if (extension.name.empty()) return absl::InvalidArgumentError("an extension has no name");
    for (const std::string& needed : extension.needs) {
      if (before.contains(needed)) continue;
      if (all.contains(needed)) {
        return absl::InvalidArgumentError(absl::StrCat("extension '", extension.name, "' needs '", needed,
                                                       "', which comes after it: move '", needed,
                                                       "' before it"));
      }
      return absl::InvalidArgumentError(
          absl::StrCat("extension '", extension.name, "' needs '", needed, "', which is not configured"));
    }
    if (!before.insert(extension.name).second) {
      return absl::InvalidArgumentError(absl::StrCat("extension '", extension.name, "' is there twice"));
    }
    for (const NativeOp& op : extension.ops) {
      if (!ops.insert(op.name).second) {
        return absl::InvalidArgumentError(absl::StrCat("extension '", extension.name, "' has the op '",
                                                       std::string(op.name),
                                                       "', which another extension has too"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace evald
