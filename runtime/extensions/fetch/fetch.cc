#include "runtime/extensions/fetch/fetch.h"

#include "runtime/extensions/fetch/fetch_bundle.h"

namespace evald {

Extension FetchExtension() { return FetchBundle(); }

}  // namespace evald
