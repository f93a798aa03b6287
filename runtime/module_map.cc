#include "runtime/module_map.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/utf8.h"
#include "runtime/exceptions.h"
#include "runtime/host.h"
#include "runtime/specifier.h"
#include "runtime/v8_compat.h"

namespace evald {
namespace {

constexpr uint32_t kModuleMapSlot = 1;
// Where SaveTo puts the import map, and each module's specifier and type; the modules follow in that order.
constexpr size_t kListIndex = 0;
// How much of a specifier a message repeats.
constexpr size_t kMaxQuoted = 100;
// An error lists the modules that there are if they are no more.
constexpr size_t kFewModules = 8;

v8::Local<v8::String> Text(v8::Isolate* isolate, std::string_view text) {
  v8::Local<v8::String> string;
  return FromUtf8(isolate, text).ToLocal(&string) ? string : v8::String::Empty(isolate);
}

std::string Quoted(std::string_view specifier) {
  return absl::StrCat("'", std::string(CutUtf8(specifier, kMaxQuoted)),
                      specifier.size() > kMaxQuoted ? "...'" : "'");
}

// Always false, to be returned.
bool ThrowTypeError(v8::Isolate* isolate, const std::string& message) {
  isolate->ThrowException(v8::Exception::TypeError(Text(isolate, message)));
  return false;
}

// A string literal of JavaScript.
std::string Literal(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      absl::StrAppend(&literal, "\\", std::string(1, c));
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&literal, "\\x%02x", c);
    } else {
      literal.push_back(c);
    }
  }
  literal.push_back('"');
  return literal;
}

// Where the JavaScript is that is running: "eval.js:3:7"; `fallback` if none is.
std::string RunningPlace(v8::Isolate* isolate, const std::string& fallback) {
  const v8::Local<v8::StackTrace> trace = v8::StackTrace::CurrentStackTrace(isolate, 1);
  if (trace->GetFrameCount() == 0) return fallback;
  const v8::Local<v8::StackFrame> frame = trace->GetFrame(isolate, 0);
  const v8::Local<v8::String> script = frame->GetScriptName();
  return absl::StrCat(script.IsEmpty() ? fallback : ToUtf8(isolate, script, kMaxQuoted), ":",
                      frame->GetLineNumber(), ":", frame->GetColumn());
}

v8::MaybeLocal<v8::Function> Callback(v8::Local<v8::Context> context, v8::FunctionCallback callback,
                                      v8::Local<v8::Value> data) {
  return v8::Function::New(context, callback, data, 1, v8::ConstructorBehavior::kThrow);
}

bool SetProperty(v8::Local<v8::Context> context, v8::Local<v8::Object> object, const char* name,
                 v8::Local<v8::Value> value) {
  return object->CreateDataProperty(context, Text(context->GetIsolate(), name), value).FromMaybe(false);
}

// What Callback was given to carry.
v8::Local<v8::Value> Carried(const v8::FunctionCallbackInfo<v8::Value>& info, uint32_t index) {
  v8::Local<v8::Value> value;
  return info.Data().As<v8::Array>()->Get(info.GetIsolate()->GetCurrentContext(), index).ToLocal(&value)
             ? value
             : v8::Local<v8::Value>(v8::Undefined(info.GetIsolate()));
}

v8::Local<v8::Promise::Resolver> CarriedResolver(const v8::FunctionCallbackInfo<v8::Value>& info) {
  return Carried(info, 0).As<v8::Promise::Resolver>();
}

// What was caught rejects the promise. False: the script is being ended.
bool RejectWith(v8::Local<v8::Context> context, v8::Local<v8::Promise::Resolver> resolver,
                const v8::TryCatch& caught) {
  return !caught.HasTerminated() && caught.HasCaught() &&
         resolver->Reject(context, caught.Exception()).FromMaybe(false);
}

// The strings that the objects of an array have as `name`.
bool Strings(v8::Local<v8::Context> context, v8::Local<v8::Value> array, const char* name,
             std::vector<std::string>& out) {
  v8::Isolate* const isolate = context->GetIsolate();
  if (!array->IsArray()) return false;
  const v8::Local<v8::String> key = Text(isolate, name);
  for (uint32_t i = 0; i < array.As<v8::Array>()->Length(); ++i) {
    const v8::HandleScope scope(isolate);
    v8::Local<v8::Value> object, value;
    if (!array.As<v8::Array>()->Get(context, i).ToLocal(&object) || !object->IsObject() ||
        !object.As<v8::Object>()->Get(context, key).ToLocal(&value) || !value->IsString()) {
      return false;
    }
    out.push_back(ToUtf8(isolate, value.As<v8::String>()));
  }
  return true;
}

