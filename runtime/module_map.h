// ModuleMap: the modules of one context, by specifier, and what `import` makes of them.
//
// There are modules that stay, and modules of the running request, which hide those of the same name and are
// gone when it ends. A module is compiled when somebody first imports it. How specifiers are understood:
// runtime/specifier.h and runtime/import_map.h. A source that a request brings as its own can be imported by
// its resource name.
#pragma once

#include <v8.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "runtime/import_map.h"
#include "runtime/module.h"

namespace evald {

// Owned by the Runtime or SnapshotBuilder whose context it serves; reached by V8's callbacks through the
// isolate. One thread.
class ModuleMap {
 public:
  // Makes `import` in this isolate resolve through this map: static, dynamic, and import.meta.
  void AttachTo(v8::Isolate* isolate);

  // Keeps what Wasm modules need of the global WebAssembly, if there is one. REQUIRES: no script of a
  // request's has run in the context.
  void PrepareWasm(v8::Local<v8::Context> context);

  // For all that imports from now on. INVALID_ARGUMENT: see ImportMap::Parse.
  absl::Status SetImportMap(v8::Local<v8::Context> context, std::string json);

  // Makes modules that stay importable. INVALID_ARGUMENT: one of them is called as another is; the message
  // begins "module 'x'".
  absl::Status Declare(const std::vector<Module>& modules);

  // Which of the declared modules a startup snapshot cannot hold: those of Wasm, and each that imports one of
  // these, whatever lies between. Compiles those of JavaScript. False: something threw, see the caller's
  // TryCatch; `at` is the module.
  bool FindUnsnapshotable(v8::Local<v8::Context> context, std::vector<std::string>& found, std::string& at);

  // From here until EndRequest these modules are there too, and this import map is in force, if it is not
  // empty. The request outlives it. INVALID_ARGUMENT: names the field.
  template <typename Request>
  absl::Status BeginRequest(v8::Local<v8::Context> context, const Request& request) {
    if (absl::Status ok = UseImportMap(context, request.import_map()); !ok.ok()) return ok;
    // Sorted, so that of two faults it is always the same that is told.
    std::map<std::string_view, const v1::ModuleSource*> modules;
    for (const auto& [specifier, module] : request.modules()) modules.emplace(specifier, &module);
    for (const auto& [specifier, module] : modules) {
      if (absl::Status ok = Lend(specifier, *module); !ok.ok()) return ok;
    }
    return absl::OkStatus();
  }
  void EndRequest();

  // Compiles, links and starts to evaluate a source that is the request's own. On success `module` is there
  // and `evaluated` is the promise of its evaluation. False: something threw, see the caller's TryCatch.
  bool Load(v8::Local<v8::Context> context, std::string_view source, std::string_view resource_name,
            v8::Local<v8::Module>& module, v8::Local<v8::Promise>& evaluated);

  // The same for a module that is there, by the specifier that a script at the root would import it by.
  // NOT_FOUND: there is none; the message says so. ABORTED: something threw.
  absl::Status Import(v8::Local<v8::Context> context, std::string_view specifier,
                      v8::Local<v8::Module>& module, v8::Local<v8::Promise>& evaluated);

  // The same for a declared module, whatever the import map makes of its name.
  absl::Status ImportExactly(v8::Local<v8::Context> context, std::string_view specifier,
                             v8::Local<v8::Module>& module, v8::Local<v8::Promise>& evaluated);

  // Into a snapshot, and out of it. A handle that lives on would make serializing fail, so saving forgets
  // them all. What has not been evaluated is left out.
  void SaveTo(v8::SnapshotCreator& creator, v8::Local<v8::Context> context);
  absl::Status RestoreFrom(v8::Local<v8::Context> context);
  // Takes declared modules away again: one, and all that are not evaluated.
  void Drop(const std::string& specifier);
  void DropUnevaluated(v8::Isolate* isolate);

  // Of the native functions that modules may leave in a snapshot, for ExternalReferences.
  static std::vector<intptr_t> References();

