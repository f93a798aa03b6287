#include "runtime/source_map.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace evald {
namespace {

// Steps over JSON text value by value. Text that is no JSON is not always noticed, but it is always left
// behind: each step consumes something or fails.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : text_(text) {}

  // The next value, whole, as it is written.
  bool Value(std::string_view& value) {
    SkipBlanks();
    const size_t begin = at_;
    if (at_ == text_.size()) return false;
    if (text_[at_] == '"') {
      std::string_view ignored;
      if (!String(ignored)) return false;
    } else if (text_[at_] == '{' || text_[at_] == '[') {
      if (!SkipNested()) return false;
    } else {
      constexpr std::string_view kMarks = "+-.";
      while (at_ < text_.size() &&
             (absl::ascii_isalnum(Byte()) || kMarks.find(text_[at_]) != std::string_view::npos))
        ++at_;
    }
    value = text_.substr(begin, at_ - begin);
    return !value.empty();
  }

  // What is between the quotes, escapes as they are.
  bool String(std::string_view& content) {
    if (!Take('"')) return false;
    const size_t begin = at_;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        content = text_.substr(begin, at_ - begin);
        ++at_;
        return true;
      }
    }
    return false;
  }

  bool Take(char c) {
    SkipBlanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

 private:
  unsigned char Byte() const { return static_cast<unsigned char>(text_[at_]); }
  void SkipBlanks() {
    while (at_ < text_.size() && absl::ascii_isspace(Byte())) ++at_;
  }
  bool SkipNested() {
    size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      std::string_view ignored;
      if (c == '"') {
        if (!String(ignored)) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
  }

  const std::string_view text_;
  size_t at_ = 0;
};

// Each member of the object `json`; false: it is none, or `visit` said so.
bool EachMember(std::string_view json, absl::FunctionRef<bool(std::string_view, std::string_view)> visit) {
  JsonCursor at(json);
  if (!at.Take('{')) return false;
  if (at.Take('}')) return true;
  do {
    std::string_view key, value;
    if (!at.String(key) || !at.Take(':') || !at.Value(value) || !visit(key, value)) return false;
  } while (at.Take(','));
  return at.Take('}');
}

bool EachElement(std::string_view json, absl::FunctionRef<bool(std::string_view)> visit) {
  JsonCursor at(json);
  if (!at.Take('[')) return false;
  if (at.Take(']')) return true;
  do {
    std::string_view value;
    if (!at.Value(value) || !visit(value)) return false;
  } while (at.Take(','));
  return at.Take(']');
}

// The content of a string; nothing for any other value.
std::optional<std::string_view> StringIn(std::string_view value) {
  std::string_view content;
  if (!JsonCursor(value).String(content)) return std::nullopt;
  return content;
}

void AppendUtf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// Four hexadecimal digits at `at`.
std::optional<uint32_t> HexUnit(std::string_view text, size_t at) {
  uint32_t unit = 0;
  if (at + 4 > text.size()) return std::nullopt;
  for (const char c : text.substr(at, 4)) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
    const char low = absl::ascii_tolower(static_cast<unsigned char>(c));
    unit = unit * 16 + static_cast<uint32_t>(low <= '9' ? low - '0' : low - 'a' + 10);
  }
  return unit;
}

