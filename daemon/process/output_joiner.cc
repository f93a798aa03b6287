#include "daemon/process/output_joiner.h"

#include <algorithm>
#include <array>
#include <utility>

namespace evald {
namespace {

constexpr Duration kSilence = std::chrono::milliseconds(100);
constexpr char kBetween[] = " | ";
constexpr char kCut[] = " ...";

constexpr std::string_view kGarbageCollections = "<--- Last few GCs";
constexpr std::string_view kFatal = "# Fatal ";

bool Contains(std::string_view text, std::string_view what) { return text.find(what) != text.npos; }

bool BeginsBlock(std::string_view line) {
  return line.starts_with(kGarbageCollections) || line.starts_with(kFatal);
}

// "[123:0x55...] ..." is a garbage collection, " 1: 0x7f..." a frame of the stack.
bool BelongsToBlock(std::string_view line) {
  static constexpr std::array<std::string_view, 5> kStarts = {"#", "<---", "====", "FATAL ERROR", "["};
  return std::any_of(kStarts.begin(), kStarts.end(),
                     [&](std::string_view start) { return line.starts_with(start); }) ||
         Contains(line, ": 0x") || Contains(line, " [0x");
}

// One that `block` cannot go on with: another process's.
bool BeginsAnotherBlock(std::string_view line, std::string_view block) {
  return line.starts_with(kGarbageCollections) || (line.starts_with(kFatal) && Contains(block, kFatal));
}

std::string_view Stripped(std::string_view line) {
  const size_t begin = line.find_first_not_of(" \t\r");
  if (begin == line.npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

}  // namespace

OutputJoiner::OutputJoiner(TimerQueue* timers, absl::AnyInvocable<void(std::string_view)> emit)
    : timers_(timers), emit_(std::move(emit)) {}

void OutputJoiner::Take(std::string_view line) {
  line = Stripped(line);
  const bool says_nothing = line.empty() || line == "#";
  if (says_nothing) return;
  if (block_.empty() ? !BeginsBlock(line) : !BelongsToBlock(line)) {
    EndBlock();
    return emit_(line);
  }
  if (BeginsAnotherBlock(line, block_)) EndBlock();
  if (block_.empty()) silence_ = timers_->After(kSilence, [this] { EndBlock(); });
  if (block_.size() >= kLongest) return;
  if (!block_.empty()) block_ += kBetween;
  block_ += line;
  if (block_.size() > kLongest) {
    block_.resize(kLongest - (sizeof(kCut) - 1));
    block_ += kCut;
  }
}

void OutputJoiner::EndBlock() {
  silence_.Cancel();
  if (block_.empty()) return;
  emit_(block_);
  block_.clear();
}

}  // namespace evald
