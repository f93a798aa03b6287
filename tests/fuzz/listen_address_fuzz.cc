// HOST:PORT and unix:/PATH. What parses says exactly one of host and path, and shows itself as text that
// means the same.

#include <sys/un.h>

#include <string>

#include "base/check.h"
#include "daemon/listen_address.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using evald::ListenAddress;
  const std::string text(evald::fuzz::Input(data, size).TakeRest());
  const absl::StatusOr<ListenAddress> address = evald::ParseListenAddress(text);
  if (!address.ok()) {
    EVALD_CHECK(absl::IsInvalidArgument(address.status()), "there is one way to be wrong");
    EVALD_CHECK(!address.status().message().empty(), "a refusal says why");
    return 0;
  }
  EVALD_CHECK(address->host.empty() != address->unix_path.empty(),
              "an address is either HOST:PORT or unix:/PATH");
  EVALD_CHECK(address->unix_path.size() < sizeof(sockaddr_un::sun_path), "the path fits a socket's name");
  EVALD_CHECK(address->unix_path.empty() || address->unix_path[0] == '/', "the path is absolute");
  // The system's calls take it up to there.
  EVALD_CHECK((address->host + address->unix_path).find('\0') == std::string::npos, "no NUL inside");
  const absl::StatusOr<ListenAddress> again = evald::ParseListenAddress(address->ToString());
  EVALD_CHECK(again.ok(), "what it shows itself as parses");
  EVALD_CHECK(
      again->host == address->host && again->port == address->port && again->unix_path == address->unix_path,
      "and means the same");
  return 0;
}
