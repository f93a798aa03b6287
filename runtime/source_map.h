// SourceMap: one source map (ECMA-426), which says where each place of a generated script came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

namespace evald {

// Reads maps that come with anybody's script: whatever is in one, reading takes time in proportion to its
// length and hardly more memory than that. Knows nothing of V8. One thread.
class SourceMap {
 public:
  // Counted from 0, columns in UTF-16 code units.
  struct Place {
    uint32_t line = 0;
    uint32_t column = 0;
    bool operator==(const Place& other) const = default;
    auto operator<=>(const Place& other) const = default;
  };
  struct Original {
    size_t source = 0;
    Place place;
  };

  // A longer map is not read, nor one with more sources or sections.
  static constexpr size_t kMaxBytes = size_t{32} << 20;
  static constexpr size_t kMaxSources = size_t{1} << 16;

  // `json`: revision 3, plain or with sections, these without sections of their own. Nothing: it is not that.
  static std::optional<SourceMap> Parse(std::string json);

  // Where each of `generated` came from; nothing where the map does not say, or is malformed before it comes
  // to it. REQUIRES: in ascending order.
  std::vector<std::optional<Original>> Find(absl::Span<const Place> generated) const;

  // As the map gives it, below its sourceRoot; empty where it gives none. REQUIRES: from Find.
  std::string SourceName(size_t source) const;
  // The text of a line, if the map carries the source and that has such a line. REQUIRES: from Find.
  std::optional<std::string> SourceLine(size_t source, uint32_t line) const;

 private:
  struct Source {
    std::string_view root, name, content;  // as the JSON has them
    bool has_content = false;
  };
  // A plain map, or a section.
  struct Part {
    Place offset;
    std::string_view mappings;
    size_t first_source = 0;
    size_t sources = 0;
  };

  SourceMap() = default;
  bool ReadPart(std::string_view json, Place offset);
  bool ReadSections(std::string_view json);
  static void FindIn(const Part& part, absl::Span<const Place> generated,
                     absl::Span<std::optional<Original>> found);

  std::unique_ptr<const std::string> json_;  // the views are into it
  std::vector<Part> parts_;
  std::vector<Source> sources_;
};

}  // namespace evald
