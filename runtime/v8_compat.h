// What differs between the versions of V8 that evald builds with. Nothing else in the tree asks for V8's
// version.
#pragma once

#include <libplatform/libplatform.h>
#include <v8.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace evald::v8_compat {

// A platform that hands everything to `inner` but the page allocator, which `pages()` replaces.
class ForwardingPlatform : public v8::Platform {
 public:
  explicit ForwardingPlatform(std::unique_ptr<v8::Platform> inner) : inner_(std::move(inner)) {}

  v8::Platform* inner() const { return inner_.get(); }

  v8::PageAllocator* GetPageAllocator() override = 0;
  int NumberOfWorkerThreads() override { return inner_->NumberOfWorkerThreads(); }
  double MonotonicallyIncreasingTime() override { return inner_->MonotonicallyIncreasingTime(); }
  double CurrentClockTimeMillis() override { return inner_->CurrentClockTimeMillis(); }
  v8::TracingController* GetTracingController() override { return inner_->GetTracingController(); }

#if V8_MAJOR_VERSION >= 12
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner(v8::Isolate* isolate,
                                                          v8::TaskPriority priority) override {
    return inner_->GetForegroundTaskRunner(isolate, priority);
  }
  void PostTaskOnWorkerThreadImpl(v8::TaskPriority priority, std::unique_ptr<v8::Task> task,
                                  const v8::SourceLocation&) override {
    inner_->PostTaskOnWorkerThread(priority, std::move(task));
  }
  void PostDelayedTaskOnWorkerThreadImpl(v8::TaskPriority priority, std::unique_ptr<v8::Task> task,
                                         double seconds, const v8::SourceLocation&) override {
    inner_->PostDelayedTaskOnWorkerThread(priority, std::move(task), seconds);
  }
  std::unique_ptr<v8::JobHandle> CreateJobImpl(v8::TaskPriority priority, std::unique_ptr<v8::JobTask> task,
                                               const v8::SourceLocation&) override {
    return inner_->CreateJob(priority, std::move(task));
  }
#else
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner(v8::Isolate* isolate) override {
    return inner_->GetForegroundTaskRunner(isolate);
  }
  void CallOnWorkerThread(std::unique_ptr<v8::Task> task) override {
    inner_->CallOnWorkerThread(std::move(task));
  }
  void CallDelayedOnWorkerThread(std::unique_ptr<v8::Task> task, double seconds) override {
    inner_->CallDelayedOnWorkerThread(std::move(task), seconds);
  }
  std::unique_ptr<v8::JobHandle> PostJob(v8::TaskPriority priority,
                                         std::unique_ptr<v8::JobTask> task) override {
    return inner_->PostJob(priority, std::move(task));
  }
#endif

 private:
  const std::unique_ptr<v8::Platform> inner_;
};

// Owns the isolate that a snapshot is made of.
#if V8_MAJOR_VERSION >= 12
inline std::unique_ptr<v8::SnapshotCreator> NewSnapshotCreator(const v8::Isolate::CreateParams& params) {
  return std::make_unique<v8::SnapshotCreator>(params);
}
#else
inline std::unique_ptr<v8::SnapshotCreator> NewSnapshotCreator(const v8::Isolate::CreateParams& params) {
  return std::make_unique<v8::SnapshotCreator>(params.external_references);
}
#endif

// `line_offset`: the number of the first line, counted from 0.
inline v8::ScriptOrigin Origin(v8::Isolate* isolate, v8::Local<v8::String> name, bool is_module,
                               int line_offset = 0) {
#if V8_MAJOR_VERSION >= 12
  static_cast<void>(isolate);
  return v8::ScriptOrigin(name, line_offset, 0, false, -1, v8::Local<v8::Value>(), false, false, is_module);
#else
  return v8::ScriptOrigin(isolate, name, line_offset, 0, false, -1, v8::Local<v8::Value>(), false, false,
                          is_module);
#endif
}

