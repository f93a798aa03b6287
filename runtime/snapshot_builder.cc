#include "runtime/snapshot_builder.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "runtime/event_loop.h"
#include "runtime/exceptions.h"
#include "runtime/hooks.h"
#include "runtime/host.h"
#include "runtime/module_map.h"
#include "runtime/platform.h"
#include "runtime/realm.h"
#include "runtime/specifier.h"
#include "runtime/v8_compat.h"

namespace evald {
namespace {

// Of one script.
constexpr uint64_t kMaxConsoleBytes = 1 << 20;
// V8's own default.
constexpr int kStackFrames = 10;

class Builder final : public SnapshotBuilder {
 public:
  Builder(absl::Span<const NativeOp> ops, std::function<void(std::string_view)> on_console)
      : references_(ExternalReferences(ops)), on_console_(std::move(on_console)) {
    v8::Isolate::CreateParams params;
    params.external_references = references_.data();
    creator_ = v8_compat::NewSnapshotCreator(params);
    isolate_ = creator_->GetIsolate();
    isolate_->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
    host_.AttachTo(isolate_);
    host_.BeginRequest(kMaxConsoleBytes, false);
    host_.OnConsole([this] { TellConsole(); });
    loop_.AttachTo(isolate_);
    modules_.AttachTo(isolate_);
    InstallStackFormatter(isolate_);
    v8::HandleScope scope(isolate_);
    const v8::Local<v8::Context> context = v8::Context::New(isolate_);
    context_.Reset(isolate_, context);
    LendStackTraceLimit(context);
    v8::Context::Scope entered(context);
    hooks::Prepare(context);
    exports_.Reset(isolate_, v8::Object::New(isolate_, v8::Null(isolate_), nullptr, nullptr, 0));
  }

  ~Builder() override {
    if (finished_) return;
    // V8 has no way to drop a creator: its blob has to be made.
    static_cast<void>(Finish());
  }

  absl::Status Extend(const Extension& extension) {
    return Guarded(absl::StrCat("extension '", extension.name, "'"), [&](v8::Local<v8::Context> context) {
      return EvaluateExtension(context, extension, exports_.Get(isolate_));
    });
  }

  absl::Status WithImportMap(const std::string& json) override {
    v8::HandleScope scope(isolate_);
    const v8::Local<v8::Context> context = context_.Get(isolate_);
    v8::Context::Scope entered(context);
    return modules_.SetImportMap(context, json);
  }

  absl::Status WithModules(const std::vector<Module>& modules, std::vector<Module>& deferred) override {
    absl::Status added = Add(modules, deferred);
    v8::HandleScope scope(isolate_);
    modules_.DropUnevaluated(isolate_);
    return added;
  }

  absl::Status Evaluate(std::string_view source, std::string_view resource_name) override {
    return Guarded("script", [&](v8::Local<v8::Context> context) {
      return !RunScript(context, source, resource_name).IsEmpty();
    });
  }

  absl::StatusOr<std::string> Finish() override {
    EVALD_CHECK(!finished_, "a snapshot is finished once");
    finished_ = true;
    bool returned = false;
    exports_.Reset();
    {
      v8::HandleScope scope(isolate_);
      const v8::Local<v8::Context> context = context_.Get(isolate_);
      {
        v8::Context::Scope entered(context);
        returned = ReturnStackTraceLimit(context);
        modules_.SaveTo(*creator_, context);
        host_.source_maps().SaveTo(context);
      }
      creator_->SetDefaultContext(context);
      context_.Reset();
    }
    const v8::StartupData data = creator_->CreateBlob(v8::SnapshotCreator::FunctionCodeHandling::kKeep);
    if (data.data == nullptr)
      return absl::FailedPreconditionError("V8 could not make a snapshot of this heap");
    std::string bytes(data.data, static_cast<size_t>(data.raw_size));
    delete[] data.data;
    if (!returned) {
      return absl::FailedPreconditionError(
          "a script has frozen or sealed Error, and V8 could not load a snapshot of that: leave Error as it "
          "is");
    }
    return bytes;
  }

