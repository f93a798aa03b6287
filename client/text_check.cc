#include "client/text_check.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace evald {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Walks over one JSON text. Each Take method moves past what it names; the first trouble is kept and ends the
// walk.
class JsonWalk {
 public:
  explicit JsonWalk(std::string_view text) : text_(text) {}

  absl::Status Run() {
    // What the walk is inside of: '[' or '{', innermost last.
    std::vector<char> open;
    do {
      SkipSpace();
      if (!TakeValueOrOpen(open)) return Trouble();
      // After a whole value: close what ends here, then go on to the next member or element.
      while (complete_ && !open.empty()) {
        SkipSpace();
        if (Take(open.back() == '[' ? ']' : '}')) {
          open.pop_back();
          continue;
        }
        if (!Take(',')) return Fail(open.back() == '[' ? "expected ',' or ']'" : "expected ',' or '}'");
        SkipSpace();
        if (open.back() == '{' && !TakeKey()) return Trouble();
        break;
      }
    } while (!open.empty());
    SkipSpace();
    if (at_ < text_.size()) return Fail("expected the end");
    return absl::OkStatus();
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void SkipSpace() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  absl::Status Fail(const char* what) {
    what_ = what;
    return Trouble();
  }

  absl::Status Trouble() const {
    return absl::InvalidArgumentError(at_ < text_.size() ? absl::StrCat(what_, " at byte ", at_ + 1)
                                                         : absl::StrCat(what_, ", but the text ends"));
  }

  bool Miss(const char* what) {
    what_ = what;
    return false;
  }

  // A scalar, an empty array or object (complete_), or the opening of a filled one (not complete_).
  bool TakeValueOrOpen(std::vector<char>& open) {
    complete_ = true;
    switch (const char c = Peek()) {
      case '"':
        return TakeString();
      case 't':
        return TakeWord("true");
      case 'f':
        return TakeWord("false");
      case 'n':
        return TakeWord("null");
      case '[':
      case '{':
        ++at_;
        SkipSpace();
        if (Take(c == '[' ? ']' : '}')) return true;
        open.push_back(c);
        complete_ = false;
        return c == '[' || TakeKey();
      default:
        return IsDigit(c) || c == '-' ? TakeNumber() : Miss("expected a JSON value");
    }
  }

  bool TakeKey() {
    if (Peek() != '"') return Miss("expected a member's name in double quotes");
    if (!TakeString()) return false;
    SkipSpace();
    return Take(':') || Miss("expected ':'");
  }

  bool TakeWord(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return Miss("expected a JSON value");
    at_ += word.size();
    return true;
  }

  bool TakeDigits() {
    if (!IsDigit(Peek())) return Miss("expected a digit");
    while (IsDigit(Peek())) ++at_;
    return true;
  }

  bool TakeNumber() {
    Take('-');
    if (!Take('0') && !TakeDigits()) return false;
    if (Take('.') && !TakeDigits()) return false;
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      return TakeDigits();
    }
    return true;
  }

  bool TakeString() {
    Take('"');
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20) return Miss("a control character in a string");
      ++at_;
      if (c == '"') return true;
      if (c == '\\' && !TakeEscape()) return false;
    }
    return Miss("expected '\"'");
  }

  bool TakeEscape() {
    if (Take('u')) {
      for (int i = 0; i < 4; ++i, ++at_) {
        if (!IsHexDigit(Peek())) return Miss("expected four hexadecimal digits");
      }
      return true;
    }
    if (at_ < text_.size() && std::string_view("\"\\/bfnrt").find(text_[at_]) != std::string_view::npos) {
      ++at_;
      return true;
    }
    return Miss("an unknown escape in a string");
  }

  const std::string_view text_;
  size_t at_ = 0;
  bool complete_ = false;
  const char* what_ = "";
};

// Length of the UTF-8 sequence at the start of `text`; 0 if there is none.
size_t Utf8SequenceLength(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F)) return 0;
  if ((lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F)) return 0;
  return length;
}

}  // namespace

absl::Status CheckJson(std::string_view text) {
  if (absl::Status status = CheckUtf8(text); !status.ok()) return status;
  return JsonWalk(text).Run();
}

absl::Status CheckUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = Utf8SequenceLength(text.substr(at));
    if (length == 0) return absl::InvalidArgumentError(absl::StrCat("not UTF-8 at byte ", at + 1));
    at += length;
  }
  return absl::OkStatus();
}

}  // namespace evald
