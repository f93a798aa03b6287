// The extension `random`: Math.random, crypto.getRandomValues and crypto.randomUUID, all drawn from
// getrandom(2).
//
// Isolates are cloned by fork and rewound, and V8 seeds its own Math.random once, so siblings would draw the
// same numbers. Here no state that numbers come from survives a request: Math.random takes them from a pool
// in the request scratch (runtime/host.h), which is empty at the start of each request and is refilled by the
// system; where there is no scratch, while a snapshot is built, each number is a call of its own and nothing
// is kept. Crypto calls keep nothing anywhere.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension RandomExtension();

}  // namespace evald
