// The configuration: from the file's text to numbers that hold together.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "daemon/requests/tenants.h"
#include "evald/v1/config.pb.h"

namespace evald {

// Every default filled in, every bound checked.
struct ResolvedConfig {
  // The whole of it, complete but for `extensions` (empty there means every built-in one; the snapshot
  // builder knows which).
  v1::EvaldConfig proto;
  // Relative paths in it start here.
  std::string folder;

  // The same values as C++ types, for those who use them.
  Tenants tenants;
  Duration max_age{};
  Duration zygote_max_age{};
  Duration kill_grace{};
  Duration snapshot_build_timeout{};
  Duration zygote_boot_timeout{};
  Duration drain_timeout{};
  bool rewind = true;
};

// `origin` is what errors call the text, as in "evald.conf:3:7: Expected integer".
absl::StatusOr<v1::EvaldConfig> ParseConfig(absl::string_view text, absl::string_view origin);

// NOT_FOUND or another code, with path and reason, where the file cannot be read. At most 64 MiB.
absl::StatusOr<v1::EvaldConfig> ReadConfigFile(const std::string& path);

// INVALID_ARGUMENT names the field by its path. Whether files and built-in names exist is not looked at here.
absl::StatusOr<ResolvedConfig> ResolveConfig(v1::EvaldConfig config, std::string folder);

// The configuration in `file`, resolved; without a file, the defaults.
absl::StatusOr<ResolvedConfig> LoadConfig(const std::string& file);

}  // namespace evald