// The JavaScript that stands for a Wasm module: what imports it is linked and evaluated as for any other
// module, what it imports is evaluated before it, and its exports are the instance's.
std::string FacadeOf(const std::vector<std::string>& imports, const std::vector<std::string>& exports) {
  std::string source, namespaces, bindings, names, assignments;
  for (size_t i = 0; i < imports.size(); ++i) {
    absl::StrAppend(&source, "import * as i", i, " from ", Literal(imports[i]), ";");
    absl::StrAppend(&namespaces, "i", i, ",");
  }
  for (size_t i = 0; i < exports.size(); ++i) {
    const std::string name = Literal(exports[i]);
    absl::StrAppend(&bindings, ",e", i);
    absl::StrAppend(&names, "e", i, " as ", name, ",");
    absl::StrAppend(&assignments, "e", i, "=exports[", name, "];");
  }
  absl::StrAppend(&source, "let exports", bindings, ";export {", names, "};exports=import.meta.instantiate([",
                  namespaces, "]);", assignments);
  return source;
}

}  // namespace

ModuleMap& ModuleMap::Of(v8::Isolate* isolate) {
  auto* const map = static_cast<ModuleMap*>(isolate->GetData(kModuleMapSlot));
  EVALD_CHECK(map != nullptr, "an isolate that runs modules has a module map");
  return *map;
}

void ModuleMap::AttachTo(v8::Isolate* isolate) {
  isolate->SetData(kModuleMapSlot, this);
  isolate->SetHostImportModuleDynamicallyCallback(OnImport);
  isolate->SetHostInitializeImportMetaObjectCallback(OnImportMeta);
}

std::vector<intptr_t> ModuleMap::References() {
  std::vector<intptr_t> references = {reinterpret_cast<intptr_t>(OnEvaluateJson)};
  for (const v8::FunctionCallback callback :
       {RunImport, SettleImport, FailImport, ResolveForMeta, InstantiateWasm})
    references.push_back(reinterpret_cast<intptr_t>(callback));
  return references;
}

void ModuleMap::PrepareWasm(v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::HandleScope scope(isolate);
  const v8::TryCatch quiet(isolate);
  v8::Local<v8::Value> wasm, module, instance, exports, imports;
  const auto get = [&](v8::Local<v8::Value> object, const char* name, v8::Local<v8::Value>& out) {
    return object->IsObject() && object.As<v8::Object>()->Get(context, Text(isolate, name)).ToLocal(&out);
  };
  if (!get(context->Global(), "WebAssembly", wasm) || !get(wasm, "Module", module) ||
      !get(wasm, "Instance", instance) || !get(module, "exports", exports) ||
      !get(module, "imports", imports) || !instance->IsFunction() || !exports->IsFunction() ||
      !imports->IsFunction()) {
    return;
  }
  wasm_instance_.Reset(isolate, instance.As<v8::Function>());
  wasm_exports_.Reset(isolate, exports.As<v8::Function>());
  wasm_imports_.Reset(isolate, imports.As<v8::Function>());
}

absl::Status ModuleMap::SetImportMap(v8::Local<v8::Context> context, std::string json) {
  absl::StatusOr<ImportMap> parsed = ImportMap::Parse(context, json);
  if (!parsed.ok()) return parsed.status();
  import_map_ = *std::move(parsed);
  import_map_json_ = std::move(json);
  return absl::OkStatus();
}

absl::Status ModuleMap::Declare(const std::vector<Module>& modules) {
  for (const Module& module : modules) {
    auto entry = std::make_unique<Entry>();
    entry->name = entry->display = CanonicalSpecifier(module.specifier);
    entry->type = module.type;
    entry->owned = module.source;
    entry->source = entry->owned;
    const auto [there, added] = kept_.entries.try_emplace(entry->name, std::move(entry));
    if (!added) {
      return absl::InvalidArgumentError(
          absl::StrCat("module ", Quoted(module.specifier), ": there is a module ", Quoted(there->first)));
    }
  }
  return absl::OkStatus();
}

absl::Status ModuleMap::UseImportMap(v8::Local<v8::Context> context, const std::string& json) {
  if (json.empty()) return absl::OkStatus();
  absl::StatusOr<ImportMap> parsed = ImportMap::Parse(context, json);
  if (!parsed.ok()) {
    const std::string message(parsed.status().message());
    return absl::InvalidArgumentError(absl::StrCat("import_map: ", message));
  }
  request_import_map_ = *std::move(parsed);
  return absl::OkStatus();
}

