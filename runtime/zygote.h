// The zygote's way to its seal: from the daemon's boot frame to an isolate that is warm and ready to be
// forked.
#pragma once

#include "absl/status/status.h"

namespace evald {

// Boots from the control socket and the snapshot file that the daemon handed down (runtime/spawner.h), tells
// the daemon, seals, and forks workers until the daemon hangs up. In a fork of it this function runs that
// worker. Never returns with success: an error is one that happened before the seal, already told to the
// daemon.
absl::Status RunZygote();

}  // namespace evald
