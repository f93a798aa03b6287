// Keeps protobuf from logging each input that it refuses.
#pragma once

#include <google/protobuf/stubs/logging.h>

namespace evald::fuzz {

inline void QuietProtobuf() {
  [[maybe_unused]] static const auto previous = google::protobuf::SetLogHandler(nullptr);
}

}  // namespace evald::fuzz
