#include "runtime/extensions/blob/blob.h"

#include "runtime/extensions/blob/blob_bundle.h"

namespace evald {

Extension BlobExtension() { return BlobBundle(); }

}  // namespace evald
