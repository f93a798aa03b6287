#include "runtime/source_maps.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/utf8.h"
#include "runtime/v8_compat.h"

namespace evald {
namespace {

// Slot of the context's embedder data that holds, in a snapshot, an array: name, URL, name, URL...
constexpr int kSourceMapsIndex = 3;
// What an isolate that keeps its state remembers of earlier requests.
constexpr size_t kMaxKept = 256;
constexpr size_t kMaxKeptBytes = size_t{32} << 20;
constexpr size_t kMaxNameBytes = 256;

absl::string_view Abseil(std::string_view text) { return {text.data(), text.size()}; }

// What a data: URL of JSON in base64 holds.
std::optional<std::string> JsonIn(std::string_view url) {
  constexpr std::string_view kScheme = "data:application/json";
  constexpr std::string_view kBase64 = ";base64,";
  if (url.substr(0, kScheme.size()) != kScheme) return std::nullopt;
  const size_t comma = url.find(',');
  if (comma == std::string_view::npos || comma + 1 < kBase64.size() ||
      url.substr(comma + 1 - kBase64.size(), kBase64.size()) != kBase64) {
    return std::nullopt;
  }
  std::string json;
  if (!absl::Base64Unescape(Abseil(url.substr(comma + 1)), &json)) return std::nullopt;
  return json;
}

// The URL of a source map that is the script's last line; empty: there is none, or one that is too long.
std::string_view UrlIn(std::string_view source) {
  constexpr std::string_view kComment = "//# sourceMappingURL=";
  const size_t last = source.find_last_not_of(" \t\r\n");
  if (last == std::string_view::npos) return {};
  source = source.substr(0, last + 1);
  const size_t newline = source.rfind('\n');
  if (newline != std::string_view::npos) source.remove_prefix(newline + 1);
  if (source.substr(0, kComment.size()) != kComment || source.size() > SourceMap::kMaxBytes / 3 * 4)
    return {};
  return source.substr(kComment.size());
}

// The place at the end of a call site, as V8 writes it: "f (name:3:7)" or "name:3:7".
struct Site {
  size_t name_end = 0;
  size_t place_end = 0;
  int line = 0;
  int column = 0;
};

// ":DIGITS" at the end of text[0, end).
bool TakeNumber(std::string_view text, size_t& end, int& number) {
  const size_t colon = text.substr(0, end).rfind(':');
  if (colon == std::string_view::npos || end - colon > 11) return false;
  if (!absl::SimpleAtoi(Abseil(text.substr(colon + 1, end - colon - 1)), &number)) return false;
  end = colon;
  return number > 0;
}

std::optional<Site> SiteIn(std::string_view frame) {
  Site site;
  site.name_end = site.place_end = absl::EndsWith(Abseil(frame), ")") ? frame.size() - 1 : frame.size();
  if (!TakeNumber(frame, site.name_end, site.column) || !TakeNumber(frame, site.name_end, site.line)) {
    return std::nullopt;
  }
  return site;
}

SourceMap::Place ToMap(int line, int column) {
  return {static_cast<uint32_t>(std::max(line, 1) - 1), static_cast<uint32_t>(std::max(column, 1) - 1)};
}

std::string NameIn(const SourceMap& map, const SourceMap::Original& original, std::string_view otherwise) {
  const std::string name = map.SourceName(original.source);
  return std::string(CutUtf8(name.empty() ? otherwise : name, kMaxNameBytes));
}

}  // namespace

void SourceMaps::EndRequest() {
  for (auto& [name, entry] : entries_) entry.given = false;
}

void SourceMaps::Forget(std::string_view name) {
  if (const auto found = entries_.find(name); found != entries_.end()) {
    bytes_ -= found->second.bytes;
    entries_.erase(found);
  }
  if (entries_.size() < kMaxKept && bytes_ < kMaxKeptBytes) return;
  std::erase_if(entries_, [](const auto& entry) { return !entry.second.preloaded && !entry.second.given; });
  bytes_ = 0;
  for (const auto& [kept, entry] : entries_) bytes_ += entry.bytes;
}

void SourceMaps::Give(std::string_view name, std::string json) {
  Forget(name);
  Entry& entry = entries_[std::string(name)];
  entry.given = true;
  entry.bytes = json.size();
  bytes_ += entry.bytes;
  entry.json = std::move(json);
}

void SourceMaps::OnCompile(std::string_view name, std::string_view source) {
  const auto known = entries_.find(name);
  if (known != entries_.end() && known->second.given) return;
  const std::string_view url = UrlIn(source);
  if (known != entries_.end() || !url.empty()) Forget(name);
  if (url.empty()) return;
  Entry& entry = entries_[std::string(name)];
  entry.bytes = url.size();
  bytes_ += entry.bytes;
  entry.url = url;
}

const SourceMap* SourceMaps::MapOf(Entry& entry) {
  if (!std::exchange(entry.read, true)) {
    std::optional<std::string> json = entry.url.empty() ? std::exchange(entry.json, {}) : JsonIn(entry.url);
    if (json) entry.map = SourceMap::Parse(*std::move(json));
  }
  return entry.map ? &*entry.map : nullptr;
}

std::optional<SourceMaps::Place> SourceMaps::Find(std::string_view name, int line, int column) {
  const auto entry = entries_.find(name);
  if (entry == entries_.end() || line < 1) return std::nullopt;
  const SourceMap* const map = MapOf(entry->second);
  if (map == nullptr) return std::nullopt;
  const std::optional<SourceMap::Original> original = map->Find({ToMap(line, column)}).front();
  if (!original) return std::nullopt;
  return Place{NameIn(*map, *original, name), static_cast<int>(original->place.line) + 1,
               static_cast<int>(original->place.column) + 1,
               map->SourceLine(original->source, original->place.line)};
}

// The one with the longest name, if names end alike.
SourceMaps::Entries::iterator SourceMaps::EntryAtEndOf(std::string_view text) {
  auto longest = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    const std::string& name = entry->first;
    if (!absl::EndsWith(Abseil(text), name)) continue;
    const size_t before = text.size() - name.size();
    if (before > 0 && text[before - 1] != '(' && text[before - 1] != ' ') continue;
    if (longest == entries_.end() || name.size() > longest->first.size()) longest = entry;
  }
  return longest;
}