absl::Status ModuleMap::Lend(std::string_view specifier, const v1::ModuleSource& module) {
  const auto fault = [&](const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat("modules[", Quoted(specifier), "]: ", what));
  };
  if (module.type() == v1::ModuleSource::TYPESCRIPT) return fault("TypeScript is not made JavaScript here");
  auto entry = std::make_unique<Entry>();
  entry->name = entry->display = CanonicalSpecifier(specifier);
  entry->type =
      module.type() == v1::ModuleSource::TYPE_UNSPECIFIED ? v1::ModuleSource::JAVASCRIPT : module.type();
  entry->source = module.has_binary() ? std::string_view(module.binary()) : std::string_view(module.text());
  const auto [there, added] = request_.entries.try_emplace(entry->name, std::move(entry));
  if (!added) return fault(absl::StrCat("is the same module as ", Quoted(there->first)));
  return absl::OkStatus();
}

void ModuleMap::EndRequest() {
  request_ = Group();
  main_.reset();
  request_import_map_.reset();
}

ModuleMap::Entry* ModuleMap::Find(std::string_view name) {
  for (const Group* group : {&request_, &kept_}) {
    const auto found = group->entries.find(name);
    if (found != group->entries.end()) return found->second.get();
  }
  return main_ != nullptr && main_->name == name ? main_.get() : nullptr;
}

ModuleMap::Entry* ModuleMap::EntryOf(v8::Isolate* isolate, v8::Local<v8::Module> module) {
  for (const Group* group : {&request_, &kept_}) {
    const auto [begin, end] = group->by_hash.equal_range(module->GetIdentityHash());
    for (auto at = begin; at != end; ++at) {
      if (at->second->module.Get(isolate) == module) return at->second;
    }
  }
  return nullptr;
}

std::string ModuleMap::KnownModules() const {
  std::map<std::string_view, bool> names;
  for (const Group* group : {&request_, &kept_}) {
    for (const auto& [name, entry] : group->entries) names.emplace(name, true);
  }
  if (names.empty()) return "there are no modules";
  if (names.size() > kFewModules)
    return absl::StrCat("it is none of the ", names.size(), " modules that there are");
  std::string list;
  for (const auto& [name, unused] : names) absl::StrAppend(&list, list.empty() ? "" : ", ", Quoted(name));
  return absl::StrCat(names.size() == 1 ? "there is only " : "there are ", list);
}

std::string ModuleMap::NotFound(const std::string& specifier, const std::string& name,
                                const std::string& place) {
  return absl::StrCat("Cannot find module ", Quoted(specifier), " imported from ", place, ": ",
                      name == specifier ? "" : absl::StrCat("it would be ", Quoted(name), ", and "),
                      KnownModules());
}

ModuleMap::Entry* ModuleMap::Resolve(v8::Isolate* isolate, v8::Local<v8::String> specifier,
                                     const Importer& importer) {
  const std::string text = ToUtf8(isolate, specifier, kMaxSpecifierBytes + 1);
  const absl::StatusOr<std::string> name = import_map().Resolve(text, importer.base);
  if (!name.ok()) {
    ThrowTypeError(isolate, absl::StrCat("The specifier ", Quoted(text), " imported from ", importer.place,
                                         " ", std::string(name.status().message())));
    return nullptr;
  }
  Entry* const entry = Find(*name);
  if (entry == nullptr) ThrowTypeError(isolate, NotFound(text, *name, importer.place));
  return entry;
}

bool ModuleMap::CheckAttributes(v8::Local<v8::Context> context, const Entry& entry,
                                v8::Local<v8::FixedArray> attributes, int stride, const std::string& place) {
  v8::Isolate* const isolate = context->GetIsolate();
  const auto fault = [&](const std::string& what) {
    return ThrowTypeError(isolate,
                          absl::StrCat("Module ", Quoted(entry.name), " imported from ", place, " ", what));
  };
  bool as_json = false;
  for (int i = 0; i + 1 < attributes->Length(); i += stride) {
    const std::string key = ToUtf8(isolate, attributes->Get(context, i).As<v8::String>(), kMaxQuoted);
    const std::string value = ToUtf8(isolate, attributes->Get(context, i + 1).As<v8::String>(), kMaxQuoted);
    if (key != "type") {
      return fault(absl::StrCat("has the import attribute ", Quoted(key),
                                ", which is not known; there is "
                                "'type'"));
    }
    if (value == "json") {
      if (entry.type != v1::ModuleSource::JSON) return fault("is not of type 'json'");
      as_json = true;
    } else if (value == "webassembly" || value == "wasm") {
      if (entry.type != v1::ModuleSource::WASM) return fault("is not WebAssembly");
    } else {
      return fault(absl::StrCat("has the import attribute type ", Quoted(value),
                                ", which is not known; there are 'json' and 'webassembly'"));
    }
  }
  if (entry.type == v1::ModuleSource::JSON && !as_json)
    return fault("is JSON: it needs the import attribute type: 'json'");
  return true;
}

