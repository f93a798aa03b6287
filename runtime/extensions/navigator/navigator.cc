#include "runtime/extensions/navigator/navigator.h"

#include "runtime/extensions/navigator/navigator_bundle.h"

namespace evald {

Extension NavigatorExtension() { return NavigatorBundle(); }

}  // namespace evald
