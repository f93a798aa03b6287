#include "snapshot/build_log.h"

#include "absl/strings/str_cat.h"

namespace evald::snapshot {

void BuildLog::Add(std::string_view line) {
  // Once something was dropped, so is what follows: the log has no gaps.
  if (dropped_ > 0 || lines_.size() == kMaxLines || bytes_ == kMaxBytes) {
    ++dropped_;
    return;
  }
  size_t size = line.size();
  if (size > kMaxBytes - bytes_) {
    size = kMaxBytes - bytes_;
    while (size > 0 && (static_cast<unsigned char>(line[size]) & 0xC0) == 0x80) --size;
    ++dropped_;
  }
  lines_.emplace_back(line.substr(0, size));
  bytes_ += size;
}

std::vector<std::string> BuildLog::Lines() const {
  std::vector<std::string> lines = lines_;
  if (dropped_ > 0) lines.push_back(absl::StrCat("(not kept: what followed, in ", dropped_, " lines)"));
  return lines;
}

}  // namespace evald::snapshot
