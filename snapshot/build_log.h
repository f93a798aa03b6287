// BuildLog: what is kept of what was said while a snapshot was built, for as long as the generation is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace evald::snapshot {

// The first lines, within bounds: a build may say any amount. Not synchronised.
class BuildLog {
 public:
  static constexpr size_t kMaxLines = 200;
  static constexpr size_t kMaxBytes = 64 * 1024;

  // One line, UTF-8. A line that would exceed kMaxBytes is cut there, at the end of a character.
  void Add(std::string_view line);

  // The lines kept, and a last one that says how much was not, if something was not.
  std::vector<std::string> Lines() const;

 private:
  std::vector<std::string> lines_;
  size_t bytes_ = 0;
  size_t dropped_ = 0;  // lines, those that were cut included
};

}  // namespace evald::snapshot
