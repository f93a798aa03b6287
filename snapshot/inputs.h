// From the configuration to what a snapshot is built from: every file read, every entry checked.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "evald/internal/zygote.pb.h"
#include "evald/v1/config.pb.h"
#include "runtime/extension.h"
#include "runtime/module.h"
#include "snapshot/envelope.h"
#include "snapshot/store.h"

namespace evald::snapshot {

struct BuildInputs {
  std::vector<Extension> extensions;  // in the order in which they are evaluated; CheckExtensions holds
  std::vector<Module> modules;
  std::string import_map;  // JSON text, checked when it is used; empty: none
  // Warm-up scripts and canaries, at most kMaxRecipeBytes. At least one canary: where none is configured, a
  // built-in one.
  Recipe recipe;
  // EvaldConfig.snapshot_file, read and whole: then all else is empty. Null: there is none.
  std::shared_ptr<const StoredSnapshot> built;
  // The paths of those that were read from files, by name and by specifier.
  std::map<std::string, std::string> extension_files, module_files;
};

// One source file of a configuration is at most this long.
inline constexpr size_t kMaxSourceBytes = size_t{64} << 20;

// EvaldConfig.kept_generations is at most this: a store is listed in one message.
inline constexpr uint32_t kMaxKeptGenerations = 100;

// `available`: the extensions that a configuration can name as built-in, in their standard order.
// Relative paths in `config` start at `config_folder`. INVALID_ARGUMENT: an entry is at fault; the message
// names it, and the file with its path ("modules[1] 'rules': cannot read /etc/evald/rules.mjs: No such file
// or directory").
absl::StatusOr<BuildInputs> ResolveInputs(const v1::EvaldConfig& config, const std::string& config_folder,
                                          const std::vector<Extension>& available);

// The text of a file of the configuration, with the same errors; `entry` is what they name.
absl::StatusOr<std::string> ReadSourceFile(const std::string& entry, const std::string& file,
                                           const std::string& config_folder);

// What a snapshot of these inputs, built by this process, says of itself: complete but for generation, times,
// build log and reason.
EnvelopeHeader DescribeInputs(const BuildInputs& inputs, const internal::RuntimeIdentity& identity);

}  // namespace evald::snapshot
