#include "daemon/shutdown.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace evald {

void Shutdown::Request() {
  if (std::exchange(begun_, true)) {
    if (!drained_) spdlog::warn("asked again to shut down: not waiting for running requests");
    return EndDrain();
  }
  steps_->StopAdmitting();
  drain_deadline_ = timers_->After(drain_timeout_, [this] {
    spdlog::warn("requests still ran after drain_timeout: ending them");
    EndDrain();
  });
  steps_->Drain([this] { EndDrain(); });
}

void Shutdown::EndDrain() {
  if (std::exchange(drained_, true)) return;
  drain_deadline_.Cancel();
  steps_->FailTheRest();
  steps_->StopServers(
      [this] { steps_->StopWorkers([this] { steps_->StopZygote([this] { steps_->Leave(); }); }); });
}

}  // namespace evald
