#include "runtime/value_reader.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "runtime/exceptions.h"

namespace evald {
namespace {

using Result = absl::StatusOr<v8::Local<v8::Value>>;

absl::Status TooLong() {
  return absl::InvalidArgumentError("a string that is longer than JavaScript's can be");
}

absl::Status Terminating() { return absl::AbortedError("terminated"); }

Result ReadJson(v8::Local<v8::Context> context, const std::string& json) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::String> text;
  if (!FromUtf8(isolate, json).ToLocal(&text)) return TooLong();
  v8::TryCatch caught(isolate);
  v8::Local<v8::Value> value;
  if (v8::JSON::Parse(context, text).ToLocal(&value)) return value;
  if (caught.HasTerminated()) return Terminating();
  return absl::InvalidArgumentError(absl::StrCat("not JSON: ", DescribeException(context, caught).message()));
}

Result ReadBytes(v8::Local<v8::Context> context, const std::string& bytes) {
  v8::Isolate* const isolate = context->GetIsolate();
  std::unique_ptr<v8::BackingStore> store = v8::ArrayBuffer::NewBackingStore(isolate, bytes.size());
  if (store == nullptr) return absl::ResourceExhaustedError("no memory for the bytes");
  if (!bytes.empty()) std::memcpy(store->Data(), bytes.data(), bytes.size());
  const v8::Local<v8::ArrayBuffer> buffer = v8::ArrayBuffer::New(isolate, std::move(store));
  return v8::Local<v8::Value>(v8::Uint8Array::New(buffer, 0, bytes.size()));
}

// Its depth is bounded: protobuf parses at most 100 levels.
Result ReadStructured(v8::Local<v8::Context> context, const google::protobuf::Value& value) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::EscapableHandleScope scope(isolate);
  switch (value.kind_case()) {
    case google::protobuf::Value::KIND_NOT_SET:
    case google::protobuf::Value::kNullValue:
      return v8::Local<v8::Value>(v8::Null(isolate));
    case google::protobuf::Value::kBoolValue:
      return v8::Local<v8::Value>(v8::Boolean::New(isolate, value.bool_value()));
    case google::protobuf::Value::kNumberValue:
      return scope.Escape(v8::Local<v8::Value>(v8::Number::New(isolate, value.number_value())));
    case google::protobuf::Value::kStringValue: {
      v8::Local<v8::String> text;
      if (!FromUtf8(isolate, value.string_value()).ToLocal(&text)) return TooLong();
      return scope.Escape(v8::Local<v8::Value>(text));
    }
    case google::protobuf::Value::kListValue: {
      const v8::Local<v8::Array> list = v8::Array::New(isolate, value.list_value().values_size());
      for (int i = 0; i < value.list_value().values_size(); ++i) {
        Result element = ReadStructured(context, value.list_value().values(i));
        if (!element.ok()) return element.status();
        if (!list->CreateDataProperty(context, static_cast<uint32_t>(i), *element).FromMaybe(false))
          return Terminating();
      }
      return scope.Escape(v8::Local<v8::Value>(list));
    }
    case google::protobuf::Value::kStructValue: {
      const v8::Local<v8::Object> object = v8::Object::New(isolate);
      for (const auto& [name, field] : value.struct_value().fields()) {
        v8::Local<v8::String> key;
        if (!FromUtf8(isolate, name).ToLocal(&key)) return TooLong();
        Result member = ReadStructured(context, field);
        if (!member.ok()) return member.status();
        if (!object->CreateDataProperty(context, key, *member).FromMaybe(false)) return Terminating();
      }
      return scope.Escape(v8::Local<v8::Value>(object));
    }
  }
  return v8::Local<v8::Value>(v8::Undefined(isolate));
}

}  // namespace

Result ReadValue(v8::Local<v8::Context> context, const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kJson:
      return ReadJson(context, value.json());
    case v1::Value::kStructured:
      return ReadStructured(context, value.structured());
    case v1::Value::kBytes:
      return ReadBytes(context, value.bytes());
    case v1::Value::kUndefined:
    case v1::Value::KIND_NOT_SET:
      break;
  }
  return v8::Local<v8::Value>(v8::Undefined(context->GetIsolate()));
}

}  // namespace evald
