#include "tests/hostile/corpus.h"

#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "tests/support/process.h"
#include "tests/support/scripts.h"

namespace evald::testing {
namespace {

// One section as it is written, before `repeat` and `each`.
struct Section {
  HostileScript script;
  std::string source;
  std::vector<std::pair<std::string, std::string>> repeats;
  std::vector<std::string> each;
};

int Number(absl::string_view text) {
  int number = 0;
  EVALD_CHECK(absl::SimpleAtoi(text, &number), "a corpus file's number is one");
  return number;
}

v1::ResultFormat FormatNamed(absl::string_view name) {
  if (name == "structured") return v1::RESULT_FORMAT_STRUCTURED;
  if (name == "bytes") return v1::RESULT_FORMAT_BYTES;
  EVALD_CHECK(name == "none", "a corpus file's format is one that there is");
  return v1::RESULT_FORMAT_NONE;
}

std::string Times(int count, absl::string_view text) {
  std::string result;
  result.reserve(static_cast<size_t>(count) * text.size());
  for (int i = 0; i < count; ++i) absl::StrAppend(&result, text);
  return result;
}

void Apply(absl::string_view key, absl::string_view value, Section& section) {
  HostileScript& script = section.script;
  if (key == "expect") {
    script.expected.emplace_back(value);
  } else if (key == "why") {
    script.why = std::string(value);
  } else if (key == "wall") {
    script.wall = std::chrono::milliseconds(Number(value));
  } else if (key == "heap") {
    script.request.mutable_limits()->set_heap_bytes(static_cast<uint64_t>(Number(value)) << 20);
  } else if (key == "module") {
    script.request.set_source_kind(v1::SOURCE_KIND_MODULE);
  } else if (key == "with") {
    const std::pair<std::string, std::string> module = absl::StrSplit(value, absl::MaxSplits(' ', 1));
    v1::ModuleSource& sent = (*script.request.mutable_modules())[module.first];
    sent.set_type(absl::EndsWith(module.first, ".json") ? v1::ModuleSource::JSON
                                                        : v1::ModuleSource::JAVASCRIPT);
    sent.set_text(module.second);
  } else if (key == "format") {
    script.request.set_result_format(FormatNamed(value));
  } else if (key == "global") {
    const std::pair<std::string, std::string> binding = absl::StrSplit(value, absl::MaxSplits('=', 1));
    (*script.request.mutable_globals())[binding.first].set_json(binding.second);
  } else if (key == "repeat") {
    const std::vector<std::string> parts = absl::StrSplit(value, absl::MaxSplits(' ', 2));
    EVALD_CHECK(parts.size() == 3, "`repeat` has a token, a count and a text");
    section.repeats.emplace_back(parts[0], Times(Number(parts[1]), parts[2]));
  } else if (key == "each") {
    section.each = absl::StrSplit(value, ' ');
  } else {
    EVALD_CHECK(false, "a corpus file's directive is one that there is");
  }
}

bool MayTimeOut(const HostileScript& script) {
  for (const std::string& expected : script.expected) {
    if (absl::StrContains(expected, "WALL_TIME_LIMIT")) return true;
  }
  return false;
}

HostileScript Expand(const Section& section, const std::string& word) {
  HostileScript script = section.script;
  std::vector<std::pair<std::string, std::string>> replacements = section.repeats;
  if (!word.empty()) {
    absl::StrAppend(&script.name, "-", word);
    replacements.emplace_back("$each", word);
  }
  script.request.set_source(absl::StrReplaceAll(section.source, replacements));
  for (auto& [name, module] : *script.request.mutable_modules())
    module.set_text(absl::StrReplaceAll(module.text(), replacements));
  for (auto& [name, value] : *script.request.mutable_globals())
    value.set_json(absl::StrReplaceAll(value.json(), replacements));
  if (script.wall == std::chrono::milliseconds(0)) script.wall = MayTimeOut(script) ? kShortWall : kLongWall;
  *script.request.mutable_limits()->mutable_wall_time() = ToProto(script.wall);
  EVALD_CHECK(!script.expected.empty(), "a hostile script says what may come of it");
  EVALD_CHECK((script.expected.size() > 1) == !script.why.empty(),
              "several outcomes have a reason, one has none");
  return script;
}

void Finish(std::optional<Section>& section, std::vector<HostileScript>& scripts) {
  if (!section) return;
  if (section->each.empty()) section->each.emplace_back();
  for (const std::string& word : section->each) scripts.push_back(Expand(*section, word));
  section.reset();
}

}  // namespace

std::vector<HostileScript> LoadCorpus(const std::string& path) {
  std::vector<HostileScript> scripts;
  std::optional<Section> section;
  const std::string text = absl::StrReplaceAll(ReadFile(path), {{"\n//#     ", " "}});
  EVALD_CHECK(!text.empty(), "a corpus file is there");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::ConsumePrefix(&line, "//## ")) {
      Finish(section, scripts);
      section.emplace();
      section->script.name = std::string(line);
      section->script.file = std::filesystem::path(path).filename();
    } else if (!section) {
      continue;
    } else if (absl::ConsumePrefix(&line, "//# ")) {
      const std::pair<absl::string_view, absl::string_view> directive =
          absl::StrSplit(line, absl::MaxSplits(": ", 1));
      Apply(directive.first, directive.second, *section);
    } else {
      absl::StrAppend(&section->source, line, "\n");
    }
  }
  Finish(section, scripts);
  std::set<std::string> names;
  for (const HostileScript& script : scripts)
    EVALD_CHECK(names.insert(script.name).second, "a hostile script's name is its own");
  return scripts;
}

bool Matches(absl::string_view brief, absl::string_view expected) {
  const bool is_value = !absl::StartsWith(brief, "throws ") && !absl::StartsWith(brief, "fails ");
  if (expected == "value") return is_value;
  if (absl::ConsumePrefix(&expected, "value ")) return is_value && brief == expected;
  if (expected == "throws") return absl::StartsWith(brief, "throws ");
  return brief == expected || absl::StartsWith(brief, absl::StrCat(expected, ":"));
}

bool IsExpected(const HostileScript& script, absl::string_view brief) {
  for (const std::string& expected : script.expected) {
    if (Matches(brief, expected)) return true;
  }
  return false;
}

}  // namespace evald::testing