bool ModuleMap::CompileJavaScript(v8::Local<v8::Context> context, std::string_view source, Entry& entry) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::String> text;
  v8::Local<v8::Module> module;
  if (!FromUtf8(isolate, source).ToLocal(&text)) {
    isolate->ThrowException(
        v8::Exception::RangeError(Text(isolate, "the source is longer than a JavaScript string can be")));
    return false;
  }
  v8::ScriptCompiler::Source compiled(text, v8_compat::Origin(isolate, Text(isolate, entry.display), true));
  Host::Of(isolate).source_maps().OnCompile(entry.display, source);
  if (!v8::ScriptCompiler::CompileModule(isolate, &compiled).ToLocal(&module)) return false;
  entry.module.Reset(isolate, module);
  return true;
}

bool ModuleMap::CompileJson(v8::Local<v8::Context> context, Entry& entry) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::String> text;
  v8::Local<v8::Value> value;
  std::string why = "it is longer than a JavaScript string can be";
  {
    const v8::TryCatch caught(isolate);
    if (FromUtf8(isolate, entry.source).ToLocal(&text) && !v8::JSON::Parse(context, text).ToLocal(&value)) {
      if (caught.HasTerminated()) return false;
      why = DescribeException(context, caught).message();
    }
  }
  if (value.IsEmpty()) {
    isolate->ThrowException(v8::Exception::SyntaxError(
        Text(isolate, absl::StrCat("Module ", Quoted(entry.name), " is not JSON: ", why))));
    return false;
  }
  entry.module.Reset(isolate, v8_compat::NewSyntheticModule(isolate, Text(isolate, entry.display),
                                                            {Text(isolate, "default")}, OnEvaluateJson));
  entry.value.Reset(isolate, value);
  return true;
}

bool ModuleMap::CompileWasm(v8::Local<v8::Context> context, Entry& entry) {
  v8::Isolate* const isolate = context->GetIsolate();
  if (wasm_instance_.IsEmpty())
    return ThrowTypeError(isolate, absl::StrCat("Module ", Quoted(entry.name),
                                                " is WebAssembly, which this evald does not have"));
  v8::Local<v8::WasmModuleObject> wasm;
  std::string why;
  {
    const v8::TryCatch caught(isolate);
    const v8::MemorySpan<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(entry.source.data()),
                                              entry.source.size());
    if (!v8::WasmModuleObject::Compile(isolate, bytes).ToLocal(&wasm)) {
      if (caught.HasTerminated() || !caught.HasCaught()) return false;
      why = DescribeException(context, caught).message();
    }
  }
  if (wasm.IsEmpty()) {
    isolate->ThrowException(v8::Exception::WasmCompileError(
        Text(isolate, absl::StrCat("Module ", Quoted(entry.name), " is not WebAssembly: ", why))));
    return false;
  }
  const auto ask = [&](const v8::Global<v8::Function>& function, const char* what,
                       std::vector<std::string>& out) {
    v8::Local<v8::Value> argument = wasm, list;
    return function.Get(isolate)->Call(context, v8::Undefined(isolate), 1, &argument).ToLocal(&list) &&
           Strings(context, list, what, out);
  };
  std::vector<std::string> imported, imports, exports;
  if (!ask(wasm_imports_, "module", imported) || !ask(wasm_exports_, "name", exports)) return false;
  std::map<std::string_view, bool> seen;
  for (const std::string& module : imported) {
    if (seen.emplace(module, true).second) imports.push_back(module);
  }
  entry.value.Reset(isolate, wasm);
  return CompileJavaScript(context, FacadeOf(imports, exports), entry);
}

bool ModuleMap::Compile(v8::Local<v8::Context> context, Entry& entry) {
  if (!entry.module.IsEmpty()) return true;
  v8::Isolate* const isolate = context->GetIsolate();
  bool compiled = false;
  switch (entry.type) {
    case v1::ModuleSource::JSON:
      compiled = CompileJson(context, entry);
      break;
    case v1::ModuleSource::WASM:
      compiled = CompileWasm(context, entry);
      break;
    case v1::ModuleSource::TYPESCRIPT:
      return ThrowTypeError(isolate, absl::StrCat("Module ", Quoted(entry.name),
                                                  " is TypeScript, which is to be made "
                                                  "JavaScript before it gets here"));
    default:
      compiled = CompileJavaScript(context, entry.source, entry);
  }
  if (!compiled) return false;
  const auto kept = kept_.entries.find(entry.name);
  Group& group = kept != kept_.entries.end() && kept->second.get() == &entry ? kept_ : request_;
  group.by_hash.emplace(entry.module.Get(isolate)->GetIdentityHash(), &entry);
  return true;
}

