#include "runtime/value_sink.h"

#include "absl/strings/str_cat.h"
#include "runtime/exceptions.h"
#include "runtime/v8_compat.h"

namespace evald {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void AppendUnicodeEscape(std::string& out, uint16_t unit) {
  const char escape[6] = {
      '\\', 'u', kHex[unit >> 12], kHex[(unit >> 8) & 15], kHex[(unit >> 4) & 15], kHex[unit & 15]};
  out.append(escape, sizeof escape);
}

// Characters that JSON writes with a backslash. True: written.
bool AppendEscaped(std::string& out, uint16_t unit) {
  switch (unit) {
    case '"':
      out += "\\\"";
      return true;
    case '\\':
      out += "\\\\";
      return true;
    case '\b':
      out += "\\b";
      return true;
    case '\f':
      out += "\\f";
      return true;
    case '\n':
      out += "\\n";
      return true;
    case '\r':
      out += "\\r";
      return true;
    case '\t':
      out += "\\t";
      return true;
    default:
      if (unit >= 0x20) return false;
      AppendUnicodeEscape(out, unit);
      return true;
  }
}

void AppendUtf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

bool IsHighSurrogate(uint16_t unit) { return (unit & 0xFC00) == 0xD800; }
bool IsLowSurrogate(uint16_t unit) { return (unit & 0xFC00) == 0xDC00; }

}  // namespace

void JsonSink::Separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_members_.empty()) return;
  if (has_members_.back()) out_ += ',';
  has_members_.back() = true;
}

void JsonSink::Null() {
  Separate();
  out_ += "null";
}

void JsonSink::Bool(bool value) {
  Separate();
  out_ += value ? "true" : "false";
}

void JsonSink::Number(v8::Local<v8::Context> context, v8::Local<v8::Number> value) {
  Separate();
  if (value->IsInt32()) {
    absl::StrAppend(&out_, value.As<v8::Int32>()->Value());
    return;
  }
  v8::Local<v8::String> text;  // V8's own shortest form; cannot fail for a primitive number
  if (value->ToString(context).ToLocal(&text)) out_ += ToUtf8(context->GetIsolate(), text);
}

void JsonSink::String(v8::Isolate* isolate, v8::Local<v8::String> value) {
  Separate();
  Quote(isolate, value);
}

void JsonSink::Quote(v8::Isolate* isolate, v8::Local<v8::String> text) {
  const size_t length = static_cast<size_t>(text->Length());
  out_ += '"';
  if (text->IsOneByte()) {
    one_byte_.resize(length);
    v8_compat::WriteOneByte(isolate, text, one_byte_.data());
    for (const uint8_t unit : one_byte_) {
      if (!AppendEscaped(out_, unit)) AppendUtf8(out_, unit);
    }
  } else {
    two_byte_.resize(length);
    v8_compat::WriteTwoByte(isolate, text, two_byte_.data());
    for (size_t i = 0; i < length; ++i) {
      const uint16_t unit = two_byte_[i];
      if (AppendEscaped(out_, unit)) continue;
      if (IsHighSurrogate(unit) && i + 1 < length && IsLowSurrogate(two_byte_[i + 1])) {
        AppendUtf8(out_, 0x10000 + ((unit & 0x3FFu) << 10) + (two_byte_[++i] & 0x3FFu));
      } else if (IsHighSurrogate(unit) || IsLowSurrogate(unit)) {
        AppendUnicodeEscape(out_, unit);
      } else {
        AppendUtf8(out_, unit);
      }
    }
  }
  out_ += '"';
}

void JsonSink::BeginArray() {
  Separate();
  has_members_.push_back(false);
  out_ += '[';
}

void JsonSink::EndArray() {
  has_members_.pop_back();
  out_ += ']';
}

void JsonSink::BeginObject() {
  Separate();
  has_members_.push_back(false);
  out_ += '{';
}

void JsonSink::Key(v8::Isolate* isolate, v8::Local<v8::String> key) {
  Separate();
  Quote(isolate, key);
  out_ += ':';
  after_key_ = true;
}

void JsonSink::EndObject() {
  has_members_.pop_back();
  out_ += '}';
}

google::protobuf::Value& StructSink::Next() {
  size_ += 8;  // about what tags, lengths and scalars take
  if (open_.empty()) return root_;
  google::protobuf::Value& parent = *open_.back();
  if (parent.has_list_value()) return *parent.mutable_list_value()->add_values();
  return (*parent.mutable_struct_value()->mutable_fields())[std::move(key_)];
}

void StructSink::Null() { Next().set_null_value(google::protobuf::NULL_VALUE); }

void StructSink::Bool(bool value) { Next().set_bool_value(value); }

void StructSink::Number(v8::Local<v8::Context>, v8::Local<v8::Number> value) {
  Next().set_number_value(value->Value());
}

void StructSink::String(v8::Isolate* isolate, v8::Local<v8::String> value) {
  std::string text = ToUtf8(isolate, value);
  size_ += text.size();
  Next().set_string_value(std::move(text));
}

void StructSink::BeginArray() {
  google::protobuf::Value& value = Next();
  value.mutable_list_value();
  open_.push_back(&value);
}

void StructSink::BeginObject() {
  google::protobuf::Value& value = Next();
  value.mutable_struct_value();
  open_.push_back(&value);
}

void StructSink::Key(v8::Isolate* isolate, v8::Local<v8::String> key) {
  key_ = ToUtf8(isolate, key);
  size_ += key_.size() + 8;
}

}  // namespace evald
