#include "snapshot/serving_note.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "snapshot/sha256.h"

namespace evald::snapshot {
namespace {

// The rest of the line that begins with `label`; takes it off `text`. Empty if `text` begins otherwise: that
// is noticed when the note is written again for comparison.
std::string TakeLine(std::string_view label, std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos || text.substr(0, label.size()) != label || end < label.size()) return "";
  const std::string value(text.substr(label.size(), end - label.size()));
  text.remove_prefix(end + 1);
  return value;
}

}  // namespace

std::string EncodeServingNote(const ServingNote& note) {
  const std::string served =
      note.served.empty() ? "" : absl::StrCat("served ", absl::StrJoin(note.served, " "), "\n");
  const std::string lines = absl::StrCat("evald serving\ngeneration ", note.generation, "\nconfig ",
                                         note.config_fingerprint, "\n", served);
  return absl::StrCat(lines, "sha256 ", Sha256Hex({lines}), "\n");
}

absl::StatusOr<ServingNote> DecodeServingNote(std::string_view text) {
  std::string_view rest = text;
  ServingNote note;
  TakeLine("evald serving", rest);
  const bool number = absl::SimpleAtoi(TakeLine("generation ", rest), &note.generation);
  note.config_fingerprint = TakeLine("config ", rest);
  for (const absl::string_view word : absl::StrSplit(TakeLine("served ", rest), ' ', absl::SkipEmpty())) {
    // What is no number is noticed below.
    uint64_t generation = 0;
    static_cast<void>(absl::SimpleAtoi(word, &generation));
    note.served.push_back(generation);
  }
  if (!number || EncodeServingNote(note) != text)
    return absl::DataLossError("the note of what serves is damaged");
  return note;
}

}  // namespace evald::snapshot
