// A source map, as any script may bring it: reading it ends, and what it says stays within it.

#include <string>
#include <vector>

#include "base/check.h"
#include "runtime/source_map.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using evald::SourceMap;
  std::string json(evald::fuzz::Input(data, size).TakeRest());
  const size_t length = json.size();
  const std::optional<SourceMap> map = SourceMap::Parse(std::move(json));
  if (!map) return 0;
  std::vector<SourceMap::Place> places;
  for (uint32_t line = 0; line < 8; ++line) {
    for (const uint32_t column : {0u, 1u, 7u, 1000u}) places.push_back({line, column});
  }
  const auto found = map->Find(places);
  EVALD_CHECK(found.size() == places.size(), "each place is answered");
  for (size_t i = 0; i < found.size(); ++i) {
    const auto alone = map->Find({places[i]}).front();
    EVALD_CHECK(alone.has_value() == found[i].has_value(), "alone as among others");
    if (!found[i]) continue;
    EVALD_CHECK(alone->source == found[i]->source && alone->place == found[i]->place, "to the same place");
    EVALD_CHECK(map->SourceName(found[i]->source).size() <= 3 * length, "a name is part of the map");
    const auto text = map->SourceLine(found[i]->source, found[i]->place.line);
    EVALD_CHECK(!text || text->find('\n') == std::string::npos, "a line is one line");
  }
  return 0;
}