// The text that a string's content stands for. Lone surrogates become U+FFFD.
std::string Unescaped(std::string_view content) {
  std::string out;
  out.reserve(content.size());
  for (size_t i = 0; i < content.size(); ++i) {
    if (content[i] != '\\' || i + 1 == content.size()) {
      out += content[i];
      continue;
    }
    const char c = content[++i];
    const size_t known = std::string_view("bfnrt").find(c);
    if (known != std::string_view::npos) {
      out += "\b\f\n\r\t"[known];
    } else if (const auto unit = c == 'u' ? HexUnit(content, i + 1) : std::nullopt) {
      i += 4;
      uint32_t code = *unit;
      if (code >= 0xD800 && code < 0xE000) {
        const auto low = content.substr(i + 1, 2) == "\\u" ? HexUnit(content, i + 3) : std::nullopt;
        const bool pair = code < 0xDC00 && low && *low >= 0xDC00 && *low < 0xE000;
        if (pair) i += 6;
        code = pair ? 0x10000 + ((code - 0xD800) << 10) + (*low - 0xDC00) : 0xFFFD;
      }
      AppendUtf8(code, out);
    } else {
      out += c;
    }
  }
  return out;
}

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> DigitValues() {
  std::array<int8_t, 256> values{};
  for (int8_t& value : values) value = -1;
  for (size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<int8_t>(i);
  return values;
}

// One base64 VLQ at `at`. False: there is none, or one that is larger than any place.
bool ReadVlq(std::string_view text, size_t& at, int64_t& value) {
  static constexpr std::array<int8_t, 256> kValues = DigitValues();
  int64_t sum = 0;
  for (int shift = 0; shift <= 30 && at < text.size(); shift += 5) {
    const int digit = kValues[static_cast<unsigned char>(text[at])];
    if (digit < 0) return false;
    ++at;
    sum |= static_cast<int64_t>(digit & 31) << shift;
    if ((digit & 32) == 0) {
      value = (sum & 1) != 0 ? -(sum >> 1) : sum >> 1;
      return true;
    }
  }
  return false;
}

bool IsPlace(int64_t n) { return n >= 0 && n < INT32_MAX; }

// One segment of `mappings`: 1 to 5 fields.
size_t ReadSegment(std::string_view mappings, size_t& at, std::array<int64_t, 5>& fields) {
  size_t count = 0;
  while (count < fields.size() && at < mappings.size() && mappings[at] != ',' && mappings[at] != ';') {
    if (!ReadVlq(mappings, at, fields[count])) return 0;
    ++count;
  }
  const bool ends = at == mappings.size() || mappings[at] == ',' || mappings[at] == ';';
  return ends && (count == 1 || count >= 4) ? count : 0;
}

}  // namespace

std::optional<SourceMap> SourceMap::Parse(std::string json) {
  if (json.size() > kMaxBytes) return std::nullopt;
  SourceMap map;
  map.json_ = std::make_unique<const std::string>(std::move(json));
  std::string_view sections;
  const bool is_object = EachMember(*map.json_, [&](std::string_view key, std::string_view value) {
    if (key == "sections") sections = value;
    return true;
  });
  if (!is_object) return std::nullopt;
  if (sections.empty() ? !map.ReadPart(*map.json_, {}) : !map.ReadSections(sections)) return std::nullopt;
  return map;
}

bool SourceMap::ReadPart(std::string_view json, Place offset) {
  Part part;
  part.offset = offset;
  part.first_source = sources_.size();
  std::string_view root, version, contents;
  bool has_mappings = false;
  const bool read = EachMember(json, [&](std::string_view key, std::string_view value) {
    if (key == "version") version = value;
    if (key == "sourceRoot") root = StringIn(value).value_or("");
    if (key == "sourcesContent") contents = value;
    if (key == "mappings") {
      const auto mappings = StringIn(value);
      has_mappings = mappings.has_value();
      part.mappings = mappings.value_or("");
    }
    if (key != "sources") return true;
    sources_.resize(part.first_source);
    return EachElement(value, [&](std::string_view name) {
      sources_.emplace_back().name = StringIn(name).value_or("");
      return sources_.size() <= kMaxSources;
    });
  });
  if (!read || !has_mappings || version != "3") return false;
  part.sources = sources_.size() - part.first_source;
  const absl::Span<Source> sources = absl::MakeSpan(sources_).subspan(part.first_source);
  for (Source& source : sources) source.root = root;
  size_t i = 0;
  // Contents that cannot be read are none.
  if (!contents.empty()) {
    static_cast<void>(EachElement(contents, [&](std::string_view content) {
      if (i == sources.size()) return false;
      if (const auto text = StringIn(content)) {
        sources[i].content = *text;
        sources[i].has_content = true;
      }
      ++i;
      return true;
    }));
  }
  parts_.push_back(part);
  return true;
}

bool SourceMap::ReadSections(std::string_view json) {
  return EachElement(json, [&](std::string_view section) {
    std::string_view map;
    Place offset;
    const bool read = EachMember(section, [&](std::string_view key, std::string_view value) {
      if (key == "map") map = value;
      if (key != "offset") return true;
      return EachMember(value, [&](std::string_view name, std::string_view number) {
        if (name != "line" && name != "column") return true;
        uint32_t n = 0;
        if (!absl::SimpleAtoi(absl::string_view(number.data(), number.size()), &n) || !IsPlace(n))
          return false;
        (name == "line" ? offset.line : offset.column) = n;
        return true;
      });
    });
    const bool in_order = parts_.empty() || parts_.back().offset <= offset;
    return read && in_order && parts_.size() < kMaxSources && ReadPart(map, offset);
  });
}

