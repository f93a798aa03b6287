// ModuleMap: the ES modules of one context, by specifier.
#pragma once

#include <v8.h>

#include <map>
#include <string>

#include "absl/status/status.h"
#include "runtime/module.h"

namespace evald {

// Owned by the Runtime or SnapshotBuilder whose context it serves; reached by V8's callbacks through the
// isolate. One thread.
class ModuleMap {
 public:
  // Makes `import` in this isolate resolve through this map: static, dynamic, and import.meta.
  void AttachTo(v8::Isolate* isolate);

  // Compiles, instantiates and starts to evaluate. On success `module` is there and `evaluated` is the
  // promise of its evaluation. False: something threw, see the caller's TryCatch.
  bool Load(v8::Local<v8::Context> context, std::string_view source, std::string_view resource_name,
            v8::Local<v8::Module>& module, v8::Local<v8::Promise>& evaluated);

  // Makes an evaluated module importable.
  void Add(v8::Isolate* isolate, const std::string& specifier, v8::Local<v8::Module> module);

  // Empty: there is none.
  v8::MaybeLocal<v8::Module> Find(v8::Isolate* isolate, const std::string& specifier) const;

  // Into a snapshot, and out of it. A handle that lives on would make serializing fail, so saving forgets
  // them all.
  void SaveTo(v8::SnapshotCreator& creator, v8::Local<v8::Context> context);
  absl::Status RestoreFrom(v8::Local<v8::Context> context);

  // The specifier of a module of this map, or the name of the one that is being loaded; for error messages.
  std::string NameOf(v8::Isolate* isolate, v8::Local<v8::Module> module) const;

 private:
  std::map<std::string, v8::Global<v8::Module>> modules_;
  std::string loading_;
};

}  // namespace evald
