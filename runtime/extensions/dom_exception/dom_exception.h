// The extension `dom_exception`: DOMException of the Web IDL Standard, for scripts and for other extensions.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension DomExceptionExtension();

}  // namespace evald