ModuleMap::Importer ModuleMap::ImporterOf(const Entry& entry, v8::Local<v8::Module> importer,
                                          v8::Local<v8::ModuleRequest> request) {
  if (entry.type == v1::ModuleSource::WASM) return {entry.name, entry.display};
  v8::Location place = importer->SourceOffsetToLocation(request->GetSourceOffset());
  return {entry.name,
          absl::StrCat(entry.display, ":", place.GetLineNumber() + 1, ":", place.GetColumnNumber() + 1)};
}

template <typename Visit>
bool ModuleMap::ForEachImport(v8::Local<v8::Context> context, Entry& entry, const Visit& visit) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::Local<v8::Module> module = entry.module.Get(isolate);
  const v8::Local<v8::FixedArray> requests = module->GetModuleRequests();
  for (int i = 0; i < requests->Length(); ++i) {
    const v8::HandleScope scope(isolate);
    const v8::Local<v8::ModuleRequest> request = requests->Get(context, i).As<v8::ModuleRequest>();
    const Importer importer = ImporterOf(entry, module, request);
    Entry* const imported = Resolve(isolate, request->GetSpecifier(), importer);
    if (imported == nullptr ||
        !CheckAttributes(context, *imported, v8_compat::ImportAttributes(request), 3, importer.place)) {
      return false;
    }
    visit(*imported);
  }
  return true;
}

bool ModuleMap::CompileGraph(v8::Local<v8::Context> context, Entry& root) {
  v8::Isolate* const isolate = context->GetIsolate();
  const uint64_t walk = ++walks_;
  root.walk = walk;
  std::vector<Entry*> left = {&root};
  while (!left.empty()) {
    const v8::HandleScope scope(isolate);
    Entry& entry = *left.back();
    left.pop_back();
    if (!Compile(context, entry)) return false;
    // What is linked, is linked to all that it imports.
    if (entry.module.Get(isolate)->GetStatus() != v8::Module::kUninstantiated) continue;
    const bool resolved = ForEachImport(context, entry, [&](Entry& imported) {
      if (std::exchange(imported.walk, walk) != walk) left.push_back(&imported);
    });
    if (!resolved) return false;
  }
  return true;
}

bool ModuleMap::FindUnsnapshotable(v8::Local<v8::Context> context, std::vector<std::string>& found,
                                   std::string& at) {
  v8::Isolate* const isolate = context->GetIsolate();
  std::map<Entry*, std::vector<Entry*>> importers;
  std::vector<Entry*> left;
  for (const auto& [name, entry] : kept_.entries) {
    const v8::HandleScope scope(isolate);
    at = name;
    if (entry->type == v1::ModuleSource::WASM) left.push_back(entry.get());
    if (entry->type != v1::ModuleSource::JAVASCRIPT) continue;
    if (!Compile(context, *entry)) return false;
    if (entry->module.Get(isolate)->GetStatus() != v8::Module::kUninstantiated) continue;
    Entry* const importer = entry.get();
    if (!ForEachImport(context, *importer,
                       [&](Entry& imported) { importers[&imported].push_back(importer); }))
      return false;
  }
  std::map<Entry*, bool> seen;
  while (!left.empty()) {
    Entry* const entry = left.back();
    left.pop_back();
    if (!seen.emplace(entry, true).second) continue;
    found.push_back(entry->name);
    for (Entry* const importer : importers[entry]) left.push_back(importer);
  }
  return true;
}

void ModuleMap::Drop(const std::string& specifier) {
  const auto found = kept_.entries.find(CanonicalSpecifier(specifier));
  if (found == kept_.entries.end()) return;
  std::erase_if(kept_.by_hash, [&](const auto& known) { return known.second == found->second.get(); });
  kept_.entries.erase(found);
}

void ModuleMap::DropUnevaluated(v8::Isolate* isolate) {
  std::vector<std::string> dropped;
  for (const auto& [name, entry] : kept_.entries) {
    if (entry->module.IsEmpty() || entry->module.Get(isolate)->GetStatus() != v8::Module::kEvaluated)
      dropped.push_back(name);
  }
  for (const std::string& name : dropped) Drop(name);
}