 private:
  absl::Status Add(const std::vector<Module>& modules, std::vector<Module>& deferred) {
    if (absl::Status declared = modules_.Declare(modules); !declared.ok()) return declared;
    std::vector<std::string> found;
    std::string at;
    v8::HandleScope scope(isolate_);
    absl::Status status = Guarded("module", [&](v8::Local<v8::Context> context) {
      return modules_.FindUnsnapshotable(context, found, at);
    });
    if (!status.ok()) {
      const std::string message(status.message());
      return absl::InvalidArgumentError(absl::StrCat("module '", at, "'", message.substr(6)));
    }
    const std::set<std::string> names(found.begin(), found.end());
    for (const std::string& name : names) modules_.Drop(name);
    for (const Module& module : modules) {
      if (names.contains(CanonicalSpecifier(module.specifier))) {
        deferred.push_back(module);
      } else if (absl::Status loaded = Load(module.specifier); !loaded.ok()) {
        return loaded;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Load(const std::string& specifier) {
    const std::string what = absl::StrCat("module '", specifier, "'");
    std::string fault;  // what is not thrown
    absl::Status status = Guarded(what, [&](v8::Local<v8::Context> context) {
      v8::Local<v8::Module> loaded;
      v8::Local<v8::Promise> evaluated;
      if (!modules_.ImportExactly(context, specifier, loaded, evaluated).ok()) return false;
      if (loop_.Run(context, evaluated, [] { return false; }) == EventLoop::Ending::kNothingLeft) {
        fault = "its top-level await waits for something that can never happen while a snapshot is built";
      } else if (evaluated->State() == v8::Promise::kRejected) {
        fault = ExceptionText(DescribeException(context, evaluated->Result(), {}));
      }
      return true;
    });
    if (status.ok() && !fault.empty()) return absl::InvalidArgumentError(absl::StrCat(what, ": ", fault));
    return status;
  }

  // V8 leaves Error.stackTraceLimit, without which errors have no stack, out of a context that a snapshot is
  // made of: it defines it in every context that it makes of the snapshot, where it must not be yet.
  void LendStackTraceLimit(v8::Local<v8::Context> context) {
    v8::Context::Scope entered(context);
    const v8::Local<v8::Object> error =
        context->Global()->Get(context, Text("Error")).ToLocalChecked().As<v8::Object>();
    error->Set(context, Text("stackTraceLimit"), v8::Integer::New(isolate_, kStackFrames)).Check();
    error_.Reset(isolate_, error);
  }

  // False: V8 could not define it.
  bool ReturnStackTraceLimit(v8::Local<v8::Context> context) {
    v8::TryCatch quiet(isolate_);
    const v8::Local<v8::Object> error = error_.Get(isolate_);
    error_.Reset();
    const v8::Local<v8::String> name = Text("stackTraceLimit");
    const auto remove = [&] { return error->Delete(context, name).FromMaybe(false); };
    return remove() && error->CreateDataProperty(context, name, name).FromMaybe(false) && remove();
  }

  v8::Local<v8::String> Text(const char* text) {
    return v8::String::NewFromUtf8(isolate_, text).ToLocalChecked();
  }

  // Runs `body` in the context; what it throws becomes a status that begins with `what`.
  template <typename Body>
  absl::Status Guarded(const std::string& what, const Body& body) {
    v8::HandleScope scope(isolate_);
    const v8::Local<v8::Context> context = context_.Get(isolate_);
    v8::Context::Scope entered(context);
    v8::TryCatch caught(isolate_);
    std::string fault;
    if (!body(context)) {
      fault = ExceptionText(DescribeException(context, caught));
    } else if (loop_.Run(context, {}, [] { return false; }) == EventLoop::Ending::kUncaught) {
      fault = ExceptionText(*loop_.uncaught());
    }
    if (const size_t left = loop_.Reset(context); left > 0 && on_console_) {
      on_console_(absl::StrCat("(", what, " leaves ", left,
                               " timers or tasks that wait: they are dropped, a snapshot has none)"));
    }
    host_.BeginRequest(kMaxConsoleBytes, false);
    if (fault.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(what, ": ", fault));
  }

  void TellConsole() {
    for (const v1::ConsoleMessage& message : host_.TakeConsole()) {
      if (!on_console_) continue;
      for (const absl::string_view line : absl::StrSplit(message.text(), '\n'))
        on_console_(std::string_view(line.data(), line.size()));
    }
    if (host_.console_truncated() && on_console_)
      on_console_("(more was written to the console than is kept)");
  }

  const std::vector<intptr_t> references_;
  const std::function<void(std::string_view)> on_console_;
  std::unique_ptr<v8::SnapshotCreator> creator_;
  v8::Isolate* isolate_ = nullptr;
  Host host_;
  EventLoop loop_;
  ModuleMap modules_;
  v8::Global<v8::Context> context_;
  v8::Global<v8::Object> exports_;  // what extensions export, by their names
  v8::Global<v8::Object> error_;    // the constructor, whatever a script has put in its place
  bool finished_ = false;
};

}  // namespace

absl::Status SnapshotBuilder::WithModule(const Module& module) {
  std::vector<Module> deferred;
  absl::Status added = WithModules({module}, deferred);
  if (!added.ok() || deferred.empty()) return added;
  return absl::InvalidArgumentError(absl::StrCat(
      "module '", module.specifier, "': a startup snapshot cannot hold WebAssembly, or what imports it"));
}

absl::StatusOr<std::unique_ptr<SnapshotBuilder>> SnapshotBuilder::Create(Options options) {
  if (absl::Status status = CheckExtensions(options.extensions); !status.ok()) return status;
  StartV8();
  auto builder = std::make_unique<Builder>(options.ops, std::move(options.on_console));
  for (const Extension& extension : options.extensions) {
    if (absl::Status status = builder->Extend(extension); !status.ok()) return status;
  }
  return builder;
}

}  // namespace evald
