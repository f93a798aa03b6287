// The extension `events`: Event, EventTarget and their kin, and the global object as the target of `error`,
// `unhandledrejection` and `rejectionhandled`.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension EventsExtension();

}  // namespace evald
