// The extension `blob`: Blob and File of the File API.
#pragma once

#include "runtime/extension.h"

namespace evald {

Extension BlobExtension();

}  // namespace evald
