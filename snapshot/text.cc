#include "snapshot/text.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace evald::snapshot {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Reads one JSON text from its beginning. Each of the methods that reads something returns false where it is
// not there, with `wrong_` saying what is the matter.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  absl::Status Check() {
    if (const size_t utf8 = Utf8Prefix(text_); utf8 < text_.size()) {
      at_ = utf8;
      return Fault("not UTF-8");
    }
    if (!ReadValue()) return Fault(wrong_);
    SkipBlanks();
    if (at_ < text_.size()) return Fault("something follows after the value");
    return absl::OkStatus();
  }

 private:
  absl::Status Fault(const char* what) const {
    return absl::InvalidArgumentError(absl::StrCat("byte ", at_ + 1, ": ", what));
  }
  bool Wrong(const char* what) {
    wrong_ = what;
    return false;
  }

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Skip(char c) {
    if (Peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void SkipBlanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  // A value with all that is in it. Keeps the open brackets itself: deep text takes no stack.
  bool ReadValue() {
    std::string open;
    while (true) {
      SkipBlanks();
      if (Peek() == '[' || Peek() == '{') {
        if (open.size() == kMaxJsonDepth) return Wrong("nested too deeply");
        open.push_back(text_[at_++]);
        SkipBlanks();
        if (!Skip(open.back() == '[' ? ']' : '}')) {
          if (open.back() == '{' && !ReadName()) return false;
          continue;
        }
        open.pop_back();
      } else if (!ReadScalar()) {
        return false;
      }
      // A value is complete: what it stands in goes on or ends.
      bool more = false;
      while (!open.empty() && !more) {
        SkipBlanks();
        if (Skip(',')) {
          if (open.back() == '{' && !ReadName()) return false;
          more = true;
        } else if (Skip(open.back() == '[' ? ']' : '}')) {
          open.pop_back();
        } else {
          return Wrong(open.back() == '[' ? "a comma or ] is missing" : "a comma or } is missing");
        }
      }
      if (open.empty()) return true;
    }
  }

  bool ReadName() {
    SkipBlanks();
    if (Peek() != '"') return Wrong("a name in double quotes is missing");
    if (!ReadString()) return false;
    SkipBlanks();
    return Skip(':') || Wrong("a colon is missing");
  }

  bool ReadScalar() {
    if (Peek() == '"') return ReadString();
    if (Peek() == '-' || IsDigit(Peek())) return ReadNumber();
    for (const std::string_view word : {"true", "false", "null"}) {
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return true;
      }
    }
    return Wrong(at_ == text_.size() ? "a value is missing" : "not a JSON value");
  }

  bool ReadString() {
    ++at_;
    while (at_ < text_.size()) {
      if (static_cast<uint8_t>(text_[at_]) < 0x20) return Wrong("a control character in a string");
      if (Skip('"')) return true;
      if (text_[at_++] == '\\' && !ReadEscape()) return false;
    }
    return Wrong("the string does not end");
  }

  bool ReadEscape() {
    if (Skip('u')) {
      for (int i = 0; i < 4; ++i, ++at_) {
        if (!IsHexDigit(Peek())) return Wrong("\\u needs four hexadecimal digits");
      }
      return true;
    }
    if (at_ == text_.size() || std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos)
      return Wrong("no such escape in a JSON string");
    ++at_;
    return true;
  }

  bool ReadDigits() {
    if (!IsDigit(Peek())) return Wrong("a digit is missing");
    while (IsDigit(Peek())) ++at_;
    return true;
  }

  bool ReadNumber() {
    Skip('-');
    if (!Skip('0') && !ReadDigits()) return false;
    if (Skip('.') && !ReadDigits()) return false;
    if (Skip('e') || Skip('E')) {
      if (!Skip('+')) Skip('-');
      return ReadDigits();
    }
    return true;
  }

  const std::string_view text_;
  size_t at_ = 0;
  const char* wrong_ = "";
};

}  // namespace

size_t Utf8Prefix(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  size_t at = 0;
  while (at < text.size()) {
    const uint8_t lead = byte(at);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    if (lead < 0xC2 || lead > 0xF4) return at;
    const size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size > text.size() - at) return at;
    for (size_t i = 1; i < size; ++i) {
      if ((byte(at + i) & 0xC0) != 0x80) return at;
    }
    // Longer than need be, a surrogate, or past the last code point.
    const uint8_t second = byte(at + 1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
      return at;
    }
    at += size;
  }
  return at;
}

absl::Status CheckJson(std::string_view text) { return JsonReader(text).Check(); }

}  // namespace evald::snapshot
