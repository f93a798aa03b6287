#include "tests/hostile/outcome_table.h"

#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "tests/support/process.h"

namespace evald::testing {
namespace {

std::string Begin(const std::string& name) { return absl::StrCat("<!-- ", name, ": begin -->\n"); }
std::string End(const std::string& name) { return absl::StrCat("<!-- ", name, ": end -->\n"); }

// Where in the document the table's text is.
struct Place {
  size_t begin = 0;
  size_t end = 0;
};

Place PlaceOf(const std::string& document, const std::string& name) {
  const size_t begin = document.find(Begin(name)), end = document.find(End(name));
  EVALD_CHECK(begin != std::string::npos && end != std::string::npos && begin < end,
              "the document has the markers");
  return {begin + Begin(name).size(), end};
}

std::string Cell(const std::string& text) {
  return absl::StrCat("`", absl::StrReplaceAll(text, {{"|", "\\|"}, {"`", "'"}}), "`");
}

std::string Expectations(const HostileScript& script) {
  return absl::StrJoin(script.expected, " ", [](std::string* out, const std::string& expected) {
    absl::StrAppend(out, Cell(expected));
  });
}

// Which of the script's outcomes it was.
std::string CameTo(const HostileOutcome& outcome) {
  const std::vector<std::string>& expected = outcome.script->expected;
  for (const std::string& one : expected) {
    if (Matches(outcome.brief, one)) return expected.size() == 1 ? "as expected" : Cell(one);
  }
  return Cell(outcome.brief.substr(0, 60));
}

std::string FiguresRow(const std::string& what, bench::Samples samples) {
  if (samples.size() == 0) return "";
  return absl::StrFormat("| %s | %d | %.1f ms | %.1f ms | %.1f ms |\n", what, samples.size(),
                         samples.Median(), samples.Quantile(0.99), samples.Max());
}

}  // namespace

void WriteOutcomeTable(const std::string& path, const std::string& name,
                       const std::vector<HostileOutcome>& outcomes, const Lateness& lateness,
                       const bench::Samples& neighbour) {
  std::string table = "\n| | answers | p50 | p99 | max |\n|---|---|---|---|---|\n";
  absl::StrAppend(&table, FiguresRow("past the wall limit, interrupted", lateness.soft),
                  FiguresRow("past the wall limit, killed", lateness.hard),
                  FiguresRow("the neighbour's requests, all told", neighbour),
                  "\n| script | in | expected | came to | answered after |\n|---|---|---|---|---|\n");
  for (const HostileOutcome& outcome : outcomes) {
    absl::StrAppend(&table, "| ", outcome.script->name, " | ", outcome.script->file, " | ",
                    Expectations(*outcome.script), " | ", CameTo(outcome), " | ",
                    std::chrono::duration_cast<std::chrono::milliseconds>(outcome.elapsed).count(), " of ",
                    outcome.script->wall.count(), " ms |\n");
  }
  std::string document = ReadFile(path);
  const Place place = PlaceOf(document, name);
  document.replace(place.begin, place.end - place.begin, absl::StrCat(table, "\n"));
  WriteFile(path, document);
}

std::string DifferencesFromTable(const std::string& path, const std::string& name,
                                 const std::vector<HostileScript>& scripts) {
  const std::string document = ReadFile(path);
  const Place place = PlaceOf(document, name);
  std::map<std::string, std::string> listed;
  for (const absl::string_view line :
       absl::StrSplit(document.substr(place.begin, place.end - place.begin), '\n')) {
    const std::vector<std::string> cells = absl::StrSplit(line, " | ");
    // The other table, of figures, has no file.
    if (cells.size() == 5 && absl::EndsWith(cells[1], ".js"))
      listed[std::string(absl::StripPrefix(cells[0], "| "))] = cells[2];
  }
  std::string differences;
  for (const HostileScript& script : scripts) {
    const auto found = listed.find(script.name);
    if (found == listed.end()) {
      absl::StrAppend(&differences, script.name, " is not listed\n");
    } else if (found->second != Expectations(script)) {
      absl::StrAppend(&differences, script.name, " is listed with ", found->second, "\n");
    }
    if (found != listed.end()) listed.erase(found);
  }
  for (const auto& [left, expectations] : listed)
    absl::StrAppend(&differences, left, " is listed and not there\n");
  return differences;
}

}  // namespace evald::testing
