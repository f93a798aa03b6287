#include "runtime/extension.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace evald {
namespace {

using ByName = std::map<std::string_view, const Extension*>;

absl::Status Fault(const Extension& extension, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("extension '", extension.name, "' ", what));
}

bool IsName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_-./@: ").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

// "URL" or "crypto.subtle": what can stand in a script as it is.
bool IsGlobal(std::string_view text) {
  bool start = true;
  for (const unsigned char c : text) {
    if (start ? std::isalpha(c) == 0 && c != '_' && c != '$'
              : std::isalnum(c) == 0 && c != '_' && c != '$' && c != '.')
      return false;
    start = c == '.';
  }
  return !start;
}

// The way from `at` back to `goal` by what each needs, or nothing.
std::vector<std::string> WayBack(const ByName& all, const Extension& at, const std::string& goal,
                                 std::set<std::string_view>& seen) {
  for (const std::string& needed : at.needs) {
    if (needed == goal) return {at.name, goal};
    const auto found = all.find(needed);
    if (found == all.end() || !seen.insert(found->first).second) continue;
    std::vector<std::string> rest = WayBack(all, *found->second, goal, seen);
    if (rest.empty()) continue;
    rest.insert(rest.begin(), at.name);
    return rest;
  }
  return {};
}

absl::Status CheckNeeds(const Extension& extension, const ByName& all, const ByName& before) {
  for (const std::string& needed : extension.needs) {
    if (before.contains(needed)) continue;
    if (needed == extension.name) return Fault(extension, "needs itself");
    const auto later = all.find(needed);
    if (later == all.end())
      return Fault(extension, absl::StrCat("needs '", needed, "', which is not configured"));
    std::set<std::string_view> seen = {later->first};
    const std::vector<std::string> cycle = WayBack(all, *later->second, extension.name, seen);
    if (!cycle.empty()) {
      return Fault(extension, absl::StrCat("needs itself in the end: ", extension.name, " -> ",
                                           absl::StrJoin(cycle, " -> ")));
    }
    return Fault(extension,
                 absl::StrCat("needs '", needed, "', which comes after it: move '", needed, "' before it"));
  }
  return absl::OkStatus();
}

absl::Status CheckProvides(const Extension& extension,
                           std::map<std::string_view, std::string_view>& provided) {
  for (const std::string& global : extension.provides) {
    if (!IsGlobal(global))
      return Fault(extension, absl::StrCat("provides '", global, "', which cannot be the name of a global"));
    const auto [by, added] = provided.emplace(global, extension.name);
    if (!added) {
      return Fault(extension, absl::StrCat("provides '", global, "', which extension '",
                                           std::string(by->second), "' provides too"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOps(const Extension& extension, std::map<std::string_view, v8::FunctionCallback>& taken) {
  std::set<std::string_view> named(extension.op_names.begin(), extension.op_names.end()), there;
  for (const NativeOp& op : extension.ops) {
    there.insert(op.name);
    if (!named.contains(op.name))
      return Fault(extension,
                   absl::StrCat("has the op '", std::string(op.name), "', which its manifest does not name"));
    if (taken.emplace(op.name, op.callback).first->second != op.callback)
      return Fault(extension,
                   absl::StrCat("has the op '", std::string(op.name), "', which another extension has too"));
  }
  for (const std::string& name : extension.op_names) {
    if (!there.contains(name))
      return Fault(extension, absl::StrCat("needs the op '", name, "', which this evald does not have"));
  }
  return absl::OkStatus();
}

}  // namespace

Extension WithOps(Extension extension, std::vector<NativeOp> ops) {
  extension.ops = std::move(ops);
  return extension;
}

std::vector<NativeOp> OpsOf(absl::Span<const Extension> extensions) {
  std::vector<NativeOp> ops;
  for (const Extension& extension : extensions)
    ops.insert(ops.end(), extension.ops.begin(), extension.ops.end());
  std::sort(ops.begin(), ops.end(), [](const NativeOp& a, const NativeOp& b) { return a.name < b.name; });
  return ops;
}

absl::Status CheckExtensions(absl::Span<const Extension> extensions) {
  ByName all, before;
  std::map<std::string_view, std::string_view> provided;
  std::map<std::string_view, v8::FunctionCallback> ops;
  for (const Extension& extension : extensions) all.emplace(extension.name, &extension);
  for (const Extension& extension : extensions) {
    if (extension.name.empty()) return absl::InvalidArgumentError("an extension has no name");
    if (!IsName(extension.name))
      return Fault(extension, "has a name with other characters than letters, digits and _-./@:");
    if (absl::Status status = CheckNeeds(extension, all, before); !status.ok()) return status;
    if (!before.emplace(extension.name, &extension).second) return Fault(extension, "is there twice");
    if (absl::Status status = CheckProvides(extension, provided); !status.ok()) return status;
    if (absl::Status status = CheckOps(extension, ops); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace evald
