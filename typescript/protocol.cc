#include "typescript/protocol.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/utf8.h"

namespace evald::typescript {
namespace {

using Fields = google::protobuf::Map<std::string, google::protobuf::Value>;

constexpr size_t kMaxMessageBytes = 64 * 1024;
constexpr size_t kMaxSourceLineBytes = 256;

absl::Status Nonsense() { return absl::InternalError("the transpiler's answer cannot be understood"); }

// The string in `fields`, moved out; null if there is none.
std::string* StringIn(Fields& fields, const char* name) {
  const auto found = fields.find(name);
  if (found == fields.end() || found->second.kind_case() != google::protobuf::Value::kStringValue)
    return nullptr;
  return found->second.mutable_string_value();
}

int32_t PlaceIn(const Fields& fields, const char* name) {
  const auto found = fields.find(name);
  if (found == fields.end() || found->second.kind_case() != google::protobuf::Value::kNumberValue) return 0;
  const double place = found->second.number_value();
  return place >= 0 && place < 1e9 ? static_cast<int32_t>(place) : 0;
}

bool ReadException(std::string_view resource_name, Fields& error, v1::ScriptException& exception) {
  const std::string* const name = StringIn(error, "name");
  const std::string* const message = StringIn(error, "message");
  const std::string* const line = StringIn(error, "sourceLine");
  if (name == nullptr || message == nullptr || line == nullptr) return false;
  exception.set_name(*name);
  exception.set_message(std::string(CutUtf8(*message, kMaxMessageBytes)));
  exception.set_resource_name(std::string(resource_name));
  exception.set_line(PlaceIn(error, "line"));
  exception.set_column(PlaceIn(error, "column"));
  exception.set_source_line(std::string(CutUtf8(*line, kMaxSourceLineBytes)));
  exception.set_stack(absl::StrCat(exception.name(), ": ", exception.message()));
  if (exception.line() > 0) {
    absl::StrAppend(exception.mutable_stack(), "\n    at ", exception.resource_name(), ":", exception.line(),
                    ":", exception.column());
  }
  return true;
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

v1::CallFunctionRequest CallFor(absl::Span<const Text> texts) {
  v1::CallFunctionRequest call;
  call.set_module("transpiler");
  call.set_function("transpile");
  call.set_isolation(v1::ISOLATION_PRISTINE);
  call.set_result_format(v1::RESULT_FORMAT_STRUCTURED);
  call.mutable_console()->set_discard(true);
  google::protobuf::ListValue& list = *call.add_args()->mutable_structured()->mutable_list_value();
  for (const Text& text : texts) {
    Fields& fields = *list.add_values()->mutable_struct_value()->mutable_fields();
    fields["name"].set_string_value(std::string(text.name));
    fields["source"].set_string_value(std::string(text.source));
  }
  v1::Limits& limits = *call.mutable_limits();
  limits.set_heap_bytes(kHeapBytes);
  limits.set_memory_bytes(kMemoryBytes);
  limits.set_output_bytes(kOutputBytes);
  limits.set_result_depth(8);
  limits.set_console_bytes(1);
  limits.set_source_bytes(UINT32_MAX);
  return call;
}

absl::StatusOr<Transpiled> ReadAnswer(absl::Span<const Text> texts, v1::Value& answer) {
  if (!answer.has_structured() || !answer.structured().has_list_value()) return Nonsense();
  auto& values = *answer.mutable_structured()->mutable_list_value()->mutable_values();
  Transpiled transpiled;
  for (int i = 0; i < values.size(); ++i) {
    if (static_cast<size_t>(i) >= texts.size() || !values[i].has_struct_value()) return Nonsense();
    Fields& fields = *values[i].mutable_struct_value()->mutable_fields();
    if (const auto error = fields.find("error"); error != fields.end()) {
      if (!error->second.has_struct_value()) return Nonsense();
      Fields& of = *error->second.mutable_struct_value()->mutable_fields();
      if (!ReadException(texts[static_cast<size_t>(i)].name, of, transpiled.exception)) return Nonsense();
      transpiled.has_exception = true;
      return transpiled;
    }
    std::string* const code = StringIn(fields, "code");
    std::string* const map = StringIn(fields, "map");
    if (code == nullptr || map == nullptr) return Nonsense();
    const auto module = fields.find("module");
    transpiled.scripts.push_back(
        {std::move(*code), std::move(*map), module != fields.end() && module->second.bool_value()});
  }
  if (transpiled.scripts.size() != texts.size()) return Nonsense();
  return transpiled;
}

bool IsTypescriptFile(std::string_view name) {
  return EndsWith(name, ".ts") || EndsWith(name, ".mts") || EndsWith(name, ".cts");
}

}  // namespace evald::typescript
