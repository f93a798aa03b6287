#include "runtime/value_writer.h"

#include <cmath>
#include <optional>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/exceptions.h"
#include "runtime/value_sink.h"

namespace evald {
namespace {

// One walk over a result.
class Walk {
 public:
  Walk(v8::Local<v8::Context> context, ValueSink& sink, const WriteLimits& limits, std::string& error)
      : context_(context), isolate_(context->GetIsolate()), sink_(sink), limits_(limits), error_(error) {
    to_json_ = v8::String::NewFromUtf8Literal(isolate_, "toJSON", v8::NewStringType::kInternalized);
  }

  WriteOutcome Write(v8::Local<v8::Value> value) { return WriteMember(value, v8::String::Empty(isolate_)); }

 private:
  using Segment = std::variant<uint32_t, v8::Local<v8::String>>;

  // `key` is what toJSON is told.
  WriteOutcome WriteMember(v8::Local<v8::Value> value, v8::Local<v8::Value> key) {
    if (value->IsObject() || value->IsBigInt()) {
      if (!ApplyToJson(value, key)) return WriteOutcome::kThrew;
    }
    if (value->IsNull() || value->IsUndefined()) {
      sink_.Null();
    } else if (value->IsBoolean()) {
      sink_.Bool(value->IsTrue());
    } else if (value->IsNumber()) {
      WriteNumber(value.As<v8::Number>());
    } else if (value->IsString()) {
      return WriteString(value.As<v8::String>());
    } else if (value->IsSymbol()) {
      return CannotCarry("a symbol");
    } else if (value->IsBigInt()) {
      return CannotCarry("a BigInt, which JSON has no word for");
    } else if (value->IsFunction()) {
      return CannotCarry("a function");
    } else if (value->IsObject()) {
      return WriteObject(value.As<v8::Object>());
    }
    return CheckSize();
  }

  WriteOutcome WriteObject(v8::Local<v8::Object> object) {
    if (object->IsNumberObject()) {
      v8::Local<v8::Number> number;
      if (!object->ToNumber(context_).ToLocal(&number)) return WriteOutcome::kThrew;
      WriteNumber(number);
      return CheckSize();
    }
    if (object->IsStringObject()) {
      v8::Local<v8::String> text;
      if (!object->ToString(context_).ToLocal(&text)) return WriteOutcome::kThrew;
      return WriteString(text);
    }
    if (object->IsBooleanObject()) {
      sink_.Bool(object.As<v8::BooleanObject>()->ValueOf());
      return CheckSize();
    }
    if (object->IsBigIntObject()) return CannotCarry("a BigInt, which JSON has no word for");
    for (const v8::Local<v8::Object>& ancestor : open_) {
      if (ancestor == object) return CannotCarry("a cycle: it holds itself");
    }
    if (static_cast<int>(open_.size()) == limits_.max_depth) {
      error_ = absl::StrCat(Path(), " is nested deeper than ", limits_.max_depth, " levels");
      return WriteOutcome::kTooDeep;
    }
    open_.push_back(object);
    const WriteOutcome outcome = IsArray(object) ? WriteArray(object) : WriteFields(object);
    open_.pop_back();
    return outcome;
  }

  WriteOutcome WriteArray(v8::Local<v8::Object> array) {
    uint32_t length = 0;
    if (array->IsArray()) {
      length = array.As<v8::Array>()->Length();
    } else {  // a proxy of one
      v8::Local<v8::Value> value;
      const auto key = v8::String::NewFromUtf8Literal(isolate_, "length");
      if (!array->Get(context_, key).ToLocal(&value) || !value->Uint32Value(context_).To(&length)) {
        return WriteOutcome::kThrew;
      }
    }
    sink_.BeginArray();
    for (uint32_t i = 0; i < length; ++i) {
      v8::HandleScope scope(isolate_);
      path_.emplace_back(i);
      v8::Local<v8::Value> element;
      if (!array->Get(context_, i).ToLocal(&element)) return WriteOutcome::kThrew;
      const v8::Local<v8::Value> key =
          element->IsObject() ? IndexKey(i) : v8::Local<v8::Value>(v8::Undefined(isolate_));
      if (const WriteOutcome outcome = WriteMember(element, key); outcome != WriteOutcome::kWritten)
        return outcome;
      path_.pop_back();
    }
    sink_.EndArray();
    return CheckSize();
  }

