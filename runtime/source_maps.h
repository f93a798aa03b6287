// SourceMaps: the source maps of the scripts in one isolate, and stacks and places told by them.
#pragma once

#include <v8.h>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/source_map.h"

namespace evald {

// A script has a map if one was given for its name (Give), or if it carries one in its last line, as bundlers
// write it ("//# sourceMappingURL=data:application/json;base64,..."). Maps are read when a place is first
// asked for. Nothing here runs JavaScript, so scripts have no say in it, and a stack can be told wherever a
// script was stopped.
//
// One per isolate, part of its Host; the isolate's thread only.
class SourceMaps {
 public:
  // Lines and columns count from 1.
  struct Place {
    std::string source;
    int line = 0;
    int column = 0;
    // Its text, if the map carries it.
    std::optional<std::string> text;
  };

  // `json` is the map of the script `name` that the next request compiles.
  void Give(std::string_view name, std::string json);
  // What the request was given stays for the functions that it left behind, up to a bound, but another script
  // of that name has no claim to it.
  void EndRequest();
  // A script or module is about to be compiled.
  void OnCompile(std::string_view name, std::string_view source);

  bool Has(std::string_view name) const { return entries_.find(name) != entries_.end(); }
  // Whether there is nothing to ask for.
  bool empty() const { return entries_.empty(); }
  // Where a place of the script `name` came from; nothing: it is as it is.
  std::optional<Place> Find(std::string_view name, int line, int column);
  // Puts what they came from in the place of places in `frames`: call sites as V8 writes them, such as "f
  // (bundle.js:3:7)".
  void MapFrames(std::vector<std::string>& frames);

  // Into a snapshot and out of it.
  void SaveTo(v8::Local<v8::Context> context);
  void RestoreFrom(v8::Local<v8::Context> context);

 private:
  struct Entry {
    std::string url;
    std::string json;  // instead of that, until it is read
    bool read = false;
    std::optional<SourceMap> map;
    bool preloaded = false;  // it came out of the snapshot
    bool given = false;      // for the request that runs
    size_t bytes = 0;        // of what a request brought
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  static const SourceMap* MapOf(Entry& entry);
  // Makes room for one more that a request brings.
  void Forget(std::string_view name);
  Entries::iterator EntryAtEndOf(std::string_view text);

  Entries entries_;
  size_t bytes_ = 0;  // of all that requests brought
};

}  // namespace evald
