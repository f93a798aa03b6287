// The zygote's way to its seal: from the daemon's boot frame to an isolate that is warm and ready to be
// forked.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "runtime/extension.h"

namespace evald {

// `extensions`: all that this program is linked with; their ops are the ones that a snapshot can refer to.
//
// Boots from the control socket and the snapshot file that the daemon handed down (runtime/spawner.h), tells
// the daemon, seals, and forks workers until the daemon hangs up. In a fork of it this function runs that
// worker. Never returns with success: an error is one that happened before the seal, already told to the
// daemon.
absl::Status RunZygote(const std::vector<Extension>& extensions);

}  // namespace evald