 private:
  // A module that is there.
  struct Entry {
    std::string name;     // its canonical specifier
    std::string display;  // what it is called in messages, stacks and import.meta.url
    v1::ModuleSource::Type type = v1::ModuleSource::JAVASCRIPT;
    // What is still to be compiled; of the request, or `owned`.
    std::string_view source;
    std::string owned;
    v8::Global<v8::Module> module;  // empty until it is compiled
    v8::Global<v8::Value> value;    // JSON: the value, until it is evaluated. Wasm: the WebAssembly.Module
    // Visited by the walk of that number.
    uint64_t walk = 0;
  };
  using Entries = std::map<std::string, std::unique_ptr<Entry>, std::less<>>;
  // Modules of one lifetime.
  struct Group {
    Entries entries;
    std::unordered_multimap<int, Entry*> by_hash;  // the compiled ones, by V8's identity hash
  };
  // Who imports: what specifiers are relative to, and how errors call it.
  struct Importer {
    std::string base;
    std::string place;  // "lib/a.js:3:8"
  };

  static ModuleMap& Of(v8::Isolate* isolate);

  absl::Status UseImportMap(v8::Local<v8::Context> context, const std::string& json);
  absl::Status Lend(std::string_view specifier, const v1::ModuleSource& module);
  const ImportMap& import_map() const { return request_import_map_ ? *request_import_map_ : import_map_; }

  // The module of that canonical specifier that is importable now; null if there is none.
  Entry* Find(std::string_view name);
  // The one that V8 calls this; null if it is none of those that are there.
  Entry* EntryOf(v8::Isolate* isolate, v8::Local<v8::Module> module);
  // Null: nothing is meant, or what is meant is not there; something was thrown.
  Entry* Resolve(v8::Isolate* isolate, v8::Local<v8::String> specifier, const Importer& importer);
  std::string NotFound(const std::string& specifier, const std::string& name, const std::string& place);
  std::string KnownModules() const;
  // Whether `entry` may be imported with these attributes, of which each takes up `stride` elements. False:
  // something was thrown.
  bool CheckAttributes(v8::Local<v8::Context> context, const Entry& entry,
                       v8::Local<v8::FixedArray> attributes, int stride, const std::string& place);

  // False: something was thrown.
  bool Compile(v8::Local<v8::Context> context, Entry& entry);
  bool CompileJavaScript(v8::Local<v8::Context> context, std::string_view source, Entry& entry);
  bool CompileJson(v8::Local<v8::Context> context, Entry& entry);
  bool CompileWasm(v8::Local<v8::Context> context, Entry& entry);
  // Compiles `root` and all that it imports.
  bool CompileGraph(v8::Local<v8::Context> context, Entry& root);
  // For each module that `entry` imports: false ends it. REQUIRES: it is compiled.
  template <typename Visit>
  bool ForEachImport(v8::Local<v8::Context> context, Entry& entry, const Visit& visit);
  bool Evaluate(v8::Local<v8::Context> context, Entry& entry, v8::Local<v8::Module>& module,
                v8::Local<v8::Promise>& evaluated);
  // Where `importer` asks for `request`.
  static Importer ImporterOf(const Entry& entry, v8::Local<v8::Module> importer,
                             v8::Local<v8::ModuleRequest> request);

  static v8::MaybeLocal<v8::Module> OnResolve(v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
                                              v8::Local<v8::FixedArray> attributes,
                                              v8::Local<v8::Module> referrer);
  static v8::MaybeLocal<v8::Promise> OnImport(v8::Local<v8::Context> context, v8::Local<v8::Data> options,
                                              v8::Local<v8::Value> resource_name,
                                              v8::Local<v8::String> specifier,
                                              v8::Local<v8::FixedArray> attributes);
  static void OnImportMeta(v8::Local<v8::Context> context, v8::Local<v8::Module> module,
                           v8::Local<v8::Object> meta);
  static v8::MaybeLocal<v8::Value> OnEvaluateJson(v8::Local<v8::Context> context,
                                                  v8::Local<v8::Module> module);
  static void RunImport(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void SettleImport(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void FailImport(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void ResolveForMeta(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void InstantiateWasm(const v8::FunctionCallbackInfo<v8::Value>& info);

  Group kept_, request_;
  std::unique_ptr<Entry> main_;  // the request's own source, if it is a module
  std::string import_map_json_;
  ImportMap import_map_;
  std::optional<ImportMap> request_import_map_;
  v8::Global<v8::Function> wasm_instance_, wasm_exports_, wasm_imports_;
  uint64_t walks_ = 0;
};

}  // namespace evald
