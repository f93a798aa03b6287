// The extension `url`: URL and URLSearchParams of the WHATWG URL Standard, URLPattern of the URL Pattern
// Standard. Domains are ICU's part.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension UrlExtension();

}  // namespace evald