bool ModuleMap::Evaluate(v8::Local<v8::Context> context, Entry& entry, v8::Local<v8::Module>& module,
                         v8::Local<v8::Promise>& evaluated) {
  v8::Isolate* const isolate = context->GetIsolate();
  if (!CompileGraph(context, entry)) return false;
  module = entry.module.Get(isolate);
  // V8 does not bear being asked for what it is in the middle of.
  if (module->GetStatus() == v8::Module::kInstantiating || module->GetStatus() == v8::Module::kEvaluating)
    return ThrowTypeError(isolate, absl::StrCat("Module ", Quoted(entry.name), " is being evaluated"));
  if (module->GetStatus() == v8::Module::kUninstantiated &&
      !module->InstantiateModule(context, OnResolve).FromMaybe(false)) {
    return false;
  }
  v8::Local<v8::Value> result;
  if (!module->Evaluate(context).ToLocal(&result)) return false;
  EVALD_CHECK(result->IsPromise(), "evaluating a module gives a promise");
  evaluated = result.As<v8::Promise>();
  return true;
}

bool ModuleMap::Load(v8::Local<v8::Context> context, std::string_view source, std::string_view resource_name,
                     v8::Local<v8::Module>& module, v8::Local<v8::Promise>& evaluated) {
  main_ = std::make_unique<Entry>();
  main_->display = std::string(resource_name);
  main_->name = BaseOfScript(resource_name);
  main_->source = source;
  return Evaluate(context, *main_, module, evaluated);
}

absl::Status ModuleMap::Import(v8::Local<v8::Context> context, std::string_view specifier,
                               v8::Local<v8::Module>& module, v8::Local<v8::Promise>& evaluated) {
  const absl::StatusOr<std::string> name = import_map().Resolve(specifier, "./");
  if (!name.ok()) {
    const std::string message(name.status().message());
    return absl::NotFoundError(absl::StrCat("module ", Quoted(specifier), " ", message));
  }
  return ImportExactly(context, *name, module, evaluated);
}

absl::Status ModuleMap::ImportExactly(v8::Local<v8::Context> context, std::string_view specifier,
                                      v8::Local<v8::Module>& module, v8::Local<v8::Promise>& evaluated) {
  Entry* const entry = Find(CanonicalSpecifier(specifier));
  if (entry == nullptr)
    return absl::NotFoundError(absl::StrCat("module ", Quoted(specifier), " is not there: ", KnownModules()));
  if (!Evaluate(context, *entry, module, evaluated)) return absl::AbortedError("it threw");
  return absl::OkStatus();
}

v8::MaybeLocal<v8::Module> ModuleMap::OnResolve(v8::Local<v8::Context> context,
                                                v8::Local<v8::String> specifier, v8::Local<v8::FixedArray>,
                                                v8::Local<v8::Module> referrer) {
  v8::Isolate* const isolate = context->GetIsolate();
  ModuleMap& map = Of(isolate);
  const Entry* const importer = map.EntryOf(isolate, referrer);
  EVALD_CHECK(importer != nullptr, "what is linked is a module that is there");
  Entry* const entry = map.Resolve(isolate, specifier, {importer->name, importer->display});
  EVALD_CHECK(entry != nullptr && !entry->module.IsEmpty(), "all that is linked has been compiled");
  return entry->module.Get(isolate);
}

// What is asked for in the middle of evaluating a module may be that very module, so nothing is linked or
// evaluated before that is over.
v8::MaybeLocal<v8::Promise> ModuleMap::OnImport(v8::Local<v8::Context> context, v8::Local<v8::Data>,
                                                v8::Local<v8::Value> resource_name,
                                                v8::Local<v8::String> specifier,
                                                v8::Local<v8::FixedArray> attributes) {
  v8::Isolate* const isolate = context->GetIsolate();
  ModuleMap& map = Of(isolate);
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return {};
  const std::string name = resource_name->IsString()
                               ? ToUtf8(isolate, resource_name.As<v8::String>(), kMaxSpecifierBytes)
                               : "a script";
  const Entry* const known = map.Find(name);
  const Importer importer = {known != nullptr ? known->name : BaseOfScript(name),
                             RunningPlace(isolate, name)};
  const v8::TryCatch caught(isolate);
  const Entry* const entry = map.Resolve(isolate, specifier, importer);
  if (entry == nullptr || !map.CheckAttributes(context, *entry, attributes, 2, importer.place)) {
    if (!RejectWith(context, resolver, caught)) return {};
    return resolver->GetPromise();
  }
  v8::Local<v8::Value> carried[] = {resolver, Text(isolate, entry->name), Text(isolate, importer.place)};
  v8::Local<v8::Function> run;
  if (!Callback(context, RunImport, v8::Array::New(isolate, carried, 3)).ToLocal(&run)) return {};
  isolate->EnqueueMicrotask(run);
  return resolver->GetPromise();
}

