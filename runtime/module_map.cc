#include "runtime/module_map.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "runtime/exceptions.h"
#include "runtime/host.h"
#include "runtime/v8_compat.h"

namespace evald {
namespace {

constexpr uint32_t kModuleMapSlot = 1;
// Where SaveTo puts the list of specifiers; their modules follow in the same order.
constexpr size_t kSpecifiersIndex = 0;

const ModuleMap& MapOf(v8::Isolate* isolate) {
  const auto* map = static_cast<const ModuleMap*>(isolate->GetData(kModuleMapSlot));
  EVALD_CHECK(map != nullptr, "an isolate that runs modules has a module map");
  return *map;
}

v8::Local<v8::String> Text(v8::Isolate* isolate, std::string_view text) {
  v8::Local<v8::String> string;
  return FromUtf8(isolate, text).ToLocal(&string) ? string : v8::String::Empty(isolate);
}

v8::Local<v8::Value> NotFound(v8::Isolate* isolate, v8::Local<v8::String> specifier,
                              const std::string& importer) {
  return v8::Exception::TypeError(
      Text(isolate, absl::StrCat("Cannot find module '", ToUtf8(isolate, specifier, 1000), "' imported from ",
                                 importer, ": only modules that the snapshot preloads can be imported")));
}

// Where `importer` first asks for `specifier`: ":3:22", or nothing if that cannot be told.
std::string PlaceOf(v8::Local<v8::Context> context, v8::Local<v8::Module> importer,
                    v8::Local<v8::String> specifier) {
  const v8::Local<v8::FixedArray> requests = importer->GetModuleRequests();
  for (int i = 0; i < requests->Length(); ++i) {
    const v8::Local<v8::ModuleRequest> request = requests->Get(context, i).As<v8::ModuleRequest>();
    if (!request->GetSpecifier()->StringEquals(specifier)) continue;
    v8::Location place = importer->SourceOffsetToLocation(request->GetSourceOffset());
    return absl::StrCat(":", place.GetLineNumber() + 1, ":", place.GetColumnNumber() + 1);
  }
  return "";
}

v8::MaybeLocal<v8::Module> Resolve(v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
                                   v8::Local<v8::FixedArray>, v8::Local<v8::Module> referrer) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::Module> module;
  if (MapOf(isolate).Find(isolate, ToUtf8(isolate, specifier)).ToLocal(&module)) return module;
  isolate->ThrowException(NotFound(
      isolate, specifier,
      absl::StrCat(MapOf(isolate).NameOf(isolate, referrer), PlaceOf(context, referrer, specifier))));
  return {};
}

v8::MaybeLocal<v8::Promise> ImportDynamically(v8::Local<v8::Context> context, v8::Local<v8::Data>,
                                              v8::Local<v8::Value> resource_name,
                                              v8::Local<v8::String> specifier, v8::Local<v8::FixedArray>) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return {};
  v8::Local<v8::Module> module;
  bool settled = false;
  if (MapOf(isolate).Find(isolate, ToUtf8(isolate, specifier)).ToLocal(&module)) {
    settled = resolver->Resolve(context, module->GetModuleNamespace()).FromMaybe(false);
  } else {
    const std::string importer =
        resource_name->IsString() ? ToUtf8(isolate, resource_name.As<v8::String>(), 1000) : "a script";
    settled = resolver->Reject(context, NotFound(isolate, specifier, importer)).FromMaybe(false);
  }
  if (!settled) return {};
  return resolver->GetPromise();
}

}  // namespace

void ModuleMap::AttachTo(v8::Isolate* isolate) {
  isolate->SetData(kModuleMapSlot, this);
  isolate->SetHostImportModuleDynamicallyCallback(ImportDynamically);
}

bool ModuleMap::Load(v8::Local<v8::Context> context, std::string_view source, std::string_view resource_name,
                     v8::Local<v8::Module>& module, v8::Local<v8::Promise>& evaluated) {
  v8::Isolate* const isolate = context->GetIsolate();
  loading_ = resource_name;
  v8::Local<v8::String> text;
  if (!FromUtf8(isolate, source).ToLocal(&text)) {
    isolate->ThrowException(
        v8::Exception::RangeError(Text(isolate, "the source is longer than a JavaScript string can be")));
    return false;
  }
  v8::ScriptCompiler::Source compiled(text, v8_compat::Origin(isolate, Text(isolate, resource_name), true));
  Host::Of(isolate).source_maps().OnCompile(resource_name, source);
  if (!v8::ScriptCompiler::CompileModule(isolate, &compiled).ToLocal(&module)) return false;
  if (!module->InstantiateModule(context, Resolve).FromMaybe(false)) return false;
  v8::Local<v8::Value> result;
  if (!module->Evaluate(context).ToLocal(&result)) return false;
  EVALD_CHECK(result->IsPromise(), "evaluating a module gives a promise");
  evaluated = result.As<v8::Promise>();
  return true;
}

void ModuleMap::Add(v8::Isolate* isolate, const std::string& specifier, v8::Local<v8::Module> module) {
  modules_[specifier] = v8::Global<v8::Module>(isolate, module);
}

v8::MaybeLocal<v8::Module> ModuleMap::Find(v8::Isolate* isolate, const std::string& specifier) const {
  const auto found = modules_.find(specifier);
  if (found == modules_.end()) return {};
  return found->second.Get(isolate);
}

std::string ModuleMap::NameOf(v8::Isolate* isolate, v8::Local<v8::Module> module) const {
  for (const auto& [specifier, known] : modules_) {
    if (known.Get(isolate) == module) return specifier;
  }
  return loading_;
}

void ModuleMap::SaveTo(v8::SnapshotCreator& creator, v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::Local<v8::Array> specifiers = v8::Array::New(isolate, static_cast<int>(modules_.size()));
  uint32_t i = 0;
  for (const auto& [specifier, module] : modules_)
    specifiers->Set(context, i++, Text(isolate, specifier)).Check();
  EVALD_CHECK(creator.AddData(context, specifiers) == kSpecifiersIndex, "the specifiers come first");
  for (auto& [specifier, module] : modules_) {
    creator.AddData(context, module.Get(isolate));
    module.Reset();
  }
  modules_.clear();
}

absl::Status ModuleMap::RestoreFrom(v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::Array> specifiers;
  if (!context->GetDataFromSnapshotOnce<v8::Array>(kSpecifiersIndex).ToLocal(&specifiers)) {
    return absl::FailedPreconditionError(
        "the startup snapshot has no list of modules: it was not made by evald");
  }
  for (uint32_t i = 0; i < specifiers->Length(); ++i) {
    v8::Local<v8::Value> specifier;
    v8::Local<v8::Module> module;
    if (!specifiers->Get(context, i).ToLocal(&specifier) || !specifier->IsString() ||
        !context->GetDataFromSnapshotOnce<v8::Module>(kSpecifiersIndex + 1 + i).ToLocal(&module)) {
      return absl::FailedPreconditionError("the startup snapshot lacks a module of its list");
    }
    Add(isolate, ToUtf8(isolate, specifier.As<v8::String>()), module);
  }
  return absl::OkStatus();
}

}  // namespace evald
