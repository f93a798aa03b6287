#include "runtime/platform.h"

#include <cstring>
#include <memory>

#include "base/check.h"
#include "runtime/v8_compat.h"

namespace evald {
namespace {

// Forwards to V8's own page allocator and writes down what a rewind has to undo. V8's own knows where pages
// may lie: generated code has to sit within 2 GiB of the builtins, or every compilation fails without a word.
class LoggingPageAllocator final : public v8::PageAllocator {
 public:
  LoggingPageAllocator(v8::PageAllocator* inner, MappingLog* log) : inner_(inner), log_(log) {}

  size_t AllocatePageSize() override { return inner_->AllocatePageSize(); }
  size_t CommitPageSize() override { return inner_->CommitPageSize(); }
  void SetRandomMmapSeed(int64_t seed) override { inner_->SetRandomMmapSeed(seed); }
  void* GetRandomMmapAddr() override { return inner_->GetRandomMmapAddr(); }

  void* AllocatePages(void* hint, size_t length, size_t alignment, Permission permission) override {
    void* const pages = inner_->AllocatePages(hint, length, alignment, permission);
    refused_ |= pages == nullptr;
    if (log_ != nullptr && pages != nullptr) log_->Added(reinterpret_cast<uintptr_t>(pages), length);
    return pages;
  }
  bool FreePages(void* address, size_t length) override {
    if (Forget(address, 0)) return inner_->FreePages(address, length);
    return Close(address, length);
  }
  bool ReleasePages(void* address, size_t length, size_t keep) override {
    if (Forget(address, keep)) return inner_->ReleasePages(address, length, keep);
    return Close(static_cast<char*>(address) + keep, length - keep);
  }
  bool SetPermissions(void* address, size_t length, Permission permission) override {
    Changed(address, length);
    const bool done = inner_->SetPermissions(address, length, permission);
    refused_ |= !done;
    return done;
  }
#if V8_MAJOR_VERSION >= 11
  bool RecommitPages(void* address, size_t length, Permission permission) override {
    Changed(address, length);
    return inner_->RecommitPages(address, length, permission);
  }
#endif
  bool DiscardSystemPages(void* address, size_t length) override {
    return inner_->DiscardSystemPages(address, length);
  }
  bool DecommitPages(void* address, size_t length) override {
    Changed(address, length);
    return inner_->DecommitPages(address, length);
  }

  bool refused() const { return refused_; }

 private:
  bool Forget(void* address, size_t keep) {
    return log_ == nullptr || log_->Removed(reinterpret_cast<uintptr_t>(address), keep);
  }

  // In place of giving back a mapping that was there at the seal: its memory goes, its addresses stay, so it
  // can be rewound.
  bool Close(void* address, size_t length) {
    Changed(address, length);
    return inner_->DecommitPages(address, length);
  }

  void Changed(void* address, size_t length) {
    if (log_ != nullptr) log_->Changed(reinterpret_cast<uintptr_t>(address), length);
  }

  v8::PageAllocator* const inner_;
  MappingLog* const log_;
  bool refused_ = false;
};

class EvaldPlatform final : public v8_compat::ForwardingPlatform {
 public:
  EvaldPlatform(std::unique_ptr<v8::Platform> inner, MappingLog* log)
      : ForwardingPlatform(std::move(inner)), pages_(this->inner()->GetPageAllocator(), log) {}
  v8::PageAllocator* GetPageAllocator() override { return &pages_; }
  bool refused() const { return pages_.refused(); }

 private:
  LoggingPageAllocator pages_;
};

// Lives as long as the process: V8 cannot be started a second time.
EvaldPlatform* the_platform = nullptr;

// The startup data's own checksum is off because its envelope's SHA-256 was checked: it would cost each
// isolate 0.12 ms.
std::string FlagsFor(const v1::EngineConfig& engine) {
  std::string flags = "--single-threaded --no-verify-snapshot-checksum";
  flags += v8_compat::kImportAttributes;
  if (engine.jitless()) flags += " --jitless";
  if (engine.no_wasm()) flags += " --no-expose-wasm";
  if (!engine.shared_array_buffer()) flags += v8_compat::kNoSharedMemory;
  return flags;
}

std::string& Flags() {
  static std::string& flags = *new std::string;
  return flags;
}

}  // namespace

const std::string& V8Flags() { return Flags(); }

bool MemoryWasRefused() { return the_platform != nullptr && the_platform->refused(); }

void StartV8(const v1::EngineConfig& engine, MappingLog* log) {
  if (the_platform != nullptr) return;
  the_platform = new EvaldPlatform(v8::platform::NewSingleThreadedDefaultPlatform(), log);
  Flags() = FlagsFor(engine);
  v8::V8::SetFlagsFromString(Flags().c_str());
  v8::V8::InitializePlatform(the_platform);
  EVALD_CHECK(v8::V8::Initialize(), "V8 starts");
}

bool RunOneTask(v8::Isolate* isolate) {
  return v8::platform::PumpMessageLoop(the_platform->inner(), isolate);
}

}  // namespace evald