void ModuleMap::RunImport(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  ModuleMap& map = Of(isolate);
  const v8::Local<v8::Promise::Resolver> resolver = CarriedResolver(info);
  bool terminated = false;
  {
    const v8::TryCatch caught(isolate);
    const std::string name = ToUtf8(isolate, Carried(info, 1).As<v8::String>());
    v8::Local<v8::Module> module;
    v8::Local<v8::Promise> evaluated;
    Entry* const entry = map.Find(name);
    if (entry == nullptr) {
      // Its request is over.
      ThrowTypeError(isolate, map.NotFound(name, name, ToUtf8(isolate, Carried(info, 2).As<v8::String>())));
    } else if (map.Evaluate(context, *entry, module, evaluated)) {
      v8::Local<v8::Value> carried[] = {resolver, module->GetModuleNamespace()};
      const v8::Local<v8::Array> data = v8::Array::New(isolate, carried, 2);
      v8::Local<v8::Function> settle, fail;
      if (evaluated->State() == v8::Promise::kFulfilled) {
        static_cast<void>(resolver->Resolve(context, carried[1]).FromMaybe(false));
      } else if (Callback(context, SettleImport, data).ToLocal(&settle) &&
                 Callback(context, FailImport, data).ToLocal(&fail)) {
        static_cast<void>(evaluated->Then(context, settle, fail).IsEmpty());
      }
    }
    terminated = caught.HasTerminated();
    if (!terminated && caught.HasCaught()) RejectWith(context, resolver, caught);
  }
  // Caught here, it has to be asked for again, or the script would go on.
  if (terminated) isolate->TerminateExecution();
}

void ModuleMap::SettleImport(const v8::FunctionCallbackInfo<v8::Value>& info) {
  const v8::Local<v8::Context> context = info.GetIsolate()->GetCurrentContext();
  static_cast<void>(CarriedResolver(info)->Resolve(context, Carried(info, 1)).FromMaybe(false));
}

void ModuleMap::FailImport(const v8::FunctionCallbackInfo<v8::Value>& info) {
  const v8::Local<v8::Context> context = info.GetIsolate()->GetCurrentContext();
  static_cast<void>(CarriedResolver(info)->Reject(context, info[0]).FromMaybe(false));
}

void ModuleMap::OnImportMeta(v8::Local<v8::Context> context, v8::Local<v8::Module> module,
                             v8::Local<v8::Object> meta) {
  v8::Isolate* const isolate = context->GetIsolate();
  const Entry* const entry = Of(isolate).EntryOf(isolate, module);
  // One of a request that is over.
  if (entry == nullptr) return;
  v8::Local<v8::Function> function;
  if (entry->type == v1::ModuleSource::WASM) {
    if (Callback(context, InstantiateWasm, entry->value.Get(isolate)).ToLocal(&function))
      SetProperty(context, meta, "instantiate", function);
    return;
  }
  v8::Local<v8::Value> carried[] = {Text(isolate, entry->name), Text(isolate, entry->display)};
  if (!SetProperty(context, meta, "url", carried[1]) ||
      !Callback(context, ResolveForMeta, v8::Array::New(isolate, carried, 2)).ToLocal(&function)) {
    return;
  }
  function->SetName(Text(isolate, "resolve"));
  SetProperty(context, meta, "resolve", function);
}

void ModuleMap::ResolveForMeta(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  ModuleMap& map = Of(isolate);
  v8::Local<v8::String> specifier;
  if (!info[0]->ToString(isolate->GetCurrentContext()).ToLocal(&specifier)) return;
  const std::string base = ToUtf8(isolate, Carried(info, 0).As<v8::String>());
  const std::string place = RunningPlace(isolate, ToUtf8(isolate, Carried(info, 1).As<v8::String>()));
  const std::string text = ToUtf8(isolate, specifier, kMaxSpecifierBytes + 1);
  const absl::StatusOr<std::string> name = map.import_map().Resolve(text, base);
  if (!name.ok()) {
    const std::string message(name.status().message());
    ThrowTypeError(isolate, absl::StrCat("The specifier ", Quoted(text), " at ", place, " ", message));
  } else if (!IsPath(*name) && !HasScheme(*name) && map.Find(*name) == nullptr) {
    ThrowTypeError(isolate, absl::StrCat("The specifier ", Quoted(text), " at ", place,
                                         " means no module: ", map.KnownModules()));
  } else {
    info.GetReturnValue().Set(Text(isolate, *name));
  }
}

