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
    // The body of a sloppy function (ops): what users configure that calls native functions.
    kBody,
    // What extension.bzl makes of an ES module: the body of a strict function (ops, require, exports,
    // module),
    // where require('evald:NAME') gives what the extension NAME exports (runtime/realm.h).
    kBundle,
  };

  // The manifest. Names are made of letters, digits, '_', '-', '.', '/', '@' and ':'.
  std::string name;
  std::string version;
  // Names of extensions that have to come before it.
  std::vector<std::string> needs;
  // Globals that are there when it has run, and that no other extension provides: "URL", or "crypto.subtle".
  std::vector<std::string> provides;
  // Names of the ops that it calls.
  std::vector<std::string> op_names;

  Form form = Form::kScript;
  std::string source;
  // The native half: an op for each of `op_names`, in any order.
  std::vector<NativeOp> ops;
  // Called in a zygote, before its seal: loads what the ops need, as nothing can be opened after it, and
  // prepares what would otherwise be prepared in every request. May be null.
  void (*warm_up)() = nullptr;
};

// `extension` with its native half.
Extension WithOps(Extension extension, std::vector<NativeOp> ops);

// The ops of all of them, sorted by name: the list that snapshots are built and loaded with.
std::vector<NativeOp> OpsOf(absl::Span<const Extension> extensions);

// INVALID_ARGUMENT names the extension: an empty, malformed or repeated name, something it needs that is
// missing, comes later or needs it in turn, a global that another one provides too, an op that is not there,
// is there without being named, or that another one has too and means something else by.
absl::Status CheckExtensions(absl::Span<const Extension> extensions);

}  // namespace evald