// A module without source, whose exports `steps` sets when it is evaluated.
inline v8::Local<v8::Module> NewSyntheticModule(v8::Isolate* isolate, v8::Local<v8::String> name,
                                                const std::vector<v8::Local<v8::String>>& exports,
                                                v8::Module::SyntheticModuleEvaluationSteps steps) {
#if V8_MAJOR_VERSION >= 12
  return v8::Module::CreateSyntheticModule(
      isolate, name, v8::MemorySpan<const v8::Local<v8::String>>(exports.data(), exports.size()), steps);
#else
  return v8::Module::CreateSyntheticModule(isolate, name, exports, steps);
#endif
}

// Key, value and source offset, one after the other.
inline v8::Local<v8::FixedArray> ImportAttributes(v8::Local<v8::ModuleRequest> request) {
#if V8_MAJOR_VERSION >= 12
  return request->GetImportAttributes();
#else
  return request->GetImportAssertions();
#endif
}

// The string's UTF-16 code units; `out` has room for all of them.
inline void WriteTwoByte(v8::Isolate* isolate, v8::Local<v8::String> string, uint16_t* out) {
#if V8_MAJOR_VERSION >= 13
  string->WriteV2(isolate, 0, string->Length(), out);
#else
  string->Write(isolate, out, 0, string->Length(), v8::String::NO_NULL_TERMINATION);
#endif
}

// The same for a string that IsOneByte.
inline void WriteOneByte(v8::Isolate* isolate, v8::Local<v8::String> string, uint8_t* out) {
#if V8_MAJOR_VERSION >= 13
  string->WriteOneByteV2(isolate, 0, string->Length(), out);
#else
  string->WriteOneByte(isolate, out, 0, string->Length(), v8::String::NO_NULL_TERMINATION);
#endif
}

// The string as UTF-8, lone surrogates replaced by U+FFFD.
inline std::string WriteUtf8(v8::Isolate* isolate, v8::Local<v8::String> string) {
#if V8_MAJOR_VERSION >= 13
  std::string out(string->Utf8LengthV2(isolate), '\0');
  string->WriteUtf8V2(isolate, out.data(), out.size(), v8::String::WriteFlags::kReplaceInvalidUtf8);
#else
  std::string out(static_cast<size_t>(string->Utf8Length(isolate)), '\0');
  string->WriteUtf8(isolate, out.data(), static_cast<int>(out.size()), nullptr,
                    v8::String::NO_NULL_TERMINATION | v8::String::REPLACE_INVALID_UTF8);
#endif
  return out;
}

// False: the buffer is one that cannot be detached.
inline bool Detach(v8::Local<v8::ArrayBuffer> buffer) {
  if (!buffer->IsDetachable()) return false;
#if V8_MAJOR_VERSION >= 11
  return buffer->Detach(v8::Local<v8::Value>()).FromMaybe(false);
#else
  buffer->Detach();
  return true;
#endif
}

// Flags that take SharedArrayBuffer, and WebAssembly's shared memory, away.
#if V8_MAJOR_VERSION >= 11
inline constexpr char kNoSharedMemory[] = " --no-harmony-sharedarraybuffer";
#else
inline constexpr char kNoSharedMemory[] = " --no-harmony-sharedarraybuffer --no-experimental-wasm-threads";
#endif

// Flags by which import attributes are understood, with the keyword `with` and with the older `assert`.
// Debian's V8 10.2 has `with` from later versions, in which it needs no flag, and which have `assert` no
// more.
#if V8_MAJOR_VERSION >= 12
inline constexpr char kImportAttributes[] = "";
#else
inline constexpr char kImportAttributes[] = " --harmony-import-attributes --harmony-import-assertions";
#endif

#if V8_MAJOR_VERSION >= 11
using OomDetails = const v8::OOMDetails&;
#else
using OomDetails = bool;
#endif

}  // namespace evald::v8_compat
