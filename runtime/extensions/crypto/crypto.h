// The extension `crypto`: the Web Cryptography API but for what the extension `random` has.
//
// Names, parameters, checks and CryptoKey objects are in JavaScript. What is native are functions from bytes
// to bytes (primitives.h, keys.h), which hold nothing between two calls: a CryptoKey is a JavaScript object
// with its key in a private field, so that snapshots, forks and rewinds need to know nothing of it.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension CryptoExtension();

}  // namespace evald
