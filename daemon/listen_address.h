// ListenAddress: HOST:PORT or unix:/PATH, where one of the daemon's servers listens.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace evald {

struct ListenAddress {
  // Exactly one of the two is set.
  std::string host;  // no brackets around an IPv6 address
  std::string unix_path;
  uint16_t port = 0;  // 0: any that is free

  // As gRPC wants it, and as messages show it.
  std::string ToString() const;
};

// INVALID_ARGUMENT says what is wrong with `text`.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

// Finds out, by trying, whether `address` can be listened on, so that the reason can be told: gRPC does not
// say why it failed. A Unix socket that nobody serves any more is no obstacle.
absl::Status CheckListenable(const ListenAddress& address);

}  // namespace evald
