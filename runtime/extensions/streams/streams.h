// The extension `streams`: the Streams Standard (the npm package web-streams-polyfill), TextEncoderStream and
// TextDecoderStream, CompressionStream and DecompressionStream (codec.h).
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension StreamsExtension();

}  // namespace evald