void SourceMaps::MapFrames(std::vector<std::string>& frames) {
  struct Asked {
    SourceMap::Place place;
    size_t frame;
    Site site;
  };
  std::map<Entry*, std::vector<Asked>> asked_of;
  std::map<Entry*, std::string_view> names;
  for (size_t i = 0; i < frames.size(); ++i) {
    const std::optional<Site> site = SiteIn(frames[i]);
    if (!site) continue;
    const auto entry = EntryAtEndOf(std::string_view(frames[i]).substr(0, site->name_end));
    if (entry == entries_.end()) continue;
    names[&entry->second] = entry->first;
    asked_of[&entry->second].push_back({ToMap(site->line, site->column), i, *site});
  }
  // Each map is walked through once, however many frames there are.
  for (auto& [entry, asked] : asked_of) {
    const SourceMap* const map = MapOf(*entry);
    if (map == nullptr) continue;
    const std::string_view name = names[entry];
    std::sort(asked.begin(), asked.end(), [](const Asked& a, const Asked& b) { return a.place < b.place; });
    std::vector<SourceMap::Place> places;
    for (const Asked& one : asked) places.push_back(one.place);
    const std::vector<std::optional<SourceMap::Original>> originals = map->Find(places);
    for (size_t i = 0; i < asked.size(); ++i) {
      if (!originals[i]) continue;
      std::string& frame = frames[asked[i].frame];
      const Site& site = asked[i].site;
      const std::string place =
          absl::StrCat(NameIn(*map, *originals[i], name), ":", originals[i]->place.line + 1, ":",
                       originals[i]->place.column + 1);
      frame.replace(site.name_end - name.size(), site.place_end - site.name_end + name.size(), place);
    }
  }
}

void SourceMaps::SaveTo(v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::Local<v8::Array> saved = v8::Array::New(isolate);
  uint32_t length = 0;
  const auto save = [&](const std::string& text) {
    v8::Local<v8::String> string;
    EVALD_CHECK(v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kNormal,
                                        static_cast<int>(text.size()))
                        .ToLocal(&string) &&
                    saved->CreateDataProperty(context, length++, string).FromMaybe(false),
                "part of a script can be a string");
  };
  for (const auto& [name, entry] : entries_) {
    save(name);
    save(entry.url);
  }
  context->SetEmbedderData(kSourceMapsIndex, saved);
}

void SourceMaps::RestoreFrom(v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::Local<v8::Value> saved = context->GetEmbedderData(kSourceMapsIndex);
  if (saved.IsEmpty() || !saved->IsArray()) return;
  const v8::Local<v8::Array> list = saved.As<v8::Array>();
  for (uint32_t i = 0; i + 1 < list->Length(); i += 2) {
    v8::Local<v8::Value> name, url;
    if (!list->Get(context, i).ToLocal(&name) || !list->Get(context, i + 1).ToLocal(&url) ||
        !name->IsString() || !url->IsString()) {
      continue;
    }
    Entry& entry = entries_[v8_compat::WriteUtf8(isolate, name.As<v8::String>())];
    entry.url = v8_compat::WriteUtf8(isolate, url.As<v8::String>());
    entry.preloaded = true;
  }
}

}  // namespace evald
