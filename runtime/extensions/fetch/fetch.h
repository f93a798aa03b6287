// The extension `fetch`: Headers, Request, Response and FormData of the Fetch Standard (the npm package
// undici), and fetch, which rejects: scripts have no network.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension FetchExtension();

}  // namespace evald
