// SnapshotBuilder: makes the bytes of a V8 startup snapshot.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/extension.h"
#include "runtime/module.h"

namespace evald {

// Builds one snapshot, then is done. Used on one thread; while it lives, no other isolate may be entered on
// that thread.
//
//   auto builder = SnapshotBuilder::Create({});
//   (*builder)->WithModule({"rules", "globalThis.importantFunction = () => 42"});
//   absl::StatusOr<std::string> bytes = (*builder)->Finish();
//
// A script that never ends makes these calls never return: run it in a process with a deadline
// (evald-snapshot does).
class SnapshotBuilder {
 public:
  struct Options {
    // Evaluated in this order by Create.
    std::vector<Extension> extensions;
    // Every native op that the process loading the snapshot knows too, sorted by name; see BuiltinOps().
    std::vector<NativeOp> ops;
    // Told of what console.* writes, a line at a time, while the script that writes it runs: one that never
    // ends has been heard. May be empty.
    std::function<void(std::string_view line)> on_console;
  };

  // INVALID_ARGUMENT: an extension is at fault (CheckExtensions), or its script threw: the message has its
  // name, line and stack.
  static absl::StatusOr<std::unique_ptr<SnapshotBuilder>> Create(Options options);
  virtual ~SnapshotBuilder() = default;

  // The import map of modules that are added after it, and of requests that bring none. INVALID_ARGUMENT: it
  // is none; the message says why.
  virtual absl::Status WithImportMap(const std::string& json) = 0;

  // Compiles, links and evaluates modules in their order; they may import one another, and those that were
  // added before. From the snapshot on they can be imported by scripts and called by CallFunction. Those that
  // a snapshot cannot hold, Wasm and all that imports it statically, are not evaluated but added to
  // `deferred`, in their order: they are for Runtime::Preload. INVALID_ARGUMENT: one of them is at fault; the
  // message begins "module 'x'" and says where.
  virtual absl::Status WithModules(const std::vector<Module>& modules, std::vector<Module>& deferred) = 0;

  // The same for one. INVALID_ARGUMENT, too, if a snapshot cannot hold it.
  absl::Status WithModule(const Module& module);

  // Runs a classic script. INVALID_ARGUMENT: it threw.
  virtual absl::Status Evaluate(std::string_view source, std::string_view resource_name) = 0;

  // Serializes the heap. REQUIRES: called once, last. FAILED_PRECONDITION: something on the heap cannot be
  // part of a snapshot. Whatever scripts set Error.stackTraceLimit to, where the snapshot is loaded it is
  // V8's default.
  virtual absl::StatusOr<std::string> Finish() = 0;
};

}  // namespace evald
