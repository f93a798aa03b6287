// Extensions: what is put into an isolate before anyone's script, and ends up in the startup snapshot.
#pragma once

#include <v8.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace evald {

// A native function that an extension's JavaScript can call. It becomes part of a snapshot only as a position
// in the list of all ops, so the list is sorted by name and its digest is part of the snapshot's identity
// (runtime/identity.h).
struct NativeOp {
  std::string_view name;  // static storage; unique across extensions: "<extension>_<what>"
  v8::FunctionCallback callback;
};

struct Extension {
  enum class Form {
    // A classic script: its top-level functions and variables become globals. What users configure.
    kScript,
    // The body of a strict function with one parameter, `ops`: an object that holds the extension's native
    // ops by name.
    kFunctionBody,
  };

  std::string name;
  // Names of extensions that have to come before it.
  std::vector<std::string> needs;
  Form form = Form::kScript;
  std::string source;
  std::vector<NativeOp> ops;  // kFunctionBody only
};

// INVALID_ARGUMENT names the extension: an empty or repeated name, something it needs that is missing or
// comes later, an op that another one has too.
absl::Status CheckExtensions(absl::Span<const Extension> extensions);

}  // namespace evald