  WriteOutcome WriteFields(v8::Local<v8::Object> object) {
    v8::Local<v8::Array> keys;
    const auto filter = static_cast<v8::PropertyFilter>(v8::ONLY_ENUMERABLE | v8::SKIP_SYMBOLS);
    if (!object->GetOwnPropertyNames(context_, filter, v8::KeyConversionMode::kConvertToString)
             .ToLocal(&keys)) {
      return WriteOutcome::kThrew;
    }
    sink_.BeginObject();
    for (uint32_t i = 0; i < keys->Length(); ++i) {
      v8::HandleScope scope(isolate_);
      v8::Local<v8::Value> key, member;
      if (!keys->Get(context_, i).ToLocal(&key) || !object->Get(context_, key).ToLocal(&member))
        return WriteOutcome::kThrew;
      path_.emplace_back(key.As<v8::String>());
      if (member->IsObject() && !ApplyToJson(member, key)) return WriteOutcome::kThrew;
      if (!member->IsUndefined()) {  // a member that is undefined is left out, as JSON.stringify does
        if (static_cast<uint64_t>(key.As<v8::String>()->Length()) > limits_.max_bytes) return TooLarge();
        sink_.Key(isolate_, key.As<v8::String>());
        if (const WriteOutcome outcome = WriteResolved(member, key); outcome != WriteOutcome::kWritten)
          return outcome;
      }
      path_.pop_back();
    }
    sink_.EndObject();
    return CheckSize();
  }

  // A member whose toJSON, if it is an object, has been applied already.
  WriteOutcome WriteResolved(v8::Local<v8::Value> member, v8::Local<v8::Value> key) {
    if (member->IsObject() && !member->IsFunction()) return WriteObject(member.As<v8::Object>());
    return WriteMember(member, key);
  }

  // Replaces the value by what its toJSON returns, if it has one. False: something threw.
  bool ApplyToJson(v8::Local<v8::Value>& value, v8::Local<v8::Value> key) {
    v8::Local<v8::Object> object;
    v8::Local<v8::Value> to_json;
    if (!value->ToObject(context_).ToLocal(&object) || !object->Get(context_, to_json_).ToLocal(&to_json))
      return false;
    if (!to_json->IsFunction()) return true;
    return to_json.As<v8::Function>()->Call(context_, value, 1, &key).ToLocal(&value);
  }

  v8::Local<v8::Value> IndexKey(uint32_t i) { return FromUtf8(isolate_, absl::StrCat(i)).ToLocalChecked(); }

  static bool IsArray(v8::Local<v8::Object> object) {
    v8::Local<v8::Value> target = object;
    while (target->IsProxy()) target = target.As<v8::Proxy>()->GetTarget();
    return target->IsArray();
  }

  void WriteNumber(v8::Local<v8::Number> number) {
    if (std::isfinite(number->Value())) {
      sink_.Number(context_, number);
    } else {
      sink_.Null();
    }
  }

  WriteOutcome WriteString(v8::Local<v8::String> text) {
    // Before it is copied: no character takes less than a byte.
    if (static_cast<uint64_t>(text->Length()) > limits_.max_bytes) return TooLarge();
    sink_.String(isolate_, text);
    return CheckSize();
  }

  WriteOutcome CheckSize() { return sink_.size() > limits_.max_bytes ? TooLarge() : WriteOutcome::kWritten; }

  WriteOutcome TooLarge() {
    error_ = absl::StrCat("the result is larger than ", limits_.max_bytes, " bytes");
    return WriteOutcome::kTooLarge;
  }

  WriteOutcome CannotCarry(const std::string& what) {
    error_ = absl::StrCat(Path(), " is ", what);
    return WriteOutcome::kCannotBeCarried;
  }