std::vector<std::optional<SourceMap::Original>> SourceMap::Find(absl::Span<const Place> generated) const {
  std::vector<std::optional<Original>> found(generated.size());
  size_t begin = 0;
  for (size_t i = 0; i < parts_.size() && begin < generated.size(); ++i) {
    const auto at = [&](Place place) {
      return static_cast<size_t>(std::lower_bound(generated.begin(), generated.end(), place) -
                                 generated.begin());
    };
    begin = std::max(begin, at(parts_[i].offset));
    const size_t end = i + 1 < parts_.size() ? at(parts_[i + 1].offset) : generated.size();
    if (end <= begin) continue;
    FindIn(parts_[i], generated.subspan(begin, end - begin),
           absl::MakeSpan(found).subspan(begin, end - begin));
    begin = end;
  }
  return found;
}

void SourceMap::FindIn(const Part& part, absl::Span<const Place> generated,
                       absl::Span<std::optional<Original>> found) {
  size_t next = 0;  // of `generated`
  uint32_t line = part.offset.line;
  int64_t column = 0, source = 0, original_line = 0, original_column = 0;
  std::optional<Original> last;  // what the places of this line come from, up to the next segment
  const auto settle = [&](Place before) {
    for (; next < generated.size() && generated[next] < before; ++next) {
      if (generated[next].line == line) found[next] = last;
    }
  };
  const auto start_of = [&](uint32_t number) { return number == part.offset.line ? part.offset.column : 0; };

  const std::string_view mappings = part.mappings;
  column = start_of(line);
  for (size_t at = 0; at < mappings.size() && next < generated.size();) {
    if (mappings[at] == ';') {
      settle({line + 1, 0});
      ++line;
      ++at;
      column = 0;
      last.reset();
      continue;
    }
    if (mappings[at] == ',') {
      ++at;
      continue;
    }
    std::array<int64_t, 5> fields{};
    const size_t count = ReadSegment(mappings, at, fields);
    // Out of order is malformed, too: from here on nothing is known.
    if (count == 0 || fields[0] < 0 || !IsPlace(column + fields[0])) return;
    column += fields[0];
    settle({line, static_cast<uint32_t>(column)});
    last.reset();
    if (count == 1) continue;
    source += fields[1];
    original_line += fields[2];
    original_column += fields[3];
    if (source < 0 || source >= static_cast<int64_t>(part.sources)) continue;
    if (!IsPlace(original_line) || !IsPlace(original_column)) continue;
    last = Original{part.first_source + static_cast<size_t>(source),
                    {static_cast<uint32_t>(original_line), static_cast<uint32_t>(original_column)}};
  }
  settle({line + 1, 0});
}

std::string SourceMap::SourceName(size_t source) const {
  const Source& from = sources_[source];
  std::string name = Unescaped(from.name);
  if (name.empty() || from.root.empty()) return name;
  const std::string root = Unescaped(from.root);
  return absl::StrCat(root, absl::EndsWith(root, "/") ? "" : "/", name);
}

std::optional<std::string> SourceMap::SourceLine(size_t source, uint32_t line) const {
  if (!sources_[source].has_content) return std::nullopt;
  const std::string text = Unescaped(sources_[source].content);
  // Where a line ends, as JavaScript counts lines.
  const auto end_at = [&text](size_t at) -> size_t {
    if (text[at] == '\n') return 1;
    if (text[at] == '\r') return text.compare(at, 2, "\r\n") == 0 ? 2 : 1;
    return text.compare(at, 3, "\u2028") == 0 || text.compare(at, 3, "\u2029") == 0 ? 3 : 0;
  };
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = end_at(at);
    if (end == 0) {
      ++at;
      continue;
    }
    if (line == 0) return text.substr(begin, at - begin);
    --line;
    at += end;
    begin = at;
  }
  if (line > 0) return std::nullopt;
  return text.substr(begin);
}

}  // namespace evald