v8::MaybeLocal<v8::Value> ModuleMap::OnEvaluateJson(v8::Local<v8::Context> context,
                                                    v8::Local<v8::Module> module) {
  v8::Isolate* const isolate = context->GetIsolate();
  Entry* const entry = Of(isolate).EntryOf(isolate, module);
  EVALD_CHECK(entry != nullptr, "what is evaluated is a module that is there");
  v8::Local<v8::Promise::Resolver> done;
  if (!entry->value.IsEmpty() &&
      !module->SetSyntheticModuleExport(isolate, Text(isolate, "default"), entry->value.Get(isolate))
           .FromMaybe(false)) {
    return {};
  }
  entry->value.Reset();
  if (!v8::Promise::Resolver::New(context).ToLocal(&done) ||
      !done->Resolve(context, v8::Undefined(isolate)).FromMaybe(false)) {
    return {};
  }
  return done->GetPromise();
}

// Called by a facade only, with the namespaces of what it imports.
void ModuleMap::InstantiateWasm(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  const v8::Local<v8::Context> context = isolate->GetCurrentContext();
  ModuleMap& map = Of(isolate);
  v8::Local<v8::Value> wasm = info.Data(), list, exports;
  std::vector<std::string> modules;
  if (!info[0]->IsArray() ||
      !map.wasm_imports_.Get(isolate)->Call(context, v8::Undefined(isolate), 1, &wasm).ToLocal(&list) ||
      !Strings(context, list, "module", modules)) {
    return;
  }
  const v8::Local<v8::Object> imports = v8::Object::New(isolate, v8::Null(isolate), nullptr, nullptr, 0);
  std::map<std::string_view, bool> seen;
  uint32_t next = 0;
  for (const std::string& module : modules) {
    v8::Local<v8::Value> exported;
    if (!seen.emplace(module, true).second) continue;
    if (!info[0].As<v8::Array>()->Get(context, next++).ToLocal(&exported) ||
        !imports->CreateDataProperty(context, Text(isolate, module), exported).FromMaybe(false)) {
      return;
    }
  }
  v8::Local<v8::Value> arguments[] = {wasm, imports};
  v8::Local<v8::Object> instance;
  if (map.wasm_instance_.Get(isolate)->NewInstance(context, 2, arguments).ToLocal(&instance) &&
      instance->Get(context, Text(isolate, "exports")).ToLocal(&exports)) {
    info.GetReturnValue().Set(exports);
  }
}

void ModuleMap::SaveTo(v8::SnapshotCreator& creator, v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  std::vector<v8::Local<v8::Value>> list = {Text(isolate, import_map_json_)};
  DropUnevaluated(isolate);
  for (const auto& [name, entry] : kept_.entries) {
    list.push_back(Text(isolate, name));
    list.push_back(v8::Integer::New(isolate, entry->type));
  }
  EVALD_CHECK(creator.AddData(context, v8::Array::New(isolate, list.data(), list.size())) == kListIndex,
              "the list of modules comes first");
  for (const auto& [name, entry] : kept_.entries) creator.AddData(context, entry->module.Get(isolate));
  kept_ = Group();
}

absl::Status ModuleMap::RestoreFrom(v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::Array> list;
  v8::Local<v8::Value> import_map;
  if (!context->GetDataFromSnapshotOnce<v8::Array>(kListIndex).ToLocal(&list) || list->Length() % 2 != 1 ||
      !list->Get(context, 0).ToLocal(&import_map) || !import_map->IsString()) {
    return absl::FailedPreconditionError(
        "the startup snapshot has no list of modules: it was not made by evald");
  }
  if (const std::string json = ToUtf8(isolate, import_map.As<v8::String>()); !json.empty()) {
    if (absl::Status set = SetImportMap(context, json); !set.ok()) return set;
  }
  for (uint32_t i = 1; i < list->Length(); i += 2) {
    v8::Local<v8::Value> name, type;
    v8::Local<v8::Module> module;
    if (!list->Get(context, i).ToLocal(&name) || !name->IsString() ||
        !list->Get(context, i + 1).ToLocal(&type) || !type->IsInt32() ||
        !context->GetDataFromSnapshotOnce<v8::Module>(kListIndex + (i + 1) / 2).ToLocal(&module)) {
      return absl::FailedPreconditionError("the startup snapshot lacks a module of its list");
    }
    auto entry = std::make_unique<Entry>();
    entry->name = entry->display = ToUtf8(isolate, name.As<v8::String>());
    entry->type = static_cast<v1::ModuleSource::Type>(type.As<v8::Int32>()->Value());
    entry->module.Reset(isolate, module);
    kept_.by_hash.emplace(module->GetIdentityHash(), entry.get());
    std::string key = entry->name;
    kept_.entries[std::move(key)] = std::move(entry);
  }
  return absl::OkStatus();
}

}  // namespace evald
