#include "runtime/extensions/builtin.h"

#include <algorithm>
#include <iterator>

#include "runtime/extensions/abort/abort.h"
#include "runtime/extensions/base64/base64.h"
#include "runtime/extensions/blob/blob.h"
#include "runtime/extensions/clone/clone.h"
#include "runtime/extensions/console/console.h"
#include "runtime/extensions/crypto/crypto.h"
#include "runtime/extensions/dom_exception/dom_exception.h"
#include "runtime/extensions/encoding/encoding.h"
#include "runtime/extensions/events/events.h"
#include "runtime/extensions/fetch/fetch.h"
#include "runtime/extensions/messaging/messaging.h"
#include "runtime/extensions/navigator/navigator.h"
#include "runtime/extensions/performance/performance.h"
#include "runtime/extensions/random/random.h"
#include "runtime/extensions/streams/streams.h"
#include "runtime/extensions/timers/timers.h"
#include "runtime/extensions/top_level_await/top_level_await.h"
#include "runtime/extensions/url/url.h"
#include "runtime/extensions/webassembly/webassembly.h"

namespace evald {

const std::vector<Extension>& BuiltinExtensions() {
  static const auto* const extensions = new std::vector<Extension>{
      // One to a line, in their order.
      // clang-format off
      ConsoleExtension(),
      DomExceptionExtension(),
      CloneExtension(),
      TimersExtension(),
      EventsExtension(),
      AbortExtension(),
      MessagingExtension(),
      EncodingExtension(),
      UrlExtension(),
      Base64Extension(),
      RandomExtension(),
      PerformanceExtension(),
      NavigatorExtension(),
      StreamsExtension(),
      BlobExtension(),
      FetchExtension(),
      CryptoExtension(),
      TopLevelAwaitExtension(),
      WebassemblyExtension(),
      // clang-format on
  };
  return *extensions;
}

std::vector<Extension> BuiltinAnd(std::vector<Extension> own) {
  std::vector<Extension> all = BuiltinExtensions();
  std::move(own.begin(), own.end(), std::back_inserter(all));
  return all;
}

std::vector<NativeOp> BuiltinOps() { return OpsOf(BuiltinExtensions()); }

}  // namespace evald