  // "result.items[3].name", its middle left out where it is very long.
  std::string Path() {
    constexpr size_t kMostSegments = 16;
    std::string path = "result";
    for (size_t i = 0; i < path_.size(); ++i) {
      if (path_.size() > kMostSegments && i == kMostSegments / 2) {
        i = path_.size() - kMostSegments / 2;
        path += "...";
      }
      if (const auto* index = std::get_if<uint32_t>(&path_[i])) {
        absl::StrAppend(&path, "[", *index, "]");
      } else {
        absl::StrAppend(&path, ".", ToUtf8(isolate_, std::get<v8::Local<v8::String>>(path_[i]), 100));
      }
    }
    return path;
  }

  const v8::Local<v8::Context> context_;
  v8::Isolate* const isolate_;
  ValueSink& sink_;
  const WriteLimits& limits_;
  std::string& error_;
  v8::Local<v8::String> to_json_;
  std::vector<v8::Local<v8::Object>> open_;
  std::vector<Segment> path_;
};

// The bytes of an ArrayBuffer or of a view.
bool CopyBytes(v8::Local<v8::Value> value, const WriteLimits& limits, std::string& out, bool& too_large) {
  if (value->IsArrayBufferView()) {
    const auto view = value.As<v8::ArrayBufferView>();
    too_large = view->ByteLength() > limits.max_bytes;
    if (too_large) return true;
    out.resize(view->ByteLength());
    view->CopyContents(out.data(), out.size());
    return true;
  }
  if (value->IsArrayBuffer()) {
    const auto store = value.As<v8::ArrayBuffer>()->GetBackingStore();
    too_large = store->ByteLength() > limits.max_bytes;
    if (!too_large && store->ByteLength() > 0)
      out.assign(static_cast<const char*>(store->Data()), store->ByteLength());
    return true;
  }
  return false;
}

}  // namespace

WriteOutcome WriteValue(v8::Local<v8::Context> context, v8::Local<v8::Value> value, v1::ResultFormat format,
                        const WriteLimits& limits, v1::Value& out, std::string& error) {
  if (format == v1::RESULT_FORMAT_NONE || value->IsUndefined()) {
    out.mutable_undefined();
    return WriteOutcome::kWritten;
  }
  bool too_large = false;
  if (std::string bytes; CopyBytes(value, limits, bytes, too_large)) {
    if (!too_large) {
      out.set_bytes(std::move(bytes));
      return WriteOutcome::kWritten;
    }
    error = absl::StrCat("the result is larger than ", limits.max_bytes, " bytes");
    return WriteOutcome::kTooLarge;
  }
  if (format == v1::RESULT_FORMAT_BYTES) {
    if (!value->IsString()) {
      error =
          "result is neither bytes (an ArrayBuffer, a view) nor a string, and RESULT_FORMAT_BYTES was asked "
          "for";
      return WriteOutcome::kCannotBeCarried;
    }
    if (static_cast<uint64_t>(value.As<v8::String>()->Utf8Length(context->GetIsolate())) > limits.max_bytes) {
      error = absl::StrCat("the result is larger than ", limits.max_bytes, " bytes");
      return WriteOutcome::kTooLarge;
    }
    out.set_bytes(ToUtf8(context->GetIsolate(), value.As<v8::String>()));
    return WriteOutcome::kWritten;
  }
  std::string json;
  std::optional<JsonSink> json_sink;
  std::optional<StructSink> struct_sink;
  WriteLimits bounded = limits;
  if (format == v1::RESULT_FORMAT_STRUCTURED) {
    struct_sink.emplace(*out.mutable_structured());
    // A protobuf parser gives up at 100 nested messages, and each level here takes three.
    bounded.max_depth = std::min(limits.max_depth, 30);
  } else {
    json_sink.emplace(json);
  }
  ValueSink& sink = json_sink ? static_cast<ValueSink&>(*json_sink) : *struct_sink;
  WriteOutcome outcome = Walk(context, sink, bounded, error).Write(value);
  // The format's own limit, not the request's.
  if (outcome == WriteOutcome::kTooDeep && bounded.max_depth < limits.max_depth)
    outcome = WriteOutcome::kCannotBeCarried;
  if (outcome != WriteOutcome::kWritten) {
    out.Clear();
  } else if (json_sink) {
    out.set_json(std::move(json));
  }
  return outcome;
}

}  // namespace evald
