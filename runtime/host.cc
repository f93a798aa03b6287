#include "runtime/host.h"

#include <chrono>
#include <cmath>
#include <cstring>

#include "base/check.h"

namespace evald {
namespace {

constexpr uint32_t kHostSlot = 0;

}  // namespace

Host& Host::Of(v8::Isolate* isolate) {
  auto* host = static_cast<Host*>(isolate->GetData(kHostSlot));
  EVALD_CHECK(host != nullptr, "an isolate with extensions has a host");
  return *host;
}

void Host::AttachTo(v8::Isolate* isolate) { isolate->SetData(kHostSlot, this); }

void Host::BeginRequest(uint64_t max_console_bytes, bool discard_console) {
  if (request_scratch_ != nullptr) std::memset(request_scratch_->Data(), 0, kRequestScratchBytes);
  console_.clear();
  console_truncated_ = false;
  console_bytes_left_ = max_console_bytes;
  discard_console_ = discard_console;
  origin_ = std::chrono::steady_clock::now();
  origin_wall_millis_ =
      std::chrono::duration<double, std::milli>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void Host::WriteConsole(v1::ConsoleMessage::Level level, std::string text) {
  if (discard_console_ || console_truncated_) return;
  // Each message counts for its own overhead too, or empty ones would be free.
  constexpr uint64_t kOverhead = 16;
  if (text.size() + kOverhead > console_bytes_left_) {
    console_truncated_ = true;
    if (on_console_) on_console_();
    return;
  }
  console_bytes_left_ -= text.size() + kOverhead;
  v1::ConsoleMessage& message = console_.emplace_back();
  message.set_level(level);
  message.set_text(std::move(text));
  if (on_console_) on_console_();
}

double Host::NowMillis() const {
  const double millis =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - origin_).count();
  return std::floor(millis * 10) / 10;
}

std::shared_ptr<v8::BackingStore> Host::RequestScratch(v8::Isolate* isolate) {
  if (!scratch_allowed_) return nullptr;
  if (request_scratch_ == nullptr)
    request_scratch_ = v8::ArrayBuffer::NewBackingStore(isolate, kRequestScratchBytes);
  return request_scratch_;
}

}  // namespace evald
