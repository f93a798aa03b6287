// ImportMap: which module a specifier means, as HTML's import maps say it.
//
// Addresses may be names here, where HTML has URLs only. What HTML would only warn of is an error, so that a
// slip is not found by an import that fails later; top-level keys that are not known mean nothing, as there.
#pragma once

#include <v8.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace evald {

class ImportMap {
 public:
  // Says what it says whatever specifiers are.
  ImportMap() = default;

  // `json` is the map's text: {"imports": {"a": "./lib/a.js", "b/": "./lib/b/", "c": null}, "scopes": {...}}.
  // Its paths are relative to the root, "./". Runs no JavaScript. INVALID_ARGUMENT: it is no import map; the
  // message says which entry is at fault ("imports['a']: ...").
  static absl::StatusOr<ImportMap> Parse(v8::Local<v8::Context> context, std::string_view json);

  // The canonical specifier of what `base` means by `specifier`. INVALID_ARGUMENT: it means nothing; the
  // message goes on where a sentence about the specifier breaks off ("is blocked by the import map").
  absl::StatusOr<std::string> Resolve(std::string_view specifier, std::string_view base) const;

 private:
  // The longest key comes first. No address: blocked.
  using Entries = std::map<std::string, std::optional<std::string>, std::less<>>;

  static absl::Status ReadEntries(v8::Local<v8::Context> context, const std::string& path,
                                  v8::Local<v8::Value> value, Entries& entries);
  // True: `result` is what comes of it.
  static bool Match(const Entries& entries, const std::string& specifier,
                    absl::StatusOr<std::string>& result);

  Entries imports_;
  std::map<std::string, Entries, std::less<>> scopes_;
};

}  // namespace evald
