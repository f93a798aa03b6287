// ScriptLoad: how many requests over HTTP there are, and what they hold in memory before and after they are
// the scheduler's.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"

namespace evald {

// Loop thread only. Shared by those who are counted, who may outlive the others.
class ScriptLoad {
 public:
  // One request, from its arrival until its answer has left and nobody works on it any more.
  class Place {
   public:
    explicit Place(std::shared_ptr<ScriptLoad> load) : load_(std::move(load)), awaited_(!load_->draining_) {
      ++load_->requests_;
      if (awaited_) ++load_->awaited_;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      Hold(0);
      --load_->requests_;
      if (awaited_ && --load_->awaited_ == 0) load_->TellIfDrained();
    }

    // Instead of what it held before.
    void Hold(size_t bytes) { load_->bytes_ += bytes - std::exchange(bytes_, bytes); }

   private:
    const std::shared_ptr<ScriptLoad> load_;
    const bool awaited_;
    size_t bytes_ = 0;
  };

  size_t requests() const { return requests_; }
  size_t bytes() const { return bytes_; }

  // Calls `done`, possibly at once, when those are over that are under way now. What comes later is not
  // waited for. REQUIRES: called once.
  void Drain(absl::AnyInvocable<void()> done) {
    draining_ = true;
    drained_ = std::move(done);
    TellIfDrained();
  }
  // Nobody waits any more.
  void EndDrain() { drained_ = nullptr; }

 private:
  void TellIfDrained() {
    if (awaited_ == 0 && drained_) std::exchange(drained_, nullptr)();
  }

  size_t requests_ = 0;
  size_t awaited_ = 0;
  size_t bytes_ = 0;
  bool draining_ = false;
  absl::AnyInvocable<void()> drained_;
};

}  // namespace evald
