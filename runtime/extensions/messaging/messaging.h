// The extension `messaging`: MessageChannel, MessagePort and MessageEvent. It has no native half.
#pragma once

#include "runtime/extensions/messaging/messaging_bundle.h"

namespace evald {

inline Extension MessagingExtension() { return MessagingBundle(); }

}  // namespace evald
