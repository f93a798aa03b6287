// The extension `timers`: setTimeout, setInterval and queueMicrotask, and tasks for other extensions. They
// are run by the event loop (runtime/event_loop.h).
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension TimersExtension();

}  // namespace evald
