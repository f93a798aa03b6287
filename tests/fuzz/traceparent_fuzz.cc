// W3C Trace Context, as anybody may send it. What is taken out of it is a trace id and nothing else: it ends
// up in the log and in trailing metadata.

#include <string>

#include "base/check.h"
#include "daemon/requests/request_id.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using evald::RequestId;
  const std::string header(evald::fuzz::Input(data, size).TakeRest());
  const std::optional<RequestId> id = RequestId::FromTraceparent(header);
  if (!id) return 0;
  const std::string text(id->text());
  EVALD_CHECK(text.size() == 32, "a trace id has 32 digits");
  EVALD_CHECK(text.find_first_not_of("0123456789abcdef") == std::string::npos, "of lower-case hexadecimal");
  EVALD_CHECK(text.find_first_not_of('0') != std::string::npos, "not all of them 0");
  EVALD_CHECK(header.compare(3, 32, text) == 0, "and is the one that was sent");
  const std::optional<RequestId> again = RequestId::FromTraceparent("00-" + text + "-00f067aa0ba902b7-01");
  EVALD_CHECK(again && again->text() == id->text(), "which another header may carry on");
  return 0;
}
